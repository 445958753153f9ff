"""The perceptron and its own rule."""

import copy

import torch
from torch import nn

from bestiary.algorithms.perceptron import PerceptronRule
from bestiary.contracts import Spec
from bestiary.recipes.words import check


def perceptron(network: nn.Module, spec: Spec, *, rate: float | None = None) -> PerceptronRule:
    """Rosenblatt's rule from weights of zero, answered by the averaged weights.

    Args:
        network: built, with a single linear layer `layer`.
        spec: of the data.
        rate: size of a correction; one over the number of features unless given. It changes nothing but the scale of
            the outputs, and so how sure the probabilities look.
    """
    if rate is None:
        rate = 1 / sum(p.shape[1] for p in network.parameters() if p.ndim == 2)
    check(rate=rate)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return PerceptronRule(network, copy.deepcopy(network), rate)
