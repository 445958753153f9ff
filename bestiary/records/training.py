"""The small files of one training: what it was told, how far it is, what it came to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from bestiary.errors import InputError
from bestiary.records import digests, door, names
from bestiary.records.keywords import check_keywords
from bestiary.records.shapes import Batch, Count, Few, Id, Line, Seconds, Seed, Setting, Steps, Target

ADVICE = "give the run folder as bestiary wrote it, or race again with --plan"


class Job(TypedDict):
    """`job.json` of a network's training; see `course.training_words`."""

    rung: Few
    data: Line
    batch: Batch
    look_every: Steps
    seed: Seed
    steps: Steps
    horizon: Steps
    parts: Few
    again: bool
    patience: Few | None
    threads: Few
    device: Line
    network: Target
    keywords: Setting
    recipe: Target
    setting: Setting
    metric: NotRequired[Id]
    weights: NotRequired[Line]
    frozen: NotRequired[tuple[Count, Seconds]]


class Learner(TypedDict):
    """Of a job, what a network and the algorithm that trains it are built from."""

    network: Target
    keywords: Setting
    seed: Seed
    device: Line
    recipe: Target
    setting: Setting
    parts: Few
    weights: NotRequired[Line]


class Sized(TypedDict):
    """A size of an architecture that is measured."""

    name: Line
    network: Target
    keywords: Setting


class ProbeJob(TypedDict):
    """`job.json` of a measurement; see `measuring`."""

    sizes: list[Sized]
    recipe: Target
    settings: list[Setting]
    data: Line
    batch: Batch
    epoch: Count
    seed: Seed
    device: Line
    fair: Seconds
    least: Count
    limit: Seconds
    optional: NotRequired[bool]


class Tried(TypedDict):
    """What was measured of a size, or the reason why nothing was."""

    name: Line
    reason: NotRequired[Line]
    step_seconds: NotRequired[Seconds]
    look_seconds: NotRequired[Seconds]
    start_seconds: NotRequired[Seconds]
    parameters: NotRequired[Count]


class Probe(TypedDict):
    """`probe.json`."""

    tried: list[Tried]


class RivalJob(TypedDict):
    """`job.json` of a baseline."""

    name: Id
    data: Line
    folds: list[Line]
    seconds: Seconds
    seed: Seed
    written: dict[str, Any]
    metric: NotRequired[Id]
    rounds: NotRequired[Few]


class Result(TypedDict):
    """`result.json` of a network's training. A loss may be infinite: it never looked."""

    rung: Few
    steps: Steps
    planned: Steps
    parts: Few
    loss: float
    best_step: Steps
    scores: dict[str, float]
    seconds: Seconds
    pace: Seconds
    start_seconds: Seconds
    parameters: Count
    memory: Count
    stopped: bool
    mended: str
    files: dict[str, Id]


class Attempt(TypedDict):
    """A setting of a baseline, and what it cost."""

    setting: Setting
    loss: float
    wanted: NotRequired[float]


class RivalResult(TypedDict):
    """`result.json` of a baseline."""

    name: Id
    title: Line
    setting: Setting
    tried: list[Attempt]
    loss: float
    rows: Count
    train_seconds: Seconds
    predict_seconds: Seconds
    parameters: Count
    limit: Annotated[int, Meta(ge=0)]
    bytes: Count
    rounds: NotRequired[Few]
    scores: dict[str, float]
    seconds: Seconds
    memory: Count
    files: dict[str, Id]


class Status(TypedDict):
    """`status.json`."""

    pid: Count
    rung: Few
    step: Steps
    steps: Steps
    loss: float | None
    scores: dict[str, float]
    speed: Seconds


class Failure(TypedDict):
    """`failure.json`."""

    reason: Line


class Answered(TypedDict):
    """`answered.json`: milliseconds a row, and by which digests predictions are known to be whole and of this model."""

    predict_seconds: Seconds
    digest: Line
    model: NotRequired[Line]


class Beginning(TypedDict):
    """`tried.json`: how a training began last."""

    parts: Few
    again: bool


def read_job(folder: Path) -> Job:
    """What a training was told; its network and recipe are of the catalogue.

    Raises:
        InputError: for anything else; nothing is imported.
    """
    job = door.read(folder / "job.json", Job, inside=folder, advice=ADVICE)
    names.check_network(job["network"])
    names.check_recipe(job["recipe"])
    check_keywords(job["keywords"], folder.name)
    check_keywords(job["setting"], folder.name)
    return job


def read_probe_job(folder: Path) -> ProbeJob:
    """What a measurement was told; its networks and recipe are of the catalogue."""
    job = door.read(folder / "job.json", ProbeJob, inside=folder, advice=ADVICE)
    names.check_recipe(job["recipe"])
    for size in job["sizes"]:
        names.check_network(size["network"])
        check_keywords(size["keywords"], size["name"])
    return job


def read_rival_job(folder: Path) -> RivalJob:
    """What a baseline was told."""
    return door.read(folder / "job.json", RivalJob, inside=folder, advice=ADVICE)


def own_data(named: str, folder: Path) -> Path:
    """The data that a job names, when they lie in its own run.

    Args:
        named: path of the encoded data.
        folder: of the job, two below that of the run.

    Raises:
        InputError: for data elsewhere.
    """
    run = folder.resolve().parents[1]
    if not Path(named).resolve().is_relative_to(run):
        raise InputError(f"{folder / 'job.json'} leads to data outside of its run, {named!r}; {ADVICE}")
    return Path(named)


def read_result(folder: Path) -> Result | None:
    """What a training left behind when it last had something to show; None where it has not, or that is damaged."""
    found = digests.read_words(folder)
    return None if found is None else door.shaped(found, Result, str(folder / digests.RESULT), ADVICE)


def read_rival_result(folder: Path) -> RivalResult | None:
    """What a baseline left behind; None where it has not finished, or that is damaged."""
    found = digests.read_words(folder)
    return None if found is None else door.shaped(found, RivalResult, str(folder / digests.RESULT), ADVICE)


def read_status(folder: Path) -> Status | None:
    """How far a training is; None where it has not said so."""
    path = folder / "status.json"
    return door.read(path, Status, inside=folder, advice=ADVICE) if path.exists() or path.is_symlink() else None


def read_answered(folder: Path) -> Answered | None:
    """What was written beside test predictions; None where there are none."""
    path = folder / "answered.json"
    return door.read(path, Answered, inside=folder, advice=ADVICE) if path.exists() or path.is_symlink() else None


def predict_seconds(folder: Path) -> float:
    """Milliseconds a row that its answers took; 0 where it has not answered."""
    found = read_answered(folder)
    return 0.0 if found is None else found["predict_seconds"]


def result_loss(folder: Path) -> float:
    """The validation loss in a `result.json` of a network or a baseline; infinite where there is none."""
    found = digests.read_words(folder)
    if found is None:
        return float("inf")
    return door.shaped(found, RivalResult if "tried" in found else Result, str(folder / digests.RESULT), ADVICE)["loss"]
