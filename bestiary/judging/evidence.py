"""What a race leaves behind for people: the words of `verdict.json`, from which the report is made."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from bestiary import kinds, tasks
from bestiary.errors import InputError
from bestiary.records import door
from bestiary.records import verdict as records
from bestiary.rows.store import write_text


@dataclass
class Interval:
    """A figure with its 95 % interval; too few rows leave it without bounds, which are infinite then."""

    value: float
    low: float
    high: float


@dataclass
class Standing:
    """One line of the leaderboard.

    Attributes:
        name: "resnet/small", or "baseline/linear".
        title: for people.
        family: of the architecture, "baseline" or "ensemble".
        network: whether a neural network is in it.
        status: "finalist", "eliminated", "unfinished", "failed", "baseline" or "ensemble".
        reason: why it failed or was not finished, or at which rung it left.
        rung: the last rung that it finished, from 1; 0 for baselines and failures.
        settings: the words it carried on with; of an ensemble the weight of each part.
        parameters: of the network; for baselines the size of the fitted model when known, else 0.
        bytes: of the saved model.
        steps: updates made by the first seed.
        train_seconds: core-seconds over all its settings and seeds.
        predict_seconds: per 1,000 rows, measured.
        memory: peak resident bytes of its process.
        selection: metric -> score on validation ("selection scores").
        test: metric -> interval on test; empty for those eliminated.
        difference: paired difference of the ranking metric to the best on test, positive = worse; None when not tested.
        tied: whether it may be as good as the best: `difference` does not exclude zero, nor does it where its wildest
            errors are forgiven (`race.bench`).
        seeds: the seeds it was trained with.
        learned: how far below the constant predictor its validation loss came, as a share of it (0 = nothing learned).
        folder: of its first seed, relative to the run.
    """

    name: str
    title: str
    family: str
    network: bool
    status: str
    reason: str = ""
    rung: int = 0
    settings: dict[str, object] = field(default_factory=dict)
    parameters: int = 0
    bytes: int = 0
    steps: int = 0
    train_seconds: float = 0.0
    predict_seconds: float = 0.0
    memory: int = 0
    selection: dict[str, float] = field(default_factory=dict)
    test: dict[str, Interval] = field(default_factory=dict)
    difference: Interval | None = None
    tied: bool = False
    seeds: list[int] = field(default_factory=list)
    learned: float = 0.0
    folder: str = ""


@dataclass
class Verdict:
    """The outcome of a race.

    Attributes:
        sentence: the outcome in one sentence for people.
        problem: "classification" or "regression".
        kind: of data.
        target: name of the target.
        classes: labels in the order of the probability columns.
        metric: the ranking metric; `metric_reason` why; `higher` whether more is better.
        crowned: name of the winner when a paired difference on test excludes zero, else None.
        reason: why it was crowned, or why nobody was and how much data might decide.
        chosen: name of the model in `winner/`: the crowned one, or as `prefer` says.
        cheapest: the model with the fewest parameters within one standard error of the best on test.
        preferred: what validation chose to ship, before the opening; "" where test rows decide.
        prefer: "best" (on validation), or the "small"est or "fast"est of those within one standard error.
        shipped: whether the model in `winner/` was trained again on all rows, in a sentence.
        searched: why no further settings were tried, in a sentence; "" where there was no such search.
        worth_it: paired difference, network minus best baseline, in the metric's unit; positive = network better;
            with the wildest errors of the worse one forgiven where that alone shows which is better.
        answer: whether a neural network is worth it: "yes", "no", "needless" (a baseline ships and does as well),
            "not shown", "few" (rows), or "open": time ended before networks or baselines had finished.
        worth_sentence: whether a neural network is worth it here, in a sentence.
        networks_best, baseline_best: the names compared.
        standings: the leaderboard, best first.
        rows: split -> number of rows.
        openings: how often this data set's test rows have been opened, this time included.
        notes: what readers left out, leaks, warnings.
        constant: metric -> score of the constant predictor on test.
        seconds: phase -> wall-clock seconds.
        trained: core-seconds spent training; `available`: workers times wall-clock.
        versions: package -> version, machine.
    """

    sentence: str
    problem: str
    kind: str
    target: str
    classes: list[str]
    metric: str
    metric_reason: str
    higher: bool
    crowned: str | None
    reason: str
    chosen: str
    worth_it: Interval | None
    worth_sentence: str
    networks_best: str
    baseline_best: str
    standings: list[Standing]
    rows: dict[str, int]
    openings: int
    notes: list[str]
    constant: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    trained: float = 0.0
    available: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    cheapest: str = ""
    prefer: str = "best"
    shipped: str = ""
    searched: str = ""
    preferred: str = ""
    answer: str = "open"

    def write(self, path: Path) -> None:
        """As strict JSON, whole or not at all; null stands for a bound or score that is not finite."""
        write_text(path, json.dumps(_strict(dataclasses.asdict(self)), indent=1, allow_nan=False))

    @classmethod
    def read(cls, path: Path) -> Verdict:
        """What `write` wrote.

        Raises:
            InputError: for anything else.
        """
        advice = "race again with `bestiary race --plan`"
        words = door.read(path, records.Verdict, inside=path.parent, advice=advice)
        tasks.metric_named(words["metric"], words["problem"])
        known = ["", *(s["name"] for s in words["standings"])]  # "": no model gave finite answers
        if words["kind"] not in kinds.names() or words["chosen"] not in known:
            raise InputError(f"{path} is not a valid verdict: its kind of data or its choice is unknown; {advice}")
        standings = [
            Standing(
                **{
                    **s,
                    "learned": _score(s["learned"]),
                    "selection": {m: _score(v) for m, v in s["selection"].items()},
                    "test": {m: _interval(i) for m, i in s["test"].items()},
                    "difference": _interval(s["difference"]),
                }
            )
            for s in words["standings"]
        ]
        constant = {m: _score(v) for m, v in words["constant"].items()}
        return cls(**{**words, "standings": standings, "constant": constant, "worth_it": _interval(words["worth_it"])})


def _strict(content: object) -> object:
    """Without NaN and infinities, which JSON does not have."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _strict(value) for key, value in content.items()}
    return [_strict(value) for value in content] if isinstance(content, list | tuple) else content


def _score(value: float | None) -> float:
    return math.nan if value is None else value


def _interval(words: records.Interval | None) -> Interval | None:
    if words is None:
        return None
    low, high = words["low"], words["high"]
    return Interval(_score(words["value"]), -math.inf if low is None else low, math.inf if high is None else high)
