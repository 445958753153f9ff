"""Where the heads of a language model look while it reads: the pictures of the verb `inspect`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Spec, device_of
from bestiary.kinds.corpus.store import CorpusData
from bestiary.kinds.corpus.units import Units
from bestiary.sampling.pictures import Picture, grid, png

SHOWN = 64  # tokens of a window that are drawn
MOST = 12  # layers and heads that are drawn, those at the beginning
READ = 16  # windows over which distances are measured


@torch.no_grad()
def inspect(network: nn.Module, data: CorpusData, spec: Spec, facts: Mapping[str, Any]) -> list[Picture]:
    """Attention maps of every head on one window of validation text, and how far back each looks on many.

    Args:
        network: a GPT, in evaluation mode.
        data: with a validation split.
        spec, facts: of the data.
    """
    device = device_of(network)
    tokens = data.take("validation", slice(0, READ)).inputs.tokens.to(device)
    weights = [layer.cpu() for layer in cast("Any", network).look(tokens)]
    text = Units.of(facts).decode(tokens[0, :SHOWN].cpu().numpy()).decode("utf-8", errors="replace")
    maps = torch.cat([layer[0, :MOST, :SHOWN, :SHOWN] for layer in weights[:MOST]])  # [L*h, T, T]
    brightest = maps.amax((1, 2), keepdim=True)
    heads = weights[0].shape[1]
    drawn = png(grid((maps / brightest)[:, None].sqrt(), columns=min(heads, MOST)))
    steps = ", ".join(
        f"layer {number}: " + " ".join(f"{float(d):.0f}" for d in distances(layer))
        for number, layer in enumerate(weights[:MOST], 1)
    )
    caption = (
        f"A row a layer, a square a head; in it each row is a token of “{text}”, and what it attends to is bright. "
        f"Tokens back that the heads look in the mean, over {len(tokens)} windows of validation text: {steps}."
    )
    return [Picture("Where each head looks", caption, png=drawn)]


def distances(weights: Float[Tensor, "B h T T"]) -> Float[Tensor, " h"]:
    """How many tokens back each head looks in the mean, over the second half of the window.

    Example:
        >>> before = torch.diag(torch.ones(7), -1)  # each looks at the token before it
        >>> distances(before[None, None]).tolist()
        [1.0]
    """
    place = torch.arange(weights.shape[-1])
    back = (place[:, None] - place).float()
    return (weights * back).sum(-1)[:, :, weights.shape[-1] // 2 :].mean((0, 2))
