"""Swin Transformer: attention inside of small windows, which are shifted from layer to layer so that they meet.

Source: Liu, Lin, Cao, Hu, Wei, Zhang, Lin & Guo 2021, Swin Transformer: hierarchical vision Transformer using shifted
windows (arXiv 2103.14030), section 3 and figures 2 to 4. What is notable: its cost grows with the image's area, not
with the square of it. Every second layer moves all windows by half of their side, so that neighbouring windows exchange
what they know; the image is rolled around its edges for that, and a mask keeps apart what only meets by rolling. A
learned bias for each offset between two places takes the place of positions, and between stages four neighbouring
places become one of twice the width, as in convolutional networks.

    x = patches E                                                     [B, H/4, W/4, D]
    x = x + windows(norm(x));  x = x + feed_forward(norm(x))          layers of stage 1, every second one shifted
    x = merge(x)                                                      [B, H/8, W/8, 2D], and so on for four stages
    logits = head(mean(norm(x)))

Departs from the paper: maps whose sides are no multiples of the window are padded with zeros below and on the right for
the attention, as in the authors' code for detection; what stands there is attended to. Windows are not shifted along a
side that fits into one. One matrix each projects queries, keys and values (`PUBLISHED` translates). Matrices start
after Glorot & Bengio 2010, which small forms learn from sooner than from the authors' deviation of 0.02.

Axes: B batch, C channels, H and W rows and columns of the map, D width, h heads, K outputs; N windows of an image, V of
a whole batch, P places of a window.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Num
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.attention import Attention
from bestiary.layers.gelu import GeluFeedForward
from bestiary.layers.initial import glorot_uniform
from bestiary.layers.masks import Mask
from bestiary.layers.patches import PatchEmbedding
from bestiary.layers.stochastic_depth import StochasticDepth, rising
from bestiary.weights.maps import Line, NameMap, joined, same

_PARTS = ("query", "key", "value")


def _fused(block: str, stage: str = "{stage}", first: str = "fc1", second: str = "fc2") -> tuple[Line, ...]:
    """Lines of a layer, where one matrix there makes queries, keys and values."""
    at = f"stages.{stage}.layers.{{layer}}"
    return (
        same(f"{at}.attention_norm.{{*}}", f"{block}.norm1.{{*}}"),
        same(f"{at}.attention.bias.table", f"{block}.attn.relative_position_bias_table"),
        joined(tuple(f"{at}.attention.inside.{part}.{{*}}" for part in _PARTS), f"{block}.attn.qkv.{{*}}"),
        same(f"{at}.attention.inside.output.{{*}}", f"{block}.attn.proj.{{*}}"),
        same(f"{at}.feedforward_norm.{{*}}", f"{block}.norm2.{{*}}"),
        same(f"{at}.feedforward.widen.{{*}}", f"{block}.mlp.{first}.{{*}}"),
        same(f"{at}.feedforward.narrow.{{*}}", f"{block}.mlp.{second}.{{*}}"),
    )


_FRONT = (
    same("patches.project.{*}", "patch_embed.proj.{*}"),
    same("patches_norm.{*}", "patch_embed.norm.{*}"),
    *_fused("layers.{stage}.blocks.{layer}"),
    same("norm.{*}", "norm.{*}"),
)
_AT, _THEIRS = "stages.{stage}.layers.{layer}", "swin.encoder.layers.{stage}.blocks.{layer}"
_BLOCK = "layers.{stage}.blocks.{layer}"
_MADE = (f"{_BLOCK}.attn.relative_position_index", f"{_BLOCK}.attn_mask")  # in some files; nothing that was learned
PUBLISHED = (
    NameMap(
        "timm",
        "timm.models.SwinTransformer",
        ("SwinTransformer",),
        (
            *_FRONT,
            same("stages.{stage}.merge.norm.{*}", "layers.{stage}.downsample.norm.{*}"),
            same("stages.{stage}.merge.reduce.{*}", "layers.{stage}.downsample.reduction.{*}"),
            same("head.{*}", "head.fc.{*}"),
        ),
        ignored=_MADE,
    ),
    NameMap(
        "microsoft",
        "microsoft/Swin-Transformer",
        ("SwinTransformer",),
        (
            *_FRONT,
            same("stages.{stage+1}.merge.norm.{*}", "layers.{stage}.downsample.norm.{*}"),
            same("stages.{stage+1}.merge.reduce.{*}", "layers.{stage}.downsample.reduction.{*}"),
            same("head.{*}", "head.{*}"),
        ),
        ignored=_MADE,
    ),
    NameMap(
        "torchvision",  # a list of patches, stage, merge, stage, merge, ...
        "torchvision.models.SwinTransformer",
        ("SwinTransformer",),
        (
            same("patches.project.{*}", "features.0.0.{*}"),
            same("patches_norm.{*}", "features.0.2.{*}"),
            *(
                line
                for stage in range(4)
                for line in _fused(f"features.{2 * stage + 1}.{{layer}}", str(stage), first="0", second="3")
            ),
            *(
                same(f"stages.{stage}.merge.{ours}.{{*}}", f"features.{2 * stage}.{theirs}.{{*}}")
                for stage in range(1, 4)
                for ours, theirs in (("norm", "norm"), ("reduce", "reduction"))
            ),
            same("norm.{*}", "norm.{*}"),
            same("head.{*}", "head.{*}"),
        ),
        ignored=("features.{stage}.{layer}.attn.relative_position_index",),
    ),
    NameMap(
        "transformers",
        "transformers.SwinForImageClassification",
        ("SwinTransformer",),
        (
            same("patches.project.{*}", "swin.embeddings.patch_embeddings.projection.{*}"),
            same("patches_norm.{*}", "swin.embeddings.norm.{*}"),
            same(f"{_AT}.attention_norm.{{*}}", f"{_THEIRS}.layernorm_before.{{*}}"),
            same(f"{_AT}.attention.bias.table", f"{_THEIRS}.attention.self.relative_position_bias_table"),
            *(
                same(f"{_AT}.attention.inside.{part}.{{*}}", f"{_THEIRS}.attention.self.{part}.{{*}}")
                for part in _PARTS
            ),
            same(f"{_AT}.attention.inside.output.{{*}}", f"{_THEIRS}.attention.output.dense.{{*}}"),
            same(f"{_AT}.feedforward_norm.{{*}}", f"{_THEIRS}.layernorm_after.{{*}}"),
            same(f"{_AT}.feedforward.widen.{{*}}", f"{_THEIRS}.intermediate.dense.{{*}}"),
            same(f"{_AT}.feedforward.narrow.{{*}}", f"{_THEIRS}.output.dense.{{*}}"),
            same("stages.{stage+1}.merge.norm.{*}", "swin.encoder.layers.{stage}.downsample.norm.{*}"),
            same("stages.{stage+1}.merge.reduce.{*}", "swin.encoder.layers.{stage}.downsample.reduction.{*}"),
            same("norm.{*}", "swin.layernorm.{*}"),
            same("head.{*}", "classifier.{*}"),
        ),
        ignored=("swin.encoder.layers.{stage}.blocks.{layer}.attention.self.relative_position_index",),
    ),
)


def cut(x: Num[Tensor, "B H W D"], side: int) -> Num[Tensor, "V P D"]:
    """A map as windows, each a sequence of its places; both sides of the map are multiples of a window's."""
    x = x.unflatten(1, (-1, side)).unflatten(3, (-1, side))  # [B, rows, side, columns, side, D]
    return x.transpose(2, 3).flatten(0, 2).flatten(1, 2)


def join(windows: Float[Tensor, "V P D"], side: int, height: int, width: int) -> Float[Tensor, "B H W D"]:
    """The map that was cut into these windows."""
    x = windows.unflatten(1, (side, side)).unflatten(0, (-1, height // side, width // side))
    return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def neighbours(
    height: int, width: int, side: int, shift: tuple[int, int], device: torch.device
) -> Bool[Tensor, "N P P"]:
    """Which places of each window were neighbours before the map was rolled: these may attend to each other.

    Rolling brings the first rows and columns behind the last ones; a window that holds both holds up to four parts of
    the map that have nothing to do with each other (figure 4).

    Args:
        height, width: of the padded map.
        side: of a window, in places.
        shift: rows and columns that it was rolled by; 0 for none.
        device: where the mask is made.

    Returns:
        For each window and each place as a query: True for the places that it may attend to.

    Example:
        >>> neighbours(2, 4, 2, (0, 1), torch.device("cpu")).int()[1, 0]
        tensor([1, 0, 1, 0], dtype=torch.int32)
    """
    below = torch.arange(height, device=device) >= height - shift[0]  # rows that were rolled there
    right = torch.arange(width, device=device) >= width - shift[1]
    part = 2 * below[:, None] + right  # [H, W]: which of four parts a place belongs to
    parts = cut(part[None, :, :, None], side)[:, :, 0]  # [N, P]
    return parts[:, :, None] == parts[:, None]


class RelativePositionBias(nn.Module):
    """A learned number for each head and each offset between two places of a window, added to scores (equation 4).

    Args:
        side: of the window, in places.
        heads: h.

    Example:
        >>> RelativePositionBias(side=2, heads=3)().shape
        torch.Size([3, 4, 4])
    """

    offsets: Tensor

    def __init__(self, *, side: int, heads: int) -> None:
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn((2 * side - 1) ** 2, heads))
        row, column = torch.arange(side * side) // side, torch.arange(side * side) % side
        down, across = row[:, None] - row + side - 1, column[:, None] - column + side - 1  # each 0 to 2 side - 2
        self.register_buffer("offsets", down * (2 * side - 1) + across, persistent=False)  # line of the table

    def forward(self) -> Float[Tensor, "h P P"]:
        return self.table[self.offsets].permute(2, 0, 1)


class WindowAttention(nn.Module):
    """Attention inside of windows that tile a map, or that are shifted by half of their side.

    Args:
        width: D.
        heads: must divide the width.
        window: side of a window in places.
        shifted: whether windows are shifted along the sides of a map that has more than one.
    """

    def __init__(self, *, width: int, heads: int, window: int, shifted: bool) -> None:
        super().__init__()
        self.window, self.shifted = window, shifted
        self.inside = Attention(width=width, heads=heads)
        self.bias = RelativePositionBias(side=window, heads=heads)

    def forward(self, x: Float[Tensor, "B H W D"]) -> Float[Tensor, "B H W D"]:
        side, (height, width) = self.window, x.shape[1:3]
        x = F.pad(x, (0, 0, 0, -width % side, 0, -height % side))
        high, wide = x.shape[1:3]
        down, right = (side // 2 if self.shifted and extent > side else 0 for extent in (high, wide))
        mask = self._mask(x, (down, right)) if down or right else None
        attended = self.inside(cut(x.roll((-down, -right), (1, 2)), side), mask=mask, bias=self.bias())
        return join(attended, side, high, wide).roll((down, right), (1, 2))[:, :height, :width]

    def _mask(self, x: Float[Tensor, "B H W D"], shift: tuple[int, int]) -> Mask:
        laid = neighbours(x.shape[1], x.shape[2], self.window, shift, x.device).repeat(len(x), 1, 1)[:, None]
        return Mask(lambda query, key: laid)  # [V, 1, P, P]


class Layer(nn.Module):
    """Attention in windows, then a small network at each place; both see normalised input (equation 3).

    Args:
        width: D.
        heads: of the attention.
        window: side of a window in places.
        shifted: whether windows are shifted.
        dropout: of what each sublayer adds, and of the small network's units.
        stochastic_depth: chance that what a sublayer adds to a row is left out.
    """

    def __init__(
        self, *, width: int, heads: int, window: int, shifted: bool, dropout: float, stochastic_depth: float
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = WindowAttention(width=width, heads=heads, window=window, shifted=shifted)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = GeluFeedForward(width=width, feedforward=4 * width, dropout=dropout)
        self.adds = nn.Sequential(nn.Dropout(dropout), StochasticDepth(stochastic_depth))

    def forward(self, x: Float[Tensor, "B H W D"]) -> Float[Tensor, "B H W D"]:
        x = x + self.adds(self.attention(self.attention_norm(x)))
        return x + self.adds(self.feedforward(self.feedforward_norm(x)))


class PatchMerging(nn.Module):
    """Two by two places become one of twice the width: side by side, normalised, and projected without a bias.

    Args:
        width: D.
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Float[Tensor, "B H W D"]) -> Float[Tensor, "B h w E"]:
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        four = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.reduce(self.norm(torch.cat(four, -1)))


class Stage(nn.Module):
    """Layers on maps of one size.

    Args:
        merge: what makes them of those before.
        layers: every second one shifted.
    """

    def __init__(self, merge: nn.Module, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.merge = merge
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Float[Tensor, "B H W D"]) -> Float[Tensor, "B h w E"]:
        x = self.merge(x)
        for layer in self.layers:
            x = layer(x)
        return x


class SwinTransformer(nn.Module):
    """Swin, an image classifier for images of any size.

    Args:
        channels: of the image.
        patch: side of a patch in pixels.
        window: side of a window in places of the map.
        width: D, of the first stage; each later stage has twice as much.
        depths: layers of each stage.
        heads: of each stage.
        outputs: classes, or 1 for regression.
        dropout: in training.
        stochastic_depth: chance that what the last layer adds to a row is left out in training; less in those before.

    Raises:
        ValueError: when depths and heads are not equally many.
        InputError: when heads do not divide the width of their stage.

    Example:
        >>> words = {"patch": 2, "window": 2, "width": 8, "depths": (2, 2), "heads": (2, 4)}
        >>> SwinTransformer(channels=3, outputs=5, **words)(torch.zeros(2, 3, 13, 16)).shape
        torch.Size([2, 5])
    """

    def __init__(
        self,
        *,
        channels: int,
        patch: int,
        window: int,
        width: int,
        depths: Sequence[int],
        heads: Sequence[int],
        outputs: int,
        dropout: float = 0.0,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        if len(depths) != len(heads):
            raise ValueError(
                f"depths and heads must name equally many stages; received {len(depths)} and {len(heads)}; "
                "give one depth and one number of heads a stage"
            )
        self.patches = PatchEmbedding(channels=channels, patch=patch, width=width)
        self.patches_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        chances = iter(rising(stochastic_depth, sum(depths)))
        self.stages = nn.ModuleList()
        for stage, (depth, several) in enumerate(zip(depths, heads)):
            words = {"width": width * 2**stage, "heads": several, "window": window, "dropout": dropout}
            merge = PatchMerging(width=width * 2 ** (stage - 1)) if stage else nn.Identity()
            layers = [Layer(**words, shifted=n % 2 == 1, stochastic_depth=next(chances)) for n in range(depth)]
            self.stages.append(Stage(merge, layers))
        last = width * 2 ** (len(depths) - 1)
        self.norm = nn.LayerNorm(last)
        self.head = nn.Linear(last, outputs)
        glorot_uniform(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        x = self.dropout(self.patches_norm(self.patches(pixels)))  # [B, H/4, W/4, D]
        for stage in self.stages:
            x = stage(x)
        return self.head(self.norm(x).mean((1, 2)))
