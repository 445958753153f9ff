"""The convolutional network: small filters that are the same at every place of an image, pooling, and dense layers.

Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition", Neural Computation 1(4);
LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition"; batch norm: Ioffe,
Szegedy 2015, arXiv 1502.03167. These are today's forms: filters of 3x3, rectified units, max pooling, two dense layers
at the end.

    pixels -> [convolution, (batch norm,) rectifier, max pooling] x stages -> flatten -> dense, rectifier -> dense

Maps are flattened in the order channel, row, column.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

# B batch, C channels, H height, W width, K outputs


class Stage(nn.Module):
    """3x3 convolution that keeps the size, rectifier, 2x2 max pooling."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, width, 3, padding=1)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return F.max_pool2d(F.relu(self.convolution(x)), 2)


class NormalisedStage(nn.Module):
    """3x3 convolution that keeps the size, batch norm, rectifier, 2x2 max pooling."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return F.max_pool2d(F.relu(self.norm(self.convolution(x))), 2)


class ConvolutionalNetwork(nn.Module):
    """Stages that halve the image, then two dense layers. Abstract: a final class names its `stage`.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels; each at least 2 to the power of the number of stages.
        outputs: classes, or 1 for regression.
        widths: filters of each stage, in order.
        hidden: units of the dense layer before the output.
        dropout: share of those units that are silenced at random in training, in [0, 1).

    Raises:
        ValueError: when the image is too small to be halved by every stage.
    """

    stage: type[Stage] | type[NormalisedStage]

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        outputs: int,
        widths: Sequence[int] = (32, 64),
        hidden: int = 128,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        height, width = (side >> len(widths) for side in image_size)
        if not height * width:
            raise ValueError(
                f"image_size must be at least {2 ** len(widths)} on each side for {len(widths)} stages; "
                f"received {image_size[0]}x{image_size[1]}; give fewer widths"
            )
        self.stages = nn.Sequential(*(self.stage(before, after) for before, after in pairwise((channels, *widths))))
        self.hidden = nn.Linear(widths[-1] * height * width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        maps = self.stages(pixels)  # [B, widths[-1], H >> stages, W >> stages]
        hidden = F.relu(self.hidden(maps.flatten(1)))
        return self.output(self.dropout(hidden))


class CNN(ConvolutionalNetwork):
    """The plain convolutional network; its words are those of `ConvolutionalNetwork`.

    Example:
        >>> import torch
        >>> CNN(channels=1, image_size=(28, 28), outputs=10)(torch.randn(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    stage = Stage


class NormalisedCNN(ConvolutionalNetwork):
    """The convolutional network with batch norm after each convolution; its words are those of `ConvolutionalNetwork`.

    Example:
        >>> import torch
        >>> NormalisedCNN(channels=3, image_size=(32, 32), outputs=10, hidden=256)(torch.randn(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """

    stage = NormalisedStage


class ValidCNN(nn.Module):
    """Convolutions that look at whole neighbourhoods only, so that maps shrink by 2; pooling between them.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels.
        outputs: classes, or 1 for regression.
        widths: filters of each convolution, in order; the last one is not pooled.
        hidden: units of the dense layer before the output.

    Raises:
        ValueError: when the image is too small.

    Example:
        >>> import torch
        >>> ValidCNN(channels=3, image_size=(32, 32), outputs=10)(torch.randn(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        outputs: int,
        widths: Sequence[int] = (32, 64, 64),
        hidden: int = 64,
    ) -> None:
        super().__init__()
        height, width = image_size
        for _ in widths[:-1]:
            height, width = (height - 2) // 2, (width - 2) // 2
        if min(height, width) < 3:
            raise ValueError(
                f"image_size must leave 3x3 pixels for the last of {len(widths)} convolutions; "
                f"received {image_size[0]}x{image_size[1]}; give a larger image or fewer widths"
            )
        sizes = pairwise((channels, *widths))
        self.convolutions = nn.ModuleList(nn.Conv2d(before, after, 3) for before, after in sizes)
        self.hidden = nn.Linear(widths[-1] * (height - 2) * (width - 2), hidden)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        *pooled, last = self.convolutions
        x = pixels
        for convolution in pooled:
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        x = F.relu(last(x))
        return self.output(F.relu(self.hidden(x.flatten(1))))
