"""The race, as people call it: `race`, `resume`, `replay`."""

from __future__ import annotations

import importlib
import json
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from bestiary import tasks
from bestiary.errors import InputError
from bestiary.judging.evidence import Verdict
from bestiary.planning.contenders import PRETRAINED, Candidate, split_words
from bestiary.planning.plan import OUT_OF_TIME, Plan, parse_budget
from bestiary.planning.pretraining import bring, check_weights, entrants, placed
from bestiary.planning.run_check import check_origin, check_prepared, check_run, check_verdict
from bestiary.planning.stages import alone, encore
from bestiary.planning.views import SHARE, ask, pace
from bestiary.race.course import Clock, Course, OutOfTime
from bestiary.race.delivering import refitting
from bestiary.race.delivering.searching import REFIT, search, searches
from bestiary.race.delivering.winner import delivered, forget
from bestiary.race.folder import new_run, owned, refuse_links, unfinished, writing
from bestiary.race.measuring import measure
from bestiary.race.mending import mend
from bestiary.race.opened import judge
from bestiary.race.outcome import Outcome
from bestiary.race.pool.workers import Pool
from bestiary.race.prepare import Wishes, check, prepare
from bestiary.race.progress import Listener
from bestiary.race.showing import snapshot
from bestiary.race.telling import announce, introduce, tell, teller
from bestiary.records import names
from bestiary.rows.limits import Within, called, within
from bestiary.rows.source import Source

if TYPE_CHECKING:
    from bestiary.data.reading import Reading

PREFERENCES = ("best", "small", "fast")
SHORT_GRACE = 2.0  # the same when time has run out
GRACE = 5.0  # seconds that trainings have to save what they hold, when a person ends the race


def race(
    source: object,
    target: object = None,
    *,
    kind: str | None = None,
    problem: str | None = None,
    task: str | None = None,
    budget: str | float = "5m",
    equal: str = "time",
    contenders: Sequence[str] | str | None = None,
    exclude: Sequence[str] | str | None = None,
    weights: Mapping[str, str | Path] | None = None,
    metric: str | None = None,
    seed: int = 0,
    group: str | None = None,
    time: str | None = None,
    test: object = None,
    workers: int | None = None,
    device: str = "auto",
    prefer: Literal["best", "small", "fast"] = "best",
    refit: bool = True,
    out: str | Path | None = None,
    listener: Listener | None = None,
    began: float | None = None,
    **reading: object,
) -> Outcome:
    """Trains every architecture that fits the data under one equal budget, beside honest baselines.

    Ctrl-C ends it with the best so far, judged and reported; killed, it can be continued with `resume`.

    Args:
        source: path, pandas frame, arrays or the name of a built-in data set, as `bestiary.data.read` takes it.
        target: column to predict, several of a table (a list, or names with commas), or an array of the targets.
        kind: "table", "image", "text" or "series"; guessed unless given.
        problem: "classification" or "regression"; told from the target unless given.
        task: the same word, for all tasks: "reconstruct", "generate", "continue", "nodes", ...
        budget: wall-clock time for everything: "90s", "5m", "1h" or seconds.
        equal: what every contender has the same of: core-seconds ("time") or "examples".
        contenders: names ("lstm"), sizes ("resnet/small"), families ("family:convolution"); everyone unless given.
        exclude: the same words, for those that stay out.
        weights: name of an architecture or size -> file, folder of a model, or name of published weights: contenders
            that begin with them and are fine-tuned, beside all others. For images and texts.
        metric: that ranks the finalists; chosen with a reason unless given.
        seed: of first weights and orders. It moves no row between splits.
        group: column whose rows with equal cells are never parted between splits.
        time: column that orders the rows: the latest are tested on.
        test: held-out data of the same sort, instead of a test split.
        workers: trainings at a time; one a core unless given.
        device: "auto", "cpu" or "cuda"; on an accelerator contenders take turns.
        prefer: what is handed back: the "best" model on validation rows, which may be an ensemble of several; or, of
            those that the test rows cannot tell from the best, the "small"est or the "fast"est.
        refit: whether it is trained once more on all rows, test rows included, after it was judged.
        out: folder of the run, new or empty; `runs/<data>-<time>` unless given.
        listener: called about four times a second with a `race.progress.Snapshot`.
        began: `time.monotonic()` when the budget began to run; now, unless given.
        **reading: further words of `bestiary.data.read`.

    Returns:
        The outcome: `leaderboard`, `winner`, `report`, `verdict`, `folder`.

    Raises:
        InputError: one line, for data, words or folders that cannot be used.
    """
    clock = Clock(began=began)
    seconds = parse_budget(budget)
    count, chosen = check(equal, workers, device, seed)
    if prefer not in PREFERENCES:
        raise InputError(f"prefer must be one of {', '.join(PREFERENCES)}; received {prefer!r}")
    wanted, unwanted = split_words(contenders), split_words(exclude)
    candidates_known(wanted, unwanted)
    check_weights(weights or {})
    with new_run(out, source) as folder, writing(folder):
        pool = Pool(count)
        pool.warm()
        tell(listener, "reading", clock, seconds)
        words = {"target": target, "kind": kind, "problem": task or problem}
        words |= {"group": group, "time": time, "test": test}
        watch = Within(seconds, what=called(source))
        with within(watch):
            data = read_source(source, {**words, **reading})
        introduce(data, listener, clock, seconds)
        ask(data, wanted and [*wanted, *(weights or {})], unwanted, SHARE * seconds)
        wishes = Wishes(seconds, equal, metric, seed, count, chosen, prefer, refit)
        said = list(data.notes)
        say = teller(listener, clock, seconds)
        with within(watch):
            plan = prepare(data, replayable(source, {**words, **reading}), folder, wishes, say)
        watch.tick(1.0)
        plan.view_seconds = pace(data)
        announce(plan, said, listener, clock)
        plan.contenders, plan.exclude = wanted, unwanted
        plan.weights = placed(weights or {})
        plan.shares["reading"] = round(clock.elapsed, 2)
        found = entrants(folder, plan)
        plan.write(folder)
        del data
        return follow(folder, plan, pool, clock, listener, found)


def resume(
    run: str | Path,
    add: str | float | None = None,
    listener: Listener | None = None,
    environment: str | None = None,
) -> Outcome:
    """Continues a race that was killed, or gives one more time.

    Finished parts are not repeated; a training goes on from its last checkpoint, bit for bit. A race that has been
    judged is only read, unless time is added: then its finalists train afresh for longer, and the test rows are opened
    once more.

    Args:
        run: folder of the race.
        add: further budget: "10m".
        listener: as in `race`.
        environment: "module:Class" of the environment that it acts in, to allow that its code is run; a plain id of
            gymnasium's needs no leave.

    Raises:
        InputError: when the folder holds no race, holds what no race would have written, or another process is at it.
    """
    more = parse_budget(add) if add is not None else 0.0
    names.give([environment] if environment else [])
    folder = Path(run).resolve()
    if unfinished(folder):
        raise InputError(
            f"the race in {folder} was ended before its plan was written; begin it again with --out {folder}"
        )
    check_run(folder, Plan.read(folder))  # refused before a lock is written there
    with owned(folder), writing(folder):
        refuse_links(folder)
        plan = Plan.read(folder)  # as whoever held the lock before has left it
        verdict = folder / "verdict.json"
        judged = verdict.exists()
        if judged and not more:
            found = Verdict.read(verdict)
            check_verdict(found, plan)
            pool = Pool(plan.workers)
            try:
                delivered(Course(folder, plan, pool, Clock(plan.spent)), found, lambda course: None)
            finally:
                pool.stop()
            return Outcome(folder, found)
        mend(folder, plan)
        pool = Pool(plan.workers)
        pool.ready(folder / "probes")  # to start again takes nothing from the time that was planned for training
        clock = Clock(plan.spent)
        if more:
            plan.budget, plan.fixed = (plan.spent if judged else plan.budget) + more, False
            _reopen(folder, plan)
            if judged and len(plan.stages) >= plan.rungs:
                left = plan.budget - reserve(plan) - plan.spent
                plan.stages.append(alone(plan, left) if plan.rungs == 1 else encore(plan, left))
            plan.write(folder)
        return follow(folder, plan, pool, clock, listener, None)


def replay(
    plan: str | Path,
    source: object = None,
    out: str | Path | None = None,
    listener: Listener | None = None,
    environment: str | None = None,
) -> Outcome:
    """Follows a written plan again from the start: the same steps, seeds and contenders, bit for bit.

    Args:
        plan: `plan.json`, or the run folder that has it.
        source: the data, where the plan cannot say where they are.
        out: folder of the new run.
        listener: as in `race`.
        environment: as in `resume`.

    Raises:
        InputError: when the data are not those of the plan, or it is not a valid plan.
    """
    names.give([environment] if environment else [])
    clock = Clock()
    given = Plan.read(Path(plan))
    words = dict(given.source)
    origin = source if source is not None else words.pop("source", None)
    words.pop("source", None)
    if origin is None:
        raise InputError("expected the data: this plan was made from objects in memory; give them as source")
    if source is None:
        check_origin(origin, given)
    with new_run(out, origin) as folder, writing(folder):
        pool = Pool(given.workers)
        pool.warm()
        data = read_again(origin, words, given)
        if data.digest != given.digest:
            raise InputError(
                f"expected the data that the plan was made for (sha256 {given.digest[:12]}...); "
                f"received others ({data.digest[:12]}...); give the same file"
            )
        asked = (given.budget, given.equal, given.metric, given.seed, given.workers, given.device)
        wishes = Wishes(*asked, given.prefer, given.refit)
        ask(data, [entrant.name.removesuffix(PRETRAINED) for entrant in given.entrants], [], float("inf"))
        introduce(data, listener, clock, given.budget)
        said = list(data.notes)
        say = teller(listener, clock, given.budget)
        made = prepare(data, given.source, folder, wishes, say)
        check_prepared(given, made)
        announce(made, said, listener, clock)
        given.opened, given.finalists, given.spent, given.interrupted = 0, [], 0.0, False
        given.fixed, given.mended = True, []
        for stage in given.stages:
            for job in stage.jobs:
                job.retry = False  # what failed there has failed here
        for rival in given.rivals:
            rival.retry = False
        bring(given, Path(plan), folder)
        given.write(folder)
        return follow(folder, given, pool, clock, listener, None)


def candidates_known(wanted: list[str], unwanted: list[str]) -> None:
    """Refuses unknown names before anything is read."""
    from bestiary.planning.contenders import check_words

    check_words([*wanted, *unwanted])


def read_source(source: object, words: dict[str, object]) -> Source:
    """The data, with the words that were given."""
    from bestiary.data.reading import read

    given = {word: value for word, value in words.items() if value is not None}
    return read(source, **cast("Reading", given))


def read_again(origin: object, words: dict[str, object], plan: Plan) -> Source:
    """The data of a plan, read with its words.

    Raises:
        InputError: when they cannot be read so, or are of another kind or task than the plan says.
    """
    try:
        data = read_source(origin, words)
    except (TypeError, AttributeError) as reason:
        raise InputError(f"the plan's reading options cannot be used ({reason}); give the data by name") from reason
    found, said = (data.kind, data.target.problem), (plan.kind, plan.problem)
    if found != said:
        raise InputError(
            f"the plan is for {' '.join(said)}; its data were read as {' '.join(found)}; give the data by name"
        )
    return data


def replayable(source: object, words: dict[str, object]) -> dict[str, object]:
    """The words by which the data can be read again; empty where they came as objects in memory."""
    plain = {w: v for w, v in words.items() if v is not None}
    if isinstance(test := plain.get("test"), Path):
        plain["test"] = str(test.resolve())
    where = str(Path(source).resolve()) if isinstance(source, str | Path) and Path(source).exists() else source
    try:
        return json.loads(json.dumps({"source": where, **plain}))
    except (TypeError, ValueError):
        return {}


def follow(
    folder: Path, plan: Plan, pool: Pool, clock: Clock, listener: Listener | None, found: list[Candidate] | None
) -> Outcome:
    """Measures what is not measured, runs the rungs, judges, reports; Ctrl-C goes straight to the judging."""
    show: Callable[[Course], None] = lambda course: listener(snapshot(course, course.now)) if listener else None  # noqa: E731
    course = Course(folder, plan, pool, clock, show)
    plan.shares["reserve"] = reserve(plan)
    threading.Thread(target=_import_report, daemon=True).start()
    try:
        try:
            if not plan.entrants:
                with course.phase("planning"):
                    measure(folder, plan, found or entrants(folder, plan), pool, lambda: show(course))
                if not plan.entrants:
                    why = "; ".join(f"{name}: {reason}" for name, reason in plan.left_out.items())
                    raise InputError(f"no contender could be built for these data ({why}); name others")
                course.write()
            if not course.named:
                course.run()
                if searches(course):
                    search(course)
        except KeyboardInterrupt:
            _saving(course, show)
            pool.stop(course.grace(GRACE))
            plan.interrupted = True
            course.write()
        except OutOfTime:
            _saving(course, show)
            pool.stop(course.grace(SHORT_GRACE))
            course.cut()
        verdict = _judged(course, show)
        delivered(course, verdict, show)
    finally:
        pool.stop()
    course.write()
    course.now = "done"
    show(course)
    return Outcome(folder, verdict)


def _saving(course: Course, show: Callable[[Course], None]) -> None:
    course.now = "saving"
    show(course)


def _judged(course: Course, show: Callable[[Course], None]) -> Verdict:
    with course.phase("judging"):
        show(course)
        verdict = judge(course)
    plan = course.plan
    forget(course.folder)
    if plan.refit and not plan.fixed:
        refitting.decide(course, verdict)
        course.write()
    verdict.shipped, verdict.searched = refitting.told(plan, verdict.chosen), plan.searched
    verdict.seconds = {name: seconds for name, seconds in plan.shares.items() if name != "reserve"}
    verdict.trained = round(sum(s.train_seconds for s in verdict.standings), 2)
    verdict.available = round(plan.workers * course.clock.elapsed, 2)
    verdict.write(course.folder / "verdict.json")
    return verdict


def _reopen(folder: Path, plan: Plan) -> None:
    """A race that goes on will be judged anew; its old verdict would be a lie by then."""
    (folder / "verdict.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "predictions", ignore_errors=True)
    forget(folder)
    for rival in (one for one in plan.rivals if one.failed == OUT_OF_TIME):
        rival.failed = ""
    if plan.stages and not plan.stages[-1].jobs:  # nothing was trained: what is worth training is reckoned anew
        plan.stages.pop()
    if len(plan.stages) < plan.rungs and plan.stages:  # of the last rung all finalists train once more anyway
        plan.stages[-1].jobs += plan.unmade
        plan.unmade = []
    plan.opened, plan.finalists, plan.interrupted, plan.cut, plan.searched = 0, [], False, "", ""
    plan.ensembles, plan.preferred, plan.refits, plan.unrefitted, plan.speeds = [], "", [], "", {}
    plan.rules, plan.temperatures = {}, {}


def reserve(plan: Plan) -> float:
    """Wall-clock seconds kept back for judging, training on all rows, and the report."""
    rows = plan.rows["test"]
    again = REFIT * plan.budget if plan.refit and plan.rungs > 1 and tasks.find(plan.problem).told else 0.0
    return round(min(0.3 * plan.budget, 6.0 + 0.02 * plan.budget + rows / 5000) + again, 2)


def _import_report() -> None:
    """While others train: matplotlib and its friends take a second or two to import."""
    try:
        importlib.import_module("bestiary.report.page")
    except Exception:  # the report itself will say what is wrong
        return
