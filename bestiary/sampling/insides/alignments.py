"""Where a network looks while it writes: attention over the source, measured and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.batches import Batch
from bestiary.inputs import PairInputs
from bestiary.kinds.pairs.alphabets import BEGIN, END, FIRST, Alphabet, alphabet_of
from bestiary.sampling.beams import greedy
from bestiary.sampling.looking import evaluating
from bestiary.sampling.pictures import Picture
from bestiary.targets import Written

CELL, GAP, ACROSS = 22, 30, 760  # pixels of a square, between panels, and of a row of panels
STOP = "∎"  # what stands for the end
SHOWN = 6  # sources that are drawn
LONGEST = 40  # tokens that are drawn


@dataclass(frozen=True)
class Alignment:
    """What was read, what was written, and where each written token came from.

    Attributes:
        texts: of the source, and of the answer, which is the network's own.
        source: tokens as text, the end included.
        answer: likewise.
        weights: [T, S]; each row sums to 1.
        right: whether the answer is the true one; None when that is not known.
    """

    texts: tuple[str, str]
    source: tuple[str, ...]
    answer: tuple[str, ...]
    weights: Float[NDArray[np.float32], "T S"]
    right: bool | None = None


@torch.no_grad()
def align(
    network: nn.Module, batch: Batch[PairInputs, Written], facts: Mapping[str, Any], longest: int
) -> list[Alignment]:
    """What a network writes for each source of a batch, and where it looks meanwhile.

    Args:
        network: in evaluation mode, with `look`.
        batch: of sources; a true answer of no tokens counts as unknown.
        facts: of the data, with `units`.
        longest: tokens of an answer.
    """
    writer = cast("Any", network)
    found = greedy(writer, *batch.inputs.arguments, longest)
    begun = torch.cat([torch.full_like(found.tokens[:, :1], BEGIN), found.tokens], 1)
    weights = writer.look(*batch.inputs.arguments, begun).float().cpu().numpy()
    reading, writing = (alphabet_of(units) for units in facts["units"])
    alignments: list[Alignment] = []
    for row, (read, wrote) in enumerate(zip(batch.inputs.source_lengths.tolist(), found.lengths.tolist())):
        tokens, truth = (
            found.tokens[row, :wrote],
            batch.target.sequence[row, 1 : batch.target.sequence_lengths[row] - 1],
        )
        alignments.append(
            Alignment(
                (_text(reading, batch.inputs.source[row].tolist()), _text(writing, tokens.tolist())),
                _labels(reading, batch.inputs.source[row, :read].tolist()),
                (*_labels(writing, tokens.tolist()), STOP),
                weights[row, : wrote + 1, :read],
                torch.equal(tokens, truth) if len(truth) else None,
            )
        )
    return alignments


def _labels(alphabet: Alphabet, tokens: Sequence[int]) -> tuple[str, ...]:
    marks = {END: STOP}
    return tuple(alphabet.decode([token]) if token >= FIRST else marks.get(token, "?") for token in tokens)


def _text(alphabet: Alphabet, tokens: Sequence[int]) -> str:
    return alphabet.decode([token for token in tokens if token >= FIRST])


def forward_share(weights: Float[NDArray[np.float32], "T S"]) -> float:
    """How many of the steps look no further back than the step before: 1 for reading in order; by the centres of
    weight, half a token allowed.

    Example:
        >>> forward_share(np.eye(4, dtype=np.float32)), forward_share(np.eye(4, dtype=np.float32)[::-1])
        (1.0, 0.0)
    """
    centres = weights @ np.arange(weights.shape[1])
    return float(np.mean(np.diff(centres) > -0.5)) if len(centres) > 1 else 1.0


def diagonal_mass(weights: Float[NDArray[np.float32], "T S"], width: float = 1.5) -> float:
    """How much of the weight lies within `width` tokens of the straight line from the first corner to the last, the
    mean over steps. Weights that are even put about (2 width + 1) / S there.

    Example:
        >>> round(diagonal_mass(np.eye(5, dtype=np.float32)), 2), round(diagonal_mass(np.full((5, 9), 1 / 9)), 2)
        (1.0, 0.29)
    """
    steps, places = weights.shape
    line = np.linspace(0, places - 1, steps)[:, None]
    near = np.abs(np.arange(places)[None, :] - line) <= width
    return float((weights * near).sum() / weights.sum())


def panel(alignment: Alignment) -> tuple[list[str], int, int]:
    """A column for each token that was read, a row for each that was written, dark where it looked; its parts as SVG,
    width and height."""
    read, wrote = alignment.source[:LONGEST], alignment.answer[:LONGEST]
    upright = max(map(len, read)) <= 2
    left, top = 10 + 8 * max(map(len, wrote)), 46 if upright else 38 + 8 * max(map(len, read))
    mark = {True: " ✓", False: " ✗", None: ""}[alignment.right]
    source, answer = (text if len(text) <= LONGEST else f"{text[:LONGEST]} …" for text in alignment.texts)
    title = f"{source} → {answer or 'nothing'}{mark}"
    parts = [f'<text x="0" y="16">{escape(title)}</text>']
    for place, label in enumerate(read):
        x, y = left + CELL * place + CELL / 2, top - 6
        how = 'text-anchor="middle"' if upright else f'transform="rotate(-90 {x + 4:g} {y})"'
        parts.append(f'<text x="{x + (0 if upright else 4):g}" y="{y}" {how}>{escape(label)}</text>')
    for step, label in enumerate(wrote):
        y = top + CELL * step
        parts.append(f'<text x="{left - 6}" y="{y + 15}" text-anchor="end">{escape(label)}</text>')
        for place, weight in enumerate(alignment.weights[step, : len(read)]):
            shade = f'fill-opacity="{float(weight):.3f}" stroke="currentColor" stroke-opacity="0.15"'
            parts.append(f'<rect x="{left + CELL * place}" y="{y}" width="{CELL}" height="{CELL}" {shade}/>')
    width = max(left + CELL * len(read), 8 * len(title))
    return parts, width + 2, top + CELL * len(wrote) + 2


def draw(alignments: Sequence[Alignment]) -> str:
    """All of them in one SVG, as many side by side as there is room for."""
    placed: list[str] = []
    x = y = row = widest = 0
    for parts, width, height in map(panel, alignments):
        if x and x + width > ACROSS:
            x, y, row = 0, y + row + GAP, 0
        placed += [f'<g transform="translate({x} {y})">', *parts, "</g>"]
        x, row, widest = x + width + GAP, max(row, height), max(widest, x + width)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {widest} {y + row}" width="{widest}" height="{y + row}" '
        'role="img" font-family="monospace" font-size="13" fill="currentColor">'
    )
    return "".join([opening, *placed, "</svg>"])


def inspect(network: nn.Module, data: Any, spec: Any, facts: Mapping[str, Any]) -> list[Picture]:
    """Where it looks while it writes the answers of some validation rows: those of middling length, spread over all."""
    lengths = data.arrays("validation")["source_lengths"]
    order = lengths.argsort(stable=True)
    middle = order[len(order) // 4 : max(1, 3 * len(order) // 4 + 1)]
    rows: Tensor = middle[torch.linspace(0, len(middle) - 1, min(SHOWN, len(middle))).long()]
    with evaluating(network):
        found = align(network, data.take("validation", rows), facts, spec.answer_length - 2)
    inside = 100 * float(np.mean([diagonal_mass(alignment.weights) for alignment in found]))
    caption = (
        f"Read from left to right, written from top to bottom, {STOP} at the end; strong is where it looked. Of the "
        f"attention {inside:.0f} % lies within a token and a half of the diagonal."
    )
    return [Picture("Attention", caption, svg=draw(found))]
