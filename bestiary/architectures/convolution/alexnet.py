"""AlexNet: the convolutional network that won ImageNet in 2012, by rectified units, dropout and two graphics cards.

Sources: Krizhevsky, Sutskever, Hinton 2012, "ImageNet classification with deep convolutional neural networks"
(`AlexNet2012`); Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997,
footnote 1 (`AlexNet`: one tower without normalisation, with other widths, which is what most code calls AlexNet).

    224x224 -> 11x11 /4 -> (LRN) -> pool -> 5x5 -> (LRN) -> pool -> 3x3 -> 3x3 -> 3x3 -> pool -> dense, dense -> dense

Pooling overlaps: it looks at 3x3 pixels and moves by 2 (section 3.4). In 2012 the filters lay on two cards, which spoke
to each other in the third convolution alone; groups of two in the others say the same (figure 2).

What departs from the papers: the first convolution is padded by 2, so that images of 224x224, which the papers name,
give the 55x55 places they count; maps of other sizes are averaged to 6x6 before the dense layers; neighbours of local
response normalisation may lie on the other card; weights start as He et al. 2015 derive for rectified units, where 2012
draws them with a deviation of 0.01 and sets some biases to 1; dropout of `AlexNet` stands before the dense layers, not
behind them. `SmallAlexNet` is for small images: its first convolution looks at 3x3 pixels and does not shrink.
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
        "torchvision.models.AlexNet",
        ("AlexNet",),
        (
            same("layers.{layer}.{*}", "features.{layer}.{*}"),
            same("dense.{layer}.{*}", "classifier.{layer}.{*}"),
            same("output.{*}", "classifier.6.{*}"),
        ),
    ),
)


def one_tower(channels: int, widths: Sequence[int]) -> tuple[nn.Module, ...]:
    """Five convolutions of Krizhevsky 2014, on one card."""
    first, second, third, fourth, fifth = widths
    return (
        *(nn.Conv2d(channels, first, 11, stride=4, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(first, second, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(second, third, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(third, fourth, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(fourth, fifth, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
    )


def two_towers(channels: int, widths: Sequence[int]) -> tuple[nn.Module, ...]:
    """Five convolutions of 2012: the first half of the maps on one card, the second on the other."""
    first, second, third, fourth, fifth = widths
    return (
        *(nn.Conv2d(channels, first, 11, stride=4, padding=2), nn.ReLU(), response_norm(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(first, second, 5, padding=2, groups=2), nn.ReLU(), response_norm(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(second, third, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(third, fourth, 3, padding=1, groups=2), nn.ReLU(inplace=True)),
        *(nn.Conv2d(fourth, fifth, 3, padding=1, groups=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2)),
    )


def small_tower(channels: int, widths: Sequence[int]) -> tuple[nn.Module, ...]:
    """The same for small images: 3x3 pixels at first, and pooling that keeps the border."""
    first, second, third, fourth, fifth = widths
    return (
        *(nn.Conv2d(channels, first, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1)),
        *(nn.Conv2d(first, second, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1)),
        *(nn.Conv2d(second, third, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(third, fourth, 3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(fourth, fifth, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, padding=1)),
    )


def response_norm() -> nn.LocalResponseNorm:
    """b = a / (2 + 1e-4 x the sum of a squared over five neighbouring maps) ** 0.75 (section 3.3).

    Torch divides its alpha by the number of neighbours; the paper does not.
    """
    return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def dense_before(features: int, hidden: int, dropout: float) -> nn.Sequential:
    """Two dense layers, each behind its dropout: the order of most code, and of published weights."""
    return nn.Sequential(
        *(nn.Dropout(dropout), nn.Linear(features, hidden), nn.ReLU()),
        *(nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU()),
    )


def dense_behind(features: int, hidden: int, dropout: float) -> nn.Sequential:
    """Two dense layers, each before its dropout (section 4.2)."""
    return nn.Sequential(
        *(nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(dropout)),
        *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout)),
    )


class FiveConvolutions(nn.Module):
    """Five convolutions and three dense layers. Abstract: a final class names its `tower` and its `classifier`.

    Args:
        channels: of the image.
        outputs: classes, or 1 for regression.
        widths: filters of each of the five convolutions.
        grid: pixels on a side of the maps that the dense layers see; 224x224 pixels give 6.
        hidden: units of each of the two dense layers before the output.
        dropout: probability that a number is silenced in training, in [0, 1).

    Raises:
        ValueError: when there are not five widths.
    """

    tower: Callable[[int, Sequence[int]], tuple[nn.Module, ...]]
    classifier: Callable[[int, int, float], nn.Sequential]

    def __init__(
        self,
        *,
        channels: int,
        outputs: int,
        widths: Sequence[int],
        grid: int = 6,
        hidden: int = 4096,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if len(widths) != 5:
            raise ValueError(f"widths must name five convolutions; received {len(widths)}; give one width each")
        self.layers = nn.Sequential(*self.tower(channels, widths))
        self.grid = grid
        self.dense = self.classifier(widths[-1] * grid * grid, hidden, dropout)
        self.output = nn.Linear(hidden, outputs)
        he_normal(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        maps = self.layers(pixels)  # [B, widths[-1], 6, 6] from 224x224
        seen = F.adaptive_avg_pool2d(maps, self.grid)  # [B, widths[-1], grid, grid]
        return self.output(self.dense(seen.flatten(1)))  # [B, K]


class AlexNet(FiveConvolutions):
    """The form of 2014 for one card; images of 63x63 and more. Its words are those of `FiveConvolutions`.

    Example:
        >>> import torch
        >>> network = AlexNet(channels=3, outputs=10, widths=(4, 8, 8, 8, 8), grid=1, hidden=16)
        >>> network(torch.randn(2, 3, 64, 64)).shape
        torch.Size([2, 10])
    """

    tower, classifier = staticmethod(one_tower), staticmethod(dense_before)


class AlexNet2012(FiveConvolutions):
    """The network of 2012 in two towers; images of 63x63 and more. Its words are those of `FiveConvolutions`."""

    tower, classifier = staticmethod(two_towers), staticmethod(dense_behind)


class SmallAlexNet(FiveConvolutions):
    """For small images; its words are those of `FiveConvolutions`."""

    tower, classifier = staticmethod(small_tower), staticmethod(dense_before)
