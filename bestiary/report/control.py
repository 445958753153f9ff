"""The report on acting: returns while learning, returns of the judged episodes, and one episode drawn."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from bestiary.report.gather import Evidence, file_key
from bestiary.report.sections import Section
from bestiary.runs.trained import trained
from bestiary.sampling.episodes import play, strip
from bestiary.sampling.pictures import Picture, png

SHOWN = 8  # models in one drawing


def sections(evidence: Evidence) -> list[Section]:
    """Learning curves in returns, the spread of the test episodes, and the best network at work."""
    made = [_curves(evidence), _episodes(evidence), _at_work(evidence)]
    return [section for section in made if section is not None]


def _curves(evidence: Evidence) -> Section | None:
    """Mean return on the validation episodes, the seeds of a contender as a band."""
    if not evidence.trainings:
        return None
    figure, axes = _axes()
    for number, (name, trainings) in enumerate(list(evidence.trainings.items())[:SHOWN]):
        colour = f"C{number}"
        for training in trainings:
            axes.plot(training.steps, [-loss for loss in training.loss], color=colour, alpha=0.25, linewidth=1)
        steps = np.unique(np.concatenate([training.steps for training in trainings]))
        best = [np.maximum.accumulate([-loss for loss in t.loss]) for t in trainings]
        bands = np.array([np.interp(steps, t.steps, b) for t, b in zip(trainings, best)])
        axes.plot(steps, bands.mean(0), color=colour, label=name)
        axes.fill_between(steps, bands.min(0), bands.max(0), color=colour, alpha=0.15, linewidth=0)
    axes.set(xlabel="updates", ylabel="mean return on validation episodes")
    axes.legend(frameon=False, fontsize=8)
    told = "Strong: the best answer so far, which is what is kept: mean and range over seeds. Faint: each look."
    return Section("Returns while learning", pictures=[Picture("Returns", told, svg=_svg(figure))])


def _episodes(evidence: Evidence) -> Section | None:
    """Every judged episode as a point, model by model."""
    found: list[tuple[str, Any]] = []
    for standing in evidence.verdict.standings:
        path = evidence.run / "predictions" / f"{file_key(standing.name)}.parquet"
        if standing.test and path.is_file():
            found.append((standing.name, pq.read_table(path)["return"].to_numpy()))
    if not found:
        return None
    figure, axes = _axes(0.9 + 0.35 * min(len(found), SHOWN))
    generator = np.random.default_rng(0)
    for place, (_, returns) in enumerate(found[:SHOWN]):
        height = place + generator.uniform(-0.25, 0.25, len(returns))
        axes.plot(returns, height, ".", markersize=3, alpha=0.5)
    axes.set_yticks(range(len(found[:SHOWN])), [name for name, _ in found[:SHOWN]])
    axes.invert_yaxis()
    axes.set(xlabel="return of an episode")
    rows = [
        (name, *(f"{value:.4g}" for value in (np.mean(r), np.median(r), np.min(r), np.max(r)))) for name, r in found
    ]
    told = "Each point is one of the test episodes, which begin alike for every model."
    return Section(
        "Returns of the test episodes",
        pictures=[Picture("Episodes", told, svg=_svg(figure))],
        heads=("model", "mean", "median", "least", "most"),
        rows=rows,
    )


def _at_work(evidence: Evidence) -> Section | None:
    """Six moments of one episode of the best network; nothing where the world does not draw itself."""
    name = evidence.verdict.networks_best
    world = str(evidence.sizes.get("environment", ""))
    if not name or ":" in world:
        return None
    found = trained(evidence.run, name)
    episode = play(found.answer, found.spec, seed=9_000_001)
    if not episode.frames:
        return None
    told = f"{episode.steps} steps, return {episode.returned:g}; bestiary play draws all of it."
    return Section(f"{name} at work", pictures=[Picture("One episode", told, png=png(strip(episode.frames)))])


def _axes(height: float = 3.0) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, height), layout="constrained")
    return figure, figure.add_subplot()


def _svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    text = buffer.getvalue()
    return text[text.index("<svg") :]
