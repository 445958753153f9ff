"""Which parts and methods an architecture uses, read from its source: no network is imported, nothing is run.

From the classes and functions that a row names, every name in their bodies is followed: to other definitions of the
project, whose names are followed in turn, or to torch's own. A part is used where one of its own definitions, or one of
what it says computes the same (`Part.same`), is among them. Annotations of types are no use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Row

ROOT = Path(__file__).parents[2]
ROOMS = ("architectures", "layers", "parts", "recipes", "algorithms", "objectives", "optimisation", "sampling")
"""Where networks and ways of learning are made; names are followed no further."""


@dataclass(frozen=True)
class Source:
    """A file of the project: its imports as local name -> dotted name, and what stands at its top by name."""

    module: str
    imports: dict[str, str]
    definitions: dict[str, ast.stmt]


def parts_of(row: Row, parts: Iterable[Part]) -> list[Part]:
    """The parts that stand in a row's networks, and the methods that they or their recipes use, in the given order."""
    contenders = {c.network for several in row.races.values() for c in several}
    networks = frozenset({size.network for size in row.sizes} | contenders)
    work = frozenset({*networks, *row.recipes.values(), *row.verbs.values()})
    found = {"part": reached(networks), "method": reached(work)}
    return [one for one in parts if not found[one.sort].isdisjoint(computes(one))]


def users(part: Part, rows: Iterable[Row]) -> list[Row]:
    """The architectures that use a part or a method, in the given order."""
    return [row for row in rows if parts_of(row, [part])]


def computes(part: Part) -> set[str]:
    """Dotted names of everything that is this part."""
    return {*part.same, *(target.replace(":", ".") for target in part.calls.values())}


@cache
def reached(targets: frozenset[str]) -> frozenset[str]:
    """Dotted names of all that definitions name, directly or through others of the project.

    Args:
        targets: "module:name" of the definitions to begin with.

    Example:
        >>> found = reached(frozenset({"bestiary.architectures.feedforward.ann:ANN"}))
        >>> "torch.nn.functional.relu" in found, "torch.nn.LayerNorm" in found
        (True, False)
    """
    waiting = [target.replace(":", ".") for target in targets]
    found = set(waiting)
    while waiting:
        new = names_in(waiting.pop()) - found
        found |= new
        waiting += [name for name in new if name.startswith("bestiary.") and name.split(".")[1] in ROOMS]
    return frozenset(found)


@cache
def names_in(name: str) -> frozenset[str]:
    """Dotted names in the body of one definition of the project; none where it is no definition."""
    module, inside = _parted(name)
    if not inside:
        return frozenset()
    file = source(module)
    word, *further = inside.split(".")
    if word not in file.definitions:  # handed on from another file
        there = file.imports.get(word)
        return frozenset({".".join([there, *further])} if there else ())
    return frozenset(_names(file, file.definitions[word]))


def _parted(name: str) -> tuple[str, str]:
    """The module of the project that a dotted name lies in, and what of it; "" where there is no such module."""
    words = name.split(".")
    for cut in range(len(words), 0, -1):
        module = ".".join(words[:cut])
        if _path(module) is not None:
            return module, ".".join(words[cut:])
    return "", ""


@cache
def _path(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    options = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in options if path.is_file()), None)


@cache
def source(module: str) -> Source:
    """A file of the project, parsed."""
    path = _path(module)
    assert path is not None, module
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                imports[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    definitions: dict[str, ast.stmt] = {}
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            definitions[statement.name] = statement
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            definitions |= {n.id: statement for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return Source(module, imports, definitions)


def _names(file: Source, node: ast.AST) -> Iterator[str]:
    for chain in _chains(node):
        first, *further = chain
        if first in file.definitions:
            yield ".".join([file.module, *chain])
        elif first in file.imports:
            yield ".".join([file.imports[first], *further])
        elif further and not (first == "self" and len(further) == 1):  # a method of what some call has given
            yield f"torch.Tensor.{further[-1]}"


def _chains(node: ast.AST) -> Iterator[list[str]]:
    """The longest chains of names in a definition, `a.b.c` as its words; "" stands for what is no name."""
    if isinstance(node, ast.Attribute | ast.Name):
        yield _chain(node)
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name):
            return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _chains(child)


def _chain(node: ast.expr) -> list[str]:
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *reversed(words)]
