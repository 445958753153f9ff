"""The one opening of the sealed test rows: finalists and baselines predict them, and the verdict is written."""

from __future__ import annotations

import itertools
import math
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary import tasks
from bestiary.errors import InputError
from bestiary.files import replacing
from bestiary.judging.evidence import Standing, Verdict
from bestiary.judging.holdings import note
from bestiary.judging.verdict import Candidate, Judgement, judge_race
from bestiary.planning.plan import OUT_OF_TIME, Ensemble, Job, Plan, Rival
from bestiary.race import standings
from bestiary.race.course import Course
from bestiary.race.delivering.delivery import deliver
from bestiary.race.folder import training_folder
from bestiary.race.losses import constant
from bestiary.race.openings import count_opening, ordinal
from bestiary.race.pool.failures import failure
from bestiary.race.pool.worker import ANSWER, FAILURE, MODEL
from bestiary.race.pool.workers import Call
from bestiary.race.standings import baseline_standing, standing_of
from bestiary.race.undone import left_out, undone
from bestiary.records import door
from bestiary.records.digests import check_data, digest
from bestiary.records.training import predict_seconds, read_answered
from bestiary.rows.store import read_array, read_lines, read_truth
from bestiary.tasks.mixture import mean
from bestiary.tasks.predictions import columns_of, read_predictions, write_predictions

SILENT = "could not answer: "  # and why
MOST_OPENED = 4  # contenders judged when a race is ended before its last rung


@dataclass
class Finalist:
    """A contender with its trainings, the one that would ship first; or a baseline; or an ensemble."""

    name: str
    jobs: list[Job]
    rival: Rival | None = None
    ensemble: Ensemble | None = None

    @property
    def network(self) -> bool:
        """Whether a neural network is in it."""
        if self.ensemble is not None:
            return self.ensemble.networks > 0
        return self.rival is None

    @property
    def shipping(self) -> list[str]:
        """Folders of the trainings that would ship."""
        if self.ensemble is not None:
            return self.ensemble.trainings
        return [self.rival.id if self.rival else self.jobs[0].id]


def judge(course: Course) -> Verdict:
    """Opens the test rows once for everyone who got this far.

    All are named in the plan before; a race that was stopped while it was judged does not open them again.
    """
    found = finalists(course)
    plan, folder = course.plan, course.folder
    if not found:
        raise InputError(_nothing(course))
    losses = deliver(course)
    found += [Finalist(one.name, [], ensemble=one) for one in plan.ensembles]
    plan.finalists = [f.name for f in found]
    expected = {f.name: losses.get(f.name, math.inf) if losses else _training_loss(course, f) for f in found}
    if plan.prefer == "best" and not plan.fixed:
        plan.preferred = min(expected, key=lambda name: expected[name]) if len(found) > 1 else ""
    if not plan.opened:
        plan.opened = count_opening(plan.digest)
    course.write()
    sealed = folder / "sealed"
    check_data(folder, ("sealed",))
    _answer(course, found)
    truth = _write_truth(course)
    candidates = [c for f in found if (c := _candidate(course, f, expected[f.name])) is not None]
    if not candidates:
        raise InputError(_silent(course, found))
    if plan.prefer == "fast" and not plan.speeds:
        plan.speeds = {f.name: _predict_seconds(course, f) for f in found}
    groups = _optional(sealed / "test.group.npy")
    judgement = judge_race(
        candidates=candidates,
        truth=truth,
        problem=plan.problem,
        metric=plan.metric,
        train_rows=plan.rows["train"] + plan.rows["validation"],
        classes=plan.classes,
        groups=groups,
        blocks=_optional(sealed / "test.block.npy"),
        seed=plan.seed,
        preferred=plan.preferred,
        costs=plan.speeds if plan.prefer == "fast" else None,
        undone=undone(course),
    )
    return _verdict(course, judgement, found, len(truth))


def _nothing(course: Course) -> str:
    """What is said where there is nothing to judge: why, and what to do about it."""
    plan = course.plan
    why = dict(plan.left_out)
    jobs = [*plan.jobs, *plan.unmade]
    why |= {job.entrant: told for job in jobs if (told := job.failed or _said(course, job.id))}
    for rival in plan.rivals:
        if told := _said(course, rival.id) or rival.failed.replace(OUT_OF_TIME, ""):
            why[f"baseline/{rival.name}"] = told
    told = "; ".join(f"{name}: {reason}" for name, reason in why.items())
    if told and all(job.failed for job in plan.jobs) and not plan.cut:
        return f"no training finished ({told}); see the folder contenders/ of {course.folder}"
    again = f"bestiary race --resume {course.folder} --add 5m"
    return f"no training left an answer ({told or 'the budget ran out'}); give it more time: {again}"


def _silent(course: Course, found: list[Finalist]) -> str:
    """What is said where trained models are there, and none could answer the test rows."""
    why = {f.name: told.removeprefix(SILENT) for f in found if (told := course.plan.left_out.get(f.name))}
    told = "; ".join(f"{name}: {reason}" for name, reason in why.items())
    again = f"bestiary race --resume {course.folder}"
    return f"none of {len(found)} models could answer the test rows ({told}); to ask them once more: {again}"


def _said(course: Course, name: str) -> str:
    """Why a training ended that nobody waited for any more; "" where it said nothing."""
    here = training_folder(course.folder, name)
    return failure(here, 0) if (here / FAILURE).exists() else ""


def finalists(course: Course) -> list[Finalist]:
    """Those of the last rung; where a person ended the race before it, the best so far; and every baseline."""
    plan, found = course.plan, []
    last = [s for s in plan.stages if s.rung >= plan.rungs]  # and what added time was spent on
    for stages in (last, *([s] for s in reversed(plan.stages))):
        names = dict.fromkeys(n for s in stages for n in s.entrants)
        found = [Finalist(n, jobs) for n in names if (jobs := _finished(course, n))]
        if found:
            break
    found.sort(key=lambda f: _loss(course, f.jobs[0]))
    if len(plan.stages) < plan.rungs:
        found = found[:MOST_OPENED]
    return found + [Finalist(f"baseline/{r.name}", [], r) for r in plan.rivals if course.rival_result(r)]


def _finished(course: Course, name: str) -> list[Job]:
    """The trainings of a contender on the ordinary split that left an answer, of the setting that got furthest.

    Where added time let it train once more, afresh, the rung with the better training on validation rows counts.
    """
    plan = course.plan
    stages = [s for s in plan.stages if name in s.entrants]
    found = []
    for stage in [s for s in stages if s.rung >= plan.rungs] or stages[-1:]:
        jobs = [j for j in stage.jobs if j.entrant == name and j.fold < 0 and course.best_so_far(j)]
        ordered = sorted(jobs, key=lambda job: _loss(course, job))
        found.append([job for job in ordered if job.setting == ordered[0].setting])
    return min(filter(None, found), key=lambda jobs: _loss(course, jobs[0]), default=[])


def _training_loss(course: Course, finalist: Finalist) -> float:
    """The validation loss that its training ended with; infinite where it has none."""
    if finalist.rival:
        result = course.rival_result(finalist.rival)
        return float(result["loss"]) if result else float("inf")
    return _loss(course, finalist.jobs[0])


def _loss(course: Course, job: Job) -> float:
    return float((course.best_so_far(job) or {"loss": float("inf")})["loss"])


# ------------------------------------------------------------------------------------------------ predictions


def file_of(folder: Path, name: str, place: int = 0) -> Path:
    """Where the test predictions of a model are: its shipped training first, then the others by number."""
    safe = re.sub(r"[^a-z0-9_]+", "-", name.lower())
    return folder / "predictions" / f"{safe}{f'.{place}' if place else ''}.parquet"


def _answer(course: Course, found: list[Finalist]) -> None:
    folder = course.folder
    calls: deque[Call] = deque()
    (folder / "predictions").mkdir(exist_ok=True)
    for finalist in found:
        for place, job in enumerate(finalist.jobs):
            out = file_of(folder, finalist.name, place)
            words = ("answer", str(training_folder(folder, job.id)))
            _add(calls, folder, f"{finalist.name} {place}", words, out)
        if finalist.rival:
            words = ("rival_answer", str(training_folder(folder, finalist.rival.id)))
            _add(calls, folder, finalist.name, words, file_of(folder, finalist.name))
    parts = {name for f in found if f.ensemble for name in f.ensemble.trainings}
    answered = {job.id for f in found for job in f.jobs} | {f.rival.id for f in found if f.rival}
    for name in sorted(parts - answered):
        rival = name.startswith("baseline.")
        words = ("rival_answer" if rival else "answer", str(training_folder(folder, name)))
        _add(calls, folder, f"{name} 0", words, _part_file(folder, name))
    for ended in course.pool.run(calls):
        if ended.code:
            name = ended.call.id.partition(" ")[0]
            course.plan.left_out[name] = f"{SILENT}{failure(Path(ended.call.arguments[0]), ended.code)}"
    for finalist in found:
        if finalist.ensemble:
            _answer_together(course, finalist.ensemble, found)


def _part_file(folder: Path, training: str) -> Path:
    """Where the test answers of a training are that is part of an ensemble and no finalist itself."""
    return folder / "predictions" / f"part-{training}.parquet"


def _answer_together(course: Course, ensemble: Ensemble, found: list[Finalist]) -> None:
    """Writes the answers of an ensemble, from those of its parts; nothing where one of them left none."""
    folder, files = course.folder, dict[str, Path]()
    for one in found:
        files |= {job.id: file_of(folder, one.name, place) for place, job in enumerate(one.jobs)}
        if one.rival:
            files[one.rival.id] = file_of(folder, one.name)
    answers = []
    for part in ensemble.parts:
        paths = [files.get(name, _part_file(folder, name)) for name in part.trainings]
        if not all(path.exists() for path in paths):
            return
        answers.append((part.weight, mean([(1.0, read_predictions(path)) for path in paths])))
    write_predictions(file_of(folder, ensemble.name), mean(answers))


def _add(calls: deque[Call], folder: Path, name: str, words: tuple[str, str], out: Path) -> None:
    here = Path(words[1])
    told = read_answered(here)
    model = _model_of(here)
    if not out.exists() or told is None or (told["digest"], told.get("model")) != (digest(out), digest(model)):
        calls.append(Call(name, words[0], (words[1], str(folder / "data"), str(folder / "sealed"), str(out))))


def _model_of(training: Path) -> Path:
    """The file that answers, of the training of a network or of a baseline."""
    return training / (MODEL if training.name.startswith("baseline.") else ANSWER)


def _write_truth(course: Course) -> NDArray[np.generic]:
    """`truth.parquet`: row, target, line in the file, what the row is called or says; returns the targets in order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sealed = course.folder / "sealed"
    target, row = read_truth(sealed, "test"), read_array(sealed, "test", "row")
    columns: dict[str, object] = {"row": np.asarray(row), **columns_of(np.asarray(target))}
    if (lines := read_lines(sealed, len(row))) is not None:
        columns["line"] = lines
    remarks = _remarks(sealed, len(row))
    if remarks:
        columns["remark"] = remarks
    path = course.folder / "predictions" / "truth.parquet"
    with replacing(path) as temporary:
        pq.write_table(pa.table(columns), temporary, write_page_checksum=True)
    return np.asarray(target)


def _remarks(sealed: Path, rows: int, most: int = 300) -> list[str]:
    if (sealed / "names.json").exists():
        names = door.read(sealed / "names.json", list[str], inside=sealed, largest=1 << 30)
        return names if len(names) == rows else []
    if (sealed / "test.bytes.npy").exists():
        text, offsets = read_array(sealed, "test", "bytes"), read_array(sealed, "test", "offsets")
        ends = np.asarray(offsets, dtype=np.int64)
        return [
            bytes(text[a : min(b, a + most)]).decode("utf-8", errors="replace") for a, b in itertools.pairwise(ends)
        ]
    return []


def _optional(path: Path) -> NDArray[np.int64] | None:
    return np.load(path, allow_pickle=False) if path.exists() else None


def _candidate(course: Course, finalist: Finalist, loss: float) -> Candidate | None:
    paths = [file_of(course.folder, finalist.name, place) for place in range(max(1, len(finalist.jobs)))]
    rule, degree = course.plan.rules.get(finalist.name), course.plan.temperatures.get(finalist.name)
    predictions = [course.scoring.decided(read_predictions(path), rule, degree) for path in paths if path.exists()]
    if not predictions:
        return None
    # What is cheap must depend neither on a clock nor on how well a file was packed, or a replay could ship another.
    if finalist.ensemble:
        title = standings.ensemble_title(finalist.ensemble)
        cost = float(standings.parameters(course, finalist.ensemble))
    elif finalist.rival:
        result = course.rival_result(finalist.rival) or {}
        title, cost = finalist.rival.name, float(result.get("parameters", 0))
    else:
        entrant = course.plan.entrant(finalist.name)
        title = entrant.title
        cost = float((course.best_so_far(finalist.jobs[0]) or {"parameters": entrant.parameters})["parameters"])
    return Candidate(finalist.name, finalist.network, cost, loss, predictions, title)


def size_of(course: Course, finalist: Finalist) -> int:
    """Bytes of the saved model."""
    folders = [training_folder(course.folder, name) for name in finalist.shipping]
    paths = [_model_of(here) for here in folders]
    return sum(path.stat().st_size for path in paths if path.exists())


# ---------------------------------------------------------------------------------------------------- verdict


def _verdict(course: Course, judgement: Judgement, found: list[Finalist], judged: int) -> Verdict:
    plan, folder = course.plan, course.folder
    board = _standings(course, judgement, found)
    notes = [*plan.notes, *plan.mended, f"test rows were opened for the {ordinal(plan.opened)} time"]
    notes += left_out(plan)
    chosen = plan.ensemble(judgement.chosen)
    for name in dict.fromkeys([part.name for part in chosen.parts] if chosen else [judgement.chosen]):
        notes += note(name, plan.kind, plan.problem)
    if plan.cut:
        notes.append(plan.cut)
    if plan.interrupted:
        notes.append("the race was ended early; these are the best so far")
    scores = constant(folder / "data", folder / "sealed", "test")[1]
    return Verdict(
        sentence=judgement.sentence,
        problem=plan.problem,
        kind=plan.kind,
        target=plan.target,
        classes=plan.classes,
        metric=judgement.metric,
        metric_reason=plan.metric_reason,
        higher=tasks.metric_named(judgement.metric, plan.problem).higher,
        crowned=judgement.crowned,
        reason=judgement.reason,
        chosen=judgement.chosen,
        worth_it=judgement.worth_it,
        worth_sentence=judgement.worth_sentence,
        networks_best=judgement.networks_best,
        baseline_best=judgement.baseline_best,
        standings=board,
        cheapest=judgement.cheapest,
        prefer=plan.prefer,
        preferred=plan.preferred,
        answer=judgement.answer,
        rows={**plan.rows, "test": judged},  # a block of text is judged in windows
        openings=plan.opened,
        notes=notes,
        constant=scores,
        versions=plan.versions,
    )


def _standings(course: Course, judgement: Judgement, found: list[Finalist]) -> list[Standing]:
    """Those who were tested, best first; then those who left, the last first; who had no time; who failed."""
    by_name = {f.name: f for f in found}
    tested = []
    senseless = _senseless(course.plan)
    for name in judgement.order:
        finalist = by_name.pop(name)
        made = _standing(course, finalist)
        made.test = {n: one for n, one in judgement.test.get(name, {}).items() if n not in senseless}
        made.difference, made.tied = judgement.difference.get(name), judgement.tied.get(name, False)
        made.bytes = size_of(course, finalist)
        made.predict_seconds = _predict_seconds(course, finalist)
        tested.append(made)
    others = [standing_of(course, e.name, []) for e in course.plan.entrants if e.name not in judgement.order]
    others.sort(key=lambda s: (("eliminated", "unfinished", "failed").index(s.status), -s.rung))
    failed = [baseline_standing(course, r) for r in course.plan.rivals if f"baseline/{r.name}" not in judgement.order]
    return [*tested, *others, *failed]


def _senseless(plan: Plan) -> set[str]:
    """Metrics that need classes in an order that means something, where nobody said that it does."""
    if plan.source.get("order"):
        return set()
    return {one.name for one in tasks.find(plan.problem).metrics if one.ordered and one.name != plan.metric}


def _standing(course: Course, finalist: Finalist) -> Standing:
    if finalist.ensemble:
        return standings.ensemble_standing(course, finalist.ensemble)
    if finalist.rival:
        return baseline_standing(course, finalist.rival)
    return standing_of(course, finalist.name, finalist.jobs)


def _predict_seconds(course: Course, finalist: Finalist) -> float:
    return sum(predict_seconds(training_folder(course.folder, name)) for name in finalist.shipping)
