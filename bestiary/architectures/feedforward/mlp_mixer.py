"""MLP-Mixer: an image classifier of dense layers alone, which mix patches and channels in turn.

Source: Tolstikhin, Houlsby, Kolesnikov, Beyer et al. 2021, MLP-Mixer: an all-MLP architecture for vision (arXiv
2105.01601), section 2 and figure 1. What is notable: neither attention nor convolution over neighbours. The table of
patches and channels is mixed along its columns by one small network (the same for every channel, so that patches speak
with each other) and along its rows by another (the same for every patch):

    u = x + (W2 gelu(W1 norm(x)^T))^T        each channel, over all patches
    y = u + W4 gelu(W3 norm(u))              each patch, over all channels
    logits = head(mean(norm(y)))

Departs from the paper: images whose sides are no multiples of the patch are padded with zeros. The head starts at
random, where the authors' starts at zero.

Axes: B batch, C channels, H height, W width, N patches, D width, K outputs.
"""

from jaxtyping import Float
from torch import Tensor, nn

from bestiary.layers.gelu import GeluFeedForward
from bestiary.layers.initial import glorot_uniform
from bestiary.layers.patches import PatchEmbedding, grid
from bestiary.layers.stochastic_depth import StochasticDepth, rising
from bestiary.weights.maps import NameMap, same

EPSILON = 1e-6  # of the norms, as in the authors' code; torch's usual is 1e-5
PUBLISHED = (
    NameMap(
        "timm",
        "timm.models.MlpMixer",
        ("MLPMixer",),
        (
            same("patches.project.{*}", "stem.proj.{*}"),
            same("layers.{layer}.patches_norm.{*}", "blocks.{layer}.norm1.{*}"),
            same("layers.{layer}.patches.widen.{*}", "blocks.{layer}.mlp_tokens.fc1.{*}"),
            same("layers.{layer}.patches.narrow.{*}", "blocks.{layer}.mlp_tokens.fc2.{*}"),
            same("layers.{layer}.channels_norm.{*}", "blocks.{layer}.norm2.{*}"),
            same("layers.{layer}.channels.widen.{*}", "blocks.{layer}.mlp_channels.fc1.{*}"),
            same("layers.{layer}.channels.narrow.{*}", "blocks.{layer}.mlp_channels.fc2.{*}"),
            same("norm.{*}", "norm.{*}"),
            same("head.{*}", "head.{*}"),
        ),
    ),
)


class MixerLayer(nn.Module):
    """Mixes patches in each channel, then channels in each patch (equation 1).

    Args:
        count: N, patches of an image.
        width: D, of each patch's vector.
        token_units: units between, where patches are mixed.
        channel_units: units between, where channels are.
        dropout: of these units and of what each of both adds.
        stochastic_depth: chance that what is added to a row is left out.
    """

    def __init__(
        self, *, count: int, width: int, token_units: int, channel_units: int, dropout: float, stochastic_depth: float
    ) -> None:
        super().__init__()
        self.patches_norm = nn.LayerNorm(width, EPSILON)
        self.patches = GeluFeedForward(width=count, feedforward=token_units, dropout=dropout)
        self.channels_norm = nn.LayerNorm(width, EPSILON)
        self.channels = GeluFeedForward(width=width, feedforward=channel_units, dropout=dropout)
        self.adds = nn.Sequential(nn.Dropout(dropout), StochasticDepth(stochastic_depth))

    def forward(self, x: Float[Tensor, "B N D"]) -> Float[Tensor, "B N D"]:
        x = x + self.adds(self.patches(self.patches_norm(x).transpose(1, 2)).transpose(1, 2))
        return x + self.adds(self.channels(self.channels_norm(x)))


class MLPMixer(nn.Module):
    """MLP-Mixer, an image classifier.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels.
        patch: side of a patch in pixels.
        width: D, of each patch's vector.
        depth: layers.
        token_units: units between, where patches are mixed.
        channel_units: units between, where channels are.
        outputs: classes, or 1 for regression.
        dropout: in training.
        stochastic_depth: chance that what the last layer adds to a row is left out in training; less in those before.

    Example:
        >>> import torch
        >>> words = {"patch": 4, "width": 8, "depth": 2, "token_units": 6, "channel_units": 16}
        >>> MLPMixer(channels=3, image_size=(16, 16), outputs=5, **words)(torch.zeros(2, 3, 16, 16)).shape
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
        token_units: int,
        channel_units: int,
        outputs: int,
        dropout: float = 0.0,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        rows, columns = grid(image_size, patch)
        self.patches = PatchEmbedding(channels=channels, patch=patch, width=width)
        words = {"count": rows * columns, "width": width, "token_units": token_units, "channel_units": channel_units}
        self.layers = nn.ModuleList(
            MixerLayer(**words, dropout=dropout, stochastic_depth=chance) for chance in rising(stochastic_depth, depth)
        )
        self.norm = nn.LayerNorm(width, EPSILON)
        self.head = nn.Linear(width, outputs)
        glorot_uniform(self)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        x = self.patches(pixels).flatten(1, 2)  # [B, N, D]
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x).mean(1))
