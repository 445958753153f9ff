"""From sequence to sequence: teacher forcing, scheduled sampling, and the Transformer's own schedule."""

from functools import partial

from torch import nn

from bestiary.algorithms.gradient_descent import AccumulatedGradientDescent, GradientDescent
from bestiary.algorithms.scheduled_sampling import ScheduledSampling
from bestiary.contracts import Objective, Spec
from bestiary.errors import InputError
from bestiary.objectives.sequences import SequenceCrossEntropy, nats
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import inverse_square_root, trapezoid
from bestiary.recipes.words import check

Learner = GradientDescent | AccumulatedGradientDescent | ScheduledSampling


def translator(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 3e-3,
    decay: float = 0.0,
    smoothing: float = 0.0,
    clip: float | None = 5.0,
    warmup: int = 20,
    own: float = 0.0,
    parts: int = 1,
) -> Learner:
    """Teacher forcing, minimised by AdamW with a trapezoidal schedule; with `own`, scheduled sampling.

    Args:
        network: built, with `encode` and `step`.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        smoothing: of the targets, 0 to 1.
        clip: largest norm of the gradient of a sequence's log probability, or None (Sutskever et al. 2014: 5).
        warmup: steps until the rate is reached.
        own: probability, at the end of the training, that a token it sees is its own rather than the true one.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, decay=decay, smoothing=smoothing, clip=clip, warmup=warmup)
    if not 0 <= own <= 1:
        raise InputError(f"own must be a probability from 0 to 1; received {own!r}; try 0.25")
    minimise = Minimise(AdamW(network, rate, decay), trapezoid(warmup), clip)
    if own:
        return ScheduledSampling(network, minimise, own, partial(nats, smoothing=smoothing), parts)
    return _learner(network, SequenceCrossEntropy(smoothing), minimise, parts)


def transformer(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1.0,
    smoothing: float = 0.1,
    warmup: int = 4000,
    cooling: float = 0.0,
    clip: float | None = None,
    parts: int = 1,
) -> Learner:
    """Teacher forcing as in Vaswani et al. 2017, section 5.3: Adam (0.9, 0.98, 1e-9), label smoothing, and a rate that
    rises for `warmup` steps to rate / sqrt(width * warmup) and then falls with the root of the step.

    Args:
        network: built, with `encode` and `step`, and its `width`.
        spec: of the data.
        rate: multiplies the schedule.
        smoothing: of the targets, 0 to 1.
        warmup: steps until the rate is highest.
        cooling: share of the training, at its end, over which the rate also falls to nothing; 0 as in the paper.
        clip: largest norm of the gradient of a sequence's log probability, or None.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, smoothing=smoothing, clip=clip, warmup=warmup)
    if not 0 <= cooling <= 1:
        raise InputError(f"cooling must be a share of the training from 0 to 1; received {cooling!r}; try 0.3")
    optimiser = AdamW(network, rate, betas=(0.9, 0.98), eps=1e-9)
    minimise = Minimise(optimiser, inverse_square_root(network.width, max(1, warmup), cooling), clip)  # pyright: ignore[reportArgumentType]
    return _learner(network, SequenceCrossEntropy(smoothing), minimise, parts)


def _learner(network: nn.Module, objective: Objective, minimise: Minimise, parts: int) -> Learner:
    if parts > 1:
        return AccumulatedGradientDescent(network, objective, minimise, parts)
    return GradientDescent(network, objective, minimise)
