"""Whether the fitted parts of a table's preprocessing, as a file gave them, fit each other and its columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bestiary.errors import InputError
from bestiary.kinds.table.averages import CLASSES, sound
from bestiary.kinds.table.decoder import width
from bestiary.kinds.table.scaling import Scaling
from bestiary.rows.columns import ROLES, Column
from bestiary.rows.written import known_form

if TYPE_CHECKING:
    from sklearn.decomposition import TruncatedSVD

ADVICE = "save the model again"


def check_parts(parts: dict[str, object], columns: Sequence[Column], file: Path) -> None:
    """Refuses parts that `TableEncoder.learn` would not have fitted.

    Args:
        parts: of a file.
        columns: what each column means.
        file: the folder that they came from, for messages.

    Raises:
        InputError: naming what is wrong.
    """
    for column in columns:
        _check(column.role in ROLES and known_form(column.form), file, f"there is no role {column.role!r:.40}")
        _check(type(column.averages) is int and 0 <= column.averages <= CLASSES, file, "it has other averages")
        _check(column.role != "boolean" or len(column.known) == 2, file, f"{column.name!r:.60} has two words")
    names = [column.name for column in columns]
    _check(len(set(names)) == len(names), file, "two columns have one name")
    used = [column for column in columns if column.role != "left out"]
    numbers = sum(map(width, used))
    scaled, gaps = _places(parts, "scaled", numbers, file), _places(parts, "gaps", numbers, file)
    if parts.get("told") is not None:
        told = _places(parts, "told", len(gaps), file, least=-1)
        _check(len(told) == numbers, file, "its gaps are not those of its numbers")
    _check_numbers(parts.get("numbers"), len(scaled), file)
    _check_averages(parts.get("averages"), used, file)
    _check_text(parts.get("text"), sum(column.role == "text" for column in used), file)


def _places(parts: dict[str, object], name: str, end: int, file: Path, least: int = 0) -> list[int]:
    found = parts.get(name)
    if not isinstance(found, list) or not all(type(place) is int and least <= place < end for place in found):
        raise InputError(f"expected places of numbers ({name}) in {file}; received others; {ADVICE}")
    return found


def _check_numbers(scaling: object, count: int, file: Path) -> None:
    if not count:
        return _check(scaling is None, file, "it scales numbers that there are not")
    _check(isinstance(scaling, Scaling), file, "it does not scale its numbers")
    assert isinstance(scaling, Scaling)
    return _check(scaling.sound(count), file, "it scales other numbers, or by nothing")


def _check_averages(states: object, used: Sequence[Column], file: Path) -> None:
    many = {column.name: column.averages for column in used if column.role == "category" and column.averages}
    if not many:
        return _check(not states, file, "it has averages and no column of many words")
    fits = isinstance(states, dict) and set(states) == set(many)
    _check(fits, file, "it has averages of other columns")
    assert isinstance(states, dict)
    return _check(all(sound(states[name], width) for name, width in many.items()), file, "its averages are damaged")


def _check_text(state: object, count: int, file: Path) -> None:
    if not count:
        return _check(state is None, file, "it has texts and no column of them")
    if not isinstance(state, dict):
        return _check(False, file, "what was learned of its texts is missing")
    from sklearn.decomposition import TruncatedSVD

    from bestiary.kinds.table.text import LARGEST, LONGEST

    places, longest, weights = (state.get(name) for name in ("places", "longest", "weights"))
    _check(type(places) is int and 1 <= places <= LARGEST, file, "its n-grams have other places")
    _check(type(longest) is int and 1 <= longest <= LONGEST, file, "its texts are longer")
    _check(isinstance(weights, np.ndarray) and weights.shape == (count, places), file, "its n-grams have other weights")
    found = state.get("summaries")
    summaries = found if isinstance(found, list) else []
    sound = all(isinstance(one, TruncatedSVD) and _is_summary(one, places) for one in summaries)
    return _check(len(summaries) == count and sound, file, "its texts are summed up otherwise")


def _is_summary(summary: TruncatedSVD, places: object) -> bool:
    directions, spread = getattr(summary, "components_", None), getattr(summary, "explained_variance_", None)
    return (
        isinstance(directions, np.ndarray)
        and directions.ndim == 2
        and directions.shape[1] == places
        and isinstance(spread, np.ndarray)
        and spread.shape == directions.shape[:1]
    )


def _check(sound: bool, file: Path, fault: str) -> None:
    if not sound:
        raise InputError(f"{file} does not fit its columns: {fault}; {ADVICE}")
