"""One architecture, trained alone: a race of one rung and one contender, with early stopping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bestiary import catalogue, tasks
from bestiary.catalogue import Row
from bestiary.errors import InputError
from bestiary.planning.chosen import chosen_size
from bestiary.planning.plan import UNBOUNDED, Plan, parse_budget
from bestiary.planning.pretraining import check_weights, knowing, pretrained
from bestiary.planning.stages import EPOCHS, alone
from bestiary.planning.threads import choose
from bestiary.planning.views import SHARE, ask, own_weights, pace
from bestiary.race.course import Clock, Course
from bestiary.race.folder import new_run, writing
from bestiary.race.measuring import measure
from bestiary.race.outcome import Outcome
from bestiary.race.pool.workers import Pool
from bestiary.race.prepare import Wishes, check, prepare
from bestiary.race.progress import Listener
from bestiary.race.race import follow, read_source, replayable, reserve
from bestiary.race.telling import announce, introduce, tell, teller
from bestiary.rows.limits import Within, called, within

PATIENCE = 12
FEW_STEPS = 50  # updates: a budget that allows fewer is said to be short


def train(
    name: str,
    source: object,
    target: object = None,
    *,
    set: Mapping[str, object] | None = None,  # noqa: A002 (the word of the command line)
    weights: str | Path | None = None,
    budget: str | float | None = None,
    epochs: int | None = None,
    kind: str | None = None,
    problem: str | None = None,
    task: str | None = None,
    metric: str | None = None,
    seed: int = 0,
    group: str | None = None,
    time: str | None = None,
    test: object = None,
    threads: int | None = None,
    device: str = "auto",
    out: str | Path | None = None,
    listener: Listener | None = None,
    began: float | None = None,
    **reading: object,
) -> Outcome:
    """Trains one architecture, with early stopping, for a number of epochs or for a time.

    Training ends when 12 looks at the validation rows in a row were no better; the best answer is kept. A training that
    was killed goes on with `bestiary.race.race.resume(folder)`.

    Args:
        name: an architecture ("lstm": the largest size that suits the data), one of its sizes for races
            ("resnet/small"), or a size by name ("resnet50").
        source: the data, as in `bestiary.race`; so are `target`, `kind`, `task`, `metric`, `seed`, `group`, `time`,
            `test`, `device`, `out`, `listener`, `began` and the words of reading.
        set: words of the network ("width") or of its recipe ("rate") that replace the usual ones.
        weights: that it begins with: a file, the folder of a model or run, or the name of published weights; all but
            the last part comes from there, and it is fine-tuned (see `recipes.fine_tuning`). For images and texts.
        budget: wall-clock time for everything: "5m"; the rate decays towards its end.
        epochs: passes over the training rows; 50 unless a budget is given.
        threads: of the training; unless given, one or all cores, whichever is measured to be faster. Only with one is a
            resumed training bit-equal to another.

    Returns:
        The outcome: `winner` is the model, `verdict` has its scores on the test rows, which were opened once.

    Raises:
        InputError: one line, for words, data or folders that cannot be used.
    """
    clock = Clock(began=began)
    if budget is not None and epochs is not None:
        raise InputError("expected a budget or a number of epochs; received both; leave one out")
    if epochs is not None and (not isinstance(epochs, int) or not 1 <= epochs <= 1_000_000):
        raise InputError(f"epochs must be a whole number from 1 to 1000000; received {epochs!r}")
    seconds = parse_budget(budget) if budget is not None else UNBOUNDED
    cores, chosen = check("time", threads, device, seed)
    row = catalogue.find(name.partition("/")[0])
    weights = own_weights(name) if weights is None else weights
    check_weights({} if weights is None else {name: weights})
    with new_run(out, source) as folder, writing(folder):
        pool = Pool(1)
        pool.warm()
        tell(listener, "reading", clock, seconds)
        words = {"target": target, "kind": kind, "problem": task or problem or _only_task(row)}
        words |= {"group": group, "time": time, "test": test}
        watch = Within(seconds, what=called(source))
        with within(watch):
            data = read_source(source, {**words, **reading})
        introduce(data, listener, clock, seconds)
        ask(data, [row.name if "/" not in name else name], [], SHARE * seconds if budget is not None else UNBOUNDED)
        wishes = Wishes(seconds, "time", metric, seed, 1, chosen, alone=True)
        said = list(data.notes)
        say = teller(listener, clock, seconds)
        with within(watch):
            plan = prepare(data, replayable(source, {**words, **reading}), folder, wishes, say)
        watch.tick(1.0)
        plan.view_seconds = pace(data)
        announce(plan, said, listener, clock)
        patience = None if row.phases else PATIENCE  # phases must run their course, and early ones judge nothing
        plan.rungs, plan.patience, plan.threads, plan.rivals = 1, patience, cores, []
        plan.folds, plan.contenders, plan.refit = 0, [name], False
        plan.shares.update(reading=round(clock.elapsed, 2), reserve=reserve(plan))
        candidate = chosen_size(name, row, plan, folder, dict(set or {}), tuned=weights is not None)
        if weights is not None:
            candidate = pretrained(candidate, name, weights, folder, plan)
        else:
            candidate = knowing(candidate, folder, plan)
        tell(listener, "planning", clock, seconds)
        measure(folder, plan, [candidate], pool)
        if not plan.entrants:
            raise InputError(f"{name} cannot be trained on these data: {_reasons(plan)}")
        if threads is None:
            plan.threads = choose(folder, plan, cores)
        left = Course(folder, plan, pool, clock).left
        plan.stages.append(alone(plan, left, epochs or EPOCHS))
        made = plan.stages[0].jobs[0].steps
        if budget is not None and made < FEW_STEPS:
            plan.notes.append(
                f"{made:,} update{'s' * (made > 1)} fit into what is left of the budget after reading and measuring: "
                "too few to learn much; give a longer one"
            )
        plan.write(folder)
        return follow(folder, plan, pool, clock, listener, None)


def _only_task(row: Row) -> str | None:
    """The first task of a row that learns without a target, as data with one would be taken for another; else None."""
    first, without = next(iter(row.recipes)), all(tasks.find(task).labels == "judging" for task in row.recipes)
    alone = len(row.recipes) == 1 and not tasks.find(first).told
    return first if alone or without else None


def _reasons(plan: Plan) -> str:
    """Why nothing could be measured, without the names of exceptions."""
    return "; ".join(reason.replace("InputError: ", "") for reason in plan.left_out.values())
