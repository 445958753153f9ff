"""Chinchilla scaling (Hoffmann et al. 2022, Training compute-optimal large language models, arXiv 2203.15556).

How large a language model should be, and how many tokens it should read, for what its training may cost. Both grow
alike with the compute: about 20 tokens a parameter. N parameters, D tokens, C floating-point operations.
"""

from dataclasses import dataclass

E, A, B, ALPHA, BETA = 1.69, 406.4, 410.7, 0.34, 0.28  # equation (10): the third approach of the paper
OPERATIONS = 6  # of a parameter for a token in training: two forward, four backward
RATIO = 20.0  # tokens a parameter: table 3, the first approach


@dataclass(frozen=True)
class Training:
    """A language model and its training.

    Attributes:
        parameters: N.
        tokens: D, read once each.
        flops: C = 6 N D.
        loss: that the fit of the paper foresees, in nats a token.
        weights_bytes: of the weights, two bytes each.
    """

    parameters: float
    tokens: float
    flops: float
    loss: float
    weights_bytes: float


def chinchilla_loss(parameters: float, tokens: float) -> float:
    """L(N, D) = E + A / N^alpha + B / D^beta, in nats a token.

    Example:
        >>> round(chinchilla_loss(70e9, 1.4e12), 3)
        1.937
    """
    return E + A / parameters**ALPHA + B / tokens**BETA


def chinchilla_scaling(parameters: float, ratio: float = RATIO) -> Training:
    """What a model of a size should read, and what that costs, by the rule of 20 tokens a parameter.

    Args:
        parameters: N.
        ratio: tokens a parameter.

    Example:
        >>> training = chinchilla_scaling(7e9)
        >>> f"{training.tokens:.3g} tokens, {training.flops:.3g} operations, {training.weights_bytes:.3g} bytes"
        '1.4e+11 tokens, 5.88e+21 operations, 1.4e+10 bytes'
    """
    tokens = ratio * parameters
    flops = OPERATIONS * parameters * tokens
    return Training(parameters, tokens, flops, chinchilla_loss(parameters, tokens), 2 * parameters)


def chinchilla_optimum(flops: float) -> Training:
    """The model of least foreseen loss for a compute, equation (4) of the paper with its third fit.

    Its fit asks for more tokens a parameter than the rule of 20 where the compute is large.

    Args:
        flops: C.

    Example:
        >>> training = chinchilla_optimum(1e21)
        >>> f"{training.parameters:.2g} parameters, {training.tokens:.2g} tokens"
        '1.8e+09 parameters, 9.1e+10 tokens'
    """
    scale = (ALPHA * A / (BETA * B)) ** (1 / (ALPHA + BETA))  # G
    parameters = scale * (flops / OPERATIONS) ** (BETA / (ALPHA + BETA))
    tokens = flops / OPERATIONS / parameters
    return Training(parameters, tokens, flops, chinchilla_loss(parameters, tokens), 2 * parameters)
