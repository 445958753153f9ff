"""Fine-tuning of networks that come with weights: the last part first, then the body at a smaller rate."""

from __future__ import annotations

from torch import nn

from bestiary.algorithms.fine_tuning import FineTuning
from bestiary.contracts import Objective, Spec
from bestiary.errors import InputError
from bestiary.layers.last import body_of
from bestiary.objectives.supervised import CrossEntropy, ErrorOfValues
from bestiary.optimisation.adamw import GroupedAdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check, check_error


def classifier(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    body: float = 0.3,
    frozen: int = 20,
    gradual: int = 0,
    layerwise: float = 1.0,
    decay: float = 0.0,
    smoothing: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    parts: int = 1,
) -> FineTuning:
    """Cross-entropy, minimised by AdamW: of the last part alone, then of everything.

    Args:
        network: with weights for everything but its last part.
        spec: of the data.
        rate: learning rate of the last part, on the plateau.
        body: what the rate of the body is of it, above 0; 1 for the same.
        frozen: steps in which the body does not learn.
        gradual: steps after which the next block of the body begins to learn too, from the top; 0 for all at once.
        layerwise: what the rate of each block is of that of the block above it, to 1 (Howard & Ruder 2018: 1 / 2.6).
        decay: weight decay of matrices.
        smoothing: of labels, 0 to 1.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned, or a network without a last part of its own.
    """
    check(rate=rate, smoothing=smoothing)
    settings = {"body": body, "layerwise": layerwise, "decay": decay, "clip": clip, "warmup": warmup}
    return _learner(network, CrossEntropy(smoothing), rate, frozen, gradual, parts, **settings)


def regressor(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    body: float = 0.3,
    frozen: int = 20,
    gradual: int = 0,
    layerwise: float = 1.0,
    decay: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    error: str = "squared",
    parts: int = 1,
) -> FineTuning:
    """Squared error of the standardised target, minimised as by `classifier`, whose words it has.

    Args:
        network: with weights for everything but its last part, which has one output.
        spec: of the data; `outputs` must be 1.
        rate: learning rate of the last part, on the plateau.
        body: what the rate of the body is of it.
        frozen: steps in which the body does not learn.
        gradual: steps from one block of the body to the next; 0 for all at once.
        layerwise: what the rate of each block is of that of the block above it.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        error: what is made small: "squared" or "absolute" error.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: when the data have more than one output, or for settings with which nothing can be learned.
    """
    check_error(error)
    if spec.outputs != 1:
        raise InputError(f"regression needs outputs=1; received {spec.outputs}; is the target a class?")
    settings = {"body": body, "layerwise": layerwise, "decay": decay, "clip": clip, "warmup": warmup}
    return _learner(network, ErrorOfValues(error), rate, frozen, gradual, parts, **settings)


def _learner(
    network: nn.Module,
    objective: Objective,
    rate: float,
    frozen: int,
    gradual: int,
    parts: int,
    *,
    body: float,
    layerwise: float,
    decay: float,
    clip: float | None,
    warmup: int,
) -> FineTuning:
    check(rate=rate, decay=decay, clip=clip, warmup=warmup)
    for word, value in (("body", body), ("layerwise", layerwise)):
        if not 0 < value <= 1:
            raise InputError(f"{word} must be above 0, at most 1; received {value!r}; leave it out for the default")
    for word, steps in (("frozen", frozen), ("gradual", gradual)):
        if steps < 0:
            raise InputError(f"{word} must be 0 steps or more; received {steps!r}; try 100")
    blocks = body_of(network)[::-1]
    groups = _groups(network, blocks, body, layerwise, decay)
    minimise = Minimise(GroupedAdamW(groups, rate), trapezoid(warmup), clip)
    return FineTuning(network, objective, minimise, blocks, frozen=frozen, gradual=gradual, parts=parts)


def _groups(
    network: nn.Module, blocks: list[nn.Module], body: float, layerwise: float, decay: float
) -> list[tuple[list[nn.Parameter], float, float]]:
    """Parameters with their share of the rate and their decay: of the last part, then of each block; vectors apart."""
    inside = {id(p) for block in blocks for p in block.parameters()}
    shares = [([p for p in network.parameters() if id(p) not in inside], 1.0)]
    shares += [(list(block.parameters()), body * layerwise**number) for number, block in enumerate(blocks)]
    groups = []
    for parameters, share in shares:
        learns = [p for p in parameters if p.requires_grad]
        matrices, vectors = [p for p in learns if p.ndim >= 2], [p for p in learns if p.ndim < 2]
        groups += [(part, share, kept) for part, kept in ((matrices, decay), (vectors, 0.0)) if part]
    return groups
