"""What the report shows of anomalies: how scores part them from normal rows, and which rows stand on the wrong side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from bestiary.judging.evidence import Standing
from bestiary.report import figures, words
from bestiary.report.gather import Evidence, file_key
from bestiary.report.sections import Section
from bestiary.report.trained import opened
from bestiary.rows.store import StoredData
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import unit_images
from bestiary.tasks.predictions import read_predictions
from bestiary.tasks.reconstruct.report import name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
LINES, SHOWN = 6, 16


def sections(evidence: Evidence) -> list[Section]:
    """The curves of whoever was tested, how the best one's scores are spread, and the rows that it misjudges most."""
    scores: dict[str, tuple[Standing, Floats, NDArray[np.bool_]]] = {}
    for standing in evidence.verdict.standings:
        path = evidence.run / "predictions" / f"{file_key(standing.name)}.parquet"
        if standing.test and path.is_file():
            columns = read_predictions(path).columns
            scores[standing.name] = (standing, columns["score"].numpy(), columns["anomaly"].numpy() > 0)
    if not scores:
        return []
    chosen = scores.get(evidence.verdict.chosen) or next(iter(scores.values()))
    data = opened(evidence)
    pictures = [_curves(list(scores.values())[:LINES]), _spread(*chosen)]
    if data.spec.picture is not None:
        pictures.append(_misjudged(*chosen, data))
    strange = chosen[2]
    text = (
        f"{int(strange.sum()):,} of {len(strange):,} test rows are anomalies. No model was trained on one; "
        "those among the validation rows were used to choose models."
    )
    return [Section("Anomalies detected", text, pictures, *_thresholds(*chosen))]


def _curves(found: list[tuple[Standing, Floats, NDArray[np.bool_]]]) -> Picture:
    """Anomalies found against false alarms, as the threshold falls."""

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=figures.SOFT, linewidth=1, linestyle=(0, (4, 3)))
        for colour, (standing, scores, strange) in zip(figures.SERIES, found):
            order = np.argsort(-scores, kind="stable")
            hits, alarms = np.cumsum(strange[order]) / strange.sum(), np.cumsum(~strange[order]) / (~strange).sum()
            style = "-" if standing.network else (0, (1, 1.5))
            axes.plot([0, *alarms], [0, *hits], color=colour, linewidth=1.6, linestyle=style, label=name_of(standing))
        axes.set(xlabel="share of normal rows called anomalies", ylabel="share of anomalies found")
        axes.legend(frameon=False, fontsize=9, loc="lower right")

    caption = "The closer a line is to the upper left, the better; the dashed line is guessing. Dotted: baselines."
    return Picture("Found against false alarms", caption, svg=figures.draw("roc", (440, 360), paint))


def _spread(standing: Standing, scores: Floats, strange: NDArray[np.bool_]) -> Picture:
    """How the scores of normal rows and anomalies are spread."""

    def paint(axes: Axes) -> None:
        low, high = np.percentile(scores, [0.5, 99.5])
        bins = np.linspace(low, high if high > low else low + 1, 32).tolist()
        for sort, colour, label in ((~strange, figures.NETWORK, "normal"), (strange, figures.BASELINE, "anomalies")):
            share = np.full(int(sort.sum()), 1 / max(1, int(sort.sum())))
            axes.hist(np.clip(scores[sort], low, high), bins=bins, weights=share, color=colour, alpha=0.6, label=label)
        axes.set(xlabel="score", ylabel="share of the rows of a sort")
        axes.legend(frameon=False, fontsize=9)

    caption = (
        f"Scores that {name_of(standing)} gives to the test rows of each sort; the outermost bars gather the rest."
    )
    return Picture("Scores", caption, svg=figures.draw("scores", (440, 300), paint))


def _misjudged(standing: Standing, scores: Floats, strange: NDArray[np.bool_], data: StoredData) -> Picture:
    """The normal images with the highest scores above, the anomalies with the lowest below."""
    normal, others = np.flatnonzero(~strange), np.flatnonzero(strange)
    count = min(SHOWN, len(normal), len(others))
    chosen = [*normal[np.argsort(-scores[normal])][:count], *others[np.argsort(scores[others])][:count]]
    images = unit_images(data.take("test", torch.tensor(np.array(chosen))).inputs[0], data.facts)
    caption = (
        f"By {name_of(standing)}: above, the normal images that look strangest to it; below, the most usual anomalies."
    )
    return Picture("On the wrong side", caption, png=png(grid(images, columns=count), 720))


def _thresholds(standing: Standing, scores: Floats, strange: NDArray[np.bool_]) -> tuple[list[str], list[list[str]]]:
    """What a threshold finds at given rates of false alarms."""
    lines = []
    for rate in (0.01, 0.05, 0.1, 0.2):
        level = float(np.quantile(scores[~strange], 1 - rate))
        found = float((scores[strange] > level).mean())
        lines.append([f"{100 * rate:.0f} %", words.number(level, digits=4), f"{100 * found:.1f} %"])
    return ["false alarms among normal rows", f"score above, {name_of(standing)}", "anomalies found"], lines
