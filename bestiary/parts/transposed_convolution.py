"""Transposed convolution (Zeiler, Krishnan, Taylor & Fergus 2010, Deconvolutional networks)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class TransposedConvolution(nn.Module):
    """Every pixel stamps the kernel, multiplied by itself, onto a larger image; where stamps overlap they add up.

    A convolution of the same kernel, stride and padding gathers what this one spreads: either is the gradient of the
    other, and their matrices are transposes.

    Args:
        before: channels that come in.
        width: channels that go out.
        size: of the kernel, in pixels on a side.
        stride: pixels of the output for each pixel of the input.
        padding: pixels that are cut off on every side of the output.
        bias: whether a number is added to every channel.

    Example:
        >>> grow = TransposedConvolution(before=3, width=4, size=4, stride=2, padding=1)
        >>> grow(torch.randn(1, 3, 5, 5)).shape
        torch.Size([1, 4, 10, 10])
    """

    def __init__(
        self, *, before: int, width: int, size: int, stride: int = 1, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        self.size, self.stride, self.padding = size, stride, padding
        bound = (width * size**2) ** -0.5
        self.weight = nn.Parameter(torch.empty(before, width, size, size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(width).uniform_(-bound, bound)) if bias else None

    def forward(self, images: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        batch, _, *sides = images.shape
        height, width = (self.stride * (side - 1) + self.size for side in sides)
        made = images.new_zeros(batch, self.weight.shape[1], height, width)
        for row in range(self.size):
            for column in range(self.size):
                stamped = torch.einsum("bchw,cd->bdhw", images, self.weight[:, :, row, column])
                rows = slice(row, row + self.stride * (sides[0] - 1) + 1, self.stride)
                columns = slice(column, column + self.stride * (sides[1] - 1) + 1, self.stride)
                made[:, :, rows, columns] += stamped
        made = made[:, :, self.padding : height - self.padding, self.padding : width - self.padding]
        return made if self.bias is None else made + self.bias[:, None, None]
