"""The convolutional autoencoder: strided convolutions down to a code, and convolutions on enlarged maps back up.

Source: Masci, Meier, Cireşan, Schmidhuber 2011, "Stacked convolutional auto-encoders for hierarchical feature
extraction", ICANN; strides in place of pooling: Springenberg et al. 2015, "Striving for simplicity", arXiv 1412.6806;
enlarging before a convolution rather than transposing it, which leaves no checkerboard: Odena, Dumoulin, Olah 2016,
"Deconvolution and checkerboard artifacts", Distill.

    pixels -> [convolution with stride 2, rectifier] x widths -> linear -> code
    code -> linear, rectifier -> [enlarge twofold, convolution, rectifier] x widths, reversed -> pixels

The last convolution gives pixels through a logistic function. Unlike in 2011, where the code is a stack of maps, often
more numbers than the image has, a linear layer makes it as small as is asked for; all layers learn together.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.renamed import renamed
from bestiary.layers.unit_interval import UnitInterval

# B batch, C channels, H height, W width, Z numbers in a code, D filters


class Smaller(nn.Module):
    """3x3 convolution with stride 2, rectifier: maps of half the size, rounded up."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 3, stride=2, padding=1)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return F.relu(self.convolution(x))


class Larger(nn.Module):
    """Every pixel becomes four, cut to a size; 3x3 convolution."""

    def __init__(self, before: int, after: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size
        self.convolution = nn.Conv2d(before, after, 3, padding=1)

    def forward(self, x: Float[Tensor, "B D h w"]) -> Float[Tensor, "B C H W"]:
        height, width = self.size
        return self.convolution(F.interpolate(x, scale_factor=2)[:, :, :height, :width])


class ConvolutionalAutoencoder(nn.Module):
    """Encoder and decoder of convolutions, with a dense code between them.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels.
        code: numbers in a code.
        widths: filters of each stage of the encoder, in order.

    Example:
        >>> import torch
        >>> network = ConvolutionalAutoencoder(channels=1, image_size=(28, 28), code=16)
        >>> network(torch.rand(2, 1, 28, 28)).shape, network.encode(torch.rand(2, 1, 28, 28)).shape
        (torch.Size([2, 1, 28, 28]), torch.Size([2, 16]))
    """

    def __init__(
        self, *, channels: int, image_size: tuple[int, int], code: int = 32, widths: Sequence[int] = (16, 32)
    ) -> None:
        super().__init__()
        height, width = image_size
        sizes = [(height, width)]
        for _ in widths:
            height, width = (height + 1) // 2, (width + 1) // 2
            sizes.append((height, width))
        steps = list(zip(pairwise((channels, *widths)), sizes))
        maps = (widths[-1], *sizes[-1])
        flat = maps[0] * maps[1] * maps[2]
        self.unit = UnitInterval()
        self.stages = nn.Sequential(*(Smaller(before, after) for (before, after), _ in steps), nn.Flatten())
        self.to_code = nn.Linear(flat, code)  # `code` is a word of torch.fx, which exporting would trip over
        self.back = nn.Sequential(nn.Linear(code, flat), nn.Unflatten(1, maps))
        self.larger = nn.ModuleList(Larger(after, before, size) for (before, after), size in reversed(steps))
        self.register_load_state_dict_pre_hook(renamed({"code.": "to_code."}))

    def encode(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B Z"]:
        """The code of each image."""
        return self.to_code(self.stages(self.unit(pixels)))

    def decoded(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B C H W"]:
        """The logits of the image that a code stands for."""
        x = self.back(code)
        for stage in self.larger:
            x = stage(F.relu(x))
        return x

    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B C H W"]:
        """The image that a code stands for, in the units of the input."""
        return self.unit.back(self.decoded(code).sigmoid())

    def logits(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """What the logistic function turns into intensities from 0 to 1."""
        return self.decoded(self.encode(pixels))

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        return self.unit.back(self.logits(pixels).sigmoid())

    reconstruct = forward
