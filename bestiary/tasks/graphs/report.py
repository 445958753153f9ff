"""What the report shows of whole graphs: small ones, with what they were taken for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bestiary.data import load_encoder
from bestiary.report import figures
from bestiary.report.gather import Evidence
from bestiary.report.graphs import NODES, Places, chosen_answers, untangled
from bestiary.report.sections import Section, attempted
from bestiary.report.trained import opened
from bestiary.sampling.pictures import Picture
from bestiary.tasks.classification.report import sections as class_sections

SMALL, ACROSS = 12, 4  # small graphs that are shown, and how many in a row


def sections(evidence: Evidence) -> list[Section]:
    """Class by class, the worst mistakes, and a drawing; of the chosen model, on test rows."""
    answers = chosen_answers(evidence)
    drawn = [] if answers is None else [*attempted(lambda: _graphs(evidence, opened(evidence), answers))]
    return [*class_sections(evidence), *drawn]


def _graphs(evidence: Evidence, data: Any, answers: Places) -> Section:
    """Some test graphs, wrong answers first."""
    assert evidence.truth is not None
    target, classes = evidence.truth.target.astype(np.int64), evidence.verdict.classes
    given = answers.argmax(1)
    wrong = np.flatnonzero(given != target)
    order = np.concatenate([wrong[: SMALL // 2], np.flatnonzero(given == target)])[:SMALL]
    table = _table(evidence)

    def paint(axes: Any) -> None:
        for number, one in enumerate(order.tolist()):
            batch = data.take("test", slice(one, one + 1))
            across, down = number % ACROSS, number // ACROSS
            colour = figures.SERIES[0 if given[one] == target[one] else 3]
            if len(batch.inputs.features) <= NODES:
                corner = np.array([across * 1.35, -down * 1.6])
                _small(
                    axes,
                    corner + untangled(batch.inputs.edges.numpy(), len(batch.inputs.features)),
                    batch,
                    colour,
                    table,
                )
            said = classes[given[one]]
            told = said if given[one] == target[one] else f"{said}, is {classes[target[one]]}"
            axes.text(across * 1.35 + 0.5, -down * 1.6 - 0.25, told[:28], ha="center", fontsize=10)
        axes.set_axis_off()
        axes.set_aspect("equal")

    rows = -(-len(order) // ACROSS)
    letters = "; letters are the first column of words of a node" if _letters(table, None) is not None else ""
    caption = (
        "Placed so that neighbours are near; below, what each was taken for, and what it is where that is wrong "
        f"(in another colour, and first). Thicker lines are of greater weight{letters}."
    )
    drawing = Picture("Graphs", caption, svg=figures.draw("graphs", (760, 40 + 210 * rows), paint))
    text = f"{len(given) - len(wrong)} of {len(given)} graphs were given their own class."
    return Section("Graphs and what they were taken for", text, [drawing])


def _small(axes: Any, spots: Places, batch: Any, colour: str, table: Any) -> None:
    """One graph: a letter for each node where nodes have words, else a point."""
    from matplotlib.collections import LineCollection

    lines = [(spots[a], spots[b]) for a, b in batch.inputs.edges.numpy().T.tolist()]
    weights = batch.inputs.weights.numpy()
    varied = weights.size and np.ptp(weights) > 0
    widths = (0.8 + 2 * (weights - weights.min()) / np.ptp(weights)).tolist() if varied else 1.0
    axes.add_collection(LineCollection(lines, colors=figures.SOFT, linewidths=widths, alpha=0.6, zorder=1))
    letters = _letters(table, batch.inputs.features.numpy())
    if letters is None:
        axes.scatter(*spots.T, s=14, color=colour, linewidth=0, zorder=3)
        return
    axes.scatter(*spots.T, s=62, color=figures.PAPER, linewidth=0, zorder=2)
    for place, word in zip(spots, letters):
        axes.text(*place, word, ha="center", va="center", fontsize=8, color=colour, zorder=3)


def _table(evidence: Evidence) -> Any:
    """The encoder of the columns of nodes; None where they have none."""
    encoder: Any = load_encoder(evidence.run / "data" / "encoder")
    return encoder.nodes.table


def _letters(table: Any, features: NDArray[np.float32] | None) -> list[str] | None:
    """The words of the first column whose words are short enough to be drawn; None where there is none."""
    short = [c.name for c in table.used if c.role == "category" and max(map(len, c.known)) <= 2] if table else []
    if not short:
        return None
    return [] if features is None else [str(word or "?")[:2] for word in table.decode(features)[short[0]]]
