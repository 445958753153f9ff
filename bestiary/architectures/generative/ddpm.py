"""Denoising diffusion: a U-Net, the table of noise that it is trained under, and what it is asked to say.

Source: Ho, Jain & Abbeel 2020, "Denoising diffusion probabilistic models", arXiv 2006.11239: linear schedule, the
network says the noise. Nichol & Dhariwal 2021, "Improved denoising diffusion probabilistic models", arXiv 2102.09672:
cosine schedule. Salimans & Ho 2022, "Progressive distillation for fast sampling of diffusion models", arXiv 2202.00512:
the network says the velocity, which stays well defined where nothing but noise is left.

Images are scaled to -1..1, as in the paper.

    forward(x_t, t) -> prediction            training: x_t from `noised`, what should be predicted from `target`
                            | `clean`
                            v
                      estimate of x_0        sampling: bestiary.sampling.diffusion

What departs from it: images whose sides cannot be halved often enough are filled up inside the network (see `unet`).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.architectures.generative.unet import UNet
from bestiary.layers.noise import NOISE, VELOCITY, Betas, Prediction, cosine, linear, scales, signal
from bestiary.layers.pixel_range import PixelRange
from bestiary.sampling.diffusion import Sampler, Watch, ddim, spaced

# B batch, C channels, H height, W width, N samples

CHUNK = 256  # samples made at a time


class Diffusion(nn.Module):
    """A denoiser and its noise. Abstract: a final class names its `betas` and what it `predicts`.

    Args:
        channels: of the images.
        image_size: (height, width) in pixels, of the samples; the network itself takes any size.
        widths, depth, attention, heads, groups, patch, dropout: of the `UNet`.
        steps: from data to noise, at least 2.
    """

    betas: Betas
    predicts: Prediction
    signal: Tensor

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        widths: Sequence[int] = (128, 256, 256, 256),
        depth: int = 2,
        attention: Collection[int] = (1,),
        heads: int = 1,
        groups: int = 32,
        patch: int = 1,
        dropout: float = 0.0,
        steps: int = 1000,
    ) -> None:
        super().__init__()
        self.steps, self.shape = steps, (channels, *image_size)
        self.units = PixelRange(channels=channels)
        self.network = UNet(
            channels=channels,
            widths=widths,
            depth=depth,
            attention=attention,
            heads=heads,
            groups=groups,
            patch=patch,
            dropout=dropout,
        )
        self.register_buffer("signal", signal(type(self).betas(steps)), persistent=False)

    def forward(self, noisy: Float[Tensor, "B C H W"], step: Int[Tensor, "#B"]) -> Float[Tensor, "B C H W"]:
        return self.network(noisy, step)

    def noised(self, data: Tensor, noise: Tensor, step: Int[Tensor, "#B"]) -> Float[Tensor, "B C H W"]:
        """Data [B C H W] after so many steps towards noise: equation 4 of Ho et al."""
        a, s = scales(self.signal, step)
        return a * data + s * noise

    def target(self, data: Tensor, noise: Tensor, step: Int[Tensor, "#B"]) -> Float[Tensor, "B C H W"]:
        """What forward should say of `noised(data, noise, step)`."""
        return self.predicts.target(data, noise, *scales(self.signal, step))

    def clean(self, noisy: Tensor, step: Int[Tensor, "#B"]) -> Float[Tensor, "B C H W"]:
        """The data that the network believes to be under the noise, kept to the range -1 to 1 of all data."""
        return self.predicts.parts(noisy, self(noisy, step), *scales(self.signal, step))[0].clamp(-1, 1)

    @torch.no_grad()
    def sample(
        self,
        count: int,
        generator: torch.Generator,
        *,
        steps: int = 20,
        sampler: Sampler = ddim,
        watch: Watch | None = None,
    ) -> Float[Tensor, "N C H W"]:
        """New images in the units of a batch.

        Args:
            count: how many.
            generator: the stream on the CPU that noise is drawn from.
            steps: from noise to data, at most as many as it was trained with; fewer are quicker and a little worse.
            sampler: `ddim` or `ddpm` of `bestiary.sampling.diffusion`.
            watch: is shown (step, noisy images, estimate of the data) at every step.
        """
        start = torch.randn(count, *self.shape, generator=generator).to(self.signal.device)
        places = spaced(self.steps, min(steps, self.steps))

        def denoise(x: Tensor, step: int) -> Tensor:
            return self.clean(x, torch.tensor([step], device=x.device))

        parts = [
            sampler(denoise, part, self.signal, places, generator=generator, watch=watch) for part in start.split(CHUNK)
        ]
        return self.units(torch.cat(parts))


class DDPM(Diffusion):
    """The paper's: linear schedule, predicts the noise. Its words are those of `Diffusion`.

    Example:
        >>> network = DDPM(channels=1, image_size=(8, 8), widths=(8, 16), depth=1, groups=4)
        >>> network(torch.randn(2, 1, 8, 8), torch.tensor([3, 800])).shape
        torch.Size([2, 1, 8, 8])
    """

    betas = staticmethod(linear)
    predicts = NOISE


class CosineDDPM(Diffusion):
    """Cosine schedule, predicts the noise (Nichol & Dhariwal 2021). Its words are those of `Diffusion`."""

    betas = staticmethod(cosine)
    predicts = NOISE


class VelocityDDPM(Diffusion):
    """Cosine schedule, predicts the velocity (Salimans & Ho 2022). Its words are those of `Diffusion`."""

    betas = staticmethod(cosine)
    predicts = VELOCITY


def example(words: Mapping[str, object], batch: int = 2) -> tuple[Tensor, Tensor]:
    """Arguments of forward for a network with these constructor words: noisy images and their step numbers.

    Example:
        >>> [tuple(each.shape) for each in example({"channels": 1, "image_size": (8, 8)})]
        [(2, 1, 8, 8), (2,)]
    """
    height, width = cast("tuple[int, int]", words["image_size"])
    pixels = torch.randn(batch, cast("int", words["channels"]), height, width)
    return pixels, torch.randint(cast("int", words.get("steps", 1000)), (batch,))
