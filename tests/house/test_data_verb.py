"""`bestiary data`: what a person is shown of how their data were read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from bestiary.cli.main import main
from bestiary.data.overview import overview
from bestiary.data.reading import read
from bestiary.rows.splits import assign

ROWS = 120


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "Unnamed: 0": draw.permutation(ROWS),
            "sqm": [f"{v:.0f} m²" for v in draw.uniform(20, 200, ROWS)],
            "sold": [f"{d:02d}/{m:02d}/2023" for d, m in zip(draw.integers(1, 29, ROWS), draw.integers(1, 13, ROWS))],
            "heat": draw.choice(["gas", "oil", "none yet"], ROWS),
            "rooms": np.where(np.arange(ROWS) % 10 == 0, "..", draw.integers(1, 90, ROWS).astype(str)),
            "price": [f"{v:,.0f} €" for v in draw.uniform(90_000, 900_000, ROWS)],
        }
    )
    frame.to_csv(tmp_path / "houses.csv", index=False)
    return tmp_path / "houses.csv"


def test_each_column_is_shown_as_it_is_read(houses: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(houses), "--target", "price", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    columns = {one["name"]: one for one in found["columns"]}
    assert {name: one["role"] for name, one in columns.items()} == {
        "Unnamed: 0": "left out", "sqm": "number", "sold": "date", "heat": "category", "rooms": "number",
    }  # fmt: skip
    assert "--keep 'Unnamed: 0'" in columns["Unnamed: 0"]["remark"] and "its unit is m²" in columns["sqm"]["remark"]
    assert columns["sold"]["values"].endswith(", day first") and "gas" in columns["heat"]["values"]
    assert 0.02 < columns["rooms"]["missing"] <= 0.2 and "('..') count as missing" in columns["rooms"]["remark"]
    assert found["task"] == "regression" and "commas between thousands" in found["why"]
    assert sum(found["rows"].values()) == ROWS
    assert main(["data", str(houses), "--target", "price", "--drop", "sqm", "--keep", "Unnamed: 0"]) == 0
    shown = capsys.readouterr().out
    assert "as asked" in shown and "regression" in shown and "number of the row" not in shown


def test_other_kinds_are_shown_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "digits"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("image") and "rows    1,797" in shown and "classification" in shown


def test_nothing_is_shown_of_what_cannot_be_read(houses: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", str(houses), "--target", "prize"]) == 2
    told = capsys.readouterr()
    assert not told.out and "no column is named 'prize'" in told.err and "'price'" in told.err


@pytest.mark.parametrize("sign", [1, -1])
def test_columns_that_add_up_to_the_target_are_said(sign: int) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(50, 9, (ROWS, 4)).round(2), columns=pd.Index(list("abcd")))
    frame["total"] = (frame.b + sign * frame.d).round(2)
    notes = read(frame, target="total").notes
    told = "columns 'b', 'd' add up to the target 'total': are they known before the target is? --drop b leaves one out"
    assert told in notes
    frame["late"] = 3 * frame["total"] + 1  # which tells the target alone, and is said alone
    assert told in read(frame, target="total").notes
    del frame["late"]
    frame["total"] = 2 * frame.b + sign * 3 * frame.d
    assert any(
        "columns 'b', 'd' give the target 'total' as a weighted sum" in n for n in read(frame, target="total").notes
    )
    frame["total"] = (frame.b + sign * frame.d).round(2)
    frame["total"] += draw.normal(0, 0.1, ROWS)
    assert not any("add up" in note for note in read(frame, target="total").notes)


def test_every_suspicion_is_shown_with_the_option_that_overrides_it() -> None:
    draw, rows = np.random.default_rng(0), 400
    frame = pd.DataFrame(
        {
            "Unnamed: 0": range(rows), "order_id": draw.permutation(10**6)[:rows],
            "name": [f"n {k}" for k in range(rows)],
            "code": [f"c{k // 2}" for k in range(rows)], "seq": np.arange(rows) + 5, "day": np.arange(rows) + 1,
            "x": draw.normal(size=rows), "town": draw.choice(["a", "b"], rows),
            "y": np.repeat(["p", "q", "r", "s"], rows // 4),
        }
    )  # fmt: skip
    frame = pd.concat([frame, frame.iloc[:7]])  # copied rows hide no number of the row
    found = overview(read(frame, target="y"))
    remarks = {one.name: one.remark for one in found.columns}
    assert {one.name for one in found.columns if one.role == "left out"} == {
        "Unnamed: 0", "order_id", "name", "code", "seq",
    }  # fmt: skip
    for name in ("order_id", "name", "code", "seq"):
        assert f"--keep {name} learns from it" in remarks[name]
    assert "counts the rows" in remarks["seq"] and "a number of the row" in remarks["order_id"]
    assert any("'code' equals or almost determines" in n and "--drop code leaves it out" in n for n in found.notes)
    assert any("7 rows repeat the content" in note for note in found.notes)


def test_columns_that_change_with_time_are_said() -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "t": pd.date_range("2024-01-01", periods=400), "x": np.r_[draw.normal(size=300), draw.normal(30, 1, 100)],
            "k": draw.choice(["u", "v"], 400), "z": draw.normal(size=400), "y": draw.normal(size=400),
        }
    )  # fmt: skip
    frame.loc[300:, "k"] = "w"
    notes = overview(read(frame, target="y", time="t")).notes
    said = [note.partition(" differs")[0] for note in notes if "differs between the rows that are trained on" in note]
    assert said == ["column 'x'", "column 'k'"]
    assert not any("differs between" in note for note in overview(read(frame, target="y")).notes)


def test_the_report_shows_how_the_columns_were_read(tmp_path: Path) -> None:
    from bestiary.kinds.table.report import sections
    from bestiary.report.gather import Evidence

    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "id": range(7, 7 + 2 * ROWS, 2),
            "when": pd.date_range("2024-01-05", periods=ROWS).strftime("%d.%m.%Y"),
            "kind": draw.choice(list("uvw"), ROWS),
            "y": draw.normal(size=ROWS),
        }
    )
    source = read(frame, target="y")
    encoder = source.fit(assign(source))  # pyright: ignore[reportAttributeAccessIssue]
    encoder.save(tmp_path / "data" / "encoder")
    (section,) = sections(Evidence(tmp_path, SimpleNamespace(target="y", classes=[]), facts=dict(encoder.facts)))  # pyright: ignore[reportArgumentType]
    shown = {row[0]: row for row in section.rows}
    assert list(shown) == ["when", "kind", "id"] and "2 of 3 columns were learned from" in section.text
    assert shown["when"][2].startswith("2024-01-") and shown["kind"][2] == "u, v, w"
    assert "--keep id" in shown["id"][4]
    assert sections(Evidence(Path(), None)) == []  # pyright: ignore[reportArgumentType]
