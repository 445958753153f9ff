"""The Hopfield network: a memory whose units pull each other towards the patterns that were stored.

    E(s) = - 1/2 sum_ij W_ij s_i s_j + sum_i U_i s_i,  s_i = -1 or +1,  W symmetric, W_ii = 0
    a unit looks at the sum it gets, sum_j W_ij s_j - U_i, takes its sign, and keeps its state when the sum is 0

Changing one unit at a time, no change can raise the energy, so the network settles in a minimum; storage makes the
patterns minima, and a damaged pattern rolls back into its own. All at once they could swing for ever.

Source: Hopfield 1982, "Neural networks and physical systems with emergent collective computational abilities", PNAS
79(8). The capacity of Hebbian storage, 0.138 patterns a unit for random patterns: Amit, Gutfreund, Sompolinsky 1985,
"Storing infinite numbers of patterns in a spin-glass model of neural networks", Physical Review Letters 55. Hopfield's
units are 0 and 1 and are asked at random times; here they are -1 and +1, which is the same network with other
thresholds U, and are asked in order or in a random order, all once in each sweep. Thresholds are 0 unless the rule of
storage sets them.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

# B batch, N units, S sweeps


class Hopfield(nn.Module):
    """Units of two states, each linked to every other.

    Symmetry and the empty diagonal are not a matter of care: only the N (N - 1) / 2 weights above the diagonal exist.
    Inputs above 0 become +1, others -1; for standardised images, a pixel is on when it is brighter than the mean.

    Args:
        features: units; an image is flattened.

    Example:
        >>> network = Hopfield(features=64)
        >>> network(torch.randn(2, 1, 8, 8)).unique().tolist()
        [-1.0, 1.0]
    """

    def __init__(self, *, features: int) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("levels", torch.tensor([-1.0, 1.0]))
        self.register_buffer("thresholds", torch.zeros(features))
        self.links = nn.Parameter(torch.zeros(features * (features - 1) // 2), requires_grad=False)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B N"]:
        return self.recall(self.read(inputs))

    def holds(self, load: float) -> int:
        """How many patterns a load, in patterns a unit, comes to; at least one."""
        return max(1, int(load * self.features))

    def read(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B N"]:
        """Data as states of the units, -1 or +1."""
        return torch.where(inputs.flatten(1) > 0, 1.0, -1.0).to(self.links)

    def measure(self, rows: Iterable[Float[Tensor, "B ..."]]) -> None:
        """Takes the mean of the numbers that are read as -1, and of those read as +1: what `write` gives back."""
        numbers = torch.cat([part.flatten() for part in rows])
        for place, on in enumerate((numbers <= 0, numbers > 0)):
            if bool(on.any()):
                self.get_buffer("levels")[place] = numbers[on].mean()

    def write(self, states: Float[Tensor, "B N"]) -> Float[Tensor, "B N"]:
        """States as data."""
        return self.get_buffer("levels")[(states > 0).long()]

    def encode(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B N"]:
        """The states that the inputs settle in."""
        return self.recall(self.read(inputs))

    def reconstruct(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """What the inputs remind the network of, as data."""
        return self.write(self.encode(inputs)).view_as(inputs)

    @property
    def weights(self) -> Float[Tensor, "N N"]:
        """All weights: symmetric, with zeros on the diagonal."""
        matrix = self.links.new_zeros(self.features, self.features)
        above = torch.triu_indices(self.features, self.features, 1, device=matrix.device)
        matrix[above[0], above[1]] = self.links
        return matrix + matrix.T

    @weights.setter
    def weights(self, matrix: Float[Tensor, "N N"]) -> None:
        above = torch.triu_indices(self.features, self.features, 1, device=matrix.device)
        self.links.copy_(matrix[above[0], above[1]])

    def energy(self, states: Float[Tensor, "B N"]) -> Float[Tensor, " B"]:
        """E(s) of states of -1 and +1."""
        return -(states @ self.weights * states).sum(1) / 2 + states @ self.get_buffer("thresholds")

    @torch.no_grad()
    def recall(
        self, states: Float[Tensor, "B N"], order: Int[Tensor, " N"] | None = None, sweeps: int = 100
    ) -> Float[Tensor, "B N"]:
        """The minimum of the energy that states roll into, one unit at a time.

        Args:
            states: of -1 and +1; left as they are.
            order: in which the units are asked in each sweep; from the first to the last unless given.
            sweeps: at most; it ends when a sweep changes nothing, which takes finitely many.
        """
        return self.descent(states, order, sweeps)[0]

    @torch.no_grad()
    def descent(
        self, states: Float[Tensor, "B N"], order: Int[Tensor, " N"] | None = None, sweeps: int = 100
    ) -> tuple[Float[Tensor, "B N"], Float[Tensor, "S B"]]:
        """The same with the energies: before the first sweep and after each."""
        weights, states, thresholds = self.weights, states.clone(), self.get_buffer("thresholds")
        units = range(self.features) if order is None else order.tolist()
        energies = [self.energy(states)]
        for _ in range(sweeps):
            before = states.clone()
            for unit in units:
                pull = states @ weights[unit] - thresholds[unit]  # [B]
                states[:, unit] = torch.where(pull == 0, states[:, unit], pull.sign())
            energies.append(self.energy(states))
            if torch.equal(states, before):
                break
        return states, torch.stack(energies)
