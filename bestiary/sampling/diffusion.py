"""From noise to images, step by step: samplers of denoising diffusion as plain functions.

A sampler is given a denoiser, (noisy images, step number) -> its estimate of the images under the noise, the noise to
begin with, and `signal`, how much of the data's variance is left after each step. A_t below is `signal[t]`; steps are
numbered from 0, and what lies before step 0 is the data itself, A = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from bestiary.errors import InputError

Denoiser = Callable[[Tensor, int], Tensor]
Variance = Callable[[float, float], float]
Watch = Callable[[int, Tensor, Tensor], None]
Sampler = Callable[..., Tensor]  # `ddpm` or `ddim`


def spaced(total: int, steps: int) -> list[int]:
    """So many of `total` step numbers at equal distances, from the last downwards.

    The last step is always among them, or else sampling would begin with something that still holds a signal (Lin et
    al. 2024, Common diffusion noise schedules and sample steps are flawed, table 2, trailing).

    Raises:
        InputError: when there are not so many.

    Example:
        >>> spaced(1000, 4)
        [999, 749, 499, 249]
    """
    if not 1 <= steps <= total:
        raise InputError(f"steps must be from 1 to {total}, as many as it was trained with; received {steps}")
    return [round(total - place * total / steps) - 1 for place in range(steps)]


def scattered(total: int, places: int) -> list[int]:
    """Places from 0 to `total` - 1 at equal distances, the first and the last among them; fewer where there are fewer.

    Example:
        >>> scattered(50, 3), scattered(2, 5)
        ([0, 24, 49], [0, 1])
    """
    places = min(places, total)
    return [place * (total - 1) // max(1, places - 1) for place in range(places)]


def small(now: float, before: float) -> float:
    """The variance of a step backwards if the data were known: Ho et al. 2020, equation 7."""
    return (1 - before) / (1 - now) * (1 - now / before)


def large(now: float, before: float) -> float:
    """The variance of the step forwards: the other choice of Ho et al. 2020, section 3.2."""
    return 1 - now / before


@torch.no_grad()
def ddpm(
    denoise: Denoiser,
    x: Float[Tensor, "B C H W"],
    signal: Float[Tensor, " S"],
    steps: Sequence[int] | None = None,
    *,
    variance: Variance = small,
    generator: torch.Generator | None = None,
    watch: Watch | None = None,
) -> Float[Tensor, "B C H W"]:
    """Ancestral sampling: Ho, Jain & Abbeel 2020, Algorithm 2, in the form of equations 6 and 7.

    Args:
        denoise: (noisy images, step) -> estimate of the data.
        x: noise to begin with.
        signal: A of each step.
        steps: which are taken, downwards; all unless given. Steps that are left out are made in one stride, with the
            variances of Nichol & Dhariwal 2021, equation 19.
        variance: of the noise that a step adds, `small` or `large`.
        generator: of the noise; the global one unless given.
        watch: is shown (step, what it began with, the estimate of the data) at every step.

    Returns:
        Images.
    """
    places = list(steps if steps is not None else reversed(range(len(signal))))
    for step, following in zip(places, [*places[1:], -1]):
        now, before = _signal(signal, step), _signal(signal, following)
        data = denoise(x, step)
        if watch:
            watch(step, x, data)
        kept = now / before  # 1 - beta of this stride
        mean = before**0.5 * (1 - kept) / (1 - now) * data + kept**0.5 * (1 - before) / (1 - now) * x
        x = mean + variance(now, before) ** 0.5 * _noise(x, generator) if following >= 0 else mean
    return x


@torch.no_grad()
def ddim(
    denoise: Denoiser,
    x: Float[Tensor, "B C H W"],
    signal: Float[Tensor, " S"],
    steps: Sequence[int] | None = None,
    *,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
    watch: Watch | None = None,
) -> Float[Tensor, "B C H W"]:
    """Implicit sampling: Song, Meng & Ermon 2021, equation 12; a few strides do instead of a thousand steps.

    The direction that points to the noise is reckoned from the estimate of the data as it is, so that a denoiser may
    clip it.

    Args:
        denoise: (noisy images, step) -> estimate of the data.
        x: noise to begin with.
        signal: A of each step.
        steps: which are taken, downwards; all unless given.
        eta: share of the noise that is drawn anew at every step; 0 is deterministic, 1 is `ddpm`.
        generator: of the noise, where eta is above 0.
        watch: is shown (step, what it began with, the estimate of the data) at every step.

    Returns:
        Images.
    """
    places = list(steps if steps is not None else reversed(range(len(signal))))
    for step, following in zip(places, [*places[1:], -1]):
        now, before = _signal(signal, step), _signal(signal, following)
        data = denoise(x, step)
        if watch:
            watch(step, x, data)
        noise = (x - now**0.5 * data) / (1 - now) ** 0.5
        drawn = eta**2 * small(now, before)  # sigma squared, equation 16
        x = before**0.5 * data + max(0.0, 1 - before - drawn) ** 0.5 * noise
        if drawn and following >= 0:
            x = x + drawn**0.5 * _noise(x, generator)
    return x


def _signal(signal: Tensor, step: int) -> float:
    return float(signal[step]) if step >= 0 else 1.0


def _noise(x: Tensor, generator: torch.Generator | None) -> Tensor:
    where = x.device if generator is None else generator.device
    return torch.randn(x.shape, generator=generator, device=where, dtype=x.dtype).to(x.device)


SAMPLERS = {"ddim": ddim, "ddpm": ddpm}
"""By name, for people."""
