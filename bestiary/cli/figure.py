"""The figure of a network, read from its source without importing it: layers as built, `forward` as the paper draws it.

The house writes `forward` as the paper's figure, so the figure needs no torch: the source is parsed, never run.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def figure(network: str) -> list[str]:
    """Lines that draw a network and the parts of it that stand in the same file.

    Args:
        network: "module:Class".

    Returns:
        For each class a head, its layers with what builds them, and its `forward`.

    Example:
        >>> print(*figure("bestiary.architectures.feedforward.ann:ANN"), sep="\\n")
        ANN: One hidden layer of rectified units: y = W2 max(0, W1 x + b1) + b2.
        ├─ self.hidden = nn.Linear(features, width)
        ├─ self.output = nn.Linear(width, outputs)
        └─ forward(inputs)
           hidden = F.relu(self.hidden(inputs.flatten(1)))  # [B, W]
           return self.output(hidden)  # [B, K]
    """
    module, _, name = network.partition(":")
    text = text_of(module)
    classes = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    lines: list[str] = []
    for one in _reached(name, classes) if name in classes else ():
        lines += [*([""] if lines else []), *_draw(classes[one], text)]
    if name in classes and not any("forward(" in line for line in lines):
        for base in _elsewhere(classes[name], ast.parse(text)):
            lines += ["", *figure(base)]
    return lines


def _elsewhere(node: ast.ClassDef, tree: ast.Module) -> list[str]:
    """The abstract classes of other files of the house that a class fills in, as "module:Class"."""
    imported = {
        alias.asname or alias.name: f"{line.module}:{alias.name}"
        for line in tree.body
        if isinstance(line, ast.ImportFrom) and (line.module or "").startswith("bestiary.")
        for alias in line.names
    }
    return [imported[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in imported]


def drawing(network: str) -> list[str]:
    """The drawing that the docstring of the file or of the class holds: paragraphs whose every line is indented."""
    module, _, name = network.partition(":")
    tree = ast.parse(text_of(module))
    nodes = [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)]
    for node in nodes:
        for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
            lines = paragraph.rstrip().splitlines()
            if len(lines) > 1 and all(line.startswith("  ") for line in lines) and ">>>" not in paragraph:
                return inspect.cleandoc("\n" + paragraph).splitlines()
    return []


@cache
def text_of(module: str) -> str:
    """The source of a module; its packages are imported to find it, the module itself is not."""
    found = importlib.util.find_spec(module)
    assert found is not None and found.origin is not None, module
    return Path(found.origin).read_text(encoding="utf-8")


def _reached(name: str, classes: dict[str, ast.ClassDef]) -> list[str]:
    """The classes of the same file that a class is built from, itself first, each once."""
    order = [name]
    for one in order:
        node = classes[one]
        named = [n.id for n in _expressions(node) if isinstance(n, ast.Name)]
        order += dict.fromkeys(n for n in named if n in classes and n not in order)
    return order


def _expressions(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below one, those of type annotations left out: a type that is allowed is not a part that is used."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _expressions(child)


def _draw(node: ast.ClassDef, text: str) -> list[str]:
    lines = text.splitlines()
    functions = {f.name: f for f in node.body if isinstance(f, ast.FunctionDef)}
    chosen = [s for s in node.body if isinstance(s, ast.Assign) or (isinstance(s, ast.AnnAssign) and s.value)]
    entries: list[list[str]] = [[ast.unparse(s)] for s in chosen]
    if "__init__" in functions:
        entries += [_source(s, lines) for s in functions["__init__"].body if _builds(s)]
    if "forward" in functions:
        entries.append(_forward(functions["forward"], lines))
    drawn = [_head(node)]
    for place, (first, *more) in enumerate(entries):
        last = place == len(entries) - 1
        drawn.append(f"{'└─' if last else '├─'} {first}")
        drawn += [f"{'  ' if last else '│ '} {line}".rstrip() for line in more]
    return drawn


def _head(node: ast.ClassDef) -> str:
    summary = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
    bases = [ast.unparse(base) for base in node.bases if ast.unparse(base) != "nn.Module"]
    return f"{node.name}({', '.join(bases)}): {summary}" if bases else f"{node.name}: {summary}"


def _builds(statement: ast.stmt) -> bool:
    """Whether a statement of a constructor is part of the figure: docstrings, checks and a bare super() are not."""
    if isinstance(statement, ast.Expr):
        call = statement.value
        return isinstance(call, ast.Call) and (bool(call.args or call.keywords) or "super" not in ast.unparse(call))
    checks = isinstance(statement, ast.If) and all(isinstance(s, ast.Raise) for s in statement.body)
    return not checks


def _source(statement: ast.stmt, lines: list[str]) -> list[str]:
    """A statement as it stands in the file, comments included, moved to the left."""
    found = lines[statement.lineno - 1 : statement.end_lineno]
    return inspect.cleandoc("\n" + "\n".join(found)).splitlines()


def _forward(node: ast.FunctionDef, lines: list[str]) -> list[str]:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    found = lines[body[0].lineno - 1 : node.end_lineno]
    inputs = ", ".join(a.arg for a in node.args.args[1:])
    return [f"forward({inputs})", *inspect.cleandoc("\n" + "\n".join(found)).splitlines()]
