"""VGG: nothing but 3x3 convolutions, one after the other, and 2x2 pooling between blocks of them.

Source: Simonyan, Zisserman 2014, "Very deep convolutional networks for large-scale image recognition", arXiv
1409.1556. Two 3x3 convolutions see as far as one of 5x5 and three as far as one of 7x7, with fewer weights and more
rectifiers (section 2.3). So depth alone could be studied: the configurations of table 1 differ in how many convolutions
a block has.

    pixels -> [3x3 convolution, rectifier] x depth, 2x2 max pooling -> ... five blocks -> 7x7 -> dense, dense -> dense

What departs from the paper: maps of images other than 224x224 are averaged to 7x7 before the dense layers, which the
paper slides over them instead (section 3.2); weights start as He et al. 2015 derive for rectified units, so that no
network needs the layers of a shallower one to begin with (section 3.1); no local response normalisation (A-LRN), which
the paper finds of no use; batch norm after each convolution in `NormalisedVGG`, which came a year later (Ioffe, Szegedy
2015, arXiv 1502.03167) and is what most trained networks of this name have.
"""

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.initial import he_normal
from bestiary.weights.maps import NameMap, same

# B batch, C channels, H height, W width, K outputs

PUBLISHED = (
    NameMap(
        "torchvision",
        "torchvision.models.VGG",
        ("VGG", "NormalisedVGG"),
        (
            same("layers.{layer}.{*}", "features.{layer}.{*}"),
            same("dense.{layer}.{*}", "classifier.{layer}.{*}"),
            same("output.{*}", "classifier.6.{*}"),
        ),
    ),
)


def plain(before: int, width: int) -> tuple[nn.Module, ...]:
    """3x3 convolution that keeps the size, rectifier."""
    return nn.Conv2d(before, width, 3, padding=1), nn.ReLU(inplace=True)


def normalised(before: int, width: int) -> tuple[nn.Module, ...]:
    """3x3 convolution that keeps the size, batch norm, rectifier."""
    return nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)


class StackedConvolutions(nn.Module):
    """Blocks of 3x3 convolutions that each halve the image, then three dense layers. Abstract: a final class names its
    `step`.

    Args:
        channels: of the image; each side must be at least 2 to the power of the number of blocks in pixels.
        outputs: classes, or 1 for regression.
        widths: filters of each block.
        depths: convolutions of each block.
        grid: pixels on a side of the maps that the dense layers see; 224x224 pixels give 7 after five blocks.
        hidden: units of each of the two dense layers before the output.
        dropout: share of those units that are silenced at random in training, in [0, 1).

    Raises:
        ValueError: when widths and depths are not equally many.
    """

    step: Callable[[int, int], tuple[nn.Module, ...]]

    def __init__(
        self,
        *,
        channels: int,
        outputs: int,
        widths: Sequence[int],
        depths: Sequence[int],
        grid: int = 7,
        hidden: int = 4096,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if len(widths) != len(depths):
            raise ValueError(
                f"widths and depths must name equally many blocks; received {len(widths)} and {len(depths)}; "
                "give one width and one depth a block"
            )
        layers: list[nn.Module] = []
        before = channels
        for width, depth in zip(widths, depths):
            for _ in range(depth):
                layers += self.step(before, width)
                before = width
            layers.append(nn.MaxPool2d(2))
        self.layers = nn.Sequential(*layers)
        self.grid = grid
        self.dense = nn.Sequential(
            *(nn.Linear(before * grid * grid, hidden), nn.ReLU(), nn.Dropout(dropout)),
            *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)),
        )
        self.output = nn.Linear(hidden, outputs)
        he_normal(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        maps = self.layers(pixels)  # [B, widths[-1], H >> blocks, W >> blocks]
        seen = F.adaptive_avg_pool2d(maps, self.grid)  # [B, widths[-1], grid, grid]
        return self.output(self.dense(seen.flatten(1)))  # [B, K]


class VGG(StackedConvolutions):
    """Configurations A, B, D and E of table 1; its words are those of `StackedConvolutions`.

    Example:
        >>> import torch
        >>> network = VGG(channels=1, outputs=10, widths=(8, 16), depths=(1, 2), grid=2, hidden=32)
        >>> network(torch.randn(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    step = staticmethod(plain)


class NormalisedVGG(StackedConvolutions):
    """The same with batch norm after each convolution; its words are those of `StackedConvolutions`."""

    step = staticmethod(normalised)
