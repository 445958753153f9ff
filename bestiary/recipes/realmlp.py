"""How RealMLP is trained: Adam, a rate for each sort of parameter; rate, decay and dropout follow schedules.

Holzmüller, Grinsztajn & Steinwart 2024, Better by default, section 4 and table A.1. In the paper decay is multiplied
by the rate of its parameter, as in AdamW; the authors' program multiplies it by the parameter's factor twice, which is
not followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from torch import nn

from bestiary.algorithms.annealed_descent import AnnealedDescent
from bestiary.contracts import Data, Objective, Spec
from bestiary.objectives.supervised import CrossEntropy, ErrorOfValues
from bestiary.optimisation.adamw import GroupedAdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import cosine_log, flat_cosine
from bestiary.recipes.columns import training_rows
from bestiary.recipes.tables import single
from bestiary.recipes.words import check, check_error

RATES: Sequence[tuple[str, float, float]] = (
    ("front", 6.0, 1.0),
    ("waves.", 0.1, 1.0),
    (".slope", 0.1, 1.0),
    (".bias", 0.1, 0.0),
    ("", 1.0, 1.0),
)
"""Part of a parameter's name -> factor of the rate, of the decay; the first line that fits counts."""
CYCLES = 4
BETAS = (0.9, 0.95)


def classifier(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 0.04,
    decay: float = 0.02,
    smoothing: float = 0.1,
    parts: int = 1,
) -> AnnealedDescent:
    """Cross-entropy of smoothed labels.

    Args:
        network: built, a `RealMLP`.
        spec: of the data.
        rate: greatest learning rate, of weights; others have a factor of it.
        decay: weight decay at first.
        smoothing: of labels, 0 to 1.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, decay=decay, smoothing=smoothing)
    return _learner(network, CrossEntropy(smoothing), rate, decay, parts)


def regressor(
    network: nn.Module, spec: Spec, *, rate: float = 0.2, decay: float = 0.02, error: str = "squared", parts: int = 1
) -> AnnealedDescent:
    """Squared error of the standardised target.

    Args:
        network: built, a `RealMLP`.
        spec: of the data; `outputs` must be 1.
        rate: greatest learning rate, of weights; others have a factor of it.
        decay: weight decay at first.
        error: what is made small: "squared" error (for RMSE and R²) or "absolute" (for MAE).
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: when the data has more than one output, or for settings with which nothing can be learned.
    """
    single(spec)
    check_error(error)
    check(rate=rate, decay=decay)
    return _learner(network, ErrorOfValues(error), rate, decay, parts)


def _learner(network: nn.Module, objective: Objective, rate: float, decay: float, parts: int) -> AnnealedDescent:
    optimiser = GroupedAdamW(_groups(network, decay), rate, BETAS)
    dropouts = [(module, module.p) for module in network.modules() if isinstance(module, nn.Dropout)]

    def begin(data: Data) -> None:
        rows = training_rows(data)
        cast("Any", network).begin(rows.arguments(network), rows.truth)

    def anneal(step: int, horizon: int) -> None:
        share = flat_cosine(step, horizon)
        optimiser.fade(share)
        for module, usual in dropouts:
            module.p = usual * share

    return AnnealedDescent(network, objective, Minimise(optimiser, cosine_log(CYCLES)), begin, anneal, parts)


def _groups(network: nn.Module, decay: float) -> list[tuple[list[nn.Parameter], float, float]]:
    """Parameters by the first line of `RATES` that fits their name."""
    groups: list[tuple[list[nn.Parameter], float, float]] = [([], rate, decay * share) for _, rate, share in RATES]
    for name, parameter in network.named_parameters():
        place = next(i for i, (part, _, _) in enumerate(RATES) if part in name)
        groups[place][0].append(parameter)
    return groups
