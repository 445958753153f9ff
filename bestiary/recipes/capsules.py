"""The capsule network: lengths beyond margins, and images drawn again."""

from torch import nn

from bestiary.algorithms.gradient_descent import AccumulatedGradientDescent, GradientDescent
from bestiary.contracts import Data, Spec
from bestiary.errors import InputError
from bestiary.layers.unit_interval import measure
from bestiary.objectives.margin import Margin
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check


def capsules(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    drawing: float = 0.0005,
    shift: int = 2,
    parts: int = 1,
) -> GradientDescent | AccumulatedGradientDescent:
    """Margin loss and reconstruction, minimised by Adam, on images that are shifted at random.

    Args:
        network: built, a `CapsNet`.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        drawing: weight of the squared error of the drawn image, 0 or more.
        shift: of images, at most so many pixels; 0 for none.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, decay=decay, clip=clip, warmup=warmup)
    if drawing < 0 or shift < 0:
        raise InputError(f"drawing and shift must be 0 or more; received {drawing!r} and {shift!r}; try 0.0005 and 2")
    minimise = Minimise(AdamW(network, rate, decay), trapezoid(warmup), clip)

    def prepare(data: Data) -> None:
        measure(network, getattr(data, "facts", {}))

    if parts > 1:
        return AccumulatedGradientDescent(network, Margin(drawing, shift), minimise, parts, prepare)
    return GradientDescent(network, Margin(drawing, shift), minimise, prepare)
