"""Which kind of data a person has given: guessed from what is there, and said with the reason."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bestiary.data.array_files import inputs_announced
from bestiary.data.columns import describe, free_text, labels
from bestiary.data.frames import Frame, open_frame
from bestiary.data.paths import checked_path, there
from bestiary.errors import InputError, nearest

KINDS = ("table", "image", "text", "series", "pairs", "corpus", "graph", "graphs", "environment")
LONG = 20  # words of a cell, on average, from which on few other columns do not make text a table
STEPS = 20  # columns numbered in a row that make a table a series
_IMAGE = r"(?i)\.(png|jpe?g|gif|bmp|tiff?|webp|ppm|pgm|pbm)$"
_STEP = re.compile(r"^(t|time|step)?[_\-. ]?(\d+)$", re.I)
_OPENING = 2_000
PROSE = 1 << 16  # bytes of a file from which it is told whether it is running text
_ENVIRONMENT = re.compile(r"(\w+/)?[\w-]+-v\d+")


def check_kind(kind: str) -> str:
    """The kind, when it is one; `InputError` with the nearest otherwise."""
    if kind not in KINDS:
        raise InputError(
            f"kind must be {', '.join(KINDS[:-1])} or {KINDS[-1]}; received {kind!r}{nearest(kind, KINDS)}"
        )
    return kind


def guess_path(given: str | Path) -> tuple[str, str] | None:
    """Kind and reason where the name or sort of a file decides; None where its columns must be looked at."""
    if there(given) and Path(given).expanduser().is_dir():
        if any(Path(given).expanduser().glob("*_TRAIN.ts")):
            return "series", f"{given} is a folder with a file NAME_TRAIN.ts"
        held = {path.name.partition(".")[0] for path in Path(given).expanduser().iterdir() if path.is_file()}
        if {"nodes", "edges"} <= held:
            return ("graphs" if "graphs" in held else "graph"), f"{given} is a folder of nodes and edges"
        return "image", f"{given} is a folder; images in one folder per class are expected"
    path = checked_path(given)
    suffix = path.suffix.lower()
    if suffix == ".ts":
        return "series", f"{path.name} is a .ts file"
    if suffix == ".npz":
        return _guess_npz(path)
    if suffix == ".graphml":
        return "graph", f"{path.name} is a GraphML file"
    return None


def is_prose(source: object) -> bool:
    """Whether a file named .txt holds running text rather than rows: words, and lines that no sign cuts evenly."""
    if not isinstance(source, (str, Path)) or Path(source).suffix.lower() != ".txt" or not there(source):
        return False
    with checked_path(source).open("rb") as file:
        lines = [line for line in file.read(PROSE).decode("utf-8", errors="replace").splitlines() if line.strip()]
    words = sum(len(line.split()) for line in lines)
    letters = sum(character.isalpha() or character.isspace() for line in lines for character in line)
    evenly = any(len({line.count(sign) for line in lines[:-1]}) == 1 and sign in lines[0] for sign in ",;\t|")
    return len(lines) > 2 and not evenly and words > 2 * len(lines) and letters > 0.8 * sum(map(len, lines))


def is_environment(source: object) -> bool:
    """Whether something is called as gymnasium calls its environments, and is no file.

    Example:
        >>> is_environment("CartPole-v1"), is_environment("digits")
        (True, False)
    """
    return isinstance(source, str) and bool(_ENVIRONMENT.fullmatch(source)) and not there(source)


def _guess_npz(path: Path) -> tuple[str, str]:
    """As arrays in memory, but that two axes are series: tables are not read from arrays in files."""
    shape, dtype = inputs_announced(path) or ((), np.dtype(np.uint8))
    if len(shape) == 2:
        return "series", f"{path.name} holds an array of two axes: series, steps; save a table as CSV or Parquet"
    if len(shape) == 3:
        kind, reason = guess_array(shape, dtype == np.uint8)
        return kind, f"{path.name}: {reason}"
    return "image", f"{path.name} is an .npz file; arrays of images are expected"


def guess_array(shape: Sequence[int], whole: bool) -> tuple[str, str]:
    """Kind and reason for an array of features whose first axis counts rows; `whole`: bytes, as pixels are."""
    if len(shape) == 4:
        return "image", "the array has four axes: images, height, width, channels"
    if len(shape) == 3 and whole:
        return "image", "the array has three axes of bytes: images"
    if len(shape) == 3:
        return "series", "the array has three axes of numbers: series, steps, channels; kind='image' overrides"
    return "table", "the array has rows and columns"


def guess_frame(
    frame: Frame, target: str | None = None, text: str | None = None, series: bool = False
) -> tuple[str, str]:
    """Kind and reason for a frame, from its first rows.

    Args:
        frame: the data.
        target: column to predict, which is looked at least.
        text: the column of text, when the person has named it.
        series: whether the person has named the column that tells series apart.

    Example:
        >>> guess_frame(open_frame({"age": [3, 5], "kind": ["a", "b"]}), "kind")[0]
        'table'
    """
    if text:
        return "text", f"column {text!r} was named as text"
    if series:
        return "series", "a column was named that tells series apart"
    others = [name for name in frame.columns if name != target]
    steps = [found for name in others if (found := _STEP.match(name))]
    numbered = bool(len(steps) >= STEPS and len(steps) >= len(others) - 1)
    numbered = numbered and bool(np.all(np.diff([int(step[2]) for step in steps]) == 1))
    if numbered and all(step[1] for step in steps):
        return "series", f"{len(steps)} columns are named as steps of time: one series a row"
    opening = next(iter(frame.chunks())).slice(0, _OPENING)
    for name in others[:200]:
        cells = labels(opening[name]).drop_null()
        if len(cells) and pc.all(pc.match_substring_regex(cells, _IMAGE)).as_py():
            return "image", f"column {name!r} holds names of image files"
    found = text_column(opening, others[:200])
    if found:
        places = np.arange(opening.num_rows)
        rest = [name for name in others[:200] if name != found]
        learned = [name for name in rest if describe(name, opening[name], places).role != "left out"]
        if not learned or (len(learned) <= 3 and _words_a_cell(opening[found]) >= LONG):
            return "text", f"column {found!r} holds free text"
        others_hold = f"{len(learned)} other{'s hold' if len(learned) > 1 else ' holds'} numbers, categories or dates"
        return "table", f"column {found!r} holds free text and {others_hold}; kind='text' reads the text alone"
    remark = "; its columns are only numbered: kind='series' where a row is one series" if numbered else ""
    return "table", f"it has columns of numbers, categories or dates{remark}"


def _words_a_cell(cells: pa.ChunkedArray) -> float:
    return pc.mean(pc.count_substring_regex(labels(cells).drop_null(), r"\S+")).as_py() or 0.0


def text_column(opening: pa.Table, names: Sequence[str]) -> str | None:
    """The column of longest free text, if there is one."""
    lengths: dict[str, float] = {}
    for name in names:
        cells = labels(opening[name]).drop_null()
        if pa.types.is_string(cells.type) and free_text(cells):
            lengths[name] = pc.mean(pc.utf8_length(cells)).as_py()
    return max(lengths, key=lambda name: lengths[name], default=None)


def open_any(source: object, separator: str | None = None, encoding: str | None = None) -> Frame:
    """A frame as it is, or anything that `open_frame` takes."""
    return source if hasattr(source, "chunks") else open_frame(source, separator, encoding)  # pyright: ignore[reportReturnType]
