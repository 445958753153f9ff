"""Language models: the next token, by gradient descent."""

from torch import nn

from bestiary.algorithms.gradient_descent import AccumulatedGradientDescent, GradientDescent
from bestiary.contracts import Spec
from bestiary.objectives.next_token import NextToken
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check


def language_model(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.1,
    clip: float | None = 1.0,
    warmup: int = 100,
    parts: int = 1,
) -> GradientDescent | AccumulatedGradientDescent:
    """The cross-entropy of the next token, minimised by AdamW.

    Its settings are those of GPT-3 (Brown et al. 2020, Language models are few-shot learners, appendix B): betas of 0.9
    and 0.95, weight decay of 0.1, gradients clipped at 1, warm-up.

    Args:
        network: built; tokens [B T] become logits [B T V].
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    check(rate=rate, decay=decay, clip=clip, warmup=warmup)
    minimise = Minimise(AdamW(network, rate, decay, betas=(0.9, 0.95)), trapezoid(warmup), clip)
    if parts > 1:
        return AccumulatedGradientDescent(network, NextToken(), minimise, parts)
    return GradientDescent(network, NextToken(), minimise)
