"""The model folder that a race hands back: what was judged, or the same trained again on all rows, with its card."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bestiary.judging.evidence import Standing, Verdict
from bestiary.judging.importance import NAME, SECONDS, SHARE, measure
from bestiary.planning.plan import Part, Plan
from bestiary.race.course import EVERYTHING, Course
from bestiary.race.delivering.refitting import run, shipped, there, told
from bestiary.race.folder import training_folder
from bestiary.records.digests import check_result
from bestiary.records.training import read_job
from bestiary.rows.store import read_spec
from bestiary.runs.description import JUDGED


@dataclass(frozen=True)
class Source:
    """One fitted model of a run: its folder, and its share in the answer."""

    folder: Path
    name: str
    weight: float


def forget(folder: Path) -> None:
    """Removes what an earlier judgement has made, when other trainings were there."""
    for old in (folder / "winner", folder / EVERYTHING, *folder.glob("contenders/*.all")):
        shutil.rmtree(old, ignore_errors=True)
    for name in ("report.html", NAME):
        (folder / name).unlink(missing_ok=True)


def delivered(course: Course, verdict: Verdict, show: Callable[[Course], None]) -> None:
    """What ships, trained again on all rows, into `winner/`; then the report."""
    plan = course.plan
    if plan.refits and not (course.folder / "winner" / "model.json").exists():
        course.now = "refitting"
        with course.phase("refitting"):
            show(course)
            run(course, lambda: show(course))
        verdict.shipped = told(plan, verdict.chosen)
        verdict.seconds["refitting"] = plan.shares["refitting"]
        verdict.write(course.folder / "verdict.json")
    course.now = "reporting"
    show(course)
    finish(course.folder, verdict, plan)


def finish(folder: Path, verdict: Verdict, plan: Plan) -> None:
    """The winner's folder and the report, where they are not there yet."""
    if not (folder / "winner" / "model.json").exists():
        save_winner(folder, verdict, plan)
    if not (folder / "report.html").exists():
        from bestiary.report import write_report

        with contextlib.suppress(Exception):  # a report without this section is better than none
            measure(folder, verdict, min(SECONDS, SHARE * plan.budget))
        write_report(folder)


def save_winner(folder: Path, verdict: Verdict, plan: Plan) -> None:
    """Writes `winner/`, and beside it in `winner/judged/` the model that was judged, where all rows made another one.

    Of a contender with several seeds the one with the lowest validation loss ships; of an ensemble all.
    """
    standing = next((s for s in verdict.standings if s.name == verdict.chosen), None)
    if standing is None:
        return
    parts = shipped(plan, verdict.chosen, verdict)
    judged = _sources(folder, parts)
    temporary = folder / ".winner"
    shutil.rmtree(temporary, ignore_errors=True)
    if _made(folder, plan):
        _save(temporary / JUDGED, folder, verdict, plan, standing, judged, ("This is the model that was judged.",))
        _save(temporary, folder, verdict, plan, standing, _again(folder, plan, parts), (verdict.shipped,))
    else:
        _save(temporary, folder, verdict, plan, standing, judged, (_seeds(standing), verdict.shipped))
    shutil.rmtree(folder / "winner", ignore_errors=True)
    temporary.rename(folder / "winner")


def _seeds(standing: Standing) -> str:
    if not standing.network or not standing.folder:
        return ""
    count = len(standing.seeds)
    if count == 1:
        return f"Trained once, with seed {standing.seeds[0]}."
    return f"Trained with {count} seeds; this is seed {standing.seeds[0]}, the best on validation rows."


def _sources(folder: Path, parts: list[Part]) -> list[Source]:
    return [
        Source(training_folder(folder, name), part.name, part.weight / len(part.trainings))
        for part in parts
        for name in part.trainings
    ]


def _made(folder: Path, plan: Plan) -> set[str]:
    """The trainings that were made again on all rows."""
    return {refit.of for refit in plan.refits if not refit.failed and there(folder, refit)}


def _again(folder: Path, plan: Plan, parts: list[Part]) -> list[Source]:
    made, found = _made(folder, plan), []
    for part in parts:
        names = [name for name in part.trainings if name in made]
        if not names:
            found += _sources(folder, [part])
        found += [Source(training_folder(folder, f"{n}.all"), part.name, part.weight / len(names)) for n in names]
    return found


def _save(
    where: Path,
    folder: Path,
    verdict: Verdict,
    plan: Plan,
    standing: Standing,
    sources: list[Source],
    notes: tuple[str, ...],
) -> None:
    from bestiary.report import model_card
    from bestiary.runs.saving import Saved, Way, save_models

    spec, facts = read_spec(folder / "data")
    encoder = folder / "data" / "encoder"
    card = model_card(verdict, standing, tuple(filter(None, notes)), plan.source)
    saved = []
    for source in sources:
        check_result(source.folder)
        if source.name.startswith("baseline/"):
            name = source.name.partition("/")[2]
            saved.append(Saved(source.folder / "model.skops", {"baseline": name}, source.weight))
        else:
            job = read_job(source.folder)
            words = {
                "architecture": plan.entrant(source.name).architecture,
                "network": job["network"],
                "keywords": dict(job["keywords"]),
            }
            saved.append(Saved(source.folder / "answer.safetensors", words, source.weight))
    reading = {word: str(plan.source[word]) for word in ("separator", "encoding") if plan.source.get(word)}
    way = Way(plan.rules.get(standing.name), plan.temperatures.get(standing.name))
    save_models(where, saved, encoder=encoder, spec=spec, facts=facts, way=way, reading=reading, card=card)
