"""ConvNeXt: a residual network in which every choice of a vision Transformer that helps was made by convolutions.

Source: Liu, Mao, Wu, Feichtenhofer, Darrell, Xie 2022, "A ConvNet for the 2020s", arXiv 2201.03545. Figure 4 is
the block:

    x -> depthwise 7x7 -> layer norm -> four times as many maps -> GELU -> as many again -> x layer scale -> + x

    pixels -> 4x4 /4, norm -> stages of blocks, with norm and 2x2 /2 between -> mean -> norm -> dense

Depthwise convolution mixes pixels as attention does, the two dense layers mix maps at each pixel; there is one norm and
one activation a block. Layer scale (Touvron et al. 2021, arXiv 2103.17239) multiplies what a block adds by a learned
number a map, at first 1e-6; stochastic depth leaves it out for some rows.

What departs from the paper: nothing in the network. Small images get patches of fewer pixels and fewer stages.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.convolution import GlobalMean
from bestiary.layers.stochastic_depth import StochasticDepth, rising
from bestiary.weights.maps import Line, NameMap, same, spread

# B batch, C channels, D channels that go out, H height, W width, K outputs

EPSILON = 1e-6  # of layer norms
STAGES = 4  # of published networks


def _torchvision() -> Iterable[Line]:
    """Stages stand at odd places of `features`; what halves the image stands between them."""
    for stage in range(STAGES):
        here, there = f"stages.{stage}.{{block}}", f"features.{2 * stage + 1}.{{block}}"
        yield spread(f"{here}.scale", f"{there}.layer_scale", 2)
        yield same(f"{here}.depthwise.{{*}}", f"{there}.block.0.{{*}}")
        yield same(f"{here}.norm.{{*}}", f"{there}.block.2.{{*}}")
        yield same(f"{here}.widen.{{*}}", f"{there}.block.3.{{*}}")
        yield same(f"{here}.narrow.{{*}}", f"{there}.block.5.{{*}}")
    for between in range(STAGES - 1):
        yield same(f"between.{between}.0.norm.{{*}}", f"features.{2 * between + 2}.0.{{*}}")
        yield same(f"between.{between}.1.{{*}}", f"features.{2 * between + 2}.1.{{*}}")


_HF = "convnext.encoder.stages.{stage}.layers.{block}"
_BETWEEN = "convnext.encoder.stages.{stage+1}.downsampling_layer"
PUBLISHED = (
    NameMap(
        "torchvision",
        "torchvision.models.ConvNeXt",
        ("ConvNeXt",),
        (
            same("entry.0.{*}", "features.0.0.{*}"),
            same("entry.1.norm.{*}", "features.0.1.{*}"),
            *_torchvision(),
            same("norm.{*}", "classifier.0.{*}"),
            same("output.{*}", "classifier.2.{*}"),
        ),
    ),
    NameMap(
        "transformers",
        "transformers.ConvNextForImageClassification",
        ("ConvNeXt",),
        (
            same("entry.0.{*}", "convnext.embeddings.patch_embeddings.{*}"),
            same("entry.1.norm.{*}", "convnext.embeddings.layernorm.{*}"),
            same("stages.{stage}.{block}.scale", f"{_HF}.layer_scale_parameter"),
            same("stages.{stage}.{block}.depthwise.{*}", f"{_HF}.dwconv.{{*}}"),
            same("stages.{stage}.{block}.norm.{*}", f"{_HF}.layernorm.{{*}}"),
            same("stages.{stage}.{block}.widen.{*}", f"{_HF}.pwconv1.{{*}}"),
            same("stages.{stage}.{block}.narrow.{*}", f"{_HF}.pwconv2.{{*}}"),
            same("between.{stage}.0.norm.{*}", f"{_BETWEEN}.0.{{*}}"),
            same("between.{stage}.1.{*}", f"{_BETWEEN}.1.{{*}}"),
            same("norm.{*}", "convnext.layernorm.{*}"),
            same("output.{*}", "classifier.{*}"),
        ),
    ),
    NameMap(
        "timm",
        "timm.models.ConvNeXt",
        ("ConvNeXt",),
        (
            same("entry.0.{*}", "stem.0.{*}"),
            same("entry.1.norm.{*}", "stem.1.{*}"),
            same("stages.{stage}.{block}.scale", "stages.{stage}.blocks.{block}.gamma"),
            same("stages.{stage}.{block}.depthwise.{*}", "stages.{stage}.blocks.{block}.conv_dw.{*}"),
            same("stages.{stage}.{block}.norm.{*}", "stages.{stage}.blocks.{block}.norm.{*}"),
            same("stages.{stage}.{block}.widen.{*}", "stages.{stage}.blocks.{block}.mlp.fc1.{*}"),
            same("stages.{stage}.{block}.narrow.{*}", "stages.{stage}.blocks.{block}.mlp.fc2.{*}"),
            same("between.{stage}.0.norm.{*}", "stages.{stage+1}.downsample.0.{*}"),
            same("between.{stage}.1.{*}", "stages.{stage+1}.downsample.1.{*}"),
            same("norm.{*}", "head.norm.{*}"),
            same("output.{*}", "head.fc.{*}"),
        ),
    ),
)


class MapNorm(nn.Module):
    """Layer norm over the maps of each pixel.

    Args:
        width: maps.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps=EPSILON)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """Figure 4, right; its size and its number of maps stay.

    Args:
        width: maps.
        scale: first value of layer scale.
        skipped: probability that what the block adds is left out for a row, in training.
    """

    def __init__(self, *, width: int, scale: float, skipped: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.full((width,), scale))
        self.stochastic = StochasticDepth(skipped)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        y = self.depthwise(x).permute(0, 2, 3, 1)  # [B, H, W, C]
        y = self.scale * self.narrow(F.gelu(self.widen(self.norm(y))))
        return x + self.stochastic(y.permute(0, 3, 1, 2))


class ConvNeXt(nn.Module):
    """Stages of blocks, halving the image and widening between them.

    Args:
        channels: of the image; each side must be at least patch * 2 to the power of stages - 1 in pixels.
        outputs: classes, or 1 for regression.
        widths: maps of each stage.
        depths: blocks of each stage.
        patch: pixels on a side of what the first convolution looks at, and moves by.
        scale: first value of layer scale.
        stochastic_depth: probability that the last block's addition to a row is left out in training; less before.

    Raises:
        ValueError: when widths and depths are not equally many.

    Example:
        >>> network = ConvNeXt(channels=3, outputs=10, widths=(8, 16), depths=(1, 2))
        >>> network(torch.randn(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        *,
        channels: int,
        outputs: int,
        widths: Sequence[int],
        depths: Sequence[int],
        patch: int = 4,
        scale: float = 1e-6,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        if len(widths) != len(depths):
            raise ValueError(
                f"widths and depths must name equally many stages; received {len(widths)} and {len(depths)}; "
                "give one width and one depth a stage"
            )
        self.entry = nn.Sequential(nn.Conv2d(channels, widths[0], patch, patch), MapNorm(widths[0]))
        chances = iter(rising(stochastic_depth, sum(depths)))
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(width=width, scale=scale, skipped=next(chances)) for _ in range(depth)))
            for width, depth in zip(widths, depths)
        )
        self.between = nn.ModuleList(
            nn.Sequential(MapNorm(before), nn.Conv2d(before, width, 2, 2)) for before, width in pairwise(widths)
        )
        self.mean = GlobalMean()
        self.norm = nn.LayerNorm(widths[-1], eps=EPSILON)
        self.output = nn.Linear(widths[-1], outputs)
        initialise(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        first, *others = self.stages
        x = first(self.entry(pixels))  # [B, widths[0], H/4, W/4]
        for halve, stage in zip(self.between, others):
            x = stage(halve(x))  # [B, widths[stage], H/4 / 2**stage, W/4 / 2**stage]
        return self.output(self.norm(self.mean(x)))  # [B, K]


def initialise(network: nn.Module) -> None:
    """Weights are drawn with a deviation of 0.02, cut at 2; biases start at 0 (appendix A.1)."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.trunc_normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
