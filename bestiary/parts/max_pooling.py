"""Max pooling (Ranzato, Huang, Boureau & LeCun 2007; the mean of LeCun et al. 1998 replaced by the maximum)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class MaxPooling(nn.Module):
    """The greatest number of every window, channel by channel.

    Args:
        size: of a window, in pixels on a side.
        stride: pixels from a window to the next; the size unless given.
        padding: pixels on every side, smaller than any number.

    Example:
        >>> MaxPooling(size=2)(torch.tensor([[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]])).tolist()
        [[[[6.0, 8.0]]]]
    """

    def __init__(self, *, size: int, stride: int | None = None, padding: int = 0) -> None:
        super().__init__()
        self.size, self.stride, self.padding = size, stride or size, padding

    def forward(self, images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        padded = F.pad(images, [self.padding] * 4, value=-torch.inf)
        windows = padded.unfold(2, self.size, self.stride).unfold(3, self.size, self.stride)  # [B, C, h, w, size, size]
        return windows.flatten(-2).max(-1).values
