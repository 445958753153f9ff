"""What restricted Boltzmann machines and stacks of them believe in: new data, and pictures of what they have found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Data, Spec
from bestiary.errors import InputError
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import Samples, unit_images

SHOWN = 100  # receptive fields
COLUMNS = 10


def sample(
    network: nn.Module, spec: Spec, facts: Mapping[str, object], *, count: int, seed: int, steps: int = 1000
) -> Samples:
    """New data by Gibbs sampling in the (top) machine; a network that knows labels makes all classes in turn.

    Args:
        network: a machine or a stack of them.
        spec: of the data that it was trained on.
        facts: of the data that it was trained on.
        count: how many.
        seed: of the draws.
        steps: rounds of Gibbs sampling.

    Returns:
        Images, or rows of a table in standard deviations from the mean, feature by feature.

    Raises:
        InputError: for less than one round.
    """
    if steps < 1:
        raise InputError(f"steps must be 1 round of Gibbs sampling or more; received {steps!r}; try 1000")
    made = cast("Any", network).sample(count, torch.Generator().manual_seed(seed), steps=steps).cpu()
    if spec.picture is not None:
        return Samples(images=unit_images(made.view(count, *spec.picture), facts))
    return Samples(table={f"feature_{k}": column.numpy() for k, column in enumerate(made.T)})


@torch.no_grad()
def encode(network: nn.Module, data: Data, split: str) -> dict[str, Tensor]:
    """The probabilities of the highest hidden units for every row, `code_0` ..., and `error`.

    That is the root mean square of what is lost on the way up and down, in the units of a batch (standard deviations).
    """
    model = cast("Any", network)
    codes, errors = [], []
    for batch in data.batches(split):
        rows = batch.inputs[0]
        codes.append(model.encode(rows).cpu())
        errors.append((model.reconstruct(rows) - rows).square().flatten(1).mean(1).sqrt().cpu())
    return {**{f"code_{k}": code for k, code in enumerate(torch.cat(codes).T)}, "error": torch.cat(errors)}


@torch.no_grad()
def inspect(network: nn.Module, data: Data, spec: Spec, facts: Mapping[str, object]) -> list[Picture]:
    """Receptive fields of every layer, reconstructions, and fantasies; empty for tables, whose rows are no pictures.

    Args:
        network: a machine or a stack of them.
        data: that it was trained on.
        spec, facts: of the data.
    """
    if spec.picture is None:
        return []
    shape = spec.picture
    pictures = []
    for layer, fields in enumerate(receptive_fields(network), 1):
        pictures.append(
            Picture(
                f"What hidden units of layer {layer} look for",
                f"The weights from the pixels to {len(fields)} hidden units"
                + (", through the layers below" if layer > 1 else "")
                + ": white speaks for the unit, black against it.",
                png=png(grid(spread(fields).view(-1, *shape), columns=COLUMNS)),
            )
        )
    model = cast("Any", network)
    rows = data.batch("train", 0).inputs[0][:COLUMNS]
    back = model.reconstruct(rows)
    made = model.sample(5 * COLUMNS, torch.Generator().manual_seed(0)).view(-1, *shape)
    pair = torch.cat((rows, back.view_as(rows)))
    pictures.append(
        Picture(
            "Up and down again",
            "Above, training images; below, what the hidden units tell of them.",
            png=png(grid(unit_images(pair, facts), columns=COLUMNS)),
        )
    )
    pictures.append(
        Picture(
            "Fantasies",
            "What the network generates without an input: the end of long chains of Gibbs sampling"
            + (", one column a class." if hasattr(network, "top") else "."),
            png=png(grid(unit_images(made, facts), columns=_columns(network))),
        )
    )
    return pictures


def _columns(network: nn.Module) -> int:
    """One a class where the network knows classes and they fit."""
    outputs = int(getattr(getattr(network, "top", None), "outputs", COLUMNS))
    return outputs if 1 < outputs <= 2 * COLUMNS else COLUMNS


def receptive_fields(network: nn.Module) -> list[Float[Tensor, "W F"]]:
    """How every hidden unit depends on the pixels, layer by layer: weights multiplied through the layers below.

    Args:
        network: a machine or a stack of them.

    Returns:
        For each layer, the units with the strongest fields, at most 100.
    """
    machines = cast("Any", getattr(network, "machines", [network]))
    recognition = list(cast("Any", getattr(network, "recognition", ())))  # of those that have their own
    weights = [*recognition, *(machine.weight for machine in machines[len(recognition) :])]
    fields: list[Tensor] = []
    through = weights[0].detach()
    for layer, weight in enumerate(weights):
        if layer:
            through = weight.detach()[:, : len(through)] @ through
        strongest = through.norm(dim=1).topk(min(SHOWN, len(through))).indices.sort().values
        fields.append(through[strongest])
    return fields


def spread(fields: Float[Tensor, "W F"]) -> Float[Tensor, "W F"]:
    """Each field on its own scale: 0 becomes middle grey, the largest value black or white."""
    return 0.5 + 0.5 * fields / fields.abs().amax(1, keepdim=True).clamp(min=1e-9)
