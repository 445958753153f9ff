"""Maps of codes: every row a point, near to those whose codes are alike."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bestiary.sampling.looking import evaluating, some_places
from bestiary.sampling.pictures import Picture

# N rows, Z numbers in a code

MOST = 800
COLOURS = ("#3b6fb6", "#d9822b", "#3f9c57", "#c2403f", "#8563b0", "#8a6047", "#d471ad", "#7a7a7a", "#a8a432", "#35a7b5")
WIDTH, HEIGHT, MARGIN = 640, 480, 16
LONGEST, LETTER = 20, 8  # letters of a name in the legend, and how wide one is


def plane(codes: Float[Tensor, "N Z"]) -> Float[Tensor, "N 2"]:
    """The two directions in which codes vary most, each from 0 to 1.

    Example:
        >>> plane(torch.tensor([[0.0, 0.0, 1.0], [4.0, 0.0, 1.0], [2.0, 1.0, 1.0]])).shape
        torch.Size([3, 2])
    """
    centred = torch.cat([codes, codes.new_zeros(len(codes), max(0, 2 - codes.shape[1]))], 1)
    centred = centred - centred.mean(0)
    directions = torch.linalg.svd(centred, full_matrices=False).Vh[:2]
    places = centred @ directions.T
    low, high = places.min(0).values, places.max(0).values
    return (places - low) / (high - low).clamp(min=1e-12)


def code_map(answer: Any, data: Any, split: str = "validation") -> Picture:
    """Codes of rows that were not learned from, in the plane in which they vary most, coloured by class.

    Args:
        answer: with `encode`.
        data: whose rows they are.
        split: which rows.
    """
    where = some_places(data, MOST, split)
    batch = data.take(split, where)
    with evaluating(answer):
        codes = answer.encode(*batch.inputs).flatten(1).cpu()
    names = [str(name) for name in data.facts.get("classes") or ()]
    labels = batch.truth.long().cpu() if names else torch.zeros(len(codes), dtype=torch.long)
    caption = (
        f"Codes of {len(codes):,} rows that it was not trained on, seen in the plane in which they vary most"
        f"{', coloured by class; no class was ever shown to it' if names else ''}."
    )
    return Picture("Map of codes", caption, svg=scatter(plane(codes), labels, names))


def scatter(places: Float[Tensor, "N 2"], labels: Int[Tensor, " N"], names: Sequence[str] = ()) -> str:
    """Points from 0 to 1 as SVG, coloured by label, with a legend of the first ten names; then colours come again."""
    told = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names[: len(COLOURS)]]
    legend = 30 + LETTER * max(10, *map(len, told)) if told else 0
    wide, high = WIDTH - 2 * MARGIN - legend, HEIGHT - 2 * MARGIN
    points = "".join(
        f'<circle cx="{MARGIN + x * wide:.1f}" cy="{MARGIN + (1 - y) * high:.1f}" r="3" fill="{COLOURS[k % 10]}"/>'
        for (x, y), k in zip(places.tolist(), labels.tolist())
    )
    lines = "".join(
        f'<circle cx="{WIDTH - legend + 8}" cy="{MARGIN + 8 + 22 * k}" r="5" fill="{COLOURS[k]}"/>'
        f'<text x="{WIDTH - legend + 20}" y="{MARGIN + 13 + 22 * k}" font-size="13" fill="currentColor">'
        f"{escape(name)}</text>"
        for k, name in enumerate(told)
    )
    if len(names) > len(told):
        lines += (
            f'<text x="{WIDTH - legend + 4}" y="{MARGIN + 13 + 22 * len(told)}" font-size="13" fill="currentColor">'
            f"and {len(names) - len(told)} more</text>"
        )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="map of codes">'
    )
    return f'{head}<g fill-opacity="0.7">{points}</g>{lines}</svg>'
