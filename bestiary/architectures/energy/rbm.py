"""The restricted Boltzmann machine: visible and hidden units, linked to each other but not among themselves.

        hidden   h  o o o o      E(v, h) = - a.v - b.h - h.W v
                    |X|X|X|      p(h_j = 1 | v) = sigmoid(b_j + W_j v)
        visible  v  o o o o      p(v_i = 1 | h) = sigmoid(a_i + h.W_i)

The links make it a distribution over what is visible, p(v) ~ exp(-F(v)), with the free energy F(v) = - log sum_h
exp(-E(v, h)). Because units of a layer do not see each other, a whole layer is drawn at once given the other.

Source: Smolensky 1986, "Information processing in dynamical systems: foundations of harmony theory"; Hinton 2002,
"Training products of experts by minimizing contrastive divergence", Neural Computation 14(8). Units with real values:
Welling, Rosen-Zvi, Hinton 2004, "Exponential family harmoniums". Units for labels: Larochelle, Bengio 2008,
"Classification using discriminative restricted Boltzmann machines". Intensities are read as the probabilities of units
with two states, as in Hinton's "A practical guide to training restricted Boltzmann machines" (2010).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.draws import bernoulli, category, normal
from bestiary.layers.unit_interval import UnitInterval

# B batch, F visible units, W hidden units, K classes


class Machine(nn.Module):
    """Two layers and the links between them. Abstract: what the visible units can be is a subclass's to say.

    Args:
        features: visible units.
        width: hidden units, with two states.
    """

    def __init__(self, *, features: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.randn(width, features))
        self.visible_bias = nn.Parameter(torch.zeros(features))
        self.hidden_bias = nn.Parameter(torch.zeros(width))

    @abstractmethod
    def visible(self, hidden: Float[Tensor, "B W"]) -> Float[Tensor, "B F"]:
        """Means of the visible units, given the hidden ones."""

    @abstractmethod
    def draw_visible(
        self, hidden: Float[Tensor, "B W"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "B F"]:
        """States of the visible units, drawn given the hidden ones."""

    @abstractmethod
    def start(self, count: int, generator: torch.Generator | None = None) -> Float[Tensor, "N F"]:
        """Visible states drawn from the visible biases alone: where chains can begin."""

    @abstractmethod
    def alone(self, visible: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """The part of the energy that visible units have by themselves."""

    def hidden(self, visible: Float[Tensor, "B F"]) -> Float[Tensor, "B W"]:
        """Probabilities of the hidden units, given the visible ones."""
        return F.linear(visible, self.weight, self.hidden_bias).sigmoid()

    def energy(self, visible: Float[Tensor, "B F"], hidden: Float[Tensor, "B W"]) -> Float[Tensor, " B"]:
        """E(v, h) of joint states."""
        return self.alone(visible) - hidden @ self.hidden_bias - (hidden @ self.weight * visible).sum(1)

    def free_energy(self, visible: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        """F(v) = E(v, 0) - sum_j softplus(b_j + W_j v): the lower, the more probable."""
        return self.alone(visible) - F.softplus(F.linear(visible, self.weight, self.hidden_bias)).sum(1)

    @torch.no_grad()
    def gibbs(
        self, visible: Float[Tensor, "B F"], steps: int, generator: torch.Generator | None = None
    ) -> Float[Tensor, "B F"]:
        """Visible states after so many rounds of drawing all hidden, then all visible units."""
        for _ in range(steps):
            visible = self.draw_visible(bernoulli(self.hidden(visible), generator), generator)
        return visible


class RBM(Machine):
    """Visible and hidden units with two states each, for intensities.

    Args:
        features: visible units; an image is flattened.
        width: hidden units.
        channels, image_size: of the images that `sample` makes; flat rows without them.

    Example:
        >>> machine = RBM(features=784, width=500)
        >>> machine(torch.rand(4, 1, 28, 28)).shape, machine.free_energy(torch.rand(4, 784)).shape
        (torch.Size([4, 500]), torch.Size([4]))
    """

    def __init__(
        self, *, features: int, width: int, channels: int = 1, image_size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(features=features, width=width)
        self.unit = UnitInterval()
        self.shape = (channels, *image_size) if image_size else (features,)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B W"]:
        return self.hidden(self.read(inputs))

    encode = forward

    def read(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B F"]:
        """Data as states of the visible units: intensities from 0 to 1."""
        return self.unit(inputs.flatten(1))

    def write(self, visible: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        """States of the visible units as data: undoes `read`."""
        return self.unit.back(visible)

    @torch.no_grad()
    def measure(self, facts: Mapping[str, object], rows: Iterable[Float[Tensor, "B ..."]]) -> None:
        """What is set before learning: the range of the data, and visible biases that give each unit its mean."""
        self.unit.measure(facts)
        mean = torch.cat([self.read(part) for part in rows]).mean(0).clamp(0.01, 0.99)
        self.visible_bias.copy_(torch.logit(mean))

    def visible(self, hidden: Float[Tensor, "B W"]) -> Float[Tensor, "B F"]:
        return F.linear(hidden, self.weight.T, self.visible_bias).sigmoid()

    def draw_visible(
        self, hidden: Float[Tensor, "B W"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "B F"]:
        return bernoulli(self.visible(hidden), generator)

    def start(self, count: int, generator: torch.Generator | None = None) -> Float[Tensor, "N F"]:
        return bernoulli(self.visible_bias.sigmoid().expand(count, -1), generator)

    def alone(self, visible: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        return -visible @ self.visible_bias

    def decode(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B F"]:
        """The data that hidden units stand for, flat."""
        return self.write(self.visible(code))

    def reconstruct(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """Up and down once, by probabilities."""
        return self.decode(self.encode(inputs)).view_as(inputs)

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator, steps: int = 100) -> Float[Tensor, "N ..."]:
        """What the machine believes in: Gibbs sampling from independent pixels, means in the last round.

        Args:
            count: how many.
            generator: of the draws.
            steps: rounds of Gibbs sampling.
        """
        visible = self.gibbs(self.start(count, generator), steps - 1, generator)
        means = self.visible(bernoulli(self.hidden(visible), generator))
        return self.write(means).view(count, *self.shape)


class GaussianRBM(Machine):
    """Visible units with real values of unit variance, for standardised tables: E = |v - a|^2 / 2 - b.h - h.W v.

    Args:
        features: visible units.
        width: hidden units, with two states.

    Example:
        >>> GaussianRBM(features=13, width=32)(torch.randn(4, 13)).shape
        torch.Size([4, 32])
    """

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B W"]:
        return self.hidden(self.read(inputs))

    encode = forward

    def read(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B F"]:
        """Data as states of the visible units."""
        return inputs.flatten(1)

    def write(self, visible: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        """States of the visible units as data."""
        return visible

    @torch.no_grad()
    def measure(self, facts: Mapping[str, object], rows: Iterable[Float[Tensor, "B ..."]]) -> None:
        """What is set before learning: visible biases that give each unit its mean."""
        self.visible_bias.copy_(torch.cat([self.read(part) for part in rows]).mean(0))

    def visible(self, hidden: Float[Tensor, "B W"]) -> Float[Tensor, "B F"]:
        return F.linear(hidden, self.weight.T, self.visible_bias)

    def draw_visible(
        self, hidden: Float[Tensor, "B W"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "B F"]:
        means = self.visible(hidden)
        return means + normal(means.shape, means, generator)

    def start(self, count: int, generator: torch.Generator | None = None) -> Float[Tensor, "N F"]:
        bias = self.visible_bias.expand(count, -1)
        return bias + normal(bias.shape, bias, generator)

    def alone(self, visible: Float[Tensor, "B F"]) -> Float[Tensor, " B"]:
        return (visible - self.visible_bias).square().sum(1) / 2

    def decode(self, code: Float[Tensor, "B W"]) -> Float[Tensor, "B F"]:
        """The data that hidden units stand for."""
        return self.visible(code)

    def reconstruct(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """Up and down once, by means."""
        return self.decode(self.encode(inputs)).view_as(inputs)

    @torch.no_grad()
    def sample(self, count: int, generator: torch.Generator, steps: int = 100) -> Float[Tensor, "N F"]:
        """What the machine believes in: Gibbs sampling from independent numbers.

        Args:
            count: how many.
            generator: of the draws.
            steps: rounds of Gibbs sampling.
        """
        return self.gibbs(self.start(count, generator), steps, generator)


class LabelledRBM(Machine):
    """A machine that sees features and their label together, v = [features, one-hot label]: one label unit is on.

    Args:
        features: visible units with two states.
        outputs: classes: the visible units of the label.
        width: hidden units.

    Example:
        >>> LabelledRBM(features=64, outputs=10, width=100)(torch.rand(4, 64)).shape
        torch.Size([4, 10])
    """

    def __init__(self, *, features: int, outputs: int, width: int) -> None:
        super().__init__(features=features + outputs, width=width)
        self.features, self.outputs = features, outputs

    def forward(self, features: Float[Tensor, "B F"]) -> Float[Tensor, "B K"]:
        """Minus the free energy with each label in turn: log p(label | features) but for a constant of the row."""
        seen, named = self.weight.split((self.features, self.outputs), 1)  # [W, F], [W, K]
        sums = F.linear(features, seen, self.hidden_bias)[:, :, None] + named  # [B, W, K]
        return self.visible_bias[self.features :] + F.softplus(sums).sum(1)

    def join(self, features: Float[Tensor, "B F"], label: Int[Tensor, " B"]) -> Float[Tensor, "B FK"]:
        """Features and class numbers as states of the visible units."""
        return torch.cat((features, F.one_hot(label, self.outputs).to(features)), 1)

    def visible(self, hidden: Float[Tensor, "B W"]) -> Float[Tensor, "B FK"]:
        features, label = F.linear(hidden, self.weight.T, self.visible_bias).split((self.features, self.outputs), 1)
        return torch.cat((features.sigmoid(), label.softmax(1)), 1)

    def draw_visible(
        self, hidden: Float[Tensor, "B W"], generator: torch.Generator | None = None
    ) -> Float[Tensor, "B FK"]:
        features, label = self.visible(hidden).split((self.features, self.outputs), 1)
        drawn = category(label, generator)
        return self.join(bernoulli(features, generator), drawn)

    def start(self, count: int, generator: torch.Generator | None = None) -> Float[Tensor, "N FK"]:
        features, label = self.visible_bias.expand(count, -1).split((self.features, self.outputs), 1)
        drawn = category(label.softmax(1), generator)
        return self.join(bernoulli(features.sigmoid(), generator), drawn)

    def alone(self, visible: Float[Tensor, "B FK"]) -> Float[Tensor, " B"]:
        return -visible @ self.visible_bias
