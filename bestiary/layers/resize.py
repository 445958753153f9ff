"""Images brought to the one size that a network was made for."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class Resize(nn.Module):
    """Bilinear interpolation from one image size to another; it smooths first where it shrinks, so as not to alias.

    Args:
        before: (height, width) of the images that come in.
        after: (height, width) of those that go out; equal sizes pass through untouched.

    Example:
        >>> import torch
        >>> Resize(before=(8, 8), after=(28, 28))(torch.randn(2, 1, 8, 8)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, *, before: tuple[int, int], after: tuple[int, int]) -> None:
        super().__init__()
        self.before, self.after = tuple(before), tuple(after)
        self.shrinks = before[0] > after[0] or before[1] > after[1]

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        if self.before == self.after:
            return pixels
        return F.interpolate(pixels, self.after, mode="bilinear", antialias=self.shrinks)
