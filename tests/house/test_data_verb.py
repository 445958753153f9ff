"""`bestiary data`: what a person is shown of how their data were read."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from bestiary.cli.main import main
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
    assert "--keep Unnamed: 0" in columns["Unnamed: 0"]["remark"] and "its unit is m²" in columns["sqm"]["remark"]
    assert columns["sold"]["values"].endswith(", day first") and "gas" in columns["heat"]["values"]
    assert 0.02 < columns["rooms"]["missing"] <= 0.2 or "('..') count as missing" in columns["rooms"]["remark"]
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
    assert "columns 'b', 'd' add up to the target 'total': are they known before the target is?" in notes
    frame["total"] += draw.normal(0, 0.1, ROWS)
    assert not any("add up" in note for note in read(frame, target="total").notes)


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
