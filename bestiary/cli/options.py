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
        help="Column to predict, or several of a table: a,b. Not needed for folders of images and built-in data sets."
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        help=f"Kind of data: {', '.join(kinds.names())}. Default: guessed from the data and printed.",
        rich_help_panel=READING,
    ),
]
Problem = Annotated[
    str | None,
    typer.Option(
        "--task",
        "--problem",
        help=f"What to learn: {', '.join(tasks.names())}. Default: guessed from the data.",
        rich_help_panel=READING,
    ),
]
Group = Annotated[
    str | None,
    typer.Option(help="Group column: rows with the same value always stay in the same split.", rich_help_panel=READING),
]
Time = Annotated[
    str | None,
    typer.Option(
        help="Time column: the latest rows become the test rows. For series in long form: the column of time steps.",
        rich_help_panel=READING,
    ),
]
Test = Annotated[Path | None, typer.Option(help="Held-out data to use as the test rows.", rich_help_panel=READING)]
Text = Annotated[str | None, typer.Option(help="Column that holds the text.", rich_help_panel=READING)]
Id = Annotated[
    str | None,
    typer.Option(
        "--id",
        help="Column that identifies each series, or each node of a graph. In a table: a column to leave out.",
        rich_help_panel=READING,
    ),
]
SourceNode = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="For graphs: the column of edges.csv that holds the source node of each edge.",
        rich_help_panel=READING,
    ),
]
TargetNode = Annotated[
    str | None,
    typer.Option(
        "--target-node",
        help="For graphs: the column of edges.csv that holds the target node of each edge.",
        rich_help_panel=READING,
    ),
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        help="Size in pixels to which images are resized: 32, or 32x48 (height x width).", rich_help_panel=READING
    ),
]
Further = Annotated[
    list[str] | None,
    typer.Option(
        "--with", help="Any other reading option as name=value: units=bytes, normal=3. Repeatable.",
        rich_help_panel=READING,
    ),
]  # fmt: skip
Separator = Annotated[
    str | None, typer.Option(help="Separator of a CSV file. Default: detected.", rich_help_panel=READING)
]
Encoding = Annotated[
    str | None, typer.Option(help="Text encoding of a CSV file. Default: detected.", rich_help_panel=READING)
]
Keep = Annotated[
    str | None,
    typer.Option(
        help="Columns of a table to learn from, even if they look like identifiers or leaks. Separate with commas.",
        rich_help_panel=READING,
    ),
]
Drop = Annotated[
    str | None, typer.Option(help="Columns of a table to leave out. Separate with commas.", rich_help_panel=READING)
]
Dates = Annotated[
    str | None,
    typer.Option(help="How to read a date such as 03/04/2024: day-first or month-first.", rich_help_panel=READING),
]
Missing = Annotated[
    str | None,
    typer.Option(
        help="Values that mean the target is missing, such as NA. Separate with commas.", rich_help_panel=READING
    ),
]
Order = Annotated[
    str | None,
    typer.Option(
        help="For ordered classes: all of them from lowest to highest, separated by commas.", rich_help_panel=READING
    ),
]
Weight = Annotated[
    str | None,
    typer.Option(help="Column with the weight of each row in training.", rich_help_panel=READING),
]
Seed = Annotated[
    int,
    typer.Option(
        help="Seed for initial weights and the order of rows. It does not change the splits.", rich_help_panel=TRAINING
    ),
]
Device = Annotated[str, typer.Option(help="Device to train on: auto, cpu or cuda.", rich_help_panel=TRAINING)]


Metric = Annotated[
    str | None,
    typer.Option(
        help="Metric that ranks the models. Default: chosen to suit the data; the reason is printed.",
        rich_help_panel=TRAINING,
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder for the results. Default: a new folder under runs/.")]
Environment = Annotated[
    str | None,
    typer.Option(
        help="With --resume or --plan: module:Class of the environment. Its code is run.",
        rich_help_panel=TRAINING,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the result.")]
Contender = Annotated[
    str | None,
    typer.Option(help="Use this contender of a race instead of the winner. Give its name on the leaderboard."),
]
SpreadsheetSafe = Annotated[
    bool,
    typer.Option(
        "--spreadsheet-safe",
        help="In .csv and .tsv: put an apostrophe before cells that a spreadsheet would run as formulas.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print progress as lines of JSON, then the result as a last line.")
]


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
