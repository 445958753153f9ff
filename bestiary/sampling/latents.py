"""Codes of trained networks: encoding data, drawing new data, walking between codes, and pictures of all that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from bestiary.contracts import Spec, device_of
from bestiary.errors import InputError
from bestiary.sampling.insides.maps import code_map
from bestiary.sampling.looking import evaluating, some_rows
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import Samples, unit_images

# N rows, Z numbers in a code, S steps of a walk

REACH = 2.0  # standard deviations of a code's prior that a walk goes from the middle


def sample(
    network: nn.Module, spec: Spec, facts: Mapping[str, object], *, count: int, seed: int, temperature: float = 1.0
) -> Samples:
    """New data from codes that are drawn from the prior.

    Args:
        network: a variational autoencoder.
        spec: of the data that it was trained on.
        facts: of the data that it was trained on.
        count: how many.
        seed: of the codes.
        temperature: what codes are multiplied by; below 1 the samples are more usual and less varied.

    Returns:
        Images, or rows of a table in standard deviations from the mean, feature by feature.

    Raises:
        InputError: for a network whose codes have no distribution, or a temperature that is not above 0.
    """
    if not hasattr(network, "sample"):
        raise InputError(f"expected a network that makes data; received {type(network).__name__}; try vae")
    if not temperature > 0:
        raise InputError(f"temperature must be above 0; received {temperature!r}; try 1")
    model = cast("Any", network)
    with evaluating(network):
        noise = torch.randn(count, model.size, generator=torch.Generator().manual_seed(seed))
        made = model.decode(temperature * noise.to(device_of(network))).cpu()
    if spec.picture is not None:
        images = made.view(count, *spec.picture)
        return Samples(images=unit_images(images, facts))
    return Samples(table={f"feature_{k}": made[:, k].numpy() for k in range(made.shape[1])})


def walk(network: nn.Module, start: Float[Tensor, "1 ..."], end: Float[Tensor, "1 ..."], steps: int = 10) -> Tensor:
    """Rows along the straight line between two codes.

    Args:
        network: with `encode` and `decode`.
        start, end: one row each.
        steps: rows, the ends included.

    Returns:
        [S ...], in the shape of a row.
    """
    model = cast("Any", network)
    with evaluating(network):
        first, last = model.encode(start), model.encode(end)
        share = torch.linspace(0, 1, steps, device=start.device)[:, None]
        return model.decode(first + share * (last - first)).view(steps, *start.shape[1:])


def smoothness(rows: Float[Tensor, "S ..."]) -> float:
    """How evenly a walk goes: its mean step over its longest one; 1 is perfectly even, 1 / steps is one jump.

    Example:
        >>> smoothness(torch.tensor([[0.0], [1.0], [2.0]])), smoothness(torch.tensor([[0.0], [0.0], [2.0]]))
        (1.0, 0.5)
    """
    steps = rows.flatten(1).diff(dim=0).norm(dim=1)
    return float(steps.mean() / steps.max().clamp(min=1e-12))


def collapse(network: Any, data: Any, split: str = "validation") -> str:
    """In words, how many numbers of a code are in use, and whether the posterior has collapsed onto the prior.

    Args:
        network: with `posterior`.
        data: whose rows are encoded.
        split: which rows.
    """
    with evaluating(network):
        means = network.posterior(some_rows(data, 2_000, split))[0]
    used, count = int(active(means).sum()), means.shape[1]
    if not used:
        return (
            f"The posterior has collapsed: none of the {count} numbers of a code varies with the rows, so the decoder "
            "ignores them. A smaller weight of the divergence, or one that rises more slowly, helps."
        )
    return f"{used} of the {count} numbers of a code are in use: their means vary over the rows by more than 0.01."


def active(means: Float[Tensor, "N Z"], least: float = 0.01) -> Bool[Tensor, " Z"]:
    """Which numbers of a code tell anything about a row: those whose means vary over the rows by more than 0.01.

    Where none does, the posterior has collapsed onto the prior and the decoder ignores its code (Burda, Grosse,
    Salakhutdinov 2016, "Importance weighted autoencoders", section 5.2).

    Args:
        means: of q(z|x), a row each.
        least: variance from which a number counts.

    Example:
        >>> active(torch.tensor([[1.0, 0.01], [-1.0, 0.02]])).tolist()
        [True, False]
    """
    return means.var(0, unbiased=False) > least


def inspect(network: nn.Module, data: Any, spec: Spec, facts: Mapping[str, object]) -> list[Picture]:
    """Rows beside what their codes give back, walks, the map of codes, and what each number of a code does."""
    pictures = [code_map(network, data)]
    if spec.picture is not None:
        rows = some_rows(data, 16, "validation")[:16]
        pictures += [reconstructions(network, rows, facts), walks(network, rows, facts)]
        if hasattr(network, "decode") and hasattr(network, "posterior"):
            pictures.append(sweeps(network, rows[:1], facts))
    return pictures


def reconstructions(network: Any, rows: Float[Tensor, "N C H W"], facts: Mapping[str, object]) -> Picture:
    """Images above what is made of their codes."""
    with evaluating(network):
        given = network.reconstruct(rows)
    images = unit_images(torch.cat([rows, given]), facts)
    caption = "Above, images that it was not trained on; below, what it makes of their codes."
    return Picture("Reconstructions", caption, png=png(grid(images, columns=len(rows))))


def walks(network: Any, rows: Float[Tensor, "N C H W"], facts: Mapping[str, object], steps: int = 12) -> Picture:
    """Straight lines between the codes of pairs of images; nothing where there is no decoder of codes."""
    pairs = list(zip(rows[::2], rows[1::2]))[:5]
    if not hasattr(network, "decode"):
        return reconstructions(network, rows, facts)
    lines = [walk(network, first[None], last[None], steps) for first, last in pairs]
    even = sum(map(smoothness, lines)) / len(lines)
    caption = (
        "Each line goes straight from the code of one image to that of another. Its mean step is "
        f"{100 * even:.0f} % of its longest one: 100 % is perfectly even."
    )
    return Picture("Walks between codes", caption, png=png(grid(unit_images(torch.cat(lines), facts), columns=steps)))


def sweeps(network: Any, row: Float[Tensor, "1 C H W"], facts: Mapping[str, object], most: int = 8) -> Picture:
    """What single numbers of a code do: each line changes one of them from -2 to 2 and leaves the others alone."""
    with evaluating(network):
        code = network.encode(row)
        places = range(min(most, code.shape[1]))
        steps, chosen = torch.linspace(-REACH, REACH, 9), torch.arange(code.shape[1], device=code.device)
        changed = [torch.where(chosen == k, float(value), code) for k in places for value in steps]
        images = network.decode(torch.cat(changed)).view(-1, *row.shape[1:])
    caption = (
        f"One image; line k changes number k of its code from {-REACH:g} to {REACH:g} and leaves the others alone."
    )
    return Picture("What numbers of a code do", caption, png=png(grid(unit_images(images, facts), columns=len(steps))))
