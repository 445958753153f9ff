"""Blocks that convolutional networks share."""

from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

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


def inside(lengths: Int[Tensor, " B"], time: int) -> Bool[Tensor, "B T"]:
    """Which of `time` steps lie inside each series.

    Example:
        >>> inside(torch.tensor([2, 1]), 3)
        tensor([[ True,  True, False],
                [ True, False, False]])
    """
    return torch.arange(time, device=lengths.device) < lengths[:, None]


def mean_inside(x: Float[Tensor, "B C T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B C"]:
    """The mean over the steps inside each series, of values that are 0 outside; 0 for a series without steps.

    Example:
        >>> mean_inside(torch.tensor([[[2.0, 4.0, 0.0]]]), torch.tensor([2]))
        tensor([[3.]])
    """
    return x.sum(2) / lengths.clamp(min=1)[:, None]


class MaskedBatchNorm(nn.Module):
    """Batch norm over series: its statistics are those of the steps inside alone; steps outside go out as 0.

    Args:
        width: channels.

    Example:
        >>> norm = MaskedBatchNorm(1)
        >>> norm(torch.tensor([[[1.0, 3.0, 99.0]]]), torch.tensor([[True, True, False]])).round()
        tensor([[[-1.,  1.,  0.]]], grad_fn=<RoundBackward0>)
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x: Float[Tensor, "B C T"], steps: Bool[Tensor, "B T"]) -> Float[Tensor, "B C T"]:
        if not self.training:
            return self.norm(x) * steps[:, None]
        if torch.compiler.is_compiling():
            return self.by_sums(x, steps)
        if bool(steps.all()):
            return self.norm(x)
        x = x.transpose(1, 2)  # [B, T, C]
        return torch.zeros_like(x).index_put((steps,), self.norm(x[steps])).transpose(1, 2)

    def by_sums(self, x: Float[Tensor, "B C T"], steps: Bool[Tensor, "B T"]) -> Float[Tensor, "B C T"]:
        """The same in training without picking steps out, whose number a compiler cannot know."""
        norm, inside = self.norm, steps[:, None]
        count = steps.sum()
        mean = (x * inside).sum((0, 2)) / count
        apart = (x - mean[:, None]) * inside
        variance = apart.square().sum((0, 2)) / count
        with torch.no_grad():
            share = cast("float", norm.momentum)
            cast("Tensor", norm.running_mean).lerp_(mean.detach().to(norm.running_mean), share)
            cast("Tensor", norm.running_var).lerp_(
                (variance * count / (count - 1)).detach().to(norm.running_var), share
            )
            cast("Tensor", norm.num_batches_tracked).add_(1)
        scaled = apart * (variance + norm.eps).rsqrt()[:, None] * norm.weight[:, None]
        return (scaled + norm.bias[:, None]) * inside


class SeriesConvNorm(nn.Module):
    """Convolution over time that keeps the length, and batch norm; steps outside come in and go out as 0.

    An even filter is padded by one step more at the end than at the start, as Keras does.

    Args:
        before: channels that come in.
        width: channels that go out.
        size: steps that a filter sees.
    """

    def __init__(self, before: int, width: int, size: int) -> None:
        super().__init__()
        self.even = size % 2 == 0
        self.convolution = nn.Conv1d(before, width, size, padding=(size - 1) // 2)
        self.norm = MaskedBatchNorm(width)

    def forward(self, x: Float[Tensor, "B C T"], steps: Bool[Tensor, "B T"]) -> Float[Tensor, "B D T"]:
        if self.even:
            x = F.pad(x, (0, 1))
        return self.norm(self.convolution(x), steps)
