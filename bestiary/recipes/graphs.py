"""Learning on graphs by gradient descent: classes of nodes, edges, classes of whole graphs."""

from torch import nn

from bestiary.algorithms.gradient_descent import GradientDescent
from bestiary.contracts import Objective, Spec
from bestiary.objectives.graph import NodeCrossEntropy
from bestiary.objectives.supervised import CrossEntropy
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check


def nodes(
    network: nn.Module, spec: Spec, *, rate: float = 0.01, decay: float = 0.05, clip: float | None = None
) -> GradientDescent:
    """Cross-entropy over labelled nodes; every update sees the whole graph.

    Args:
        network: built, with one logit a class for every node.
        spec: of the graph.
        rate: learning rate on the plateau.
        decay: weight decay of matrices, times the rate at each update.
        clip: largest norm of the gradient, or None.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    return _learner(network, NodeCrossEntropy(), rate, decay, clip)  # pyright: ignore[reportArgumentType]


def links(
    network: nn.Module, spec: Spec, *, rate: float = 0.01, decay: float = 0.05, clip: float | None = None
) -> GradientDescent:
    """Cross-entropy that tells training edges from as many pairs without one, drawn anew for every update.

    Args:
        network: built, with two logits for every pair: no edge, edge.
        spec: of the graph.
        rate: learning rate on the plateau.
        decay: weight decay of matrices, times the rate at each update.
        clip: largest norm of the gradient, or None.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    return _learner(network, CrossEntropy(), rate, decay, clip)


def graphs(
    network: nn.Module, spec: Spec, *, rate: float = 1e-3, decay: float = 0.0, clip: float | None = None
) -> GradientDescent:
    """Cross-entropy over graphs of a set, some of them in each update.

    Args:
        network: built, with one logit a class for every graph.
        spec: of the set.
        rate: learning rate on the plateau.
        decay: weight decay of matrices, times the rate at each update.
        clip: largest norm of the gradient, or None.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    return _learner(network, CrossEntropy(), rate, decay, clip)


def _learner(
    network: nn.Module, objective: Objective, rate: float, decay: float, clip: float | None
) -> GradientDescent:
    check(rate=rate, decay=decay, clip=clip)
    return GradientDescent(network, objective, Minimise(AdamW(network, rate, decay), trapezoid(0), clip))
