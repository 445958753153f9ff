"""One architecture, trained alone: a race of one rung and one contender, with early stopping."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import torch

from bestiary import catalogue, tasks
from bestiary.architectures.build import build, resolve
from bestiary.catalogue import Contender, Row
from bestiary.errors import InputError, nearest
from bestiary.race.contenders import Candidate, candidates, recipe_for
from bestiary.race.course import Clock, Course
from bestiary.race.folder import new_run, writing
from bestiary.race.measuring import measure
from bestiary.race.outcome import Outcome
from bestiary.race.plan import UNBOUNDED, Plan, parse_budget
from bestiary.race.prepare import Wishes, check, prepare
from bestiary.race.progress import Listener
from bestiary.race.race import follow, read_source, replayable, reserve
from bestiary.race.stages import EPOCHS, alone
from bestiary.race.telling import announce, introduce, tell, teller
from bestiary.race.threads import choose
from bestiary.race.workers import Pool
from bestiary.rows.limits import Within, called, within
from bestiary.rows.store import read_spec

PATIENCE = 12
FEW_STEPS = 50  # updates: a budget that allows fewer is said to be short


def train(
    name: str,
    source: object,
    target: object = None,
    *,
    set: Mapping[str, object] | None = None,  # noqa: A002 (the word of the command line)
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
    **reading: Any,
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
        wishes = Wishes(seconds, "time", metric, seed, 1, chosen, alone=True)
        said = list(data.notes)
        say = teller(listener, clock, seconds)
        with within(watch):
            plan = prepare(data, replayable(source, {**words, **reading}), folder, wishes, say)
        watch.tick(1.0)
        announce(plan, said, listener, clock)
        patience = None if row.phases else PATIENCE  # phases must run their course, and early ones judge nothing
        plan.rungs, plan.patience, plan.threads, plan.rivals = 1, patience, cores, []
        plan.folds, plan.contenders, plan.refit = 0, [name], False
        plan.shares.update(reading=round(clock.elapsed, 2), reserve=reserve(plan))
        candidate = chosen_size(name, row, plan, folder, dict(set or {}))
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
                f"{made:,} update{'s' * (made > 1)} fit into what reading and measuring left of the budget: "
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


def chosen_size(name: str, row: Row, plan: Plan, folder: Path, words: dict[str, object]) -> Candidate:
    """The network and settings that a name and further words mean.

    Raises:
        InputError: when the architecture does not take such data, or a word is unknown.
    """
    spec = read_spec(folder / "data")[0]
    if "/" in name or name == row.name:
        sizes = candidates(plan.kind, plan.problem, spec, plan.rows["train"], [name])[0][0].sizes
    else:
        size = catalogue.size(name)
        if size.kind and size.kind != plan.kind:
            raise InputError(
                f"{name} takes {size.kind} data; these are {plan.kind}; try `bestiary list --kind {plan.kind}`"
            )
        if recipe_for(row, plan.problem) is None:
            raise InputError(f"{row.name} has no recipe for {plan.problem}; it learns {', '.join(row.recipes)}")
        decided = {**spec.sizes(), "channels": 0, "features": 0}
        keywords = {word: value for word, value in size.keywords.items() if word not in decided}
        sizes = (Contender(size.name, size.network, keywords),)
    recipe = cast("tuple[str, str]", recipe_for(row, plan.problem))[1]
    of_recipe, of_network = _sorted_words(words, recipe, sizes[0].network)
    changed = tuple(replace(s, keywords={**s.keywords, **of_network}) for s in sizes)
    if of_network:
        changed = changed[:1]
    settings = {**row.settings[0], **of_recipe}
    with torch.device("meta"):  # costs nothing, and refuses words in one line before anything is started
        network = build(changed[-1].network, changed[-1].keywords, spec)
        resolve(recipe)(network, spec, **settings)
    return Candidate(replace(row, settings=(settings,)), changed, recipe)


def _sorted_words(words: dict[str, object], recipe: str, network: str) -> tuple[dict[str, object], dict[str, object]]:
    """Words of the recipe, and words of the network."""
    of_recipe = [n for n, p in inspect.signature(resolve(recipe)).parameters.items() if p.kind is p.KEYWORD_ONLY]
    of_network = list(inspect.signature(resolve(network)).parameters)
    for word in words:
        if word not in of_recipe and word not in of_network:
            known = [*of_network, *of_recipe]
            raise InputError(f"expected one of {', '.join(known)}; received {word!r}{nearest(word, known)}")
    return (
        {word: typed(word, value, resolve(recipe)) for word, value in words.items() if word in of_recipe},
        {word: typed(word, value, resolve(network)) for word, value in words.items() if word not in of_recipe},
    )


SHOWN = {int: "a whole number", float: "a number", bool: "True or False", str: "a word", NoneType: "None"}


def typed(word: str, value: object, taker: Callable[..., object]) -> object:
    """A value of the type that a network or recipe declares for it; one number may stand for a tuple of one.

    Raises:
        InputError: for a value of another type.

    Example:
        >>> from bestiary.architectures.feedforward.mlp import MLP
        >>> typed("widths", 64, MLP)
        (64,)
    """
    declared = get_type_hints(taker.__init__ if inspect.isclass(taker) else taker).get(word, object)
    for one in get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,):
        parts = get_args(one)
        if get_origin(one) is Literal:
            if value in parts:
                return value
        elif get_origin(one) in (tuple, list, Sequence):
            values = tuple(value) if isinstance(value, tuple | list) else (value,)
            if all(_fits(v, parts[0]) for v in values):
                return values
        elif _fits(value, one):
            return value
    raise InputError(f"{word} must be {_shown(declared)}; received {value!r}")


def _fits(value: object, kind: object) -> bool:
    if kind in (int, float):
        return isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    return not isinstance(kind, type) or isinstance(value, kind)


def _shown(declared: object) -> str:
    origin, parts = get_origin(declared), get_args(declared)
    if origin in (Union, UnionType):
        return " or ".join(map(_shown, parts))
    if origin is Literal:
        return ", ".join(map(repr, parts))
    if origin in (tuple, list, Sequence):
        return f"{SHOWN.get(parts[0], parts[0])} or several with commas, such as 64,32"
    return SHOWN.get(cast("type", declared), str(declared))
