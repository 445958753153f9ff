"""Adversarial training: the discriminator takes k steps, then the generator takes one (Goodfellow et al. 2014)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Batch, Data, Logs
from bestiary.optimisation.minimise import Minimise

Constrain = Callable[[nn.Module], None]


class Game(Protocol):
    """What both players make small."""

    def discriminator(
        self, network: nn.Module, real: Float[Tensor, "B ..."], made: Float[Tensor, "B ..."]
    ) -> Float[Tensor, ""]:
        """The discriminator's loss on real data and on data that were made (without gradients to the generator)."""
        ...

    def generator(self, judged: Float[Tensor, "B 1"]) -> Float[Tensor, ""]:
        """The generator's loss, from what the discriminator says about what it made: D(G(z))."""
        ...


class Adversarial:
    """Algorithm 1 of Goodfellow et al. 2014; with a clipping `constrain`, algorithm 1 of Arjovsky et al. 2017.

    The answer is both players: the generator makes the samples, and without its opponent it could not be trained on.
    Latent codes come from torch's global stream, which checkpoints keep.

    Args:
        network: both players: `generator`, `discriminator`, `latents(count)`, `make(codes)`; forward is D(G(z)).
        game: what each player makes small.
        minimise_generator, minimise_discriminator: one update of a player's parameters.
        critic_steps: k, updates of the discriminator for each of the generator; each sees a batch of its own.
        constrain: what becomes of the discriminator's weights after each of its updates.
    """

    stateful = ("network", "minimise_generator", "minimise_discriminator")

    def __init__(
        self,
        network: nn.Module,
        game: Game,
        minimise_generator: Minimise,
        minimise_discriminator: Minimise,
        critic_steps: int = 1,
        constrain: Constrain | None = None,
    ) -> None:
        self.network, self.game, self.critic_steps, self.constrain = network, game, critic_steps, constrain
        self.minimise_generator, self.minimise_discriminator = minimise_generator, minimise_discriminator

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        players: Any = self.network.train()
        players.generator.units.measure(getattr(data, "facts", {}))
        for step in range(start, horizon):
            first = step * self.critic_steps
            batches = [data.batch("train", first + k) for k in range(self.critic_steps)]
            criticisms = [self.criticise(players, batch, step, horizon) for batch in batches]
            with frozen(players.discriminator):
                loss = self.game.generator(players(players.latents(len(batches[0]))))
                self.minimise_generator(loss, step, horizon)
            yield {"loss": loss.detach(), "discriminator": torch.stack(criticisms).mean()}

    def criticise(self, players: Any, batch: Batch, step: int, horizon: int) -> Float[Tensor, ""]:
        """One update of the discriminator, on a batch of real data and as many that are made."""
        real = players.generator.units.signed(batch.inputs[0])
        with torch.no_grad():
            made = players.make(players.latents(len(batch)))
        loss = self.game.discriminator(players.discriminator, real, made)
        self.minimise_discriminator(loss, step, horizon)
        if self.constrain:
            self.constrain(players.discriminator)
        return loss.detach()


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Gradients pass through the network, but are not computed for its parameters.

    Example:
        >>> layer, x = nn.Linear(2, 1), torch.ones(1, 2, requires_grad=True)
        >>> with frozen(layer):
        ...     layer(x).sum().backward()
        >>> layer.weight.grad is None, x.grad is None
        (True, False)
    """
    held = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in held:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in held:
            parameter.requires_grad_(True)


def clip(limit: float) -> Constrain:
    """Keeps every weight within [-limit, limit]: the first way to hold a Wasserstein critic back.

    Args:
        limit: c of the paper, 0.01 there.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> clip(0.01)(layer)
        >>> float(layer.weight.abs().max()) <= 0.01
        True
    """

    @torch.no_grad()
    def constrain(network: nn.Module) -> None:
        for parameter in network.parameters():
            parameter.clamp_(-limit, limit)

    return constrain
