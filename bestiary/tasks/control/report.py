"""The report on acting: returns while learning, returns of the judged episodes, and one episode drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bestiary.judging.evidence import Standing
from bestiary.report.figures import SERIES, draw
from bestiary.report.gather import Evidence, file_key
from bestiary.report.sections import Section
from bestiary.runs.trained import trained
from bestiary.sampling.episodes import play, strip
from bestiary.sampling.pictures import Picture, png
from bestiary.tasks.predictions import read_predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def sections(evidence: Evidence) -> list[Section]:
    """Learning curves in returns, the spread of the test episodes, and the best network at work."""
    made = [_curves(evidence), _episodes(evidence), _at_work(evidence)]
    return [section for section in made if section is not None]


def _curves(evidence: Evidence) -> Section | None:
    """Mean return on the validation episodes, the seeds of a contender as a band."""
    if not evidence.trainings:
        return None

    def paint(axes: Axes) -> None:
        for colour, (name, trainings) in zip(SERIES, evidence.trainings.items()):
            for training in trainings:
                axes.plot(training.steps, [-loss for loss in training.loss], color=colour, alpha=0.25, linewidth=1)
            steps = np.unique(np.concatenate([training.steps for training in trainings]))
            best = [np.maximum.accumulate([-loss for loss in t.loss]) for t in trainings]
            bands = np.array([np.interp(steps, t.steps, b) for t, b in zip(trainings, best)])
            axes.plot(steps, bands.mean(0), color=colour, label=name)
            axes.fill_between(steps, bands.min(0), bands.max(0), color=colour, alpha=0.15, linewidth=0)
        axes.set(xlabel="updates", ylabel="mean return on validation episodes")
        axes.legend(frameon=False, fontsize=8)

    caption = "Strong: the best network so far, which is kept: mean and range over seeds. Faint: each evaluation."
    return Section(
        "Returns while learning", pictures=[Picture("Returns", caption, svg=draw("returns", (620, 270), paint))]
    )


def _episodes(evidence: Evidence) -> Section | None:
    """Every judged episode as a point, model by model: of all seeds, as the board above has them."""
    models = [(s.name, returns) for s in evidence.verdict.standings if s.test and (returns := _returns(evidence, s))]
    if not models:
        return None
    shown = list(zip(SERIES, models))

    def paint(axes: Axes) -> None:
        generator = np.random.default_rng(0)
        for place, (colour, (_, seeds)) in enumerate(shown):
            returns = np.concatenate(seeds)
            height = place + generator.uniform(-0.25, 0.25, len(returns))
            axes.plot(returns, height, ".", color=colour, markersize=3, alpha=0.5)
        axes.set_yticks(range(len(shown)), [name for _, (name, _) in shown])
        axes.invert_yaxis()
        axes.set(xlabel="return of an episode")

    rows = [_line(name, seeds) for name, seeds in models]
    caption = (
        "Each point is one of the test episodes, which start from the same states for every model; of a network that "
        "was trained with several seeds, those of all seeds. Their mean is the test score by which models are ranked."
    )
    return Section(
        "Returns of the test episodes",
        pictures=[Picture("Episodes", caption, svg=draw("episodes", (620, 70 + 30 * len(shown)), paint))],
        heads=("model", "mean return", "of each seed", "median", "lowest", "highest"),
        rows=rows,
    )


def _returns(evidence: Evidence, standing: Standing) -> list[NDArray[np.float32]]:
    """Returns of the test episodes [N], one array a seed; those whose file is gone are left out."""
    key = file_key(standing.name)
    names = [f"{key}{f'.{place}' if place else ''}.parquet" for place in range(max(1, len(standing.seeds)))]
    paths = [evidence.run / "predictions" / name for name in names]
    return [read_predictions(path).columns["return"].numpy() for path in paths if path.is_file()]


def _line(name: str, seeds: Sequence[NDArray[np.float32]]) -> tuple[str, ...]:
    whole = np.concatenate(seeds).astype(np.float64)
    figures = (whole.mean(), np.median(whole), whole.min(), whole.max())
    mean, *others = (f"{value:.4g}" for value in figures)
    return (name, mean, " · ".join(f"{one.mean():.4g}" for one in seeds) if len(seeds) > 1 else "", *others)


def _at_work(evidence: Evidence) -> Section | None:
    """Six moments of one episode of the best network; nothing where the world does not draw itself."""
    name = evidence.verdict.networks_best
    world = str(evidence.sizes.get("environment", ""))
    if not name or ":" in world:
        return None
    agent = trained(evidence.run, name)
    episode = play(agent.answer, agent.spec, seed=9_000_001)
    if not episode.frames:
        return None
    caption = f"One episode that is not among the test episodes: {episode.steps} steps, return {episode.returned:g}."
    caption += " bestiary play draws all of it."
    return Section(f"{name} at work", pictures=[Picture("One episode", caption, png=png(strip(episode.frames)))])
