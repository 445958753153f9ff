"""`bestiary list`: the architectures there are. Imports no torch."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Annotated

import typer

from bestiary import catalogue, kinds
from bestiary.catalogue import Row, Size, parts
from bestiary.catalogue.part import Part
from bestiary.cli.output import say

FAMILIES = (*dict.fromkeys(row.family for row in catalogue.ROWS), *parts.SORTS)


def command(
    family: Annotated[
        str | None,
        typer.Option(help=f"Show one family: {', '.join(FAMILIES)}."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help=f"Show architectures for one kind of data: {', '.join(kinds.names())}.")
    ] = None,
    taught: Annotated[
        int | None,
        typer.Option(help="Show architectures named in at least this many of five introductory texts, 1 to 5."),
    ] = None,
    guide: Annotated[str | None, typer.Option(hidden=True)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """List all architectures with their sizes and parameter counts, then parts and methods."""
    asked = catalogue.names(family, kind, guide, taught=taught)
    rows = [] if family in parts.SORTS else [catalogue.find(name) for name in asked]
    told = asked if family in parts.SORTS else _beside(family, kind, guide, taught)
    if as_json:
        from bestiary.cli.parts import words

        found = [words(one) for one in _parts(asked)] if family in parts.SORTS else [_words(row) for row in rows]
        say(json.dumps(found, indent=1, default=list))
    else:
        _table(rows, _parts(told))


def _beside(family: str | None, kind: str | None, guide: str | None, taught: int | None) -> list[str]:
    """The parts and methods below a table of architectures: those that the same conditions hold for."""
    if family is not None or kind is not None:
        return []
    return [name for sort in parts.SORTS for name in catalogue.names(sort, None, guide, taught=taught)]


def _parts(names: Sequence[str]) -> list[Part]:
    return [one for one in parts.PARTS if one.name in names]


def _words(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "title": row.title,
        "family": row.family,
        "kinds": row.kinds,
        "year": row.year,
        "taught": len(row.introductions),
        "guides": [f"G{text}" for text in row.introductions],  # the former words, for programs that read them
        "paper": row.paper,
        "sizes": [{"name": s.name, "parameters": s.parameters, "keywords": dict(s.keywords)} for s in row.sizes],
    }


def _table(rows: Sequence[Row], listed_parts: Sequence[Part]) -> None:
    """A table for each family; the sizes of an architecture stand below it, as many on a line as fit."""
    from rich.markup import escape

    from bestiary.cli.console import console
    from bestiary.cli.parts import list_parts

    screen = console()
    kinds_room = max((len(_kinds(row)) for row in rows), default=0)
    for family, members in groupby(rows, key=lambda row: row.family):
        screen.print(f"[bold]{family}[/]")
        listed = list(members)
        name_room = max(len(row.name) for row in listed)
        title_room = max(12, screen.width - name_room - kinds_room - len("  1958  ") - 2)
        for row in listed:
            first, *more = textwrap.wrap(row.title, title_room)
            name = f"[bold cyan]{row.name:<{name_room}}[/]"
            screen.print(f"{name}  {row.year}  {_kinds(row):<{kinds_room}}  {escape(first)}", soft_wrap=True)
            for line in more:
                screen.print(" " * (screen.width - title_room) + escape(line), soft_wrap=True)
            for line in _packed([f"{size.name} {_count(size)}" for size in row.sizes], screen.width - 4):
                screen.print(f"[dim]    {line}[/]", soft_wrap=True)
        screen.print()
    list_parts(listed_parts, screen)
    counted = [f"{len(rows)} architectures, below each its sizes with their parameters"] if rows else []
    for sort in parts.SORTS:
        number = sum(one.sort == sort for one in listed_parts)
        counted += [f"{number} {sort}{'s' * (number != 1)}"] if number else []
    screen.print(f"{'; '.join(counted) or 'Nothing of that'}. More: bestiary show NAME", soft_wrap=True)


def _kinds(row: Row) -> str:
    return ", ".join(row.kinds) or "-"


def _count(size: Size) -> str:
    return "-" if size.parameters is None else f"{size.parameters:,}"


def _packed(words: Sequence[str], width: int) -> list[str]:
    """Lines of words with three spaces between them, none wider than `width`."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 3 + len(word) <= width:
            lines[-1] += f"   {word}"
        else:
            lines.append(word)
    return lines
