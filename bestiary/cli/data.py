"""`bestiary data FILE`: how each column was read, before anything learns from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bestiary.cli import options
from bestiary.cli.output import say
from bestiary.cli.there import check_data

if TYPE_CHECKING:
    from bestiary.data.overview import Overview


def command(
    data: Annotated[str, typer.Argument(help="File, folder, or name of a built-in data set.")],
    target: options.Target = None,
    kind: options.Kind = None,
    problem: options.Problem = None,
    group: options.Group = None,
    time: options.Time = None,
    test: options.Test = None,
    text: options.Text = None,
    id_: options.Id = None,
    image_size: options.ImageSize = None,
    separator: options.Separator = None,
    encoding: options.Encoding = None,
    keep: options.Keep = None,
    drop: options.Drop = None,
    dates: options.Dates = None,
    missing: options.Missing = None,
    order: options.Order = None,
    weight: options.Weight = None,
    further: options.Further = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how data would be read: column types, missing values, columns left out or suspected, and why."""
    check_data(data)
    reading = options.reading(
        further, text=text, id=id_, image_size=image_size, separator=separator, encoding=encoding, keep=keep, drop=drop,
        dates=dates, missing=missing, order=order, weight=weight,
    )  # fmt: skip
    from bestiary.data.overview import overview
    from bestiary.data.reading import read

    found = overview(read(data, target, kind=kind, task=problem, group=group, time=time, test=test, **reading))
    if as_json:
        say(json.dumps(found.words(), ensure_ascii=False))
        return
    _show(found)


def _show(found: Overview) -> None:
    from rich.markup import escape
    from rich.table import Table

    from bestiary.cli.console import console

    screen = console()
    rows = " · ".join(f"{name} {count:,}" for name, count in found.rows.items())
    screen.print(f"[bold]{found.kind}[/]  {escape(found.reason)}")
    screen.print(f"rows    {sum(found.rows.values()):,}  ({rows})")
    if found.target:
        screen.print(f"target  {escape(found.target)}: {found.task}, because {escape(found.why)}")
    if found.answers:
        screen.print(f"        {escape(found.answers)}")
    if found.columns:
        table = Table("column", "read as", "missing", "values", "remark", box=None, pad_edge=False, header_style="bold")
        for one in found.columns:
            gone = f"{one.missing:.1%}" if one.missing else ""
            table.add_row(*map(escape, (one.name, one.role, gone, one.values, one.remark)))
        screen.print()
        screen.print(table)
    if found.notes:
        screen.print()
        for note in found.notes:
            screen.print(f"· {escape(note)}")
