"""Adversarial training of generators: the plain game, the Wasserstein ones, and the hinge."""

import torch
from torch import nn

from bestiary.algorithms.adversarial import Adversarial, Game, clip
from bestiary.contracts import Spec
from bestiary.errors import InputError
from bestiary.layers.adversaries import Adversaries
from bestiary.objectives.adversarial import Hinge, NonSaturating, Saturating, Wasserstein
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.rmsprop import RMSprop
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check


def adversarial(
    network: nn.Module, spec: Spec, *, rate: float = 2e-4, momentum: float = 0.5, critic_steps: int = 1
) -> Adversarial:
    """The non-saturating game of Goodfellow et al. 2014 with the settings of Radford et al. 2016.

    Args:
        network: both players.
        spec: of the data.
        rate: learning rate of both players.
        momentum: beta1 of Adam; more lets training oscillate.
        critic_steps: updates of the discriminator for each of the generator.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    return _adversarial(network, NonSaturating(), rate, (momentum, 0.999), critic_steps)


def minimax(
    network: nn.Module, spec: Spec, *, rate: float = 2e-4, momentum: float = 0.5, critic_steps: int = 1
) -> Adversarial:
    """The minimax game as it is first written in Goodfellow et al. 2014, whose generator saturates; words as above."""
    return _adversarial(network, Saturating(), rate, (momentum, 0.999), critic_steps)


def hinge(
    network: nn.Module, spec: Spec, *, rate: float = 2e-4, momentum: float = 0.0, critic_steps: int = 1
) -> Adversarial:
    """The hinge game, Adam with (momentum, 0.9) as Miyato et al. 2018 have it, but with five critic steps there and one
    here unless told otherwise.

    Args:
        network: both players, the discriminator held back by spectral normalisation.
        spec: of the data.
        rate: learning rate of both players.
        momentum: beta1 of Adam.
        critic_steps: updates of the discriminator for each of the generator.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    return _adversarial(network, Hinge(), rate, (momentum, 0.9), critic_steps)


def wasserstein_penalty(
    network: nn.Module, spec: Spec, *, rate: float = 1e-4, penalty: float = 10.0, critic_steps: int = 5
) -> Adversarial:
    """Algorithm 1 of Gulrajani et al. 2017: gradient penalty, Adam with (0, 0.9).

    Args:
        network: both players, the critic without batch norm.
        spec: of the data.
        rate: learning rate of both players.
        penalty: weight of the gradient penalty.
        critic_steps: updates of the critic for each of the generator.

    Raises:
        InputError: for a critic with batch norm, and settings with which nothing can be learned.
    """
    if not 0 < penalty < float("inf"):
        raise InputError(f"penalty must be above 0; received {penalty!r}; try 10")
    normed = [name for name, part in _players(network).discriminator.named_modules() if isinstance(part, _BATCH_NORMS)]
    if normed:
        raise InputError(
            f"a critic with a gradient penalty cannot have batch norm; found it in {normed[0]}; "
            "take another norm, or the recipe wasserstein_clipping"
        )
    return _adversarial(network, Wasserstein(penalty), rate, (0.0, 0.9), critic_steps)


def wasserstein_clipping(
    network: nn.Module, spec: Spec, *, rate: float = 5e-5, limit: float = 0.01, critic_steps: int = 5
) -> Adversarial:
    """Algorithm 1 of Arjovsky et al. 2017: clipped weights, RMSProp (momentum hurts here).

    Args:
        network: both players.
        spec: of the data.
        rate: learning rate of both players.
        limit: the critic's weights stay within it.
        critic_steps: updates of the critic for each of the generator.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    if not 0 < limit < float("inf"):
        raise InputError(f"limit must be above 0; received {limit!r}; try 0.01")
    _check(rate, critic_steps)
    players = _players(network)

    def minimise(player: nn.Module) -> Minimise:
        return Minimise(RMSprop(player.parameters(), rate), trapezoid())

    generator, discriminator = minimise(players.generator), minimise(players.discriminator)
    return Adversarial(network, Wasserstein(), generator, discriminator, critic_steps, clip(limit))


_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def _adversarial(
    network: nn.Module, game: Game, rate: float, betas: tuple[float, float], critic_steps: int
) -> Adversarial:
    _check(rate, critic_steps, betas[0])
    players = _players(network)
    generator, discriminator = (
        Minimise(AdamW(player, rate, betas=betas), trapezoid()) for player in (players.generator, players.discriminator)
    )
    return Adversarial(network, game, generator, discriminator, critic_steps)


def _players(network: nn.Module) -> Adversaries:
    if not isinstance(network, Adversaries):
        raise InputError(
            f"adversarial training needs a generator and a discriminator; received {type(network).__name__}"
        )
    return network.to(memory_format=torch.channels_last)  # pyright: ignore - convolutions then take a fifth less time


def _check(rate: float, critic_steps: int, momentum: float = 0.0) -> None:
    check(rate=rate)
    if critic_steps < 1:
        raise InputError(
            f"critic_steps must be 1 or more; received {critic_steps!r}; try 1, or 5 for a Wasserstein GAN"
        )
    if not 0 <= momentum < 1:
        raise InputError(f"momentum must be from 0 to below 1; received {momentum!r}; try 0.5")
