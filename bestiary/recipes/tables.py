"""Supervised learning of networks that take a table's columns apart."""

from __future__ import annotations

from torch import nn

from bestiary.algorithms.gradient_descent import AccumulatedGradientDescent, GradientDescent
from bestiary.contracts import Data, Objective, Spec
from bestiary.errors import InputError
from bestiary.objectives.supervised import CrossEntropy, ErrorOfValues
from bestiary.objectives.tables import MembersCrossEntropy, MembersError, SparseChoice
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.columns import measure
from bestiary.recipes.words import check, check_error

Learner = GradientDescent | AccumulatedGradientDescent


def classifier(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 1e-5,
    smoothing: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    parts: int = 1,
) -> Learner:
    """Cross-entropy, minimised by AdamW with a trapezoidal schedule; encodings of numbers are measured first.

    Args:
        network: built, with one logit a class.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        smoothing: of labels, 0 to 1.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, smoothing=smoothing)
    return _learner(network, CrossEntropy(smoothing), rate, decay, clip, warmup, parts)


def regressor(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 1e-5,
    clip: float | None = None,
    warmup: int = 0,
    error: str = "squared",
    parts: int = 1,
) -> Learner:
    """Squared error of the standardised target, minimised in the same way.

    Args:
        network: built, with one output.
        spec: of the data; `outputs` must be 1.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        error: what is made small: "squared" error (for RMSE and R²) or "absolute" (for MAE).
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: when the data has more than one output, or for settings with which nothing can be learned.
    """
    single(spec)
    check_error(error)
    return _learner(network, ErrorOfValues(error), rate, decay, clip, warmup, parts)


def members_classifier(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 2e-3,
    decay: float = 3e-4,
    smoothing: float = 0.0,
    clip: float | None = 1.0,
    warmup: int = 0,
    parts: int = 1,
) -> Learner:
    """The mean of the members' cross-entropies; the rest as `classifier`, with the rates that TabM's authors advise.

    Args:
        network: built; `answers` gives the logits of each member.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        smoothing: of labels, 0 to 1.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, smoothing=smoothing)
    return _learner(network, MembersCrossEntropy(smoothing), rate, decay, clip, warmup, parts)


def members_regressor(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 2e-3,
    decay: float = 3e-4,
    clip: float | None = 1.0,
    warmup: int = 0,
    error: str = "squared",
    parts: int = 1,
) -> Learner:
    """The mean of the members' squared errors; the rest as `members_classifier`.

    Args:
        network: built; `answers` gives the value of each member.
        spec: of the data; `outputs` must be 1.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        error: what is made small: "squared" error (for RMSE and R²) or "absolute" (for MAE).
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: when the data has more than one output, or for settings with which nothing can be learned.
    """
    single(spec)
    check_error(error)
    return _learner(network, MembersError(error), rate, decay, clip, warmup, parts)


def choosing_classifier(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 2e-2,
    decay: float = 0.0,
    sparsity: float = 1e-3,
    clip: float | None = 1.0,
    warmup: int = 0,
    parts: int = 1,
) -> Learner:
    """Cross-entropy and the entropy of the masks; the rest as `classifier`, with the rate of TabNet's authors.

    Args:
        network: built; `look` gives answers and masks.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        sparsity: weight of the entropy, 0 or more.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    return _learner(network, _choice(False, sparsity), rate, decay, clip, warmup, parts)


def choosing_regressor(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 2e-2,
    decay: float = 0.0,
    sparsity: float = 1e-3,
    clip: float | None = 1.0,
    warmup: int = 0,
    error: str = "squared",
    parts: int = 1,
) -> Learner:
    """Squared error and the entropy of the masks; the rest as `choosing_classifier`.

    Args:
        network: built; `look` gives answers and masks.
        spec: of the data; `outputs` must be 1.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        sparsity: weight of the entropy, 0 or more.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        error: what is made small: "squared" error (for RMSE and R²) or "absolute" (for MAE).
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: when the data has more than one output, or for settings with which nothing can be learned.
    """
    single(spec)
    check_error(error)
    return _learner(network, _choice(True, sparsity, error), rate, decay, clip, warmup, parts)


def single(spec: Spec) -> None:
    """Refuses data with more than one output, where one number is learned."""
    if spec.outputs != 1:
        raise InputError(f"regression needs outputs=1; received {spec.outputs}; is the target a class?")


def _choice(regression: bool, sparsity: float, error: str = "squared") -> SparseChoice:
    if sparsity < 0:
        raise InputError(f"sparsity must be 0 or more; received {sparsity!r}; try 0.001")
    return SparseChoice(regression, sparsity, error)


def _learner(
    network: nn.Module, objective: Objective, rate: float, decay: float, clip: float | None, warmup: int, parts: int
) -> Learner:
    check(rate=rate, decay=decay, clip=clip, warmup=warmup)
    minimise = Minimise(AdamW(network, rate, decay), trapezoid(warmup), clip)

    def prepare(data: Data) -> None:
        measure(network, data)

    if parts > 1:
        return AccumulatedGradientDescent(network, objective, minimise, parts, prepare)
    return GradientDescent(network, objective, minimise, prepare)
