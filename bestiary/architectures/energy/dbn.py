"""The deep belief network: restricted Boltzmann machines in a stack, each learning what the one below has found.

    labels   features
       \\      |           top machine: both ways, always by the same weights
        o o o o
        o o o o           each machine below: recognition upwards, generation downwards, by one set of weights (tied)
        o o o o           or, when the machines have learned, by two that part ways (untied)
        pixels

A machine models the hidden units of the one below as if they were data. Trained one after the other, each layer added
improves a bound on the probability of the data. The stack is used in three ways: as features, as the first weights of a
classifier that is then tuned by back-propagation, and, with labels beside the features of the top machine, as a
generative model of both.

Source: Hinton, Osindero, Teh 2006, "A fast learning algorithm for deep belief nets", Neural Computation 18(7); tuning
by back-propagation: Hinton, Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks", and Bengio
et al. 2007, "Greedy layer-wise training of deep networks". For the paper's up-down algorithm (`algorithms/up_down.py`)
the generative stacks are built untied: a machine's `weight` generates, `recognition` goes up, and of its two biases
each serves one direction as it is. Tables, whose values are real, enter through a machine with Gaussian visible units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.energy.rbm import RBM, GaussianRBM, LabelledRBM
from bestiary.layers.draws import bernoulli
from bestiary.layers.unit_interval import UnitInterval

# B batch, F features, W width of a layer, K outputs


class Stack(nn.Module):
    """Machines on top of each other; abstract: an architecture names its first machine.

    Args:
        first: sees the data.
        widths: hidden units of every machine, from the data upwards.
        shape: of a row that `sample` makes.
    """

    def __init__(self, first: RBM | GaussianRBM, widths: Sequence[int], shape: tuple[int, ...] = (-1,)) -> None:
        super().__init__()
        self.shape = shape
        above = (RBM(features=before, width=width) for before, width in pairwise(widths))
        self.machines = nn.ModuleList((first, *above))
        self.recognition = nn.ParameterList()  # none while both directions share their weights

    def untie(self) -> None:
        """Gives the machines below the top one recognition weights of their own, equal to those of generation."""
        self.recognition.extend(machine.weight.detach().clone() for machine in self.machines[:-1])  # type: ignore

    @property
    def untied(self) -> bool:
        """Whether the two directions can part ways."""
        return len(self.recognition) > 0

    @torch.no_grad()
    def meet(self) -> None:
        """Makes recognition weights, where there are any, equal to those of generation."""
        for machine, weight in zip(self.machines, self.recognition):
            weight.copy_(cast("RBM", machine).weight)

    def recognise(self, layer: int, visible: Float[Tensor, "B F"]) -> Float[Tensor, "B W"]:
        """Probabilities of the hidden units of one machine, given what it sees."""
        machine = cast("RBM", self.machines[layer])
        weight = self.recognition[layer] if layer < len(self.recognition) else machine.weight
        return F.linear(visible, weight, machine.hidden_bias).sigmoid()

    def climb(self, inputs: Float[Tensor, "B ..."], layers: int | None = None) -> Float[Tensor, "B W"]:
        """What the machine number `layers` sees: probabilities of the hidden units below it (0: the data themselves).

        All machines are climbed unless `layers` is given.
        """
        visible = cast("RBM", self.machines[0]).read(inputs)
        for layer in range(len(self.machines))[:layers]:
            visible = self.recognise(layer, visible)
        return visible

    def descend(self, hidden: Float[Tensor, "B W"], layers: int | None = None) -> Float[Tensor, "B F"]:
        """From hidden units of the machine number `layers` - 1 down to data, by probabilities."""
        for machine in reversed(self.machines[:layers]):
            hidden = cast("RBM", machine).visible(hidden)
        return cast("RBM", self.machines[0]).write(hidden)

    def fall(
        self, means: Float[Tensor, "B W"], layers: int, generator: torch.Generator | None = None
    ) -> Float[Tensor, "B F"]:
        """The generative pass from what is above `layers` machines: states are drawn, data keep their probabilities."""
        for machine in reversed(self.machines[:layers]):
            means = cast("RBM", machine).visible(bernoulli(means, generator))
        return cast("RBM", self.machines[0]).write(means)

    def sees(self, layer: int, inputs: Tensor, target: Tensor | None) -> Tensor:
        """What a machine is trained on: visible states for a batch."""
        return self.climb(inputs, layer)

    def crown(self, features: Float[Tensor, "B W"], target: Tensor | None) -> Tensor:
        """What the top machine sees: the states below it."""
        return features

    def encode(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B W"]:
        """Probabilities of the highest hidden units."""
        return self.climb(inputs)

    def decode(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B F"]:
        """The data that the highest hidden units stand for, flat."""
        return self.descend(code)

    def reconstruct(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """All the way up and down, by probabilities."""
        return self.decode(self.encode(inputs)).view_as(inputs)

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator, steps: int = 100) -> Float[Tensor, "N ..."]:
        """What the stack believes in: Gibbs sampling in the top machine, then one way down.

        Args:
            count: how many.
            generator: of the draws.
            steps: rounds of Gibbs sampling in the top machine.
        """
        top = cast("RBM", self.machines[-1])
        state = top.gibbs(top.start(count, generator), steps - 1, generator)
        means = top.visible(bernoulli(top.hidden(state), generator))
        return self.fall(means, len(self.machines) - 1, generator).view(count, *self.shape)

    def measure(self, facts: Mapping[str, object], rows: Iterable[Tensor]) -> None:
        """What is set before learning, by facts of the data and some rows."""
        cast("RBM", self.machines[0]).measure(facts, rows)


def shape_of(channels: int, image_size: tuple[int, int] | None) -> tuple[int, ...]:
    """Of a row: an image, or flat."""
    return (channels, *image_size) if image_size else (-1,)


class DBN(Stack):
    """The stack for intensities, without labels: features upwards, fantasies downwards.

    Args:
        features: visible units; an image is flattened.
        widths: hidden units of every machine, from the data upwards.
        channels, image_size: of the images that `sample` makes; flat rows without them.
        untied: whether recognition gets weights of its own, for the up-down algorithm.

    Example:
        >>> DBN(features=784, widths=(500, 200))(torch.rand(2, 1, 28, 28)).shape
        torch.Size([2, 200])
    """

    def __init__(
        self,
        *,
        features: int,
        widths: Sequence[int] = (500, 500, 2000),
        channels: int = 1,
        image_size: tuple[int, int] | None = None,
        untied: bool = False,
    ) -> None:
        super().__init__(RBM(features=features, width=widths[0]), widths, shape_of(channels, image_size))
        if untied:
            self.untie()

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B W"]:
        return self.climb(inputs)


class RBMClassifier(Stack):
    """One machine and a linear layer on its features: the smallest stack.

    Args:
        features: visible units; an image is flattened.
        outputs: classes, or 1 for regression.
        width: hidden units.

    Example:
        >>> RBMClassifier(features=64, outputs=10, width=100)(torch.rand(4, 1, 8, 8)).shape
        torch.Size([4, 10])
    """

    def __init__(self, *, features: int, outputs: int, width: int = 500) -> None:
        super().__init__(RBM(features=features, width=width), (width,))
        self.readout = nn.Linear(width, outputs)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B K"]:
        return self.readout(self.climb(inputs))


class TableRBMClassifier(Stack):
    """The same for standardised tables: the visible units are Gaussian.

    Args:
        features: numbers in a row.
        outputs: classes, or 1 for regression.
        width: hidden units.
    """

    def __init__(self, *, features: int, outputs: int, width: int = 64) -> None:
        super().__init__(GaussianRBM(features=features, width=width), (width,))
        self.readout = nn.Linear(width, outputs)

    def forward(self, inputs: Float[Tensor, "B F"]) -> Float[Tensor, "B K"]:
        return self.readout(self.climb(inputs))


class DBNClassifier(Stack):
    """The stack and a linear layer on its highest features.

    Args:
        features: visible units; an image is flattened.
        outputs: classes, or 1 for regression.
        widths: hidden units of every machine, from the data upwards.

    Example:
        >>> DBNClassifier(features=784, outputs=10, widths=(500, 200))(torch.rand(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(self, *, features: int, outputs: int, widths: Sequence[int] = (500, 500, 2000)) -> None:
        super().__init__(RBM(features=features, width=widths[0]), widths)
        self.readout = nn.Linear(widths[-1], outputs)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B K"]:
        return self.readout(self.climb(inputs))


class TableDBNClassifier(Stack):
    """The same for standardised tables: the first machine has Gaussian visible units.

    Args:
        features: numbers in a row.
        outputs: classes, or 1 for regression.
        widths: hidden units of every machine, from the data upwards.
    """

    def __init__(self, *, features: int, outputs: int, widths: Sequence[int] = (128, 64)) -> None:
        super().__init__(GaussianRBM(features=features, width=widths[0]), widths)
        self.readout = nn.Linear(widths[-1], outputs)

    def forward(self, inputs: Float[Tensor, "B F"]) -> Float[Tensor, "B K"]:
        return self.readout(self.climb(inputs))


class DBNAutoencoder(Stack):
    """The stack up and down again, to be tuned as one network: codes are the highest hidden units.

    Args:
        features: visible units; an image is flattened.
        widths: hidden units of every machine, from the data upwards; the last is the size of the code.

    Example:
        >>> DBNAutoencoder(features=784, widths=(100, 32))(torch.rand(2, 1, 28, 28)).shape
        torch.Size([2, 1, 28, 28])
    """

    def __init__(self, *, features: int, widths: Sequence[int] = (500, 250, 32)) -> None:
        super().__init__(RBM(features=features, width=widths[0]), widths)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        return self.reconstruct(inputs)

    @property
    def unit(self) -> UnitInterval:
        """Between the units of the input and intensities."""
        return cast("RBM", self.machines[0]).unit

    def logits(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """The log odds of the intensities that it gives back."""
        hidden = self.climb(inputs)
        for machine in reversed(self.machines[1:]):
            hidden = cast("RBM", machine).visible(hidden)
        lowest = cast("RBM", self.machines[0])
        return F.linear(hidden, lowest.weight.T, lowest.visible_bias).view_as(inputs)


class LabelledDBN(Stack):
    """The network of the paper's Figure 1: the top machine sees the features below it and the label.

    It answers with the free energy of each label, and makes images of a class that is held fixed.

    Args:
        features: visible units; an image is flattened.
        outputs: classes.
        widths: hidden units of every machine, from the data upwards; two or more.
        channels, image_size: of the images that `sample` makes; flat rows without them.
        untied: whether recognition gets weights of its own, for the up-down algorithm.

    Example:
        >>> LabelledDBN(features=784, outputs=10, widths=(50, 50, 200))(torch.rand(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        *,
        features: int,
        outputs: int,
        widths: Sequence[int] = (500, 500, 2000),
        channels: int = 1,
        image_size: tuple[int, int] | None = None,
        untied: bool = False,
    ) -> None:
        if len(widths) < 2:
            raise ValueError(f"widths must name two machines or more; received {tuple(widths)}; try (500, 500, 2000)")
        super().__init__(RBM(features=features, width=widths[0]), widths[:-1], shape_of(channels, image_size))
        self.machines.append(LabelledRBM(features=widths[-2], outputs=outputs, width=widths[-1]))
        if untied:
            self.untie()

    @property
    def top(self) -> LabelledRBM:
        """The machine that sees labels."""
        return cast("LabelledRBM", self.machines[-1])

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B K"]:
        return self.top(self.climb(inputs, -1))

    def encode(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B W"]:
        """Probabilities of the hidden units below the top machine: those above see a label too."""
        return self.climb(inputs, -1)

    def decode(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B F"]:
        """The data that these stand for, flat."""
        return self.descend(code, -1)

    def sees(self, layer: int, inputs: Tensor, target: Int[Tensor, " B"] | None) -> Tensor:
        """What a machine is trained on; the top one sees the label too."""
        seen = self.climb(inputs, layer)
        return seen if layer < len(self.machines) - 1 else self.crown(seen, target)

    def crown(self, features: Float[Tensor, "B W"], target: Int[Tensor, " B"] | None) -> Tensor:
        """What the top machine sees: the states below it and the label."""
        assert target is not None, "the algorithm gives this machine labelled rows alone"
        return self.top.join(features, target)

    @torch.no_grad()
    def sample(
        self, count: int, generator: torch.Generator, steps: int = 100, label: Int[Tensor, " N"] | None = None
    ) -> Float[Tensor, "N ..."]:
        """Data of given classes: Gibbs sampling in the top machine with the label held, then one way down.

        Args:
            count: how many.
            generator: of the draws.
            steps: rounds of Gibbs sampling in the top machine.
            label: class numbers; all classes in turn unless given.
        """
        top = self.top
        label = torch.arange(count, device=top.weight.device) % top.outputs if label is None else label
        chance = top.visible_bias[: top.features].sigmoid().expand(count, -1)
        state = top.join(bernoulli(chance, generator), label)
        for _ in range(steps):
            drawn = top.gibbs(state, 1, generator)
            state = top.join(drawn[:, : top.features], label)
        return self.fall(state[:, : top.features], -1, generator).view(count, *self.shape)
