"""Residual networks: each block adds a correction to what it was given, so that even a hundred layers can be trained.

Source: He, Zhang, Ren, Sun 2015, "Deep residual learning for image recognition", arXiv 1512.03385. A block is
y = max(0, F(x) + shortcut(x)); the shortcut is the identity wherever shapes agree, else a projection by a 1x1
convolution (the paper's option B) or, in its networks for CIFAR-10, subsampling and zero padding of channels (option
A).

    pixels -> stem -> stages of blocks, halving the image and doubling the width between stages -> mean -> dense

What departs from the paper: bottlenecks halve the image in their 3x3 convolution (known as v1.5), which most published
weights do; `PaperResNet` halves it in the first 1x1 convolution as the paper writes. Small images get a stem of one 3x3
convolution without pooling, as in the paper's own networks for CIFAR-10.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.convolution import ConvNorm, GlobalMean
from bestiary.weights.maps import NameMap, same

# B batch, C channels that come in, D channels that go out, H height, W width, K outputs

_FOR_PHOTOGRAPHS = ("BasicResNet", "BottleneckResNet", "PaperResNet")
PUBLISHED = (
    NameMap(
        "torchvision",  # and timm, which has the same names
        "torchvision.models.ResNet",
        _FOR_PHOTOGRAPHS,
        (
            same("entry.layer.convolution.{*}", "conv1.{*}"),
            same("entry.layer.norm.{*}", "bn1.{*}"),
            same("stages.{stage}.{block}.layers.{layer}.convolution.{*}", "layer{stage+1}.{block}.conv{layer+1}.{*}"),
            same("stages.{stage}.{block}.layers.{layer}.norm.{*}", "layer{stage+1}.{block}.bn{layer+1}.{*}"),
            same("stages.{stage}.{block}.shortcut.convolution.{*}", "layer{stage+1}.{block}.downsample.0.{*}"),
            same("stages.{stage}.{block}.shortcut.norm.{*}", "layer{stage+1}.{block}.downsample.1.{*}"),
            same("output.{*}", "fc.{*}"),
        ),
    ),
    NameMap(
        "transformers",
        "transformers.ResNetForImageClassification",
        _FOR_PHOTOGRAPHS,
        (
            same("entry.layer.convolution.{*}", "resnet.embedder.embedder.convolution.{*}"),
            same("entry.layer.norm.{*}", "resnet.embedder.embedder.normalization.{*}"),
            same(
                "stages.{stage}.{block}.layers.{layer}.convolution.{*}",
                "resnet.encoder.stages.{stage}.layers.{block}.layer.{layer}.convolution.{*}",
            ),
            same(
                "stages.{stage}.{block}.layers.{layer}.norm.{*}",
                "resnet.encoder.stages.{stage}.layers.{block}.layer.{layer}.normalization.{*}",
            ),
            same(
                "stages.{stage}.{block}.shortcut.convolution.{*}",
                "resnet.encoder.stages.{stage}.layers.{block}.shortcut.convolution.{*}",
            ),
            same(
                "stages.{stage}.{block}.shortcut.norm.{*}",
                "resnet.encoder.stages.{stage}.layers.{block}.shortcut.normalization.{*}",
            ),
            same("output.{*}", "classifier.1.{*}"),
        ),
    ),
)


class OptionA(nn.Module):
    """A shortcut without parameters: every `stride`-th pixel, missing channels filled with zeros on both sides."""

    def __init__(self, *, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.missing, self.stride = width - before, stride

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        first = self.missing // 2
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, first, self.missing - first))


class OptionB(ConvNorm):
    """A shortcut that projects: 1x1 convolution and batch norm."""

    def __init__(self, *, before: int, width: int, stride: int) -> None:
        super().__init__(before, width, 1, stride)


class ResidualBlock(nn.Module):
    """y = max(0, layers(x) + shortcut(x)), in place where that spares memory. Abstract.

    Args:
        layers: what is learned: convolutions with batch norm, rectified in between.
        shortcut: the identity where shapes agree.
    """

    def __init__(self, layers: Sequence[ConvNorm], shortcut: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.shortcut = shortcut

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        *earlier, last = self.layers
        y = x
        for layer in earlier:
            y = F.relu(layer(y), inplace=True)
        return F.relu(last(y).add_(self.shortcut(x)), inplace=True)


def _shortcut(kind: type[OptionA] | type[OptionB], before: int, width: int, stride: int) -> nn.Module:
    return nn.Identity() if before == width and stride == 1 else kind(before=before, width=width, stride=stride)


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions (figure 5, left), with a projection where shapes differ.

    Args:
        before: channels that come in.
        width: channels that go out.
        stride: 2 halves the image.

    Example:
        >>> sum(p.numel() for p in BasicBlock(before=64, width=64).parameters())
        73984
    """

    def __init__(self, *, before: int, width: int, stride: int = 1) -> None:
        layers = ConvNorm(before, width, 3, stride), ConvNorm(width, width, 3)
        super().__init__(layers, _shortcut(OptionB, before, width, stride))


class PlainBlock(ResidualBlock):
    """Two 3x3 convolutions with a shortcut that has no parameters: the block of the paper's networks for CIFAR-10."""

    def __init__(self, *, before: int, width: int, stride: int = 1) -> None:
        layers = ConvNorm(before, width, 3, stride), ConvNorm(width, width, 3)
        super().__init__(layers, _shortcut(OptionA, before, width, stride))


class Bottleneck(ResidualBlock):
    """1x1 to a quarter of the width, 3x3, 1x1 back (figure 5, right); the 3x3 convolution has the stride (v1.5)."""

    def __init__(self, *, before: int, width: int, stride: int = 1) -> None:
        inner = width // 4
        layers = ConvNorm(before, inner, 1), ConvNorm(inner, inner, 3, stride), ConvNorm(inner, width, 1)
        super().__init__(layers, _shortcut(OptionB, before, width, stride))


class PaperBottleneck(ResidualBlock):
    """The bottleneck as the paper writes it: the first 1x1 convolution has the stride."""

    def __init__(self, *, before: int, width: int, stride: int = 1) -> None:
        inner = width // 4
        layers = ConvNorm(before, inner, 1, stride), ConvNorm(inner, inner, 3), ConvNorm(inner, width, 1)
        super().__init__(layers, _shortcut(OptionB, before, width, stride))


class LargeStem(nn.Module):
    """For photographs: 7x7 convolution and 3x3 max pooling, each of stride 2."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.layer = ConvNorm(channels, width, 7, 2)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return F.max_pool2d(F.relu(self.layer(pixels), inplace=True), 3, 2, padding=1)


class SmallStem(nn.Module):
    """For small images: one 3x3 convolution."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.layer = ConvNorm(channels, width, 3)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D H W"]:
        return F.relu(self.layer(pixels), inplace=True)


class ResidualNetwork(nn.Module):
    """Stem, stages, mean over pixels, dense layer. Abstract: a final class names its `stem` and its `block`.

    Args:
        channels: of the image.
        outputs: classes, or 1 for regression.
        widths: channels that each stage puts out.
        depths: blocks of each stage; all but the first stage halve the image in their first block.
        entry: channels that the stem puts out.

    Raises:
        ValueError: when widths and depths are not equally many.
    """

    stem: type[LargeStem] | type[SmallStem]
    block: type[BasicBlock] | type[PlainBlock] | type[Bottleneck] | type[PaperBottleneck]

    def __init__(
        self, *, channels: int, outputs: int, widths: Sequence[int], depths: Sequence[int], entry: int = 64
    ) -> None:
        super().__init__()
        if len(widths) != len(depths):
            raise ValueError(
                f"widths and depths must name equally many stages; received {len(widths)} and {len(depths)}; "
                "give one width and one depth a stage"
            )
        self.entry = self.stem(channels, entry)
        self.stages = nn.ModuleList()
        for stage, ((before, width), depth) in enumerate(zip(pairwise((entry, *widths)), depths)):
            first = self.block(before=before, width=width, stride=2 if stage else 1)
            self.stages.append(nn.Sequential(first, *(self.block(before=width, width=width) for _ in range(depth - 1))))
        self.mean = GlobalMean()
        self.output = nn.Linear(widths[-1], outputs)
        initialise(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        x = self.entry(pixels)  # [B, entry, H/4, W/4], or [B, entry, H, W] with the small stem
        for stage in self.stages:
            x = stage(x)  # [B, width, H / 2**stage, W / 2**stage]
        return self.output(self.mean(x))  # [B, K]


def initialise(network: nn.Module) -> None:
    """Convolutions start as He et al. 2015 (arXiv 1502.01852) derive for rectified units, by fan-out; norms at 1, 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def start_as_identity(network: ResidualNetwork) -> None:
    """Sets the last scale of each block to 0, so that every block starts as its shortcut alone.

    Not in the paper; it lets large batches start at a high rate (Goyal et al. 2017, arXiv 1706.02677, section 5.1).

    Example:
        >>> network = SmallResNet(channels=1, outputs=2, widths=(8,), depths=(1,), entry=8)
        >>> start_as_identity(network)
    """
    for module in network.modules():
        if isinstance(module, ResidualBlock):
            *_, last = module.layers
            nn.init.zeros_(cast("ConvNorm", last).norm.weight)


class BasicResNet(ResidualNetwork):
    """ResNet-18 and 34: basic blocks, for photographs; its words are those of `ResidualNetwork`."""

    stem, block = LargeStem, BasicBlock


class BottleneckResNet(ResidualNetwork):
    """ResNet-50, 101 and 152: bottlenecks (v1.5), for photographs; its words are those of `ResidualNetwork`."""

    stem, block = LargeStem, Bottleneck


class PaperResNet(ResidualNetwork):
    """ResNet-50, 101 and 152 with the stride where the paper has it; its words are those of `ResidualNetwork`."""

    stem, block = LargeStem, PaperBottleneck


class SmallResNet(ResidualNetwork):
    """Basic blocks behind the stem for small images; its words are those of `ResidualNetwork`."""

    stem, block = SmallStem, BasicBlock


class PlainResNet(ResidualNetwork):
    """The paper's networks for CIFAR-10 (section 4.2): small stem, shortcuts without parameters."""

    stem, block = SmallStem, PlainBlock


def block_example(keywords: Mapping[str, object], batch: int = 2) -> tuple[Tensor]:
    """Arguments of a block's forward."""
    height, width = cast("tuple[int, int]", keywords.get("image_size", (8, 8)))
    return (torch.randn(batch, cast("int", keywords["before"]), height, width),)
