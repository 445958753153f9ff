"""LSTM-FCN: the fully convolutional network for series, and beside it an LSTM that takes a whole channel at a step.

Source: Karim, Majumdar, Darabi, Chen 2018, "LSTM fully convolutional networks for time series classification", IEEE
Access 6, arXiv 1709.05206. The second view is the point: the series is turned over ("dimension shuffle"), so that the
LSTM takes one step for each channel, and all times of the channel at once. A series of one channel is one step. Most of
what the LSTM says is dropped in training (0.8), so that it adds to the convolutions and does not replace them.

Departs from the paper: none where series are of one length and have one channel. With more channels the LSTM reads one
after the other, as in the authors' later multivariate network (arXiv 1801.04503), whose squeeze-and-excite blocks are
left out. The LSTM sees times up to the longest series of training; shorter ones are filled with zeros there. In the
convolutions, series of unequal lengths are treated as in `fcn.py`.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.recurrence.lstm import LSTMCell
from bestiary.layers.convolution import SeriesConvNorm, inside, mean_inside
from bestiary.layers.flat import FlatSeries
from bestiary.layers.recurrent import Recurrence

# B batch, T time, C channels, L times that the LSTM sees, D filters, H memory cells, K outputs

SIZES = (8, 5, 3)
"""Steps that the filters of the three blocks see."""


class LSTMFCN(nn.Module):
    """Convolutions and an LSTM side by side, one dense layer on what both say.

    Args:
        channels: of the series.
        length: times that the LSTM sees; later ones are seen by the convolutions alone.
        outputs: classes, or 1 for regression.
        cells: of the LSTM.
        widths: filters of the three convolutional blocks.
        dropout: of what the LSTM says.

    Raises:
        ValueError: when widths are not three.

    Example:
        >>> network = LSTMFCN(channels=1, length=50, outputs=2)
        >>> network(torch.randn(3, 50, 1), torch.tensor([50, 20, 1])).shape
        torch.Size([3, 2])
    """

    def __init__(
        self,
        *,
        channels: int,
        length: int,
        outputs: int,
        cells: int = 8,
        widths: Sequence[int] = (128, 256, 128),
        dropout: float = 0.8,
    ) -> None:
        super().__init__()
        if len(widths) != len(SIZES):
            raise ValueError(f"widths must name three blocks; received {len(widths)}; give one width a block")
        self.channels = channels
        pairs = pairwise((channels, *widths))
        self.blocks = nn.ModuleList(SeriesConvNorm(*pair, size) for pair, size in zip(pairs, SIZES))
        self.flat = FlatSeries(length=length)
        self.lstm = Recurrence(cell=LSTMCell, inputs=length, width=cells, biases=1)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(cells + widths[-1], outputs)

    def forward(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        turned = self.flat(values, lengths).unflatten(1, (-1, self.channels)).transpose(1, 2)  # [B, C, L]
        _, remembered = self.lstm(turned)  # [B, H]
        both = torch.cat([self.dropout(remembered), self.convolved(values, lengths)], 1)
        return self.output(both)  # [B, K]

    def convolved(self, values: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B D"]:
        """What the convolutions find, in the mean over time."""
        steps = inside(lengths, values.shape[1])  # [B, T]
        x = values.masked_fill(~steps[:, :, None], 0.0).transpose(1, 2)  # [B, C, T]
        for block in self.blocks:
            x = F.relu(block(x, steps))
        return mean_inside(x, lengths)
