"""`bestiary show NAME`: one architecture, part or method for people. Imports no torch, unless `--layers` builds one."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table

from bestiary import catalogue, kinds, tasks
from bestiary.catalogue import Keywords, Row, Size, parts, uses
from bestiary.cli.console import console
from bestiary.cli.figure import drawing, figure
from bestiary.cli.parts import show_part
from bestiary.tasks import TaskDescriptor


def command(
    name: Annotated[
        str,
        typer.Argument(help="Architecture, size, part or method, as named by `bestiary list`."),
    ],
    layers: Annotated[
        bool, typer.Option("--layers", help="Also list every layer with its shape. No memory is allocated.")
    ] = False,
) -> None:
    """Describe an architecture, part or method: source, sizes, layers, how it learns, how to use it."""
    show(name)
    if layers:
        from bestiary.cli.layers import print_layers

        row, size = catalogue.sized(name)
        print_layers(size, row, console())


def show(name: str) -> None:
    """Prints what an architecture is: source, sizes, figure of its layers, how it learns, how to use it.

    Of a part or a method: source, formula, its code, which architectures use it, how to call it.

    Args:
        name: of an architecture ("resnet"), of one of its sizes ("resnet50"), or of a part or method ("layer_norm").

    Raises:
        InputError: for an unknown name, with the nearest known one.

    Example:
        >>> show("ann")  # doctest: +ELLIPSIS
        ann · ...
    """
    screen = console()
    part = parts.named(name)
    if part is not None:
        show_part(part, screen)
        return
    row, size = catalogue.find(name), catalogue.size(name)
    screen.print(f"[bold cyan]{row.name}[/] · [bold]{escape(row.title)}[/]")
    screen.print(_head(row), "", escape(row.summary), "", sep="\n")
    screen.print(_facts(row))
    _section(screen, "Sizes", _sizes(row))
    if any(one.weights for one in row.sizes):
        _section(screen, "Published weights", _weights(row))
    if row.races:
        _section(screen, "Races as", _races(row))
    _section(screen, f"Figure ({size.name}: {_keywords(size.keywords)})", _figure(size))
    if row.exceptions:
        _section(screen, "Known exceptions", _table([(p, r) for p, r in row.exceptions.items()]))
    _section(screen, "How to use it", escape("\n".join(_uses(row, size))))


def _head(row: Row) -> str:
    """What it is filed under; empty parts are left out."""
    kinds = f"races on {', '.join(row.kinds)}" if row.kinds else "does not race"
    texts = len(row.introductions)
    taught = f"named in {texts} of {catalogue.INTRODUCTIONS} introductory texts" if texts else ""
    return escape(" · ".join(part for part in (row.family, str(row.year), kinds, taught) if part))


def _facts(row: Row) -> Table:
    facts = {
        "Source": row.paper,
        "Learns": row.learns,
        "Departs": row.departs,
        "Compared": "\n".join(_compared(row)),
        **_made_of(row),
        "Tries in races": "; ".join(_keywords(words) or "the defaults" for words in row.settings),
    }
    return _table([(word, text) for word, text in facts.items() if text])


def _made_of(row: Row) -> dict[str, str]:
    """The parts and methods of the catalogue that its code uses."""
    used = uses.parts_of(row, parts.PARTS)
    return {f"{sort.capitalize()}s": ", ".join(one.name for one in used if one.sort == sort) for sort in parts.SORTS}


def _compared(row: Row) -> list[str]:
    """What its numbers are compared with, and the files of the tests that do so."""
    found = {(reference.against, reference.test.partition("::")[0]): None for reference in row.reference}
    return [f"with {against} ({file})" for against, file in found]


def _table(lines: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", max_width=20)
    table.add_column()
    for word, text in lines:
        table.add_row(escape(word), escape(text))
    return table


def _sizes(row: Row) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("name", style="cyan", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("options, and source of the count")
    for size in row.sizes:
        count = "-" if size.parameters is None else f"{size.parameters:,}"
        source = f"\n[dim]{escape(size.source)}[/]" if size.source else ""
        table.add_row(size.name, count, escape(_keywords(size.keywords)) + source)
    return table


def _weights(row: Row) -> Table:
    """What is known of each published file: nothing is fetched."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("size", style="cyan", no_wrap=True)
    table.add_column("weights", no_wrap=True)
    table.add_column("file and source; what they have seen; licence; sha256")
    for size in row.sizes:
        for one in size.weights:
            told = [f"{one.file} ({one.source})", f"seen: {one.seen}", f"licence: {one.licence}", one.sha256]
            table.add_row(size.name, one.name, escape("\n".join(told)))
    return table


def _races(row: Row) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("kind", no_wrap=True)
    table.add_column("name", style="cyan", no_wrap=True)
    table.add_column("from rows", justify="right", no_wrap=True)
    table.add_column("options")
    for kind, contenders in row.races.items():
        for contender in contenders:
            name = f"{row.name}/{contender.name}"
            table.add_row(kind, name, f"{contender.rows:,}", escape(_keywords(contender.keywords)))
    return table


def _figure(size: Size) -> RenderableType:
    sketch = drawing(size.network)
    plan = Syntax("", "python", theme="ansi_dark").highlight("\n".join(figure(size.network)))
    plan.no_wrap = False
    return Group("\n".join(escape(line) for line in sketch), "", plan) if sketch else plan


def _uses(row: Row, size: Size) -> list[str]:
    word = json.dumps(size.name)
    changed = ", outputs=10" if "outputs" in size.keywords else ""
    lines = [f"bestiary size {size.name}", f"python: bestiary.create({word}{changed})"]
    if not row.races:
        return lines
    for number, task in enumerate(_tasks(row)):
        kind = next(k for k, cs in row.races.items() if any(not c.tasks or task.name in c.tasks for c in cs))
        data, _, words = kinds.find(kind).asked.partition(" ")
        words = words if task.labels == "needed" else ""
        words = words if task.told else f"{words} --task {task.name}".strip()
        asked, run = f"{data} {words}".strip(), f"RUN_{task.name}" if number else "RUN"
        lines += [
            *([f"bestiary race {asked} --contenders {row.name} --budget 1m"] if not number else []),
            f"bestiary train {row.name} {asked} --budget 1m --out {run}",
            *(f"bestiary {verb} {run}{f' {data}' if verb == 'encode' else ''}" for verb in _verbs(row, task)),
        ]
    return lines


def _tasks(row: Row) -> list[TaskDescriptor]:
    """The first task, and those after which it can do what it cannot do after the first."""
    known = [tasks.find(name) for name in row.recipes]
    chosen = known[:1]
    for verb in row.verbs:
        served = [task for task in known if verb in task.verbs]
        if served and not any(verb in task.verbs for task in chosen):
            chosen.append(served[0])
    return chosen


def _verbs(row: Row, task: TaskDescriptor) -> list[str]:
    """What a network can do after a task: the task's own verbs, and those that belong to none."""
    owned = {verb for one in tasks.every().values() for verb in one.verbs}
    return [verb for verb in row.verbs if verb in task.verbs or verb not in owned]


def _keywords(words: Keywords) -> str:
    return ", ".join(f"{word}={value!r}" for word, value in words.items())


def _section(screen: Console, title: str, body: RenderableType) -> None:
    screen.print(f"\n[bold]{escape(title)}[/]")
    screen.print(Padding(body, (0, 0, 0, 2), expand=False))
