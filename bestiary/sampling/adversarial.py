"""What a trained generator makes: samples, walks between codes, and what of the training rows comes closest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Spec, device_of
from bestiary.errors import InputError
from bestiary.layers.adversaries import Adversaries
from bestiary.sampling.looking import evaluating
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import Samples, unit_images

WALKS, STEPS, SHOWN = 6, 11, 10


def sample(
    network: nn.Module, spec: Spec, facts: Mapping[str, Any], *, count: int, seed: int, temperature: float = 1.0
) -> Samples:
    """New data from codes drawn under a seed.

    Args:
        network: trained players, or anything with `sample(count, generator)`.
        spec, facts: of the data that it was trained on.
        count: how many.
        seed: of the codes.
        temperature: what codes are multiplied by: below 1 the usual is made more often, and less varied.

    Returns:
        Images from 0 to 1; of tables the encoded columns, each with mean 0 and spread 1 on training rows.

    Raises:
        InputError: for a count below 1 or a temperature that is not above 0.
    """
    if count < 1:
        raise InputError(f"count must be 1 or more; received {count}; try 64")
    if not 0 < temperature < float("inf"):
        raise InputError(f"temperature must be above 0; received {temperature!r}; try 1")
    players = _players(network)
    codes = temperature * players.generator.codes(count, torch.Generator().manual_seed(seed))
    made = make(players, codes)
    if spec.picture is not None:
        return Samples(images=unit_images(made, facts))
    return Samples(table={f"feature_{number}": column.numpy() for number, column in enumerate(made.T)})


def make(players: Adversaries, codes: Float[Tensor, "N Z"]) -> Float[Tensor, "N ..."]:
    """What codes become, in the units of a batch, in evaluation mode, on the CPU."""
    device = device_of(players)
    with evaluating(players):
        return torch.cat([players.generator(part.to(device)).cpu().float() for part in codes.split(256)])


def inspect(network: nn.Module, data: Any, spec: Spec, facts: Mapping[str, Any]) -> list[Picture]:
    """Pictures of a trained generator of images; of tables there are none.

    Args:
        network: trained players.
        data: with training rows.
        spec, facts: of the data.
    """
    if spec.picture is None:
        return []
    players = _players(network)
    stream = torch.Generator().manual_seed(0)
    first, last = torch.randn(2, WALKS, players.generator.latent, generator=stream)
    walks = make(players, walk(first, last, STEPS).flatten(0, 1))
    made = make(players, torch.randn(SHOWN, players.generator.latent, generator=stream))
    near = nearest(made, data)
    return [
        Picture(
            "Walks between codes",
            "Each line goes from one random code to another in equal steps on the sphere that codes lie on. Where the "
            "generator has learned the data and not rows of it, pictures change gradually and stay plausible.",
            png=png(grid(unit_images(walks, facts), STEPS)),
        ),
        Picture(
            "What comes closest in the training rows",
            "Above what was made, below the training row at the smallest distance. Equal pairs would be copies.",
            png=png(grid(unit_images(torch.cat([made, near]), facts), SHOWN)),
        ),
    ]


def walk(first: Float[Tensor, "N Z"], last: Float[Tensor, "N Z"], steps: int) -> Float[Tensor, "N S Z"]:
    """Codes between two others at equal angles (Shoemake 1985); straight lines would pass through shorter codes.

    Example:
        >>> path = walk(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), 3)
        >>> path.norm(dim=2).round(decimals=3)
        tensor([[1., 1., 1.]])
    """
    share = torch.linspace(0, 1, steps)[None, :, None]
    a, b = first[:, None], last[:, None]
    angle = torch.arccos(torch.cosine_similarity(a, b, dim=2).clamp(-0.9999, 0.9999))[..., None]
    return (torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)


def nearest(made: Float[Tensor, "N ..."], data: Any) -> Float[Tensor, "N ..."]:
    """For each made row the training row at the smallest distance."""
    best = torch.full((len(made),), torch.inf)
    found = torch.zeros_like(made)
    for batch in data.batches("train"):
        rows = batch.inputs[0].cpu().float()
        distance, place = torch.cdist(made.flatten(1), rows.flatten(1)).min(1)
        closer = distance < best
        best[closer], found[closer] = distance[closer], rows[place[closer]]
    return found


def _players(network: nn.Module) -> Adversaries:
    if not isinstance(network, Adversaries):
        raise InputError(f"expected a trained generator; received {type(network).__name__}; train gan or dcgan")
    return network
