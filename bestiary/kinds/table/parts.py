"""Whether the fitted parts of a table's preprocessing, as a file gave them, fit each other and its columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, RobustScaler, StandardScaler

from bestiary.batches import TableSpec
from bestiary.errors import InputError
from bestiary.kinds.table.decoder import width
from bestiary.rows.columns import FORMS, ROLES, Column

STEPS = (
    ("robust", RobustScaler),
    ("squash", FunctionTransformer),
    ("fill", SimpleImputer),
    ("standard", StandardScaler),
)
ADVICE = "save the model again"


def check_parts(parts: object, columns: Sequence[Column], spec: TableSpec, file: Path) -> None:
    """Refuses parts that `TableEncoder.learn` would not have fitted.

    Args:
        parts: of a file.
        columns: what each column means.
        spec: the sizes beside them.
        file: that they came from, for messages.

    Raises:
        InputError: naming what is wrong.
    """
    for column in columns:
        _check(column.role in ROLES and column.form in FORMS, file, f"there is no role {column.role!r:.40}")
        _check(column.role != "boolean" or len(column.known) == 2, file, f"{column.name!r:.60} has two words")
    names = [column.name for column in columns]
    _check(len(set(names)) == len(names), file, "two columns have one name")
    if not isinstance(parts, dict):
        raise InputError(f"expected fitted parts in {file}; received something else; {ADVICE}")
    used = [column for column in columns if column.role != "left out"]
    numbers = sum(map(width, used))
    scaled, gaps = _places(parts, "scaled", numbers, file), _places(parts, "gaps", numbers, file)
    if parts.get("told") is not None:
        told = _places(parts, "told", len(gaps), file, least=-1)
        _check(len(told) == numbers, file, "its gaps are not those of its numbers")
    _check_numbers(parts.get("numbers"), len(scaled), file)
    _check_words(parts.get("words"), sum(column.role == "category" for column in used), file)


def _places(parts: dict[str, object], name: str, end: int, file: Path, least: int = 0) -> list[int]:
    found = parts.get(name)
    if not isinstance(found, list) or not all(type(place) is int and least <= place < end for place in found):
        raise InputError(f"expected places of numbers ({name}) in {file}; received others; {ADVICE}")
    return found


def _check_numbers(pipeline: object, count: int, file: Path) -> None:
    if not count:
        return _check(pipeline is None, file, "it scales numbers that there are not")
    _check(isinstance(pipeline, Pipeline), file, "it does not scale its numbers")
    assert isinstance(pipeline, Pipeline)
    found = tuple((name, type(step)) for name, step in pipeline.steps)
    return _check(found == STEPS, file, "it scales its numbers by other steps")


def _check_words(onehot: object, count: int, file: Path) -> None:
    if not count:
        return _check(onehot is None, file, "it has categories and no column of them")
    _check(isinstance(onehot, OneHotEncoder), file, "its categories are missing")
    assert isinstance(onehot, OneHotEncoder)
    return _check(len(onehot.categories_) == count, file, "it has categories of other columns")


def _check(sound: bool, file: Path, fault: str) -> None:
    if not sound:
        raise InputError(f"{file} does not fit its columns: {fault}; {ADVICE}")
