"""Looked at together, columns mean what each means by itself; and wide tables are read in the time of their cells."""

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from bestiary.data import read
from bestiary.kinds.table.decoder import decimals, decimals_of_all, sharing
from bestiary.rows import leaks, many_columns
from bestiary.rows.columns import describe
from bestiary.rows.many_columns import describe_all, together
from bestiary.rows.splits import assign
from bestiary.rows.written import finite, numbers

ROWS = 60


def columns(seed: int) -> dict[str, pa.Array]:
    """Columns of every sort, beside many plain ones."""
    random = np.random.default_rng(seed)
    whole = random.integers(0, 50, ROWS)
    gaps = [None if random.random() < 0.2 else str(value) for value in whole]
    odd = {
        "constant": ["5"] * ROWS,
        "written twice": ["5", "5.0"] * (ROWS // 2),
        "gaps and one word": ["5", ""] * (ROWS // 2),
        "empty": [""] * ROWS,
        "infinite": ["inf"] * ROWS,
        "partly infinite": ["inf", "1", "2"] * (ROWS // 3),
        "counts": [str(i + 7) for i in range(ROWS)],
        "row_id": [str(3 * i) for i in range(ROWS)],
        "huge": ["1e200", "2", "3"] * (ROWS // 3),
        "words": ["x", "y", "z"] * (ROWS // 3),
        "true": ["yes", "no"] * (ROWS // 2),
        "dates": [f"2024-01-{1 + i % 28:02d}" for i in range(ROWS)],
        "commas": [f"{i},5" for i in range(ROWS)],
        "stray": [*map(str, random.permutation(ROWS)[:-1]), "none of these"],
        "spaces": [f" {i % 7} " for i in range(ROWS)],
        "missing words": ["NA", "?", "1", "2"] * (ROWS // 4),
    }
    found = {name: pa.array(cells) for name, cells in odd.items()}
    found |= {f"p{i}": pa.array(gaps if i % 3 else list(map(str, random.normal(size=ROWS)))) for i in range(12)}
    found |= {f"f{i}": pa.array(random.normal(size=ROWS)) for i in range(9)}
    found |= {"float constant": pa.array([2.5] * ROWS), "nan": pa.array([np.nan, 1.0, 2.0] * (ROWS // 3))}
    found |= {f"i{i}": pa.array(random.integers(0, 9, ROWS)) for i in range(9)}
    found |= {"int constant": pa.array([4] * ROWS), "int gaps": pa.array([None, 1, 2] * (ROWS // 3))}
    return found | {"bool": pa.array([True, False] * (ROWS // 2))}


@pytest.mark.parametrize("cells", [1_000_000, 600])
@pytest.mark.parametrize("seed", range(3))
def test_columns_mean_together_what_they_mean_alone(seed: int, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_columns, "CELLS", cells)
    given = columns(seed)
    names = np.random.default_rng(seed).permutation(list(given)).tolist()
    table = pa.table({name: given[name] for name in names})
    rows = np.arange(ROWS)
    alone = [describe(name, table[name], rows) for name in names]
    assert describe_all(table, rows) == alone
    for form in ("plain", "decimal comma"):
        both = together(table, names, form)
        assert np.array_equal(both, np.stack([numbers(table[n], form) for n in names], axis=1), equal_nan=True)


def test_decimals_and_gaps_of_many_columns_are_those_of_each() -> None:
    random = np.random.default_rng(0)
    values = np.stack([random.normal(size=40).round(places) for places in (0, 1, 2, 6, 9)] * 2, axis=1)
    values[random.random(values.shape) < 0.3] = np.nan
    values[:, -1] = np.nan
    assert decimals_of_all(values) == [decimals(finite(column)) for column in values.T]
    gone = np.isnan(values)[:, [0, 0, 1, 0, 2, 1]]
    gaps = [0, 2, 3, 5]
    slow = []
    for i in range(gone.shape[1]):  # the definition: the last gap up to here with the same rows
        same = [place for place, g in enumerate(gaps) if g <= i and np.array_equal(gone[:, g], gone[:, i])]
        slow.append(same[-1] if same else -1)
    assert sharing(gone, gaps) == slow


def test_a_leak_among_many_columns_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "CELLS", 3_000)  # so that blocks are small
    random = np.random.default_rng(0)
    target = random.integers(0, 2, 300)
    table = {f"c{i}": random.normal(size=300) for i in range(250)}
    table |= {"told": 5.0 - target, "y": np.array(["no", "yes"])[target]}
    assert read(table, "y").suspects == ["told"]


def test_twenty_thousand_columns_are_read_in_seconds(tmp_path: Path) -> None:
    cells = np.random.default_rng(0).integers(0, 10, (60, 20_000)).astype(str)
    cells[:, -1] = np.array(["a", "b"])[np.arange(60) % 2]
    path = tmp_path / "wide.csv"
    header = ",".join([*(f"c{i}" for i in range(19_999)), "y"])
    path.write_text("\n".join([header, *map(",".join, cells.tolist())]) + "\n")
    began = time.process_time()
    source = read(path, "y")
    encoder = source.encode(assign(source), tmp_path / "run" / "data", 0)
    assert encoder.spec.sizes()["features"] > 19_000
    assert time.process_time() - began < 40  # it took 150 and more when columns were looked at one by one
