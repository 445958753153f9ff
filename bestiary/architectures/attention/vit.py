"""Vision Transformer: an image is a sequence of patches, read by a Transformer encoder that knows nothing of images.

Source: Dosovitskiy, Beyer, Kolesnikov et al. 2021, An image is worth 16x16 words: Transformers for image recognition at
scale (arXiv 2010.11929), section 3.1 and figure 1. What is notable: no convolution over neighbours and no pooling. A
learned class token stands before the patches and gathers what the answer needs; positions are learned, in one row.

    z = [token; patches E] + positions                      (1)
    z = z + attention(norm(z))              depth times     (2)
    z = z + feed_forward(norm(z))                           (3)
    logits = head(norm(z)[token])                           (4)

Departs from the paper: images whose sides are no multiples of the patch are padded with zeros. One matrix each projects
queries, keys and values, where published weights have one of all three (`PUBLISHED` translates). The head starts at
random, where the authors' starts at zero. Stochastic depth, which the paper does not have, is there for DeiT; it is off
unless asked for. The head for pre-training has no hidden layer here (as in the released, fine-tuned weights).

Axes: B batch, C channels, H height, W width, h and w rows and columns of patches, N = h w, D width, K outputs.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.errors import InputError
from bestiary.layers.attention import Attention
from bestiary.layers.gelu import GeluFeedForward
from bestiary.layers.initial import glorot_uniform
from bestiary.layers.patches import PatchEmbedding, grid
from bestiary.layers.stochastic_depth import StochasticDepth, rising
from bestiary.weights.maps import Line, NameMap, joined, same

EPSILON = 1e-6  # of the norms, as in the authors' code; torch's usual is 1e-5


def projections(theirs: str) -> Line:
    """Queries, keys and values of each layer, in one matrix there."""
    return joined(tuple(f"layers.{{layer}}.attention.{part}.{{*}}" for part in ("query", "key", "value")), theirs)


TIMM = (
    same("token", "cls_token"),
    same("positions", "pos_embed"),
    same("patches.project.{*}", "patch_embed.proj.{*}"),
    projections("blocks.{layer}.attn.qkv.{*}"),
    same("layers.{layer}.attention.output.{*}", "blocks.{layer}.attn.proj.{*}"),
    same("layers.{layer}.attention_norm.{*}", "blocks.{layer}.norm1.{*}"),
    same("layers.{layer}.feedforward_norm.{*}", "blocks.{layer}.norm2.{*}"),
    same("layers.{layer}.feedforward.widen.{*}", "blocks.{layer}.mlp.fc1.{*}"),
    same("layers.{layer}.feedforward.narrow.{*}", "blocks.{layer}.mlp.fc2.{*}"),
    same("norm.{*}", "norm.{*}"),
    same("head.{*}", "head.{*}"),
)
"""Names of the authors' PyTorch code of DeiT, which timm has kept."""


def transformers_names(model: str) -> tuple[Line, ...]:
    """Names of files of transformers, but for the head: those of ViT and DeiT differ in their first word."""
    layer = f"{model}.encoder.layer.{{layer}}"
    return (
        same("token", f"{model}.embeddings.cls_token"),
        same("positions", f"{model}.embeddings.position_embeddings"),
        same("patches.project.{*}", f"{model}.embeddings.patch_embeddings.projection.{{*}}"),
        *(
            same(f"layers.{{layer}}.attention.{part}.{{*}}", f"{layer}.attention.attention.{part}.{{*}}")
            for part in ("query", "key", "value")
        ),
        same("layers.{layer}.attention.output.{*}", f"{layer}.attention.output.dense.{{*}}"),
        same("layers.{layer}.attention_norm.{*}", f"{layer}.layernorm_before.{{*}}"),
        same("layers.{layer}.feedforward_norm.{*}", f"{layer}.layernorm_after.{{*}}"),
        same("layers.{layer}.feedforward.widen.{*}", f"{layer}.intermediate.dense.{{*}}"),
        same("layers.{layer}.feedforward.narrow.{*}", f"{layer}.output.dense.{{*}}"),
        same("norm.{*}", f"{model}.layernorm.{{*}}"),
    )


PUBLISHED = (
    NameMap("timm", "timm.models.VisionTransformer", ("VisionTransformer",), TIMM),
    NameMap(
        "torchvision",
        "torchvision.models.VisionTransformer",
        ("VisionTransformer",),
        (
            same("token", "class_token"),
            same("positions", "encoder.pos_embedding"),
            same("patches.project.{*}", "conv_proj.{*}"),
            projections("encoder.layers.encoder_layer_{layer}.self_attention.in_proj_{*}"),
            same(
                "layers.{layer}.attention.output.{*}",
                "encoder.layers.encoder_layer_{layer}.self_attention.out_proj.{*}",
            ),
            same("layers.{layer}.attention_norm.{*}", "encoder.layers.encoder_layer_{layer}.ln_1.{*}"),
            same("layers.{layer}.feedforward_norm.{*}", "encoder.layers.encoder_layer_{layer}.ln_2.{*}"),
            same("layers.{layer}.feedforward.widen.{*}", "encoder.layers.encoder_layer_{layer}.mlp.0.{*}"),
            same("layers.{layer}.feedforward.narrow.{*}", "encoder.layers.encoder_layer_{layer}.mlp.3.{*}"),
            same("norm.{*}", "encoder.ln.{*}"),
            same("head.{*}", "heads.head.{*}"),
        ),
    ),
    NameMap(
        "transformers",
        "transformers.ViTForImageClassification",
        ("VisionTransformer",),
        (*transformers_names("vit"), same("head.{*}", "classifier.{*}")),
    ),
)


class Layer(nn.Module):
    """Attention, then a small network at each position; both see normalised input (equations 2 and 3).

    Args:
        width: D, of the sequence.
        heads: of the attention.
        feedforward: units of the small network.
        dropout: after every linear layer but the projections of queries, keys and values (appendix B.1).
        stochastic_depth: chance that what a sublayer adds to a row is left out.
    """

    def __init__(self, *, width: int, heads: int, feedforward: int, dropout: float, stochastic_depth: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, EPSILON)
        self.attention = Attention(width=width, heads=heads)
        self.feedforward_norm = nn.LayerNorm(width, EPSILON)
        self.feedforward = GeluFeedForward(width=width, feedforward=feedforward, dropout=dropout)
        self.adds = nn.Sequential(nn.Dropout(dropout), StochasticDepth(stochastic_depth))

    def forward(self, z: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        z = z + self.adds(self.attention(self.attention_norm(z)))
        return z + self.adds(self.feedforward(self.feedforward_norm(z)))


class VisionTransformer(nn.Module):
    """ViT, an image classifier.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels.
        patch: side of a patch in pixels.
        width: D, of each patch's vector.
        depth: layers.
        heads: of each attention; must divide the width.
        feedforward: units of the small network in each layer.
        outputs: classes, or 1 for regression.
        dropout: in training.
        stochastic_depth: chance that what the last layer adds to a row is left out in training; less in those before.

    Raises:
        InputError: when heads do not divide the width; in `forward`, for images that have another number of patches.

    Example:
        >>> words = {"patch": 4, "width": 8, "depth": 2, "heads": 2, "feedforward": 16}
        >>> network = VisionTransformer(channels=3, image_size=(16, 16), outputs=5, **words)
        >>> network(torch.zeros(2, 3, 16, 16)).shape
        torch.Size([2, 5])
    """

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        patch: int,
        width: int,
        depth: int,
        heads: int,
        feedforward: int,
        outputs: int,
        dropout: float = 0.0,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        rows, columns = grid(image_size, patch)
        self.patches = PatchEmbedding(channels=channels, patch=patch, width=width)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 1 + rows * columns, width))
        self.dropout = nn.Dropout(dropout)
        words = {"width": width, "heads": heads, "feedforward": feedforward, "dropout": dropout}
        self.layers = nn.ModuleList(
            Layer(**words, stochastic_depth=chance) for chance in rising(stochastic_depth, depth)
        )
        self.norm = nn.LayerNorm(width, EPSILON)
        self.head = nn.Linear(width, outputs)
        glorot_uniform(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        patches = self.patches(pixels).flatten(1, 2)  # [B, N, D]
        z = self.dropout(placed([self.token], patches, self.positions))  # [B, 1 + N, D]
        for layer in self.layers:
            z = layer(z)
        return self.head(self.norm(z)[:, 0])


def placed(
    tokens: list[Float[Tensor, "1 1 D"]], patches: Float[Tensor, "B N D"], positions: Float[Tensor, "1 T D"]
) -> Float[Tensor, "B T D"]:
    """Learned tokens before the patches of each image, and the positions of all (equation 1).

    Raises:
        InputError: when there are more or fewer positions.
    """
    sequence = torch.cat([*(token.expand(len(patches), -1, -1) for token in tokens), patches], 1)
    if sequence.shape[1] != positions.shape[1]:
        raise InputError(
            f"this network has positions for {positions.shape[1] - len(tokens)} patches; received an image of "
            f"{patches.shape[1]}; bring images to its size, or build it with another image_size"
        )
    return sequence + positions
