"""Resolves what `Reference` names: the test, what it uses, and whether it notices that a network's outputs change."""

import ast
import importlib
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from bestiary.architectures.build import resolve
from bestiary.catalogue import Reference, Row

ROOT = Path(__file__).parents[2]
LEFT_OUT = {"skip", "skipif", "xfail", "slow", "importorskip"}
"""Marks and calls under which a test may not run."""


@cache
def module_of(reference: Reference) -> ModuleType:
    """The file of a test, imported."""
    path, _, _ = reference.test.partition("::")
    assert path.startswith("tests/") and (ROOT / path).is_file(), f"there is no file {path}"
    return importlib.import_module(path.removesuffix(".py").replace("/", "."))


@cache
def definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """What stands at the top of a file: name -> its function, class or assignment."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {n.id: node for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return found


def function_of(reference: Reference) -> ast.FunctionDef:
    """The test itself."""
    name = reference.test.partition("::")[2]
    node = definitions(module_of(reference)).get(name)
    assert name.startswith("test_") and isinstance(node, ast.FunctionDef), f"there is no test {reference.test}"
    return node


def nodes_of(module: ModuleType, start: ast.stmt) -> list[ast.stmt]:
    """A definition of a file and all others of the file that it uses, directly or not."""
    known, found, waiting = definitions(module), [start], [start]
    while waiting:
        for name in ast.walk(waiting.pop()):
            word = name.id if isinstance(name, ast.Name) else name.arg if isinstance(name, ast.arg) else ""
            if word in known and known[word] not in found:
                found.append(known[word])
                waiting.append(known[word])
    return found


def used_by(module: ModuleType, nodes: list[ast.stmt]) -> list[object]:
    """All objects that a file's definitions name: `nn.LSTM` is torch.nn.LSTM, whatever it was imported as."""
    found = []
    for node in itertools.chain.from_iterable(map(ast.walk, nodes)):
        words = dotted(node)
        if words and hasattr(module, words[0]):
            thing: object = module
            for word in words:
                thing = getattr(thing, word, None)
                found.append(thing)
    return found


def dotted(node: ast.AST) -> list[str]:
    """The words of `a.b.c`; none of anything else."""
    if isinstance(node, ast.Name):
        return [node.id]
    before = dotted(node.value) if isinstance(node, ast.Attribute) else []
    return [*before, node.attr] if before and isinstance(node, ast.Attribute) else []


def library_object(name: str) -> object | None:
    """What a dotted name such as "torch.nn.LSTM" stands for; None where it is none."""
    words = name.split(".")
    if len(words) < 2 or not all(word.isidentifier() for word in words):
        return None
    for cut in range(len(words) - 1, 0, -1):
        try:
            thing: object = importlib.import_module(".".join(words[:cut]))
        except ImportError:
            continue
        for word in words[cut:]:
            thing = getattr(thing, word, None)
        return thing
    return None


def written_out(reference: Reference) -> ast.FunctionDef | None:
    """The function of the test's file, or inside of the test, that `calls` names."""
    everywhere = [function_of(reference), *definitions(module_of(reference)).values()]
    for node in itertools.chain.from_iterable(map(ast.walk, everywhere)):
        if isinstance(node, ast.FunctionDef) and node.name == reference.calls:
            return node
    return None


def borrowed(module: ModuleType, form: ast.FunctionDef) -> list[object]:
    """What of the project's own a form that is written out calls, itself or through other functions of its file."""
    nodes = itertools.chain.from_iterable(map(ast.walk, nodes_of(module, form)))
    called = [ast.Expr(node.func) for node in nodes if isinstance(node, ast.Call)]
    return [thing for thing in used_by(module, list(called)) if _home(thing).startswith("bestiary.")]


def _home(thing: object) -> str:
    return str(getattr(thing, "__module__", ""))


# ---------------------------------------------------------------------------------------------- what must hold of it


def check_it_runs(reference: Reference) -> None:
    """The test exists, and nothing may leave it out."""
    module = module_of(reference)
    nodes: list[ast.stmt] = nodes_of(module, function_of(reference))
    nodes += [node for name, node in definitions(module).items() if name == "pytestmark"]
    words = {word for node in nodes for part in ast.walk(node) for word in dotted(part)}
    assert not words & LEFT_OUT, f"{reference.test} may be left out: {words & LEFT_OUT}"


def check_it_compares(row: Row, reference: Reference) -> None:
    """The test uses the row, and what it names: an object of a library, or a form that borrows nothing from the row."""
    check_it_uses(row.name, files(row), reference)


def check_it_uses(name: str, mine: set[str], reference: Reference) -> None:
    """The same for what is called `name`, and stands in the modules `mine`."""
    module = module_of(reference)
    used = used_by(module, nodes_of(module, function_of(reference)))
    assert any(_home(thing) in mine for thing in used), f"{reference.test} uses nothing of {name}: {sorted(mine)}"
    named = reference.calls or reference.against
    library = library_object(named)
    if library is not None:
        assert any(thing is library for thing in used), f"{reference.test} does not use {named}"
        return
    form = written_out(reference)
    assert form is not None, f"{reference.test} uses no {named!r}: name a library's class, or a function of the file"
    assert not borrowed(module, form), f"{named} calls what it is compared with: {borrowed(module, form)}"


def check_it_binds(row: Row, network: str, folder: Path) -> None:
    """One of the row's tests fails when the outputs of a network are changed."""
    tests = {reference.test: reference for reference in row.reference}
    noticed = any(
        notices(getattr(module_of(reference), name.partition("::")[2]), network, folder)
        for name, reference in tests.items()
    )
    assert noticed, f"none of {list(tests)} fails when the outputs of {network} change"


# ------------------------------------------------------------------------------------------------------ what is ours


def networks(row: Row) -> set[str]:
    """Every network that a row names, as "module:Class"."""
    contenders = {c.network for contenders in row.races.values() for c in contenders}
    return {size.network for size in row.sizes} | contenders | {network for network, _ in row.tiny.values()}


def files(row: Row) -> set[str]:
    """The modules that hold a row: those of its networks and recipes, and what these import of the project's own."""
    modules = {name.partition(":")[0] for name in (*networks(row), *row.recipes.values())}
    for name in tuple(modules):
        things = vars(importlib.import_module(name)).values()
        modules |= {made for thing in things if (made := _home(thing)).startswith("bestiary.")}
    rooms = ("architectures", "layers", "algorithms", "objectives", "recipes")
    return {name for name in modules if name.split(".")[1] in rooms}


@contextmanager
def changed(kind: type[nn.Module]) -> Iterator[None]:
    """Makes all outputs of a class a hundredth larger, and a hundredth more."""
    forward = kind.forward

    def wrong(self: nn.Module, *given: Any, **words: Any) -> Any:
        return shifted(forward(self, *given, **words))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "forward", wrong)
        yield


def shifted(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value * 1.01 + 0.01 if value.is_floating_point() else value
    if isinstance(value, (tuple, list)):
        parts = [shifted(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


# --------------------------------------------------------------------------------------------------- running a test


def cases(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """The arguments of a test, case by case."""
    axes: list[list[dict[str, Any]]] = []
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "parametrize":
            names, values = mark.args[:2]
            names = [word.strip() for word in names.split(",")] if isinstance(names, str) else list(names)
            axes.append([dict(zip(names, _values(value, len(names)), strict=True)) for value in values])
    for chosen in itertools.product(*axes):
        yield {name: value for part in chosen for name, value in part.items()}


def _values(value: Any, names: int) -> tuple[Any, ...]:
    if hasattr(value, "marks"):  # pytest.param
        return tuple(value.values)
    return tuple(value) if names > 1 else (value,)


def passes(test: Callable[..., None], case: Mapping[str, Any], folder: Path) -> bool:
    """Whether a test passes; errors that are no failed comparison are raised."""
    wanted = inspect.signature(test).parameters
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        fixtures = {name: thing for name, thing in (("monkeypatch", patch), ("tmp_path", folder)) if name in wanted}
        try:
            test(**case, **fixtures)
        except AssertionError:
            return False
    return True


def notices(test: Callable[..., None], network: str, folder: Path) -> bool:
    """Whether a test that passes fails, in any of its cases, when a network's outputs are changed."""
    kind = resolve(network)
    assert isinstance(kind, type) and issubclass(kind, nn.Module)
    for case in cases(test):
        with changed(kind):
            same = passes(test, case, folder)
        if not same:
            assert passes(test, case, folder), f"{test.__name__} fails by itself"
            return True
    return False
