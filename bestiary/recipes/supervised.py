"""Supervised learning by gradient descent: the recipe that most architectures share."""

from torch import nn

from bestiary.algorithms.gradient_descent import AccumulatedGradientDescent, GradientDescent
from bestiary.contracts import Objective, Spec
from bestiary.errors import InputError
from bestiary.objectives.augmented import Augmentation, augmented
from bestiary.objectives.supervised import CrossEntropy, ErrorOfValues
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.constraint import MaxNorm
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check, check_error

Learner = GradientDescent | AccumulatedGradientDescent


def classifier(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    smoothing: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    max_norm: float | None = None,
    parts: int = 1,
    shift: float = 0.0,
    crop: float = 0.0,
    flip: float = 0.0,
    mixup: float = 0.0,
) -> Learner:
    """Cross-entropy, minimised by AdamW with a trapezoidal schedule.

    Args:
        network: built, with one logit a class.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        smoothing: of labels, 0 to 1.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        max_norm: greatest length of the weight vectors of the network's last layer, `output`; None for no limit.
        parts: each batch's gradient is computed in so many parts, to save memory.
        shift: by how much of its sides a training picture is moved at most, 0 to 0.5.
        crop: how much of each of its sides is cut away at most, 0 to 0.9.
        flip: chance with which it is mirrored, left to right.
        mixup: parameter of the beta distribution that shares of mixed pairs of pictures are drawn from; 0 mixes none.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, smoothing=smoothing)
    objective = augmented(CrossEntropy(smoothing), spec, Augmentation(shift, crop, flip, mixup))
    return _learner(network, objective, rate, decay, clip, warmup, max_norm, parts)


def regressor(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    max_norm: float | None = None,
    error: str = "squared",
    parts: int = 1,
    shift: float = 0.0,
    crop: float = 0.0,
    flip: float = 0.0,
    mixup: float = 0.0,
) -> Learner:
    """Squared error of the standardised target, minimised by AdamW with a trapezoidal schedule.

    Args:
        network: built, with one output.
        spec: of the data; `outputs` must be 1.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        max_norm: greatest length of the weight vectors of the network's last layer, `output`; None for no limit.
        error: what is made small: "squared" error (for RMSE and R²) or "absolute" (for MAE).
        parts: each batch's gradient is computed in so many parts, to save memory.
        shift: by how much of its sides a training picture is moved at most, 0 to 0.5.
        crop: how much of each of its sides is cut away at most, 0 to 0.9.
        flip: chance with which it is mirrored, left to right.
        mixup: parameter of the beta distribution that shares of mixed pairs of pictures are drawn from; 0 mixes none.

    Raises:
        InputError: when the data has more than one output, or for settings with which nothing can be learned.
    """
    check_error(error)
    if spec.outputs != 1:
        raise InputError(f"regression needs outputs=1; received {spec.outputs}; is the target a class?")
    objective = augmented(ErrorOfValues(error), spec, Augmentation(shift, crop, flip, mixup))
    return _learner(network, objective, rate, decay, clip, warmup, max_norm, parts)


def _learner(
    network: nn.Module,
    objective: Objective,
    rate: float,
    decay: float,
    clip: float | None,
    warmup: int,
    max_norm: float | None,
    parts: int,
) -> Learner:
    check(rate=rate, decay=decay, clip=clip, warmup=warmup, max_norm=max_norm)
    constraint = None if max_norm is None else MaxNorm(_last(network).weight, max_norm)
    minimise = Minimise(AdamW(network, rate, decay), trapezoid(warmup), clip, constraint)
    if parts > 1:
        return AccumulatedGradientDescent(network, objective, minimise, parts)
    return GradientDescent(network, objective, minimise)


def _last(network: nn.Module) -> nn.Linear:
    layer = getattr(network, "output", None)
    if not isinstance(layer, nn.Linear):
        raise InputError(
            "max_norm needs a network whose last layer is linear and called output; "
            f"{type(network).__name__} has none; leave max_norm out"
        )
    return layer
