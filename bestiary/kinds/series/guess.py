"""Whether series were given."""

from __future__ import annotations

import re

import numpy as np

from bestiary.kinds.series.long import find, stand_alone
from bestiary.rows.frames import Frame
from bestiary.rows.given import Given

STEPS = 20  # columns numbered in a row that make a table series
_STEP = re.compile(r"^(t|time|step)?[_\-. ]?(\d+)$", re.I)


def guess(given: Given) -> str | None:
    """Files of series, arrays with steps and channels, tables in long form or with a column a step."""
    if given.folder:
        found = any(given.folder.glob("*_TRAIN.ts"))
        return f"{given.folder} is a folder with a file NAME_TRAIN.ts" if found else None
    if given.suffix == ".ts" and given.path is not None:
        return f"{given.path.name} is a .ts file"
    if given.array is not None:
        return _array(given)
    if given.word("text"):
        return None
    if given.word("id") and given.word("time"):
        return None if rows_alone(given) else "a column that identifies the series was named"
    count, named = numbered(given)
    if named:
        return f"{count} columns are named as steps of time: one series a row"
    return None if given.frame is None else _long(given, given.frame)


def rows_alone(given: Given) -> str:
    """Why a table of which id and time were named holds no series; empty where it does, or they were not named."""
    one, target = given.word("id"), given.word("target")
    if one is None or not given.word("time") or given.frame is None or one not in given.frame.columns:
        return ""
    return stand_alone(given.frame, one, target if target in given.frame.columns else None)


def _long(given: Given, frame: Frame) -> str | None:
    target = given.word("target")
    if target is None or given.free_text is not None:
        return None
    found = find(frame, target, id=given.word("id"), time=given.word("time"), group=given.word("group"))
    return found.reason(target) if found else None


def _array(given: Given) -> str | None:
    assert given.array is not None
    shape, whole = given.array
    if given.path is not None and len(shape) == 2:
        return f"{given.path.name} holds an array of two axes: series, steps; save a table as CSV or Parquet"
    if len(shape) != 3 or whole:
        return None
    told = "the array has three axes of numbers: series, steps, channels; kind='image' overrides"
    return told if given.path is None else f"{given.path.name}: {told}"


def numbered(given: Given) -> tuple[int, bool]:
    """How many columns are numbered in a row, 0 where they are too few, and whether they are named as steps of time."""
    others = given.others
    steps = [found for name in others if (found := _STEP.match(name))]
    enough = len(steps) >= STEPS and len(steps) >= len(others) - 1
    if not enough or not np.all(np.diff([int(step[2]) for step in steps]) == 1):
        return 0, False
    return len(steps), all(step[1] for step in steps)
