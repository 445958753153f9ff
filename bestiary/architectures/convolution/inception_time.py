"""The Inception network for series: filters of three lengths look at each place side by side, six modules deep.

Source: Ismail Fawaz, Lucas, Forestier, Pelletier, Schmidt, Weber, Webb, Idoumghar, Muller, Petitjean 2020,
"InceptionTime: finding AlexNet for time series classification", arXiv 1909.04939. A module narrows its input to a few
channels (the bottleneck), passes it through long, middle and short filters, and beside them through the largest of
three neighbouring steps; all of it is concatenated, normed and rectified. Every third module adds a shortcut, and the
series keeps its length until the final mean.

Departs from the paper: this is one Inception network; InceptionTime is the mean of five that begin with other weights.
A filter of even length is padded by one step more at the end, and a series of one channel has no bottleneck in the
first module, as in the authors' code. Series of unequal lengths, on which the paper is silent, are treated as in
`fcn.py`: padded steps are 0 for filters, never the largest, and count in no mean.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.convolution import MaskedBatchNorm, inside, mean_inside

# B batch, T time, C channels, D channels that go out, K outputs

EVERY = 3
"""Modules between two shortcuts."""


class SameConv(nn.Module):
    """Convolution over time that keeps the length, without bias.

    Args:
        before: channels that come in.
        width: channels that go out.
        size: steps that a filter sees.
    """

    def __init__(self, before: int, width: int, size: int) -> None:
        super().__init__()
        self.around = ((size - 1) // 2, size // 2)  # steps of zeros before and after
        self.convolution = nn.Conv1d(before, width, size, bias=False)

    def forward(self, x: Float[Tensor, "B C T"]) -> Float[Tensor, "B D T"]:
        return self.convolution(F.pad(x, self.around))


class InceptionModule(nn.Module):
    """Filters of three lengths and the largest neighbour, side by side.

    Args:
        before: channels that come in.
        filters: of each branch; four times as many channels go out.
        size: steps that the longest filters see; the others see a half and a quarter of them.
        bottleneck: channels that the filters see; a series of one channel is given to them as it is.
    """

    def __init__(self, *, before: int, filters: int, size: int, bottleneck: int) -> None:
        super().__init__()
        narrow = bottleneck if before > 1 else before
        self.bottleneck = SameConv(before, narrow, 1) if before > 1 else nn.Identity()
        self.branches = nn.ModuleList(SameConv(narrow, filters, max(1, size // part)) for part in (1, 2, 4))
        self.after_pooling = SameConv(before, filters, 1)
        self.norm = MaskedBatchNorm(4 * filters)

    def forward(self, x: Float[Tensor, "B C T"], steps: Bool[Tensor, "B T"]) -> Float[Tensor, "B D T"]:
        narrow = self.bottleneck(x)
        found = [branch(narrow) for branch in self.branches]
        found.append(self.after_pooling(largest_of_three(x, steps)))
        return F.relu(self.norm(torch.cat(found, 1), steps))


def largest_of_three(x: Float[Tensor, "B C T"], steps: Bool[Tensor, "B T"]) -> Float[Tensor, "B C T"]:
    """The largest of each step and its neighbours inside the series; 0 outside.

    Example:
        >>> series, steps = torch.tensor([[[-3.0, -2.0, -1.0, 0.0]]]), torch.tensor([[True, True, True, False]])
        >>> largest_of_three(series, steps)
        tensor([[[-2., -1., -1.,  0.]]])
    """
    outside = ~steps[:, None]
    lowest = torch.finfo(x.dtype).min
    return F.max_pool1d(x.masked_fill(outside, lowest), 3, 1, 1).masked_fill(outside, 0.0)


class Shortcut(nn.Module):
    """A filter of one step and batch norm, past three modules.

    Args:
        before: channels that come in.
        width: channels that go out.
    """

    def __init__(self, *, before: int, width: int) -> None:
        super().__init__()
        self.convolution = SameConv(before, width, 1)
        self.norm = MaskedBatchNorm(width)

    def forward(self, x: Float[Tensor, "B C T"], steps: Bool[Tensor, "B T"]) -> Float[Tensor, "B D T"]:
        return self.norm(self.convolution(x), steps)


class InceptionTime(nn.Module):
    """Inception modules with shortcuts, mean over time, dense layer.

    Args:
        channels: of the series.
        outputs: classes, or 1 for regression.
        filters: of each of the four branches of a module.
        depth: modules; every third ends in a shortcut.
        size: steps that the longest filters see.
        bottleneck: channels that filters see.

    Example:
        >>> network = InceptionTime(channels=1, outputs=2)
        >>> network(torch.randn(3, 50, 1), torch.tensor([50, 20, 1])).shape
        torch.Size([3, 2])
    """

    def __init__(
        self, *, channels: int, outputs: int, filters: int = 32, depth: int = 6, size: int = 40, bottleneck: int = 32
    ) -> None:
        super().__init__()
        width = 4 * filters
        self.inception = nn.ModuleList(
            InceptionModule(before=width if place else channels, filters=filters, size=size, bottleneck=bottleneck)
            for place in range(depth)
        )
        self.shortcuts = nn.ModuleList(
            Shortcut(before=width if place else channels, width=width) for place in range(depth // EVERY)
        )
        self.output = nn.Linear(width, outputs)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        steps = inside(lengths, values.shape[1])  # [B, T]
        x = past = values.masked_fill(~steps[:, :, None], 0.0).transpose(1, 2)  # [B, C, T]
        for place, module in enumerate(self.inception):
            x = module(x, steps)  # [B, D, T]
            if place % EVERY == EVERY - 1:
                x = past = F.relu(x + self.shortcuts[place // EVERY](past, steps))
        return self.output(mean_inside(x, lengths))  # [B, K]
