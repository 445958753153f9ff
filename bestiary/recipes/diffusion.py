"""Denoising diffusion: gradient descent on the noise objective, answered by the averaged weights."""

from typing import cast

from torch import nn

from bestiary.algorithms.averaged_descent import AveragedGradientDescent
from bestiary.contracts import Data, Spec
from bestiary.errors import InputError
from bestiary.layers.pixel_range import PixelRange
from bestiary.objectives.denoising import Denoising
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.averaging import MovingAverage
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check


def diffusion(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 2e-4,
    decay: float = 0.0,
    clip: float | None = 1.0,
    warmup: int = 100,
    keep: float = 0.9999,
) -> AveragedGradientDescent:
    """L_simple, minimised by Adam; the network's moving average ships.

    Args:
        network: built, such as `architectures.generative.ddpm.DDPM`.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        keep: share of the average that an update keeps, from 0 to below 1.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, decay=decay, clip=clip, warmup=warmup)
    if not 0 <= keep < 1:
        raise InputError(f"keep must be from 0 to below 1; received {keep!r}; try 0.999")
    minimise = Minimise(AdamW(network, rate, decay), trapezoid(warmup), clip)

    def prepare(data: Data) -> None:
        units = cast("PixelRange", network.units)
        units.measure(getattr(data, "facts", {}))

    return AveragedGradientDescent(network, Denoising(), minimise, MovingAverage(network, keep), prepare)
