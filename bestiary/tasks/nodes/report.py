"""What the report shows of nodes: a drawing of the graph, coloured by predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bestiary.report import figures
from bestiary.report.gather import Evidence
from bestiary.report.graphs import Places, around, chosen_answers, layout, lines
from bestiary.report.sections import Section, attempted
from bestiary.report.trained import opened
from bestiary.sampling.pictures import Picture
from bestiary.tasks.classification.report import sections as class_sections


def sections(evidence: Evidence) -> list[Section]:
    """Class by class, the worst mistakes, and a drawing; of the chosen model, on test rows."""
    answers = chosen_answers(evidence)
    drawn = [] if answers is None else [*attempted(lambda: _nodes(evidence, opened(evidence), answers))]
    return [*class_sections(evidence), *drawn]


def _nodes(evidence: Evidence, data: Any, answers: Places) -> Section:
    """The graph; judged nodes in the colour of the class that they were given, wrong ones crossed out."""
    truth = evidence.truth
    assert truth is not None
    (batch,) = data.batches("test")
    edges, where = batch.inputs.edges.numpy(), batch.inputs.where.numpy()
    shown = around(edges, len(batch.inputs.features), where)
    place = np.full(len(batch.inputs.features), -1)
    place[shown] = np.arange(len(shown))
    inside = place[edges]
    inside = inside[:, (inside >= 0).all(0)]
    inside = np.unique(np.sort(inside, axis=0), axis=1) if inside.size else inside
    spots = layout(inside, len(shown))
    given, wrong = answers.argmax(1), answers.argmax(1) != truth.target
    judged = place[where] >= 0
    common = np.argsort(-np.bincount(truth.target, minlength=answers.shape[1]), kind="stable")[: len(figures.SERIES)]
    named = len(common) >= answers.shape[1]

    told = data.arrays("train")
    taught, labels = _seen(batch, data, told), told["target"].numpy()

    def paint(axes: Any) -> None:
        lines(axes, spots, inside)
        axes.scatter(*spots.T, s=8, color=figures.SOFT, alpha=0.4, linewidth=0)
        for number, one in enumerate([*common, None]):
            colour = figures.SERIES[number] if one is not None else figures.INK
            of_class = (lambda k, one=one: k == one) if one is not None else (lambda k: ~np.isin(k, common))
            known = place[taught[of_class(labels)]]
            axes.scatter(*spots[known[known >= 0]].T, s=16, color=colour, alpha=0.55, linewidth=0, zorder=2)
            mine = judged & of_class(given)
            if mine.any():
                label = evidence.verdict.classes[one] if one is not None else "another"
                right, missed = (spots[place[where[mine & which]]].T for which in (~wrong, wrong))
                axes.scatter(*right, s=60, color=colour, linewidth=0, label=label, zorder=3)
                axes.scatter(*missed, s=52, facecolor=figures.PAPER, edgecolor=colour, linewidth=1.8, zorder=3)
        axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        axes.set_axis_off()

    part = (
        "" if len(shown) == len(batch.inputs.features) else f", and {len(shown) - int(judged.sum())} nodes around them"
    )
    caption = (
        f"{int(judged.sum())} nodes that were judged, large, in the colour of the class that they were given{part}. "
        f"Hollow: it was the wrong one. Small and coloured: nodes whose class was told"
        f"{'' if named else '; rarer classes share a colour'}."
    )
    drawing = Picture("The graph", caption, svg=figures.draw("graph", (640, 480), paint))
    text = f"{int((~wrong).sum())} of {len(wrong)} nodes were given their own class."
    return Section("Nodes and what they were taken for", text, [drawing])


def _seen(batch: Any, data: Any, told: Any) -> NDArray[np.int64]:
    """Where the training nodes are in the graph of the test."""
    if "features" not in told:
        return told["where"].numpy()
    place = {number: node for node, number in enumerate(batch.inputs.known.tolist()) if number >= 0}
    return np.array([place[n] for n in data.graph("train")["known"][told["where"]].tolist()], np.int64)
