"""The deep convolutional inverse graphics network: a variational autoencoder with named codes, such as "rotation".

Source: Kulkarni, Whitney, Kohli, Tenenbaum 2015, "Deep convolutional inverse graphics network", arXiv 1503.03167.

    pixels -> [convolution, 2x2 max pooling, rectifier] x widths -> linear -> mean and log variance of q(z|x)
    z -> linear, rectifier -> [enlarge, convolution, rectifier] x widths, reversed -> Bernoulli chance for every pixel

The first numbers of a code stand for the factors that are named, the others for what a thing is (`intrinsic`). Nothing
in the network makes them do so: it is `algorithms.inverse_graphics` that shows it batches in which one factor varies.

The copies of the paper disagree on the decoder, whose maps do not come out at 150 pixels as drawn. Here every stage
enlarges to the size that the encoder's stage began with, and its convolutions keep that size.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.representation.vae import draw
from bestiary.layers.draws import normal
from bestiary.layers.unit_interval import UnitInterval

# B batch, C channels, H height, W width, F pixels, Z numbers in a code


class Smaller(nn.Module):
    """Convolution without padding, 2x2 max pooling, rectifier."""

    def __init__(self, before: int, after: int, kernel: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, kernel)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        return F.relu(F.max_pool2d(self.convolution(x), 2))


class Larger(nn.Module):
    """Nearest pixels enlarged to a size, convolution that keeps it."""

    def __init__(self, before: int, after: int, kernel: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size
        self.convolution = nn.Conv2d(before, after, kernel, padding=kernel // 2)

    def forward(self, x: Float[Tensor, "B D h w"]) -> Float[Tensor, "B C H W"]:
        return self.convolution(F.interpolate(x, self.size))


class DCIGN(nn.Module):
    """Convolutional encoder and decoder around a code of which the first numbers are named.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels.
        code: numbers in a code, the named ones included.
        widths: filters of each stage of the encoder, in order.
        kernel: side of the encoder's filters.
        back_kernel: side of the decoder's filters, odd.

    Raises:
        ValueError: when the image is too small for so many stages.

    Example:
        >>> network = DCIGN(channels=1, image_size=(28, 28), code=16, widths=(16, 8), back_kernel=5)
        >>> [part.shape for part in network(torch.rand(2, 1, 28, 28))]
        [torch.Size([2, 1, 28, 28]), torch.Size([2, 16]), torch.Size([2, 16])]
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        image_size: tuple[int, int] = (150, 150),
        code: int = 200,
        widths: Sequence[int] = (96, 64, 32),
        kernel: int = 5,
        back_kernel: int = 7,
    ) -> None:
        super().__init__()
        height, width = image_size
        sizes = [(height, width)]
        for _ in widths:
            height, width = (height - kernel + 1) // 2, (width - kernel + 1) // 2
            sizes.append((height, width))
        if min(sizes[-1]) < 1:
            raise ValueError(
                f"image_size must leave at least one pixel after {len(widths)} stages of {kernel}x{kernel} filters and "
                f"pooling; received {tuple(image_size)}; give fewer widths or a smaller kernel"
            )
        steps = list(zip(pairwise((channels, *widths)), sizes))
        maps = (widths[-1], *sizes[-1])
        flat = maps[0] * maps[1] * maps[2]
        self.size = code
        self.unit = UnitInterval()
        self.stages = nn.Sequential(*(Smaller(before, after, kernel) for (before, after), _ in steps), nn.Flatten())
        self.mean = nn.Linear(flat, code)
        self.log_variance = nn.Linear(flat, code)
        self.back = nn.Sequential(nn.Linear(code, flat), nn.Unflatten(1, maps))
        turned = zip(pairwise((*reversed(widths), channels)), reversed(sizes[:-1]), strict=True)
        self.larger = nn.ModuleList(Larger(*around, back_kernel, size) for around, size in turned)

    def observed(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """Pixels from 0 to 1."""
        return self.unit(pixels)

    def posterior(self, pixels: Float[Tensor, "B C H W"]) -> tuple[Float[Tensor, "B Z"], Float[Tensor, "B Z"]]:
        """Mean and log variance of q(z|x)."""
        x = self.stages(self.unit(pixels))
        return self.mean(x), self.log_variance(x)

    def logits(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B C H W"]:
        """The logit of every pixel's chance."""
        x = self.back(code)
        for stage in self.larger:
            x = stage(F.relu(x))
        return x

    def log_likelihood(self, code: Float[Tensor, "B Z"], observed: Float[Tensor, "B C H W"]) -> Float[Tensor, " B"]:
        """log p(x|z) of each image, in nats."""
        pixels = F.binary_cross_entropy_with_logits(self.logits(code), observed, reduction="none")
        return -pixels.flatten(1).sum(1)

    def encode(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B Z"]:
        """The mean of q(z|x): the code of each image."""
        return self.posterior(pixels)[0]

    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B C H W"]:
        """The mean of p(x|z), in the units of the input."""
        return self.unit.back(self.logits(code).sigmoid())

    def forward(
        self, pixels: Float[Tensor, "B C H W"]
    ) -> tuple[Float[Tensor, "B C H W"], Float[Tensor, "B Z"], Float[Tensor, "B Z"]]:
        """The image that a code drawn from q(z|x) stands for, and q's mean and log variance; in evaluation its mean."""
        mean, log_variance = self.posterior(pixels)
        code = draw(mean, log_variance) if self.training else mean
        return self.decode(code), mean, log_variance

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "N C H W"]:
        """New images: the means of p(x|z) for codes that are drawn from the prior, in the units of the input."""
        return self.decode(normal((count, self.size), self.mean.weight, generator))

    def reconstruct(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """The image that its code stands for; nothing is drawn."""
        return self.decode(self.encode(pixels))
