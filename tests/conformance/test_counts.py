"""Every named size has a count that does not come from its class: published, or worked out in `counts/`."""

import ast
import csv
import importlib
from pathlib import Path

import pytest

from bestiary import catalogue
from bestiary.catalogue import Size

HERE = Path(__file__).parent
ALL = [size for row in (*catalogue.ROWS, *catalogue.parts.PARTS) for size in row.sizes]
SIZES = [pytest.param(size, id=size.name) for size in ALL]


def published() -> dict[str, tuple[int, str]]:
    """Size -> its count and where that was published, of all `published*.csv`."""
    lines = [line for path in sorted(HERE.glob("published*.csv")) for line in csv.reader(path.open(encoding="utf-8"))]
    return {name: (int(count), source) for name, count, source in lines if name != "size"}


def derived() -> dict[str, int]:
    """Size -> its count in arithmetic, of all files of `counts/`."""
    files = [path.stem for path in sorted((HERE / "counts").glob("*.py")) if path.stem not in ("__init__", "forms")]
    tables = [importlib.import_module(f"tests.conformance.counts.{name}").COUNTS for name in files]
    assert len({name for table in tables for name in table}) == sum(map(len, tables)), "a size is derived twice"
    return {name: count for table in tables for name, count in table.items()}


PUBLISHED, DERIVED = published(), derived()


@pytest.mark.parametrize("size", SIZES)
def test_every_size_has_an_independent_count(size: Size) -> None:
    known = {PUBLISHED[size.name][0]} if size.name in PUBLISHED else set()
    known |= {DERIVED[size.name]} if size.name in DERIVED else set()
    assert known, f"write the count of {size.name} into {HERE / 'counts'}, or a published one with its source"
    assert known == {size.parameters}


def test_no_count_is_left_over_and_each_published_one_has_a_source() -> None:
    assert set(PUBLISHED) | set(DERIVED) <= {size.name for size in ALL}
    assert all(len(source) > 10 for _, source in PUBLISHED.values())


def test_derivations_do_not_use_what_they_count() -> None:
    for path in (HERE / "counts").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            outside = [name for name in modules if name not in ("itertools", "tests.conformance.counts.forms")]
            assert not outside, f"{path.name} is arithmetic alone; it imports {outside}"
