"""`read`: from whatever a person has to a `Source`, the kind guessed and said."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from bestiary.data import builtin
from bestiary.data import guessing as kinds
from bestiary.data.tasks import KIND_OF, UNLABELLED, USUAL_TASK, check_task
from bestiary.data.unlabelled import WORDS, unlabelled
from bestiary.errors import InputError, nearest
from bestiary.rows.frames import Frame, frame_of, open_frame
from bestiary.rows.paths import checked_path, there
from bestiary.rows.source import Encoder, Source

Reader = Callable[..., Source]


def read(
    source: object,
    target: str | None = None,
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
    **options: object,
) -> Source:
    """Reads data of any kind.

    Args:
        source: path of a file or folder, pandas frame, `(X, y)` arrays, or the name of a built-in data set.
        target: column to predict; needed for tables.
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
        **options: of one kind: `separator`, `encoding` of CSV files, `image_size` of images, ...

    Returns:
        A `Source`: N rows with a target, notes for people, and `encode`.

    Raises:
        InputError: one line, for anything that cannot be read or learned from.

    Example:
        >>> flowers = read("iris")
        >>> len(flowers), flowers.kind, flowers.target.classes
        (150, 'table', ('setosa', 'versicolor', 'virginica'))
    """
    if kind is not None:
        kinds.check_kind(kind)
    problem = _task(problem, task)
    if kind is None and problem in KIND_OF:
        kind = KIND_OF[problem]
    reason = "as asked"
    if kind is None and problem is None and kinds.is_environment(source):
        kind, reason = "environment", f"{source!r} is called as gymnasium calls its environments"
    named = any(word is not None for word in (target, label, text, id, group, time))
    if kind is None and problem is None and not named and kinds.is_prose(source):
        kind, reason = (
            "corpus",
            f"{Path(cast('str', source)).name} holds running text; name a column with --target to read rows",
        )
    if problem is None and kind in USUAL_TASK:
        problem = USUAL_TASK[kind]
    if problem in UNLABELLED:
        own = {word: options.pop(word) for word in WORDS if word in options}
        if kind is None and isinstance(source, np.ndarray):
            kind = kinds.guess_array(source.shape, source.dtype == np.uint8)[0]
        words = {"kind": kind, "group": group, "time": time, "test": test, "text": text, "id": id, "label": label}
        return unlabelled(read(source, target, **words, labels=False, **options), problem, **own)  # pyright: ignore
    words: dict[str, object] = {
        "target": target or label,
        "problem": problem,
        "group": group,
        "time": time,
        "test": test,
    }
    words |= {"text": text, "id": id, **options}
    if isinstance(source, str) and not there(source) and builtin.known(source):
        name, (source, defaults) = source, builtin.load(source)
        own = cast("str | None", defaults.pop("kind", None))
        if kind is None and own is not None:
            kind, reason = own, f"the built-in set {name!r} is of that kind"
        words |= {word: value for word, value in defaults.items() if words.get(word) is None}
    if isinstance(source, tuple) and kind not in _OWN:
        return _read_arrays(cast("tuple[object, ...]", source), kind, words, reason)
    frame: Frame | None = None
    if kind in _OWN:
        return _call(kind, source, words, reason)
    if isinstance(source, str) and not there(source) and "/" not in source and "." not in source:
        raise InputError(f"no file and no built-in data set is named {source!r}{nearest(source, builtin.names())}")
    if kind is None and isinstance(source, (str, Path)):
        guess = kinds.guess_path(source)
        kind, reason = guess or (None, reason)
    if kind in (None, "table", "text"):
        frame = open_frame(
            source, cast("str | None", words.get("separator")), cast("str | None", words.get("encoding"))
        )
    if kind is None and frame is not None:
        kind, reason = kinds.guess_frame(
            frame, cast("str | None", words["target"]), text, id is not None and time is not None
        )
    opened = frame if kind in ("table", "text") else source
    return _call(cast("str", kind), opened, words, reason)


def _read_arrays(pair: tuple[object, ...], kind: str | None, words: dict[str, object], told: str) -> Source:
    if len(pair) != 2:
        raise InputError(f"expected a pair (X, y) of features and targets; received {len(pair)} parts")
    if isinstance(pair[0], pd.DataFrame):
        features: object = pair[0]
        guess = "table", "a frame of features was given"
    else:
        features = np.asarray(pair[0])
        guess = kinds.guess_array(features.shape, features.dtype == np.uint8)
    count, answers = len(cast("np.ndarray", features)), np.asarray(pair[1])
    if answers.ndim != 1 or len(answers) != count:
        raise InputError(f"expected one target for each of {count:,} rows; received targets of shape {answers.shape}")
    kind, reason = (kind, told) if kind else guess
    if kind in ("image", "series"):
        return _call(kind, (features, answers), words, reason)
    if isinstance(features, np.ndarray) and features.ndim > 2:
        features = features.reshape(count, -1)  # a table was asked for: a column for each number
    frame = features.copy() if isinstance(features, pd.DataFrame) else frame_of(cast("np.ndarray", features))
    name = words["target"] = cast("str", words["target"] or "target")
    if name in frame.columns:
        raise InputError(f"the features have a column {name!r} already; give target= another name")
    frame[name] = answers
    return _call(kind, open_frame(frame), words, reason)


def _call(kind: str, source: object, words: Mapping[str, object], reason: str) -> Source:
    """The reader of a kind with the words that were given."""
    reader = _reader(kind)
    if hasattr(source, "chunks"):
        words = {word: value for word, value in words.items() if word not in ("separator", "encoding")}
    told = {"reason": reason} if "reason" in inspect.signature(reader).parameters else {}
    return reader(source, **_accepted(reader, kind, words), **told)


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


READERS: Mapping[str, str] = {
    "table": "bestiary.kinds.table.reader:read_table",
    "text": "bestiary.kinds.text.reader:read_text",
    "image": "bestiary.kinds.image.reader:read_images",
    "series": "bestiary.kinds.series.reader:read_series",
    "pairs": "bestiary.kinds.pairs.reader:read_pairs",
    "corpus": "bestiary.kinds.corpus.reader:read_corpus",
    "graph": "bestiary.kinds.graph.sources:read_graph",
    "graphs": "bestiary.kinds.graph.sources:read_graphs",
    "environment": "bestiary.kinds.environment.reader:read_environment",
}
"""kind -> "module:function"; a reader takes the source and the words that `read` was given, and only those it knows."""
ENCODERS: Mapping[str, str] = {
    "table": "bestiary.kinds.table.encoder:TableEncoder",
    "text": "bestiary.kinds.text.reader:TextEncoder",
    "image": "bestiary.kinds.image.reader:ImageEncoder",
    "series": "bestiary.kinds.series.reader:SeriesEncoder",
    "pairs": "bestiary.kinds.pairs.reader:PairEncoder",
    "corpus": "bestiary.kinds.corpus.reader:CorpusEncoder",
    "graph": "bestiary.kinds.graph.encoder:GraphEncoder",
    "graphs": "bestiary.kinds.graph.encoder:GraphsEncoder",
    "environment": "bestiary.kinds.environment.reader:EnvironmentEncoder",
}
_OWN = tuple(USUAL_TASK)  # kinds whose readers open whatever they are given themselves


def _task(problem: str | None, task: str | None) -> str | None:
    """The one that was given, of two words for the same."""
    if problem is not None and task is not None and problem != task:
        raise InputError(f"task and problem are two words for one thing; received {task!r} and {problem!r}; give one")
    given = problem if task is None else task
    return given if given is None else check_task(given)


def _named(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _reader(kind: str) -> Reader:
    return _named(READERS[kind])


def load_encoder(folder: str | Path) -> Encoder:
    """The encoder that `Encoder.save` wrote to a folder.

    Raises:
        InputError: when the folder holds none, or one that was altered.
    """
    import json

    place = checked_path(folder, folder=True)
    try:
        kind = json.loads((place / "encoder.json").read_text(encoding="utf-8"))["kind"]
        if kind not in ENCODERS:
            raise InputError(f"encoder kind must be {', '.join(ENCODERS)}; received {kind!r}")
        encoder = _named(ENCODERS[kind])
        return encoder.load(place)
    except InputError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as why:
        raise InputError(
            f"{place} holds no encoder that can be read ({type(why).__name__}: {why}); save the model again"
        ) from None
