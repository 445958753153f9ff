"""What the report shows of edges: how scores part them from pairs without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bestiary.records import door
from bestiary.report import figures
from bestiary.report.gather import Evidence
from bestiary.report.graphs import Places, chosen_answers
from bestiary.report.sections import Section, attempted
from bestiary.sampling.pictures import Picture
from bestiary.tasks.classification.report import sections as class_sections

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TABLE = 12


def sections(evidence: Evidence) -> list[Section]:
    """Class by class, the worst mistakes, and a drawing; of the chosen model, on test rows."""
    answers = chosen_answers(evidence)
    drawn = [] if answers is None else [*attempted(lambda: _links(evidence, answers))]
    return [*class_sections(evidence), *drawn]


def _links(evidence: Evidence, answers: Places) -> Section:
    """How scores part edges from pairs without one, and the likeliest pairs that have none."""
    truth = evidence.truth
    assert truth is not None
    there, scores = truth.target == 1, answers[:, 1]

    def paint(axes: Axes) -> None:
        bins = np.linspace(0, 1, 26).tolist()
        axes.hist(scores[there], bins=bins, color=figures.SERIES[0], alpha=0.7, label="edges that were held out")
        axes.hist(scores[~there], bins=bins, color=figures.SERIES[3], alpha=0.6, label="pairs without an edge")
        axes.set(xlabel="probability of an edge", ylabel="pairs", xlim=(0, 1))
        axes.legend(frameon=False, fontsize=9)
        axes.grid(axis="x", visible=False)

    drawing = Picture(
        "Scores of edges", "The less the two overlap, the better.", svg=figures.draw("links", (460, 320), paint)
    )
    called = _names(evidence)
    rows = [
        [called[k] if called else str(truth.rows[k]), f"{scores[k]:.2f}", kind]
        for kind, side, order in (
            ("no edge, though likeliest", ~there, np.argsort(-scores, kind="stable")),
            ("an edge, though unlikeliest", there, np.argsort(scores, kind="stable")),
        )
        for k in order[side[order]][: TABLE // 2]
    ]
    text = "Judged edges were not in the graph that was looked at. A likely pair without an edge may yet get one."
    return Section("Edges against pairs without an edge", text, [drawing], ("pair", "probability", "in truth"), rows)


def _names(evidence: Evidence) -> list[str]:
    path = evidence.run / "sealed" / "names.json"
    return door.read(path, list[str], inside=evidence.run, largest=1 << 30) if path.is_file() else []
