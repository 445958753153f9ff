"""Machines with an energy: storage, contrastive divergence, greedy layers and then labels, or up and down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn

from bestiary.algorithms.contrastive_divergence import ContrastiveDivergence, PersistentContrastiveDivergence
from bestiary.algorithms.covariance import CovarianceStorage
from bestiary.algorithms.hebbian import HebbianStorage, Memory, ProjectionStorage
from bestiary.algorithms.layerwise import LayerWise
from bestiary.algorithms.up_down import UpDown
from bestiary.contracts import Objective, Spec
from bestiary.errors import InputError
from bestiary.objectives.reconstruction import PixelCrossEntropy
from bestiary.objectives.supervised import CrossEntropy, SquaredError
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.optimisation.sgd import SGD
from bestiary.recipes.words import check

RULES = {"hebb": HebbianStorage, "covariance": CovarianceStorage, "projection": ProjectionStorage}


def storage(
    network: nn.Module, spec: Spec, *, rule: str = "hebb", load: float = 0.1
) -> HebbianStorage | CovarianceStorage | ProjectionStorage:
    """Stores the first training rows of the run's order, in one pass over whole batches of them.

    Args:
        network: a memory, `architectures.energy.hopfield.Hopfield`.
        spec: of the data.
        rule: "hebb" (Hopfield 1982), for patterns that have little in common; "covariance" (Sejnowski 1977), Hebb's
            rule less the mean, for a few patterns that are alike, as digits are; "projection" (Personnaz, Guyon,
            Dreyfus 1986), for many of them.
        load: patterns a unit; Hebb's rule breaks down past 0.138, the projection rule at 1, the covariance rule with
            digits past 0.006.

    Raises:
        InputError: for an unknown rule, or a load with which nothing can be stored.
    """
    if rule not in RULES:
        raise InputError(f"rule must be {' or '.join(RULES)}; received {rule!r}; try projection")
    if not 0 < load <= 1:
        raise InputError(f"load must be above 0 and at most 1 pattern a unit; received {load!r}; try 0.1")
    return RULES[rule](network, cast("Memory", network).holds(load))


def contrastive(
    network: nn.Module,
    spec: Spec,
    *,
    machine_rate: float | None = None,
    decay: float = 2e-4,
    momentum: float = 0.5,
    steps: int = 1,
) -> ContrastiveDivergence:
    """CD-k of a machine, by gradient steps with momentum.

    Args:
        network: a machine, such as `architectures.energy.rbm.RBM`.
        spec: of the data.
        machine_rate: learning rate on the plateau; 0.1, for tables 0.01, unless given.
        decay: weight decay of matrices.
        momentum: of the gradient.
        steps: k, the rounds of Gibbs sampling.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    minimise = _momentum(network, _usual(machine_rate, spec), decay, momentum)
    return ContrastiveDivergence(network, minimise, _rounds(steps))


def persistent(
    network: nn.Module,
    spec: Spec,
    *,
    machine_rate: float | None = None,
    decay: float = 2e-4,
    momentum: float = 0.0,
    steps: int = 1,
    chains: int = 100,
) -> PersistentContrastiveDivergence:
    """Persistent contrastive divergence: the same with chains that go on from update to update.

    Args:
        network: a machine, such as `architectures.energy.rbm.RBM`.
        spec: of the data.
        machine_rate: learning rate on the plateau; 0.1, for tables 0.01, unless given. Chains keep up with
            small ones only.
        decay: weight decay of matrices.
        momentum: of the gradient.
        steps: rounds of Gibbs sampling between updates.
        chains: how many are kept.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    if chains < 1:
        raise InputError(f"chains must be 1 or more; received {chains!r}; try 100")
    minimise = _momentum(network, _usual(machine_rate, spec), decay, momentum)
    return PersistentContrastiveDivergence(network, minimise, chains, _rounds(steps))


def features_then_labels(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 3e-2,
    machine_rate: float | None = None,
    decay: float = 0.0,
    share: float = 0.5,
    steps: int = 1,
    labels: int | None = None,
) -> LayerWise:
    """A machine learns without labels, then a linear classifier learns on its features, which stay as they are.

    Args:
        network: with `machines` and a linear `readout`.
        spec: of the data.
        rate: learning rate of the classifier.
        machine_rate: learning rate of the machine; 0.2, for tables 0.02, unless given.
        decay: weight decay of the classifier.
        share: of the training that the machine takes, 0 to below 1.
        steps: k of the contrastive divergence.
        labels: use the labels of so many training rows only; all unless given.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    readout = AdamW(cast("nn.Module", network.readout), rate, decay)
    return _layerwise(
        network, _objective(spec), readout, rate, _usual(machine_rate, spec, 0.2), decay, share, steps, labels
    )


def layers_then_labels(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 3e-3,
    machine_rate: float | None = None,
    decay: float = 0.0,
    share: float = 0.5,
    steps: int = 1,
    labels: int | None = None,
) -> LayerWise:
    """Machine after machine learns without labels, then back-propagation tunes all of them.

    Args:
        network: with `machines`, `architectures.energy.dbn.DBNClassifier` or its like.
        spec: of the data.
        rate: learning rate of the second part.
        machine_rate: learning rate of the machines; 0.1, for tables 0.01, unless given.
        decay: weight decay of the second part.
        share: of the training that the machines take together, 0 (none: from scratch) to below 1.
        steps: k of the contrastive divergence.
        labels: use the labels of so many training rows only; all unless given.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    tuned = AdamW(network, rate, decay)
    return _layerwise(network, _objective(spec), tuned, rate, _usual(machine_rate, spec), decay, share, steps, labels)


def layers_then_codes(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    machine_rate: float | None = None,
    decay: float = 0.0,
    share: float = 0.5,
    steps: int = 1,
) -> LayerWise:
    """Machine after machine, then the way up and down is tuned as a deep autoencoder (Hinton, Salakhutdinov 2006).

    Args:
        network: with `machines`, giving back its input, `architectures.energy.dbn.DBNAutoencoder`.
        spec: of the data.
        rate: learning rate of the second part.
        machine_rate: learning rate of the machines; 0.1, for tables 0.01, unless given.
        decay: weight decay of the second part.
        share: of the training that the machines take together, 0 to below 1.
        steps: k of the contrastive divergence.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    tuned = AdamW(network, rate, decay)
    return _layerwise(network, PixelCrossEntropy(), tuned, rate, _usual(machine_rate, spec), decay, share, steps, None)


def layers(network: nn.Module, spec: Spec, *, machine_rate: float | None = None, steps: int = 1) -> LayerWise:
    """Machine after machine and nothing else: a generative model of the data, or of the data and their labels.

    Args:
        network: with `machines`, `architectures.energy.dbn.DBN` or `LabelledDBN`.
        spec: of the data.
        machine_rate: learning rate of the machines; 0.1, for tables 0.01, unless given.
        steps: k of the contrastive divergence.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    pretrain = _momentum(cast("nn.Module", network.machines), _usual(machine_rate, spec), 2e-4, 0.5)
    return LayerWise(network, pretrain, None, pretrain, 1.0, _rounds(steps), joint=hasattr(network, "top"))


def layers_then_up_down(
    network: nn.Module,
    spec: Spec,
    *,
    machine_rate: float | None = None,
    tuning_rate: float | None = None,
    share: float = 0.5,
    steps: int = 1,
    rounds: Sequence[int] = (3, 6, 10),
) -> UpDown:
    """Machine after machine, then the two directions part ways and learn from each other (Hinton et al. 2006).

    A stack that is built tied cannot part ways: its machines have the whole training.

    Args:
        network: with `machines` and `recognition`, `architectures.energy.dbn.DBN` or `LabelledDBN`, built untied.
        spec: of the data.
        machine_rate: learning rate of the machines; 0.1, for tables 0.01, unless given.
        tuning_rate: learning rate of the second phase; as the machines' unless given.
        share: of the training that the machines take together, 0 to below 1.
        steps: k of the contrastive divergence in the first phase.
        rounds: of Gibbs sampling in the top machine, for equally long parts of the second phase.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    _share(share)
    if not rounds or min(rounds) < 1:
        raise InputError(f"rounds must be one or more numbers of 1 or more; received {rounds!r}; try (3, 6, 10)")
    rate = _usual(machine_rate, spec)
    pretrain = _momentum(cast("nn.Module", network.machines), rate, 2e-4, 0.5)
    tune = _momentum(network, rate if tuning_rate is None else tuning_rate, 2e-4, 0.5)
    share = share if network.untied else 1.0
    return UpDown(network, pretrain, tune, share, _rounds(steps), tuple(rounds), joint=hasattr(network, "top"))


def _objective(spec: Spec) -> Objective:
    return CrossEntropy() if spec.outputs > 1 else SquaredError()


def _layerwise(
    network: nn.Module,
    objective: Objective,
    tuned: AdamW,
    rate: float,
    machine_rate: float,
    decay: float,
    share: float,
    steps: int,
    labels: int | None,
) -> LayerWise:
    check(rate=rate, decay=decay)
    _share(share)
    if labels is not None and labels < 1:
        raise InputError(f"labels must be 1 or more; received {labels!r}; try 100, or leave it out for all")
    machines = cast("nn.Module", network.machines)
    pretrain = _momentum(machines, machine_rate, 2e-4, 0.5)
    finetune = Minimise(tuned, trapezoid())
    joint = hasattr(network, "top")  # the top machine itself sees the labels
    return LayerWise(network, pretrain, objective, finetune, share, _rounds(steps), labels, joint)


def _share(share: float) -> None:
    if not 0 <= share < 1:
        raise InputError(f"share must be from 0 to below 1; received {share!r}; try 0.5")


def _rounds(steps: int) -> int:
    if steps < 1:
        raise InputError(f"steps must be 1 round of Gibbs sampling or more; received {steps!r}; try 1")
    return steps


def _usual(machine_rate: float | None, spec: Spec, usual: float = 0.1) -> float:
    """The rate of machines: a tenth of the usual for tables, whose values can be large."""
    if machine_rate is None:
        return usual / 10 if spec.picture is None else usual
    return machine_rate


def _momentum(network: nn.Module, rate: float, decay: float, momentum: float) -> Minimise:
    check(rate=rate, decay=decay)
    if not 0 <= momentum < 1:
        raise InputError(f"momentum must be from 0 to below 1; received {momentum!r}; try 0.5")
    matrices: list[Tensor] = [p for p in network.parameters() if p.ndim >= 2]
    vectors: list[Tensor] = [p for p in network.parameters() if p.ndim < 2]
    return Minimise(SGD([(matrices, decay), (vectors, 0.0)], rate, momentum), trapezoid())
