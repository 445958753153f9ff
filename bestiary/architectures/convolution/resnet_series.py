"""The residual network for series: three residual blocks over time, each of three convolutions.

Source: Wang, Yan, Oates 2017, "Time series classification from scratch with deep neural networks: a strong baseline",
arXiv 1611.06455; He, Zhang, Ren, Sun 2015, arXiv 1512.03385. Series keep their length throughout. The shortcut is a 1x1
convolution with batch norm where the width changes. Where it does not, the shortcut is a batch norm alone, as in the
code of Ismail Fawaz et al. 2019, "Deep learning for time series classification: a review", arXiv 1809.04356 (the paper
writes a plain sum). Series of unequal lengths are treated as in `fcn.py`.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.convolution import MaskedBatchNorm, SeriesConvNorm, inside, mean_inside

# B batch, T time, C channels, D filters, K outputs


class SeriesBlock(nn.Module):
    """Convolutions over 8, 5 and 3 steps, added to the shortcut, rectified.

    Args:
        before: channels that come in.
        width: filters of each convolution.
    """

    def __init__(self, *, before: int, width: int) -> None:
        super().__init__()
        self.first = SeriesConvNorm(before, width, 8)
        self.second = SeriesConvNorm(width, width, 5)
        self.third = SeriesConvNorm(width, width, 3)
        self.shortcut = MaskedBatchNorm(width) if before == width else SeriesConvNorm(before, width, 1)

    def forward(self, x: Float[Tensor, "B C T"], steps: Bool[Tensor, "B T"]) -> Float[Tensor, "B D T"]:
        y = F.relu(self.first(x, steps))
        y = F.relu(self.second(y, steps))
        return F.relu(self.third(y, steps) + self.shortcut(x, steps))


class SeriesResNet(nn.Module):
    """Residual blocks, mean over time, dense layer.

    Args:
        channels: of the series.
        outputs: classes, or 1 for regression.
        widths: filters of each block.

    Example:
        >>> import torch
        >>> network = SeriesResNet(channels=1, outputs=2)
        >>> network(torch.randn(3, 50, 1), torch.tensor([50, 20, 1])).shape
        torch.Size([3, 2])
    """

    def __init__(self, *, channels: int, outputs: int, widths: Sequence[int] = (64, 128, 128)) -> None:
        super().__init__()
        pairs = pairwise((channels, *widths))
        self.blocks = nn.ModuleList(SeriesBlock(before=before, width=width) for before, width in pairs)
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        steps = inside(lengths, values.shape[1])  # [B, T]
        x = values.masked_fill(~steps[:, :, None], 0.0).transpose(1, 2)  # [B, C, T]
        for block in self.blocks:
            x = block(x, steps)  # [B, D, T]
        return self.output(mean_inside(x, lengths))  # [B, K]
