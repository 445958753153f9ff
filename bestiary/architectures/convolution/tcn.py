"""Temporal convolutional network: dilated convolutions that see no later step, and shortcuts past each two of them.

Source: Bai, Kolter, Koltun 2018, "An empirical evaluation of generic convolutional and recurrent networks for sequence
modeling", arXiv 1803.01271. A filter of block i looks at steps that lie 2^i apart, so that what one output sees doubles
from block to block: with filters of k steps and n blocks, the last 1 + 2 (k - 1) (2^n - 1) steps. Weights are
normed (Salimans & Kingma 2016, arXiv 1602.07868): w = g v / |v|, a length g and a direction v for each filter.

The answer is read at the last step of each series, as in the paper's sequential MNIST. No output depends on later
steps, so that padding behind the end changes nothing.

Departs from the paper: the weights begin as torch's convolutions do, rather than from N(0, 0.01); dropout takes single
numbers rather than whole channels, as in the authors' code.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.convolution import inside

# B batch, T time, C channels, D channels that go out, K outputs


class CausalConv(nn.Module):
    """Dilated convolution of normed weights over the steps up to each, the series padded at its start alone.

    Args:
        before: channels that come in.
        width: channels that go out.
        size: steps that a filter sees.
        dilation: how far apart these steps are.

    Example:
        >>> CausalConv(before=2, width=4, size=3, dilation=2)(torch.zeros(1, 2, 9)).shape
        torch.Size([1, 4, 9])
    """

    def __init__(self, *, before: int, width: int, size: int, dilation: int) -> None:
        super().__init__()
        begin = nn.Conv1d(before, width, size)
        self.direction = nn.Parameter(begin.weight.detach().clone())  # [D, C, size]
        self.scale = nn.Parameter(begin.weight.detach().norm(dim=(1, 2), keepdim=True))  # [D, 1, 1]
        self.bias = nn.Parameter(begin.bias.detach().clone())  # type: ignore[union-attr]
        self.dilation, self.behind = dilation, (size - 1) * dilation

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D T"]:
        weight = self.scale * self.direction / self.direction.norm(dim=(1, 2), keepdim=True)
        return F.conv1d(F.pad(x, (self.behind, 0)), weight, self.bias, dilation=self.dilation)


class TemporalBlock(nn.Module):
    """Two causal convolutions, rectified and dropped out, added to the shortcut.

    Args:
        before: channels that come in.
        width: channels that go out.
        size: steps that a filter sees.
        dilation: how far apart these steps are.
        dropout: after each convolution.
    """

    def __init__(self, *, before: int, width: int, size: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.first = CausalConv(before=before, width=width, size=size, dilation=dilation)
        self.second = CausalConv(before=width, width=width, size=size, dilation=dilation)
        self.dropout = nn.Dropout(dropout)
        self.shortcut = nn.Identity() if before == width else nn.Conv1d(before, width, 1)

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D T"]:
        y = self.dropout(F.relu(self.first(x)))
        y = self.dropout(F.relu(self.second(y)))
        return F.relu(y + self.shortcut(x))


class TCN(nn.Module):
    """Temporal blocks of dilation 1, 2, 4, ..., and a linear layer on the last step.

    Args:
        channels: of the series.
        outputs: classes, or 1 for regression.
        widths: channels of each block.
        size: steps that a filter sees.
        dropout: after each convolution.

    Example:
        >>> network = TCN(channels=1, outputs=2, widths=(8, 8), size=3)
        >>> network(torch.randn(3, 50, 1), torch.tensor([50, 20, 1])).shape
        torch.Size([3, 2])
    """

    def __init__(
        self, *, channels: int, outputs: int, widths: Sequence[int], size: int = 7, dropout: float = 0.05
    ) -> None:
        super().__init__()
        pairs = enumerate(pairwise((channels, *widths)))
        self.blocks = nn.Sequential(
            *(
                TemporalBlock(before=before, width=width, size=size, dilation=2**place, dropout=dropout)
                for place, (before, width) in pairs
            )
        )
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        steps = inside(lengths, values.shape[1])  # [B, T]
        x = values.masked_fill(~steps[:, :, None], 0.0).transpose(1, 2)  # [B, C, T]
        return self.output(at_the_end(self.blocks(x), lengths))  # [B, K]


def at_the_end(x: Float[Tensor, "B D T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B D"]:
    """The values at the last step of each series; 0 for a series without steps.

    Example:
        >>> at_the_end(torch.tensor([[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]), torch.tensor([2, 0]))
        tensor([[2.],
                [0.]])
    """
    last = torch.arange(x.shape[2], device=x.device) == lengths[:, None] - 1  # [B, T]
    return x.masked_fill(~last[:, None], 0.0).sum(2)
