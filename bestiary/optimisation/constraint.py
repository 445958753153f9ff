"""What parameters must keep to after every update."""

from __future__ import annotations

import torch
from torch import Tensor


class MaxNorm:
    """No row of a matrix may be longer than `most`; one that is, is scaled back to that length.

    "We additionally constrain the l2-norms of the weight vectors" (Kim 2014, section 3.1), as in Hinton et al. 2012,
    Improving neural networks by preventing co-adaptation of feature detectors, arXiv 1207.0580.

    Args:
        weight: [rows, columns], changed in place; of a linear layer, whose rows are the weight vectors of its outputs.
        most: greatest length of a row, above 0.

    Example:
        >>> weight = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
        >>> MaxNorm(weight, most=2.5)()
        >>> [[round(x, 4) for x in row] for row in weight.tolist()]
        [[1.5, 2.0], [0.3, 0.4]]
    """

    def __init__(self, weight: Tensor, most: float) -> None:
        self.weight, self.most = weight, most

    @torch.no_grad()
    def __call__(self) -> None:
        self.weight.renorm_(p=2, dim=0, maxnorm=self.most)
