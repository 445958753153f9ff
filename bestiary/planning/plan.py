"""What a race has decided, on paper: `plan.json`. Whoever follows it again gets the same race, bit for bit."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from bestiary.errors import InputError
from bestiary.planning.plan_check import check_plan
from bestiary.records import door
from bestiary.records.shapes import (
    Batch,
    Count,
    Few,
    Fold,
    Id,
    Line,
    Name,
    Seconds,
    Seed,
    Setting,
    Steps,
    Target,
)
from bestiary.rows.store import write_text

FORMAT = 1
NAME = "plan.json"
UNBOUNDED = 3e7  # seconds: where epochs decide, the clock does not
ALL = -2  # instead of a fold: all rows
OUT_OF_TIME = "time ran out"  # why one that was not finished "failed"
TOO_SLOW = "too slow for this budget"  # why a network did not take part
NOT_CHOSEN = "not chosen for so short a race"  # the same, where there is no time for everyone
PLATEAU = "The race ended before its time"  # how the reason begins where further settings gained nothing


@dataclass
class Job:
    """One training, up to the end of one rung.

    Attributes:
        id: its folder under `contenders/`; the same at every rung that it carries on into.
        entrant: name of the contender.
        setting: which of the entrant's settings.
        seed: of first weights and order of rows.
        fold: which fold it trains on; -1 is the ordinary training split, -2 (`ALL`) are all rows together.
        steps: updates made in all at the end of this rung.
        horizon: updates that the whole training is meant to last, for the schedule.
        parts: into how many accumulated parts a batch is cut: 2 when it is tried again, if its recipe takes parts.
        again: whether it was trained afresh, after a divergence, lack of memory or a violent end.
        failed: why it failed for good, or "".
        retry: whether it failed by a violent end or lack of memory, so that a resumed race tries it again.
    """

    id: Id
    entrant: Name
    setting: Few
    seed: Seed
    fold: Fold
    steps: Steps
    horizon: Steps
    parts: Few = 1
    again: bool = False
    failed: Line = ""
    retry: bool = False


@dataclass
class Entrant:
    """A contender with its size chosen and its speed measured.

    Attributes:
        name: "resnet/small".
        title, family, architecture: of its row in the catalogue.
        network: "module:Class"; `keywords`: its words that data do not decide.
        recipe: "module:function"; `settings`: words of the recipe that it enters with.
        batch: rows in a training batch.
        look_every: updates between two looks at the validation rows.
        step_seconds: one update, measured with all workers busy; `look_seconds`: one look.
        start_seconds: from the start of its process to the first update.
        parameters: of the network.
        note: why this size.
        phases: whether its schedules depend on the horizon, so that every rung trains it afresh.
        weights: file of the run, named by its digest, with the weights that it begins with; "" where they are drawn.
        knows: what these have seen, for people.
        frozen_parameters: weights that read its rows and do not learn, which `parameters` counts too; `frozen_seconds`:
            in which they read a thousand rows.
    """

    name: Name
    title: Line
    family: Id
    architecture: Id
    network: Target
    keywords: Setting
    recipe: Target
    settings: list[Setting]
    batch: Batch
    look_every: Annotated[int, Meta(ge=1, le=10**10)]
    step_seconds: Seconds
    look_seconds: Seconds
    start_seconds: Seconds
    parameters: Count
    note: Line = ""
    phases: bool = False
    weights: Line = ""
    knows: Line = ""
    frozen_parameters: Count = 0
    frozen_seconds: Seconds = 0.0

    @property
    def pace(self) -> float:
        """Seconds an update, looks at the validation rows included."""
        return self.step_seconds + self.look_seconds / self.look_every


@dataclass
class Stage:
    """One rung: who trains how far, and what was known of their speed when that was decided.

    Attributes:
        rung: from 1.
        jobs: in the order in which they start.
        pace: entrant -> seconds an update, as measured last.
        seconds: wall-clock seconds that the rung is expected to take.
        reason: how the entrants of this rung were chosen, for people.
        rivals: baselines that search further beside them, and for how many core-seconds.
    """

    rung: Few
    jobs: list[Job]
    pace: dict[str, Seconds] = field(default_factory=dict)
    seconds: Seconds = 0.0
    reason: Line = ""
    rivals: dict[str, Seconds] = field(default_factory=dict)

    @property
    def entrants(self) -> list[str]:
        """Names of those that take part, in order."""
        return list(dict.fromkeys(job.entrant for job in self.jobs))


@dataclass
class Rival:
    """A baseline: its name, the core-seconds that it may search its settings in, and why it failed, if it did.

    `retry` is as of a job.
    `written` is what the search came to, for replays: the settings that it tried and the most rows that it fitted.
    """

    name: Id
    seconds: Seconds
    failed: Line = ""
    written: dict[str, object] = field(default_factory=dict)
    retry: bool = False

    @property
    def id(self) -> str:
        """The name of its folder."""
        return f"baseline.{self.name}"


@dataclass
class Part:
    """One member of an ensemble.

    Attributes:
        id: of its first training, or of its baseline.
        name: on the leaderboard.
        trainings: folders of all of them; their mean is its answer.
        weight: of that answer.
    """

    id: Id
    name: Name
    trainings: list[Id]
    weight: Annotated[float, Meta(gt=0, le=1)]


@dataclass
class Ensemble:
    """Several models that answer together.

    Attributes:
        name: "ensemble/all", "ensemble/networks" or "ensemble/baselines".
        parts: the heaviest first; their weights add up to 1.
        loss: of the metric that ranks, on validation rows that its weights were not chosen on; lower is better.
        scores: all metrics on the validation rows.
    """

    name: Name
    parts: list[Part]
    loss: float
    scores: dict[str, float]

    @property
    def trainings(self) -> list[str]:
        """Folders of the trainings of all parts."""
        return [name for part in self.parts for name in part.trainings]

    @property
    def networks(self) -> int:
        """How many of the parts are neural networks."""
        return sum(not part.name.startswith("baseline/") for part in self.parts)


@dataclass
class Refit:
    """One model of the delivery, trained again on all rows.

    Attributes:
        of: the folder of the training or baseline that it repeats.
        job: of a network; None for a baseline, which is fitted with its best setting.
        failed: why it failed, or "".
    """

    of: Id
    job: Job | None = None
    failed: Line = ""


@dataclass
class Plan:
    """Everything that a race has decided so far.

    Attributes:
        source: arguments that the data were read with; empty where they came as objects in memory.
        digest: sha256 over all rows of the data; `kind`, `problem`, `target`, `classes`, `notes`: of them.
        budget: seconds asked for; `equal`: "time" or "examples".
        metric: that ranks; `metric_reason`, `higher` (whether more is better).
        seed, workers, device: of the race.
        splits: how rows were divided; `rows`: split -> number; `folds`: how many for selection, 0 for none.
        shares: wall-clock seconds of each phase, spent; `reserve` is what is kept back for judging and the report.
        constant: loss of the constant predictor on the validation rows.
        rungs: how many there are; 1 when a single architecture is trained.
        patience: looks without a better loss before a training ends; None never ends it.
        threads: of each training.
        contenders, exclude: the words by which a person narrowed the field; empty for everyone.
        weights: name of an architecture or size -> file with which a further contender begins.
        entrants, rivals: contenders and baselines; `left_out`: name -> reason.
        stages: the rungs so far.
        finalists: those that the test rows will be opened for, baselines included, written before the opening.
        opened: how often the test rows of these data have been opened, this race's time included; 0 before.
        spent: wall-clock seconds of the race so far, stops between a crash and a resume not counted.
        interrupted: whether a person ended it early.
        versions: of packages, and the machine.
        fixed: whether it is followed as it is written, whatever the clock says: a replay.
        cut: where time ran out, for people; what had been made by then is what the plan says.
        unmade: trainings of that rung that had nothing to show by then; added time is for them too.
        prefer: what `winner/` holds where several models cannot be told apart: the "best" on validation rows, or the
            "small"est or "fast"est of those within one standard error of the best on test.
        view_seconds: in which a pre-trained network has read a thousand rows for those who learn on what it says.
        search: whether time that is left goes into further settings.
        refit: whether what ships is trained again on all rows.
        ensembles: chosen on validation rows before the opening.
        preferred: the model that validation chose to ship, written before the opening; "" where test rows decide.
        rules: model -> weights of classes with which it answers, where the metric asks for them.
        temperatures: model -> how much less sure its probabilities are made, where the metric judges them.
        speeds: model -> seconds for 1,000 rows, where the fastest ships.
        searched: why the search for further settings ended, for people.
        candidates: networks that take these data, where there was no time for all; else 0.
        entry: seconds of a budget in which every network that was measured would take part.
        refits: what of the delivery is trained again on all rows; empty before, and where nothing is.
        unrefitted: why nothing is, for people.
        mended: what was damaged or killed and trained again when the race was resumed, for people.
    """

    source: dict[str, object]
    digest: Line
    kind: Id
    problem: Id
    target: Line
    classes: list[Line]
    notes: list[Line]
    budget: Seconds
    equal: Literal["time", "examples"]
    metric: Id
    metric_reason: Line
    higher: bool
    seed: Seed
    workers: Annotated[int, Meta(ge=1, le=1_024)]
    device: Literal["cpu", "cuda"]
    splits: Line
    rows: dict[str, Count]
    folds: Few
    shares: dict[str, Seconds]
    constant: float = 0.0
    rungs: Few = 3
    patience: Count | None = None
    threads: Annotated[int, Meta(ge=1, le=1_024)] = 1
    contenders: list[Line] = field(default_factory=list)
    exclude: list[Line] = field(default_factory=list)
    weights: dict[str, Line] = field(default_factory=dict)
    entrants: list[Entrant] = field(default_factory=list)
    rivals: list[Rival] = field(default_factory=list)
    left_out: dict[str, Line] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    finalists: list[Name] = field(default_factory=list)
    opened: Count = 0
    spent: Seconds = 0.0
    view_seconds: Seconds = 0.0
    interrupted: bool = False
    versions: dict[str, Line] = field(default_factory=dict)
    fixed: bool = False
    cut: Line = ""
    unmade: list[Job] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    prefer: Literal["best", "small", "fast"] = "best"
    search: bool = True
    refit: bool = True
    ensembles: list[Ensemble] = field(default_factory=list)
    preferred: Line = ""
    rules: dict[str, list[float]] = field(default_factory=dict)
    temperatures: dict[str, float] = field(default_factory=dict)
    speeds: dict[str, Seconds] = field(default_factory=dict)
    refits: list[Refit] = field(default_factory=list)
    unrefitted: Line = ""
    searched: Line = ""
    candidates: Count = 0
    entry: Seconds = 0.0
    format: int = FORMAT

    @property
    def jobs(self) -> list[Job]:
        """The trainings of all rungs, in order."""
        return [job for stage in self.stages for job in stage.jobs]

    def entrant(self, name: str) -> Entrant:
        """The contender of this name."""
        return next(e for e in self.entrants if e.name == name)

    def ensemble(self, name: str) -> Ensemble | None:
        """The ensemble of this name; None where it is the name of a single model."""
        return next((one for one in self.ensembles if one.name == name), None)

    def write(self, folder: Path) -> None:
        """As `plan.json`, whole or not at all."""
        write_text(folder / NAME, json.dumps(dataclasses.asdict(self), indent=1, default=list))

    @classmethod
    def read(cls, path: Path) -> Plan:
        """The plan of a run folder, or of the file itself.

        Raises:
            InputError: when there is none, or it is not a plan that this version can follow.
        """
        file = path / NAME if path.is_dir() else path
        if not file.exists() and not file.is_symlink():
            raise InputError(f"expected the folder of a race; {path} has no readable {NAME}")
        advice = f"give the {NAME} of a race"
        words = door.words(file, inside=file.parent, advice=advice)
        if not isinstance(words, dict) or words.get("format") != FORMAT:
            raise InputError(f"{file} is not a plan of format {FORMAT}; give the {NAME} of a race of this version")
        plan = door.shaped(words, cls, str(file), advice)
        check_plan(plan, file)
        return plan


def parse_budget(budget: str | float) -> float:
    """Seconds from "90s", "5m", "1h" or a number of seconds; text without a unit may mean either.

    Raises:
        InputError: when it is not a positive time, or text without a unit.

    Example:
        >>> parse_budget("5m"), parse_budget("1.5h"), parse_budget(45)
        (300.0, 5400.0, 45.0)
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    text = str(budget).strip().lower()
    factor = units.get(text[-1:], 1)
    try:
        seconds = float(text[:-1] if text[-1:] in units else text) * factor
    except ValueError:
        seconds = float("nan")
    if isinstance(budget, str) and 0 < seconds < math.inf and text[-1:] not in units:
        raise InputError(
            f"expected a budget with a unit, {text}s, {text}m or {text}h for seconds, minutes or hours; "
            f"received {budget!r}; add the unit"
        )
    if not 1 <= seconds <= 3.2e7:
        raise InputError(f"expected a budget such as 90s, 5m or 1h (1 second to a year); received {budget!r}")
    return seconds
