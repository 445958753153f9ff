"""Parts and methods for people: what `bestiary list` and `bestiary show` print of them. Imports no torch."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table

from bestiary import catalogue
from bestiary.catalogue import uses
from bestiary.catalogue.part import Part
from bestiary.catalogue.parts import SORTS
from bestiary.cli.figure import figure, text_of


def list_parts(parts: Sequence[Part], screen: Console) -> None:
    """Prints a table for each sort: name, year, title, and the forms that can be called beside it."""
    for sort, meaning in SORTS.items():
        listed = [one for one in parts if one.sort == sort]
        if not listed:
            continue
        screen.print(f"[bold]{sort}[/] [dim]({meaning})[/]")
        room = max(len(one.name) for one in parts)
        for one in listed:
            first, *more = textwrap.wrap(one.title, max(20, screen.width - room - 8))
            screen.print(f"[bold cyan]{one.name:<{room}}[/]  {one.year}  {escape(first)}", soft_wrap=True)
            for line in more:
                screen.print(" " * (room + 8) + escape(line), soft_wrap=True)
            forms = ", ".join(name for name in one.calls if name != one.name)
            for line in textwrap.wrap(forms, screen.width - 4):
                screen.print(f"[dim]    {line}[/]", soft_wrap=True)
        screen.print()


def words(part: Part) -> dict[str, object]:
    """What `bestiary list --json` says of a part; the words of architectures too, as far as it has them."""
    return {
        "name": part.name,
        "title": part.title,
        "family": part.sort,
        "kinds": (),
        "year": part.year,
        "taught": len(part.introductions),
        "guides": [f"G{text}" for text in part.introductions],
        "paper": part.paper,
        "sizes": [{"name": s.name, "parameters": s.parameters, "keywords": dict(s.keywords)} for s in part.sizes],
        "calls": list(part.calls),
        "aliases": list(part.aliases),
        "files": list(part.files),
    }


def facts(part: Part) -> list[tuple[str, str]]:
    """What stands in the table at the top of `bestiary show`."""
    compared = dict.fromkeys((one.against, one.test.partition("::")[0]) for one in part.reference)
    return [
        ("Source", part.paper),
        ("Files" if len(part.files) > 1 else "File", "\n".join(part.files)),
        ("In use", ", ".join(part.same)),
        ("Beware", part.beware),
        ("Compared", "\n".join(f"with {against} ({file})" for against, file in compared)),
        ("Used by", _users(part)),
    ]


def _users(part: Part) -> str:
    """The architectures whose code uses it."""
    names = [row.name for row in uses.users(part, catalogue.ROWS)]
    return (
        f"{len(names)} of {len(catalogue.ROWS)} architectures: {', '.join(names)}" if names else "no architecture here"
    )


def show_part(part: Part, screen: Console) -> None:
    """Prints what a part or a method is: source, formula, code, who uses it, how to call it."""
    texts = len(part.introductions)
    taught = f"named in {texts} of {catalogue.INTRODUCTIONS} introductory texts" if texts else ""
    screen.print(f"[bold cyan]{part.name}[/] · [bold]{escape(part.title)}[/]")
    screen.print(" · ".join(word for word in (part.sort, str(part.year), taught) if word), "", sep="\n")
    screen.print(escape(part.summary), "", sep="\n")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", max_width=20)
    table.add_column()
    for word, text in facts(part):
        if text:
            table.add_row(word, escape(text))
    screen.print(table)
    _section(screen, "Formula", escape(part.formula.strip("\n")))
    _section(screen, "Written out", Group(*_code(part)))
    lines = [f"bestiary size {size.name}\npython: bestiary.create({size.name!r})" for size in part.sizes]
    session = part.example.strip("\n").splitlines()
    _section(screen, "How to use it", escape("\n".join([*lines, ">>> import bestiary, torch", *session])))


def _code(part: Part) -> list[RenderableType]:
    """Of a torch module the figure, of all else the code; what stands in one file once."""
    found: list[RenderableType] = []
    for target in dict.fromkeys(part.calls.values()):
        lines = figure(target) if _is_module(target) else code(target)
        drawn = Syntax("", "python", theme="ansi_dark").highlight("\n".join(lines))
        drawn.no_wrap = False
        found += [*([""] if found else []), drawn]
    return found


def _section(screen: Console, title: str, body: RenderableType) -> None:
    screen.print(f"\n[bold]{title}[/]")
    screen.print(Padding(body, (0, 0, 0, 2), expand=False))


def _is_module(target: str) -> bool:
    node = _definition(target)
    return isinstance(node, ast.ClassDef) and any(
        isinstance(part, ast.FunctionDef) and part.name == "forward" for part in node.body
    )


def _definition(target: str) -> ast.stmt:
    module, _, name = target.partition(":")
    tree = ast.parse(text_of(module))
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name)


def code(target: str) -> list[str]:
    """The lines of a function or class, without docstrings.

    Args:
        target: "module:name".

    Example:
        >>> code("bestiary.layers.messages:gather")[-1]
        '    return nodes[edges[0]]'
    """
    node = _definition(target)
    lines = text_of(target.partition(":")[0]).splitlines()
    told: set[int] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(one) is not None:
            told |= set(range(one.body[0].lineno, (one.body[0].end_lineno or 0) + 1))
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    kept = [lines[number - 1] for number in range(first, (node.end_lineno or 0) + 1) if number not in told]
    return [line for place, line in enumerate(kept) if line.strip() or (place and kept[place - 1].strip())]
