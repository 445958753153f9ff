"""`read`: from whatever a person has to a `Source`, the kind guessed and said."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

import numpy as np
import pandas as pd

from bestiary import kinds, tasks
from bestiary.data import builtin
from bestiary.data.objects import answers_of, plain
from bestiary.data.order import put_in_order
from bestiary.errors import InputError, nearest
from bestiary.rows.frame import keeping_lists
from bestiary.rows.frames import frame_of, open_frame, sheet_named
from bestiary.rows.given import Given
from bestiary.rows.limits import called, guarded
from bestiary.rows.paths import checked_path
from bestiary.rows.source import Encoder, Source

Reader = Callable[..., Source]


class Reading(TypedDict, total=False):
    """The words of `read`; each is explained there."""

    target: object
    kind: str
    problem: str
    task: str
    group: str
    time: str
    test: object
    text: str
    id: str
    label: str
    order: str | Sequence[str]


def read(
    source: object,
    target: object = None,
    *,
    kind: str | None = None,
    problem: str | None = None,
    task: str | None = None,
    group: str | None = None,
    time: str | None = None,
    test: object = None,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 (the word of the command line)
    label: str | None = None,
    order: str | Sequence[str] | None = None,
    **options: object,
) -> Source:
    """Reads data of any kind.

    Args:
        source: path of a file or folder, pandas frame, `(X, y)` arrays, or the name of a built-in data set.
        target: column to predict, several columns (a list, or names with commas), or an array of the targets [N] or
            [N T]; needed for tables.
        kind: "table", "image", "text", "series", "pairs", "corpus", "graph", "graphs" or "environment"; guessed, or
            told from the task, unless given.
        problem: "classification" or "regression"; told from the target unless given.
        task: the same word, for all tasks: "reconstruct", "anomaly", "generate", "transduce", "continue", "nodes",
            "links", "graphs", "control" too.
        group: column whose rows with equal cells are never parted between splits.
        time: column that orders the rows: the latest are tested on. For series in long form: the steps.
        test: held-out data of the same sort; it becomes the test split.
        text: column of text.
        id: column that tells series apart, in long form; of a table: a column to leave out.
        label: the target's column, in the words of series.
        order: all classes, the least first, where their order means something.
        **options: of one kind: `separator`, `encoding` of CSV files, `sheet` of workbooks, `image_size` of images, ...

    Returns:
        A `Source`: N rows with a target, notes for people, and `encode`.

    Raises:
        InputError: one line, for anything that cannot be read or learned from.

    Example:
        >>> flowers = read("iris")
        >>> len(flowers), flowers.kind, flowers.target.classes
        (150, 'table', ('setosa', 'versicolor', 'virginica'))
    """
    words = {"kind": kind, "asked": _task(problem, task), "group": group, "time": time, "test": test}
    words |= {"text": text, "id": id, "label": label}
    sheet = options.pop("sheet", None)
    given, named = plain(source, target)
    names = named.split(",") if isinstance(named, str) else named or ()
    wanted = {*([named] if isinstance(named, str) else ()), *(name.strip() for name in names)}
    with guarded(called(source)), sheet_named(None if sheet is None else str(sheet)), keeping_lists(wanted):
        found = _read(given, named, **words, **options)  # pyright: ignore[reportArgumentType] - as they were given
        if order is not None:
            put_in_order(found, order)
        return found


def _read(
    source: object,
    target: str | tuple[str, ...] | None = None,
    *,
    kind: str | None,
    asked: tasks.TaskDescriptor | None,
    group: str | None,
    time: str | None,
    test: object,
    text: str | None,
    id: str | None,  # noqa: A002
    label: str | None,
    **options: Any,
) -> Source:
    if kind is not None:
        kinds.find(kind)
    own = _own_words(asked, options) if asked is not None else {}
    if kind is None and asked is not None and len(asked.kinds) == 1:
        kind = asked.kinds[0]
    words: dict[str, object] = {
        "target": target or label,
        "group": group,
        "time": time,
        "test": test,
        "text": text,
        "id": id,
        **options,
    }
    reason = "as asked"
    given = Given(source, words, builtin.names)
    shipped = isinstance(source, str) and not given.there and builtin.known(source)
    if kind is None and asked is None and not shipped:
        kind, reason = guess(given)
    if asked is None and kind is not None and kinds.find(kind).task:
        asked = tasks.find(kinds.find(kind).task)
    if asked is not None and asked.labels == "judging":
        rest: dict[str, Any] = {"kind": kind, "group": group, "time": time, "test": test, "text": text, "id": id}
        return _ready(read(source, target, label=label, **rest, labels=False, **options), asked, own)
    if shipped:
        name, (source, defaults) = source, builtin.load(cast("str", source))
        known = cast("str | None", defaults.pop("kind", None))
        if kind is None and known is not None:
            kind, reason = known, f"the built-in data set {name!r} is of this kind"
        words |= {word: value for word, value in defaults.items() if words.get(word) is None}
        given = Given(source, words)
    if kind is None:
        kind, reason = guess(given, asked.name if asked else None)
    if asked is not None:
        tasks.takes(asked.name, kind)
    found = _call(kinds.find(kind), given, {**words, "problem": asked.name if asked else None}, reason)
    return found if asked is None else _ready(found, asked, own)


def _ready(source: Source, task: tasks.TaskDescriptor, words: Mapping[str, Any]) -> Source:
    """Rows that were read, as their task needs them."""
    return _named(task.reading)(source, **words) if task.reading else source


def _own_words(task: tasks.TaskDescriptor, options: dict[str, Any]) -> dict[str, Any]:
    """Takes those options out that make rows ready for the task.

    Raises:
        InputError: for one that is meant for another task.
    """
    words = {one.name: _keywords(_named(one.reading)) for one in tasks.every().values() if one.reading}
    for word in options:
        meant = [name for name, known in words.items() if word in known]
        if meant and task.name not in meant:
            raise InputError(f"{word} is for the task {' or '.join(meant)}; the task is {task.name}; leave it out")
    return {word: options.pop(word) for word in words.get(task.name, ()) if word in options}


def _keywords(function: Callable[..., object]) -> list[str]:
    return [name for name, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY]


def _named(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def guess(given: Given, problem: str | None = None) -> tuple[str, str]:
    """The kind of what was given, and why: the first that has a reason.

    Args:
        given: what was given.
        problem: the task, where it was named; kinds that bring a task of their own are not meant then.

    Raises:
        InputError: when it is of no kind, or cannot be opened.

    Example:
        >>> guess(Given({"age": [3, 5], "kind": ["a", "b"]}, {"target": "kind"}))[0]
        'table'
    """
    for kind in kinds.every().values():
        if kind.guess and not (problem and kind.task):
            reason = kind.part("guess")(given)
            if reason is not None:
                return kind.name, reason
    received = type(given.source).__name__
    raise InputError(f"expected data of kind {', '.join(kinds.names())}; received {received}; name the kind (kind=)")


def _call(kind: kinds.Kind, given: Given, words: dict[str, object], reason: str) -> Source:
    """The reader of a kind with the words that were given."""
    source = _opened(kind, given, words)
    reader = cast("Reader", kind.part("read"))
    if hasattr(source, "chunks"):
        words = {word: value for word, value in words.items() if word not in ("separator", "encoding")}
    told = {"reason": reason} if "reason" in inspect.signature(reader).parameters else {}
    return reader(source, **_accepted(reader, kind.name, words), **told)


def _opened(kind: kinds.Kind, given: Given, words: dict[str, object]) -> object:
    """What the reader of a kind is given; see `kinds.kind.Kind.opens`."""
    if kind.opens == "itself":
        return given.source
    if isinstance(given.source, tuple):
        return _arrays(cast("tuple[object, ...]", given.source), kind, words)
    if kind.opens == "arrays":
        return given.source
    return given.frame or open_frame(given.source, given.word("separator"), given.word("encoding"))


def _arrays(pair: tuple[object, ...], kind: kinds.Kind, words: dict[str, object]) -> object:
    """Features and targets as a pair of arrays, or as a frame with a column for each number and one for the target."""
    if len(pair) != 2:
        raise InputError(f"expected a pair (X, y) of features and targets; received {len(pair)} parts")
    features = pair[0] if isinstance(pair[0], pd.DataFrame) else np.asarray(pair[0])
    count = len(features)
    named = words["target"] if isinstance(words["target"], str) else None
    answers = answers_of(pair[1], count, named or "target")
    if kind.opens == "arrays":
        if answers.shape[1] > 1:
            raise InputError(
                f"{kind.name} data in arrays have one target a row; received {answers.shape[1]}; race them one by one"
            )
        return features, np.asarray(pair[1]).reshape(-1)
    if isinstance(features, np.ndarray) and features.ndim > 2:
        features = features.reshape(count, -1)
    frame = features.copy() if isinstance(features, pd.DataFrame) else frame_of(features)
    names = [str(name) for name in answers.columns]
    words["target"] = names[0] if len(names) == 1 else names
    for name in names:
        if name in frame.columns:
            raise InputError(f"the features have a column {name!r} already; give target= another name")
    return open_frame(pd.concat([frame.reset_index(drop=True), answers], axis=1))


def _accepted(reader: Callable[..., object], kind: str, words: Mapping[str, object]) -> dict[str, Any]:
    """The words that were given; those that a reader does not know are refused."""
    taken = {name for name, p in inspect.signature(reader).parameters.items() if p.kind is p.KEYWORD_ONLY}
    given = {word: value for word, value in words.items() if value is not None}
    if "labels" not in taken:  # a reader that cannot do without
        given.pop("labels", None)
    unknown = [word for word in given if word not in taken]
    if unknown:
        shown = ", ".join(sorted(taken - {"reason", "labels"}))
        raise InputError(f"{kind} data take the options {shown}; received {unknown[0]!r}{nearest(unknown[0], taken)}")
    return given


def _task(problem: str | None, task: str | None) -> tasks.TaskDescriptor | None:
    """The one that was given, of two words for the same."""
    if problem is not None and task is not None and problem != task:
        raise InputError(f"task and problem mean the same; received {task!r} and {problem!r}; give one")
    given = problem if task is None else task
    return None if given is None else tasks.find(given)


def load_encoder(folder: str | Path) -> Encoder:
    """The encoder that `Encoder.save` wrote to a folder.

    Raises:
        InputError: when the folder holds none, or one that was altered.
    """
    from bestiary.rows.encoder_files import kind_of

    place = checked_path(folder, folder=True)
    return kinds.find(kind_of(place)).part("encoder").load(place)
