"""Options that several verbs share: how data are read, and how long, where and with what to train."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bestiary import kinds, tasks
from bestiary.cli.words import settings
from bestiary.errors import InputError

READING, TRAINING = "Reading the data", "Training"

Target = Annotated[
    str | None,
    typer.Option(
        help="The column to predict, or several of a table: a,b. Not needed for folders of images and built-in data."
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        help=f"{', '.join(kinds.names())}; guessed and said unless given.",
        rich_help_panel=READING,
    ),
]
Problem = Annotated[
    str | None,
    typer.Option(
        "--task",
        "--problem",
        help=f"{', '.join(tasks.names())}; told from the data unless given.",
        rich_help_panel=READING,
    ),
]
Group = Annotated[
    str | None, typer.Option(help="Column whose equal rows are never parted between splits.", rich_help_panel=READING)
]
Time = Annotated[
    str | None,
    typer.Option(
        help="Column that orders rows; the latest are tested on. Of long series: their steps.", rich_help_panel=READING
    ),
]
Test = Annotated[Path | None, typer.Option(help="Held-out data; they become the test rows.", rich_help_panel=READING)]
Text = Annotated[str | None, typer.Option(help="The column of text.", rich_help_panel=READING)]
Id = Annotated[
    str | None,
    typer.Option(
        "--id",
        help="The column that tells series apart, or names the nodes of a graph; of a table, one to leave out.",
        rich_help_panel=READING,
    ),
]
SourceNode = Annotated[
    str | None,
    typer.Option("--source", help="Of a graph: the column of edges.csv with one end.", rich_help_panel=READING),
]
TargetNode = Annotated[
    str | None,
    typer.Option("--target-node", help="Of a graph: the column of edges.csv with the other.", rich_help_panel=READING),
]
ImageSize = Annotated[
    str | None,
    typer.Option(help="Pixels that images are brought to: 32, or 32x48 (height x width).", rich_help_panel=READING),
]
Further = Annotated[
    list[str] | None,
    typer.Option(
        "--with", help="A further word of reading: units=bytes, normal=3. Repeatable.",
        rich_help_panel=READING,
    ),
]  # fmt: skip
Separator = Annotated[str | None, typer.Option(help="Of a CSV file; detected unless given.", rich_help_panel=READING)]
Encoding = Annotated[str | None, typer.Option(help="Of a CSV file; detected unless given.", rich_help_panel=READING)]
Keep = Annotated[
    str | None,
    typer.Option(help="Columns of a table that are learned from whatever they look like.", rich_help_panel=READING),
]
Drop = Annotated[
    str | None, typer.Option(help="Columns of a table that are not learned from.", rich_help_panel=READING)
]
Dates = Annotated[
    str | None,
    typer.Option(help="day-first or month-first, where 03/04/2024 can be read either way.", rich_help_panel=READING),
]
Missing = Annotated[
    str | None,
    typer.Option(help="Words that mark a missing target, with commas, such as NA.", rich_help_panel=READING),
]
Order = Annotated[
    str | None,
    typer.Option(help="All classes with commas, the least first, where their order counts.", rich_help_panel=READING),
]
Weight = Annotated[
    str | None,
    typer.Option(help="Column that says how much each row counts in training.", rich_help_panel=READING),
]
Seed = Annotated[
    int,
    typer.Option(help="Of first weights and order of rows; it moves no row between splits.", rich_help_panel=TRAINING),
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.", rich_help_panel=TRAINING)]


Metric = Annotated[
    str | None, typer.Option(help="That ranks; chosen with a stated reason unless given.", rich_help_panel=TRAINING)
]
Out = Annotated[Path | None, typer.Option(help="Folder of the run; a new one under runs/ unless given.")]
Environment = Annotated[
    str | None,
    typer.Option(
        help="With --resume or --plan: the module:Class that is acted in, whose code is then run.",
        rich_help_panel=TRAINING,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the result.")]
SpreadsheetSafe = Annotated[
    bool,
    typer.Option(
        "--spreadsheet-safe", help="Of .csv and .tsv: an apostrophe before cells that a spreadsheet would compute."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="A line of JSON at each moment, and one at the end.")]


def reading(further: Sequence[str] | None = None, **given: str | None) -> dict[str, Any]:
    """The words of `bestiary.data.read` that were given; an image size becomes numbers.

    Args:
        further: word=value, for words that have no option of their own.
        **given: those that have one.

    Example:
        >>> reading(text="review", id=None, image_size="32x48")
        {'text': 'review', 'image_size': (32, 48)}
    """
    words: dict[str, Any] = {word: value for word, value in given.items() if value is not None}
    if "image_size" in words:
        words["image_size"] = image_size(words["image_size"])
    for word, value in settings(further or [], "--with").items():
        if word in words:
            raise InputError(f"{word} was given twice: by its own option and by --with; give it once")
        words[word] = value
    if words.get("separator") in ("\\t", "tab"):
        words["separator"] = "\t"
    return words


def image_size(text: str) -> int | tuple[int, int]:
    """Pixels from "32" or "32x48".

    Raises:
        InputError: when it is neither.

    Example:
        >>> image_size("32"), image_size("32x48")
        (32, (32, 48))
    """
    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text.strip().lower())
    if found is None:
        raise InputError(f"--image-size takes a side or height x width, such as 32 or 32x48; received {text!r}")
    return (int(found[1]), int(found[2])) if found[2] else int(found[1])
