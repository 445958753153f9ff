"""DeiT: a Vision Transformer that learns from a million images, and from a convolutional teacher through a token.

Source: Touvron, Cord, Douze, Massa, Sablayrolles & Jégou 2021, Training data-efficient image transformers and
distillation through attention (arXiv 2012.12877), section 4 and figure 2. Without distillation DeiT is a plain Vision
Transformer, taught with stochastic depth, smoothed labels and augmented pictures. What is notable is the second learned
token: it stands beside the class token, goes through the same layers, and its own head is taught by what a teacher says
of the image instead of by the label.

    z = [class token; distillation token; patches E] + positions
    z = z + attention(norm(z));  z = z + feed_forward(norm(z))          depth times
    logits = (labels(norm(z)[0]) + teacher(norm(z)[1])) / 2

Departs from the paper: both heads are joined by the mean of their logits, as in the authors' code, where the text adds
probabilities. First weights are drawn as for `vit`. `new_teacher` makes a small residual network, where the paper's
teacher is a RegNetY-16GF, which few people have the images to train.

Axes: B batch, C channels, H height, W width, N patches, D width, K outputs; two = 2 D.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.architectures.attention.vit import EPSILON, TIMM, Layer, placed, transformers_names
from bestiary.architectures.convolution.resnet import PlainResNet
from bestiary.layers.initial import glorot_uniform
from bestiary.layers.patches import PatchEmbedding, grid
from bestiary.layers.stochastic_depth import rising
from bestiary.weights.maps import NameMap, same

_DISTILLED = ("DistilledVisionTransformer",)
PUBLISHED = (
    NameMap(
        "timm",
        "timm.models.VisionTransformerDistilled",
        _DISTILLED,
        (
            *TIMM[:-1],
            same("distillation", "dist_token"),
            same("head.labels.{*}", "head.{*}"),
            same("head.teacher.{*}", "head_dist.{*}"),
        ),
    ),
    NameMap(
        "transformers",
        "transformers.DeiTForImageClassificationWithTeacher",
        _DISTILLED,
        (
            *transformers_names("deit"),
            same("distillation", "deit.embeddings.distillation_token"),
            same("head.labels.{*}", "cls_classifier.{*}"),
            same("head.teacher.{*}", "distillation_classifier.{*}"),
        ),
    ),
)


class Heads(nn.Module):
    """A linear head for each of two tokens, and the mean of what they say.

    Args:
        width: D, of a token.
        outputs: K, classes.
    """

    def __init__(self, *, width: int, outputs: int) -> None:
        super().__init__()
        self.labels = nn.Linear(width, outputs)
        self.teacher = nn.Linear(width, outputs)

    def forward(self, tokens: Float[Tensor, "B two"]) -> Float[Tensor, "B K"]:
        labels, teacher = self.apart(tokens)
        return (labels + teacher) / 2

    def apart(self, tokens: Float[Tensor, "B two"]) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K"]]:
        """Of the head that labels teach, and of the one that the teacher does."""
        first, second = tokens.chunk(2, -1)
        return self.labels(first), self.teacher(second)


class DistilledVisionTransformer(nn.Module):
    """DeiT with the distillation token, an image classifier.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels.
        patch: side of a patch in pixels.
        width: D, of each patch's vector.
        depth: layers.
        heads: of each attention; must divide the width.
        feedforward: units of the small network in each layer.
        outputs: classes.
        dropout: in training.
        stochastic_depth: chance that what the last layer adds to a row is left out in training; less in those before.

    Raises:
        InputError: when heads do not divide the width; in `forward`, for images that have another number of patches.

    Example:
        >>> words = {"patch": 4, "width": 8, "depth": 2, "heads": 2, "feedforward": 16}
        >>> network = DistilledVisionTransformer(channels=3, image_size=(16, 16), outputs=5, **words)
        >>> labels, teacher = network.by_head(torch.zeros(2, 3, 16, 16))
        >>> labels.shape, teacher.shape
        (torch.Size([2, 5]), torch.Size([2, 5]))
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
        self.distillation = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, 2 + rows * columns, width))
        self.dropout = nn.Dropout(dropout)
        words = {"width": width, "heads": heads, "feedforward": feedforward, "dropout": dropout}
        self.layers = nn.ModuleList(
            Layer(**words, stochastic_depth=chance) for chance in rising(stochastic_depth, depth)
        )
        self.norm = nn.LayerNorm(width, EPSILON)
        self.head = Heads(width=width, outputs=outputs)
        glorot_uniform(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        return self.head(self._tokens(pixels))

    def by_head(self, pixels: Float[Tensor, "B C H W"]) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K"]]:
        """Logits of the head that labels teach, and of the one that the teacher does."""
        return self.head.apart(self._tokens(pixels))

    def new_teacher(self) -> PlainResNet:
        """A small convolutional network to learn from, untrained: a better teacher than a Transformer (section 5.2)."""
        channels, outputs = self.patches.project.in_channels, self.head.labels.out_features
        return PlainResNet(channels=channels, outputs=outputs, widths=(8, 16, 32), depths=(1, 1, 1), entry=8)

    def _tokens(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B two"]:
        patches = self.patches(pixels).flatten(1, 2)  # [B, N, D]
        z = self.dropout(placed([self.token, self.distillation], patches, self.positions))  # [B, 2 + N, D]
        for layer in self.layers:
            z = layer(z)
        return self.norm(z[:, :2]).flatten(1)
