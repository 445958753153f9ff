"""Blocks that convolutional networks share."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

# B batch, C channels, D channels that go out, H height, W width, T time


class ConvNorm(nn.Module):
    """Square convolution without bias, padded by half its size, and batch norm (which holds the bias).

    Args:
        before: channels that come in.
        width: channels that go out.
        size: of the filter in pixels, odd.
        stride: 2 halves the image.

    Example:
        >>> ConvNorm(3, 8, 7, 2)(torch.randn(2, 3, 32, 32)).shape
        torch.Size([2, 8, 16, 16])
    """

    def __init__(self, before: int, width: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, width, size, stride, padding=size // 2, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return self.norm(self.convolution(x))


class GlobalMean(nn.Module):
    """The mean of each map over all its pixels: images of any size become vectors of one length."""

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C"]:
        return x.mean((2, 3))


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch norm whose statistics, in training, are those of the steps inside the series alone.

    In evaluation mode it is ordinary batch norm. Padded steps go out as 0.
    """

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, x: Float[Tensor, "B C T"], inside: Bool[Tensor, "B T"]
    ) -> Float[Tensor, "B C T"]:
        if not self.training:
            return super().forward(x) * inside[:, None]
        steps = x.transpose(1, 2)  # [B, T, C]
        packed = super().forward(steps[inside])  # [steps inside, C]
        return torch.zeros_like(steps).index_put((inside,), packed).transpose(1, 2)
