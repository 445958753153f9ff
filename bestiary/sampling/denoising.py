"""What to do with a trained diffusion network: new images, and pictures of how noise becomes an image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from bestiary.contracts import Data, ImageInputs, Spec
from bestiary.errors import InputError, nearest
from bestiary.sampling.diffusion import SAMPLERS, scattered, spaced
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import Samples, unit_images

COLUMNS, ROWS = 11, 6  # of the strips


def sample(
    network: nn.Module,
    spec: Spec,
    facts: Mapping[str, object],
    *,
    count: int,
    seed: int,
    steps: int | None = None,
    sampler: str = "ddim",
    watch: Callable[[int, int], None] | None = None,
) -> Samples:
    """New images.

    Args:
        network: trained, such as `architectures.generative.ddpm.DDPM`.
        spec: of the data that it was trained on.
        facts: of the data that it was trained on.
        count: how many.
        seed: of the noise.
        steps: from noise to image; 50 for "ddim" and all that there are for "ddpm" unless given.
        sampler: "ddim", quick, or "ddpm", as the network was trained.
        watch: is told (steps made, steps that will be) after each.

    Raises:
        InputError: for an unknown sampler, or more steps than there are.
    """
    if sampler not in SAMPLERS:
        raise InputError(
            f"sampler must be one of {', '.join(SAMPLERS)}; received {sampler!r}{nearest(sampler, SAMPLERS)}"
        )
    diffusion = cast("Any", network)
    usual = diffusion.steps if sampler == "ddpm" else min(50, diffusion.steps)
    places = spaced(diffusion.steps, usual if steps is None else steps)
    generator = torch.Generator().manual_seed(seed)
    parts: list[int] = []  # of the images, made one after the other; the first is the largest

    def told(step: int, x: Tensor, data: Tensor) -> None:
        parts.append(len(x))
        if watch:
            watch(len(parts), len(places) * -(-count // parts[0]))

    made = diffusion.sample(count, generator, steps=len(places), sampler=SAMPLERS[sampler], watch=told)
    return Samples(images=unit_images(made, facts))


def inspect(network: nn.Module, data: Data, spec: Spec, facts: Mapping[str, object]) -> list[Picture]:
    """The denoising strip, and what the network believes to see under noise of every degree.

    Args:
        network: trained, such as `architectures.generative.ddpm.DDPM`.
        data: that it was trained on.
        spec, facts: of the data.
    """
    diffusion = cast("Any", network)
    return [_strip(diffusion, facts), _beliefs(diffusion, data, facts)]


def _strip(diffusion: Any, facts: Mapping[str, object]) -> Picture:
    shown: list[Tensor] = []
    believed: list[Tensor] = []

    def watch(step: int, x: Tensor, data: Tensor) -> None:
        shown.append(x)
        believed.append(data)

    steps = min(50, diffusion.steps)
    made = diffusion.sample(ROWS, torch.Generator().manual_seed(0), steps=steps, watch=watch)
    chosen = scattered(steps, COLUMNS - 1)
    columns = [diffusion.units(shown[place]) for place in chosen] + [made]
    under = [diffusion.units(believed[place]) for place in chosen] + [made]
    return Picture(
        "From noise to images",
        f"Each pair of rows is one new image: above, what the network is given at {len(chosen)} of {steps} "
        "steps; below, the image that it believes to be under the noise. On the right, the result.",
        png=_rows([columns, under], facts),
    )


@torch.no_grad()
def _beliefs(diffusion: Any, data: Data, facts: Mapping[str, object]) -> Picture:
    pixels = cast("ImageInputs", data.batch("train", 0).inputs).pixels[:ROWS]
    real = diffusion.units.signed(pixels)
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0)).to(real)
    places = scattered(diffusion.steps, COLUMNS - 1)
    noisy, believed = [pixels], [pixels]
    for step in places:
        number = torch.full((len(real),), step, device=real.device)
        x = diffusion.noised(real, noise, number)
        noisy.append(diffusion.units(x))
        believed.append(diffusion.units(diffusion.clean(x, number)))
    return Picture(
        "What it sees under the noise",
        f"Training images on the left; above, with noise of step {places[0]} to {places[-1]}; below, what the network "
        "believes to be under it in a single look. Where nothing can be seen it answers with the mean of all images.",
        png=_rows([noisy, believed], facts),
    )


def _rows(bands: list[list[Tensor]], facts: Mapping[str, object]) -> bytes:
    """Bands of columns [N C H W]: for each of N images one row of every band, one below the other."""
    stacked = torch.stack([torch.stack(band, 1) for band in bands], 1)  # [N, bands, columns, C, H, W]
    return png(grid(unit_images(stacked.flatten(0, 2), facts), columns=stacked.shape[2]))
