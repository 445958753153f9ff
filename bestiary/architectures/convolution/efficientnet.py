"""EfficientNet: one small network that was searched for, and a rule that makes it wider, deeper and sharper at once.

Source: Tan, Le 2019, "EfficientNet: rethinking model scaling for convolutional neural networks", arXiv 1905.11946. The
baseline B0 is table 1. `scaled_width` and `scaled_depth` are compound scaling (section 3.3) as its authors compute it.

    pixels -> 3x3 /2 -> 7 stages of blocks -> 1x1 to 1280 maps -> mean -> dropout -> dense

    block:  x -> 1x1, six times as many maps -> depthwise 3x3 or 5x5 -> maps weighed -> 1x1, few maps again -> + x

A block (MBConv: Sandler et al. 2018, arXiv 1801.04381) is wide inside and narrow outside, the reverse of a residual
bottleneck; depthwise convolution looks at each map alone. Maps are weighed by what all of them hold on average (squeeze
and excitation: Hu et al. 2018, arXiv 1709.01507). All units are SiLU.

What departs from the paper: batch norm's running statistics follow with 0.1 a step, where the authors use 0.01, which
short trainings never catch up with. The paper is silent about padding: `EfficientNet` pads like its authors' code, one
pixel more at the bottom and right where an odd number is missing; `SymmetricEfficientNet` pads all sides alike, as
torchvision and timm do. `SmallEfficientNet` is for small images: three stages, and no halving before them.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.convolution import GlobalMean
from bestiary.layers.initial import he_normal
from bestiary.layers.stochastic_depth import StochasticDepth
from bestiary.weights.maps import Line, NameMap, same

# B batch, C channels, D channels that go out, H height, W width, K outputs

Stage = tuple[int, int, int, int, int]
"""Expansion, size of the filter, stride of the first block, width, depth."""
BASELINE: tuple[Stage, ...] = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)  # table 1
SMALL: tuple[Stage, ...] = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 1), (6, 5, 2, 40, 1))


_PARTS = (
    "expand.0.convolution",
    "expand.0.norm",
    "depthwise.convolution",
    "depthwise.norm",
    "weigh.narrow",
    "weigh.widen",
    "project.convolution",
    "project.norm",
)


def _block(ours: str, theirs: str, names: Sequence[str]) -> Iterable[Line]:
    """The parts of a block by their names there, in the order in which they compute; some expand nothing at first."""
    for part, name in zip(_PARTS[-len(names) :], names):
        yield same(f"{ours}.{part}.{{*}}", f"{theirs}.{name}.{{*}}")


def _torchvision() -> Iterable[Line]:
    """Blocks of the first stage expand nothing, so that their parts are counted from another start."""
    for stage in range(len(BASELINE)):
        first = int(stage > 0)
        expanded = ("0.0", "0.1") if first else ()
        weighed = (f"{first + 1}.fc1", f"{first + 1}.fc2")
        names = (*expanded, f"{first}.0", f"{first}.1", *weighed, f"{first + 2}.0", f"{first + 2}.1")
        yield from _block(f"blocks.{stage}.{{block}}", f"features.{stage + 1}.{{block}}.block", names)


def _timm() -> Iterable[Line]:
    first = ("conv_dw", "bn1", "se.conv_reduce", "se.conv_expand", "conv_pw", "bn2")
    others = ("conv_pw", "bn1", "conv_dw", "bn2", "se.conv_reduce", "se.conv_expand", "conv_pwl", "bn3")
    for stage in range(len(BASELINE)):
        block = f"blocks.{stage}.{{block}}"
        yield from _block(block, block, others if stage else first)


_TRANSFORMERS = (
    "expansion.expand_conv",
    "expansion.expand_bn",
    "depthwise_conv.depthwise_conv",
    "depthwise_conv.depthwise_norm",
    "squeeze_excite.reduce",
    "squeeze_excite.expand",
    "projection.project_conv",
    "projection.project_bn",
)
PUBLISHED = (
    NameMap(
        "transformers",
        "transformers.EfficientNetForImageClassification",
        ("EfficientNet",),
        (
            same("entry.convolution.{*}", "efficientnet.embeddings.convolution.{*}"),
            same("entry.norm.{*}", "efficientnet.embeddings.batchnorm.{*}"),
            *_block("blocks.{block}", "efficientnet.encoder.blocks.{block}", _TRANSFORMERS),
            same("exit.convolution.{*}", "efficientnet.encoder.top_conv.{*}"),
            same("exit.norm.{*}", "efficientnet.encoder.top_bn.{*}"),
            same("output.{*}", "classifier.{*}"),
        ),
    ),
    NameMap(
        "torchvision",
        "torchvision.models.EfficientNet",
        ("SymmetricEfficientNet",),
        (
            same("entry.convolution.{*}", "features.0.0.{*}"),
            same("entry.norm.{*}", "features.0.1.{*}"),
            *_torchvision(),
            same("exit.convolution.{*}", "features.8.0.{*}"),
            same("exit.norm.{*}", "features.8.1.{*}"),
            same("output.{*}", "classifier.1.{*}"),
        ),
    ),
    NameMap(
        "timm",
        "timm.models.EfficientNet",
        ("SymmetricEfficientNet",),
        (
            same("entry.convolution.{*}", "conv_stem.{*}"),
            same("entry.norm.{*}", "bn1.{*}"),
            *_timm(),
            same("exit.convolution.{*}", "conv_head.{*}"),
            same("exit.norm.{*}", "bn2.{*}"),
            same("output.{*}", "classifier.{*}"),
        ),
    ),
)


def scaled_width(width: int, factor: float) -> int:
    """A number of maps times a factor, rounded to a multiple of 8, but never down by more than a tenth.

    Example:
        >>> [scaled_width(width, 2.0) for width in (32, 112)], scaled_width(32, 1.1), scaled_width(24, 1.4)
        ([64, 224], 32, 32)
    """
    wanted = width * factor
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def scaled_depth(depth: int, factor: float) -> int:
    """A number of blocks times a factor, rounded up.

    Example:
        >>> [scaled_depth(depth, 3.1) for depth in (1, 2, 3, 4)]
        [4, 7, 10, 13]
    """
    return math.ceil(factor * depth)


class SameConvolution(nn.Module):
    """Convolution and batch norm; the image keeps its size, or has H / stride rows (rounded up) and as many columns.

    Missing pixels are zeros on all sides; where their number is odd, one more at the bottom and at the right.
    """

    def __init__(self, before: int, width: int, size: int, stride: int = 1, *, groups: int = 1, epsilon: float) -> None:
        super().__init__()
        self.size, self.stride = size, stride
        self.convolution = nn.Conv2d(before, width, size, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(width, eps=epsilon)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        height, width = (max((-(-side // self.stride) - 1) * self.stride + self.size - side, 0) for side in x.shape[2:])
        x = F.pad(x, (width // 2, width - width // 2, height // 2, height - height // 2))
        return self.norm(self.convolution(x))


class SymmetricConvolution(nn.Module):
    """Convolution, padded by half its size on all sides, and batch norm."""

    def __init__(self, before: int, width: int, size: int, stride: int = 1, *, groups: int = 1, epsilon: float) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, width, size, stride, size // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(width, eps=epsilon)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return self.norm(self.convolution(x))


class SqueezeExcitation(nn.Module):
    """Weighs each map, from 0 to 1, by what all maps hold on average.

    Args:
        width: maps.
        squeezed: units between.
    """

    def __init__(self, width: int, squeezed: int) -> None:
        super().__init__()
        self.narrow, self.widen = nn.Conv2d(width, squeezed, 1), nn.Conv2d(squeezed, width, 1)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        mean = x.mean((2, 3), keepdim=True)  # [B, C, 1, 1]
        return x * torch.sigmoid(self.widen(F.silu(self.narrow(mean))))


class MobileBlock(nn.Module):
    """MBConv: widened, looked at map by map, weighed, narrowed; and added to what came in where shapes agree.

    Args:
        convolve: the kind of padding.
        before, width: maps that come in and go out.
        expansion: how many times as many maps there are inside.
        size: of the depthwise filter.
        stride: 2 halves the image.
        skipped: probability that what the block adds is left out for a row, in training.
        epsilon: of batch norms.
    """

    def __init__(
        self,
        convolve: type[SameConvolution] | type[SymmetricConvolution],
        before: int,
        width: int,
        *,
        expansion: int,
        size: int,
        stride: int,
        skipped: float,
        epsilon: float,
    ) -> None:
        super().__init__()
        inner = expansion * before
        self.expand = nn.Identity()
        if expansion > 1:
            self.expand = nn.Sequential(convolve(before, inner, 1, epsilon=epsilon), nn.SiLU())
        self.depthwise = convolve(inner, inner, size, stride, groups=inner, epsilon=epsilon)
        self.weigh = SqueezeExcitation(inner, max(1, before // 4))
        self.project = convolve(inner, width, 1, epsilon=epsilon)
        self.stochastic = StochasticDepth(skipped)
        self.residual = stride == 1 and before == width

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        y = F.silu(self.depthwise(self.expand(x)))  # [B, inner, h, w]
        y = self.project(self.weigh(y))  # [B, D, h, w], linear
        return x + self.stochastic(y) if self.residual else y


def counted_through(stages: Sequence[Sequence[nn.Module]]) -> nn.Sequential:
    """Blocks in a row, as the authors and transformers number them."""
    return nn.Sequential(*chain.from_iterable(stages))


def by_stage(stages: Sequence[Sequence[nn.Module]]) -> nn.Sequential:
    """Blocks numbered within each stage, as torchvision and timm do."""
    return nn.Sequential(*(nn.Sequential(*stage) for stage in stages))


class ScaledNetwork(nn.Module):
    """A baseline, scaled. Abstract: a final class names its `baseline`, how it is padded, numbered and begun.

    Args:
        channels: of the image.
        outputs: classes, or 1 for regression.
        width_factor: times as many maps as the baseline has.
        depth_factor: times as many blocks.
        dropout: share of the last maps that are silenced in training, in [0, 1).
        stochastic_depth: probability that a block's addition to a row is left out in training, as it would be for a
            block behind the last; it rises evenly from 0 at the first.
        epsilon: of batch norms.
    """

    baseline: Sequence[Stage]
    convolve: type[SameConvolution] | type[SymmetricConvolution]
    number: Callable[[Sequence[Sequence[nn.Module]]], nn.Sequential]
    entry_stride: int
    before, after = 32, 1280

    def __init__(
        self,
        *,
        channels: int,
        outputs: int,
        width_factor: float = 1.0,
        depth_factor: float = 1.0,
        dropout: float = 0.2,
        stochastic_depth: float = 0.2,
        epsilon: float = 1e-3,
    ) -> None:
        super().__init__()
        before, after = scaled_width(self.before, width_factor), scaled_width(self.after, width_factor)
        self.entry = self.convolve(channels, before, 3, self.entry_stride, epsilon=epsilon)
        blocks = sum(scaled_depth(depth, depth_factor) for *_, depth in self.baseline)
        stages: list[list[nn.Module]] = []
        number = 0
        for expansion, size, stride, baseline_width, depth in self.baseline:
            width = scaled_width(baseline_width, width_factor)
            stages.append([])
            for place in range(scaled_depth(depth, depth_factor)):
                block = MobileBlock(
                    self.convolve,
                    before,
                    width,
                    expansion=expansion,
                    size=size,
                    stride=1 if place else stride,
                    skipped=stochastic_depth * number / blocks,
                    epsilon=epsilon,
                )
                stages[-1].append(block)
                before, number = width, number + 1
        self.blocks = self.number(stages)
        self.exit = self.convolve(before, after, 1, epsilon=epsilon)
        self.mean = GlobalMean()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(after, outputs)
        he_normal(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        x = F.silu(self.entry(pixels))  # [B, 32, H/2, W/2] in B0
        x = F.silu(self.exit(self.blocks(x)))  # [B, 1280, H/32, W/32]
        return self.output(self.dropout(self.mean(x)))  # [B, K]


class EfficientNet(ScaledNetwork):
    """B0 to B7 as their authors compute them; its words are those of `ScaledNetwork`.

    Example:
        >>> network = EfficientNet(channels=3, outputs=10, width_factor=0.25, depth_factor=0.5)
        >>> network(torch.randn(2, 3, 64, 64)).shape
        torch.Size([2, 10])
    """

    baseline, convolve, entry_stride, number = BASELINE, SameConvolution, 2, staticmethod(counted_through)


class SymmetricEfficientNet(ScaledNetwork):
    """B0 to B7 padded alike on all sides, as torchvision and timm have them; its words are those of `ScaledNetwork`."""

    baseline, convolve, entry_stride, number = BASELINE, SymmetricConvolution, 2, staticmethod(by_stage)


class SmallEfficientNet(ScaledNetwork):
    """Three stages for small images; its words are those of `ScaledNetwork`."""

    baseline, convolve, entry_stride, number = SMALL, SameConvolution, 1, staticmethod(counted_through)
    before, after = 16, 160
