"""The fully convolutional network for series: three convolutions over time and the mean of what they find.

Source: Wang, Yan, Oates 2017, "Time series classification from scratch with deep neural networks: a strong baseline",
arXiv 1611.06455. A block is convolution, batch norm, rectifier, at full length; there is no pooling before the final
mean, so that the series keeps its length and any length will do.

Series of unequal lengths, on which the paper is silent: padded steps are kept at 0, as beyond the end of the
series, they count neither in the mean nor in the statistics of batch norm, so that padding changes nothing.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.convolution import SeriesConvNorm, inside, mean_inside

# B batch, T time, C channels, D filters, K outputs


class FCN(nn.Module):
    """Blocks of convolution, batch norm and rectifier; mean over time; dense layer.

    Args:
        channels: of the series.
        outputs: classes, or 1 for regression.
        widths: filters of each block.
        sizes: steps that the filters of each block see.

    Raises:
        ValueError: when widths and sizes are not equally many.

    Example:
        >>> import torch
        >>> network = FCN(channels=1, outputs=2)
        >>> network(torch.randn(3, 50, 1), torch.tensor([50, 20, 1])).shape
        torch.Size([3, 2])
    """

    def __init__(
        self, *, channels: int, outputs: int, widths: Sequence[int] = (128, 256, 128), sizes: Sequence[int] = (8, 5, 3)
    ) -> None:
        super().__init__()
        if len(widths) != len(sizes):
            raise ValueError(
                f"widths and sizes must name equally many blocks; received {len(widths)} and {len(sizes)}; "
                "give one width and one size a block"
            )
        pairs = pairwise((channels, *widths))
        self.blocks = nn.ModuleList(SeriesConvNorm(*pair, size) for pair, size in zip(pairs, sizes))
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        steps = inside(lengths, values.shape[1])  # [B, T]
        x = values.masked_fill(~steps[:, :, None], 0.0).transpose(1, 2)  # [B, C, T]
        for block in self.blocks:
            x = F.relu(block(x, steps))  # [B, D, T]
        return self.output(mean_inside(x, lengths))  # [B, K]
