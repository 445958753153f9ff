"""`bestiary list`: the architectures there are. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from bestiary import catalogue
from bestiary.catalogue import Row


def command(
    family: Annotated[str | None, typer.Option(help="Only this family: feedforward, convolution, ...")] = None,
    kind: Annotated[str | None, typer.Option(help="Only those that race on table, image, text or series.")] = None,
    guide: Annotated[str | None, typer.Option(help="Only those that this guide names: G0 to G4.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> None:
    """List the architectures there are, with their sizes and parameter counts."""
    rows = [catalogue.find(name) for name in catalogue.names(family, kind, guide)]
    if as_json:
        print(json.dumps([_words(row) for row in rows], indent=1, default=list))
    else:
        _table(rows)


def _words(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "title": row.title,
        "family": row.family,
        "kinds": row.kinds,
        "year": row.year,
        "guides": row.guides.split(),
        "paper": row.paper,
        "sizes": [{"name": s.name, "parameters": s.parameters, "keywords": dict(s.keywords)} for s in row.sizes],
    }


def _table(rows: Sequence[Row]) -> None:
    from rich import box
    from rich.table import Table

    from bestiary.cli.console import console

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("name", style="bold cyan", no_wrap=True)
    table.add_column("architecture", min_width=14)
    table.add_column("year", no_wrap=True)
    table.add_column("family", no_wrap=True)
    table.add_column("races on", max_width=14)
    table.add_column("sizes", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    for row in rows:
        sizes = "\n".join(s.name for s in row.sizes)
        counts = "\n".join("-" if s.parameters is None else f"{s.parameters:,}" for s in row.sizes)
        kinds = ", ".join(row.kinds) or "-"
        table.add_row(row.name, row.title, str(row.year), row.family, kinds, sizes, counts)
    screen = console()
    screen.print(table)
    screen.print(f"{len(rows)} architectures. [bold]bestiary show NAME[/] tells about one of them.")
