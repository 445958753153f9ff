"""Rows are called by the line of the person's file on which they begin, whatever stands between them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.rows import csv_files
from bestiary.rows.frames import open_frame
from bestiary.rows.places import place
from bestiary.rows.store import read_lines

BROKEN = 'size,remark,y\n1,"two\nlines",a\n\n\n2,plain,b\n3,"a ""word""",a\n4,5" pipe,b\n\n'
"""Rows on lines 2, 6, 7 and 8."""


def begun(path: Path, text: str, encoding: str = "utf-8") -> list[int] | None:
    path.write_bytes(text.encode(encoding))
    lines = open_frame(path).lines()
    return None if lines is None else lines.tolist()


def test_the_first_row_is_on_line_2(tmp_path: Path) -> None:
    assert begun(tmp_path / "a.csv", "a,b\n1,2\n3,4") == begun(tmp_path / "a.csv", "a,b\r\n1,2\r\n3,4\r\n") == [2, 3]
    assert begun(tmp_path / "a.csv", "a,b\r1,2\r3,4\r\r") == [2, 3]
    assert csv_files.CsvFrame(tmp_path / "a.csv", names=("a", "b")).lines().tolist() == [1, 2, 3]  # type: ignore[union-attr]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_line_breaks_in_cells_and_empty_lines_count(tmp_path: Path, encoding: str) -> None:
    assert begun(tmp_path / "a.csv", BROKEN.replace("plain", "naïve"), encoding) == [2, 6, 7, 8]
    assert begun(tmp_path / "a.csv", BROKEN.replace("\n", "\r\n"), encoding) == [2, 6, 7, 8]
    assert begun(tmp_path / "a.csv", "\n\n" + BROKEN, encoding) == [4, 8, 9, 10]


def test_lines_of_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write(BROKEN)
    packed = open_frame(tmp_path / "a.csv.gz")
    assert place(packed, 3) == "line 8"
    assert begun(tmp_path / "a.jsonl", '{"a": 1}\n\n{"a": 2}\n') == [1, 3]
    assert begun(tmp_path / "a.json", '[{"a": 1},\n{"a": 2}]') is None
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "a.parquet")
    assert place(open_frame(tmp_path / "a.parquet"), 1) == place(open_frame({"a": [1, 2]}), 1)
    assert place(open_frame({"a": [1, 2]}), 1) == "row 1 (counted from 0)"
    monkeypatch.setattr(csv_files, "SEARCHED", 10)
    assert begun(tmp_path / "a.csv", BROKEN) is None, "a large file is not searched, and nothing wrong is said"
    assert begun(tmp_path / "a.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n9,10\n") == [2, 3, 4, 5, 6], "nor need it be"


def test_a_row_of_other_width_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BROKEN + "5,b\n")
    with pytest.raises(InputError, match=r"the columns of the first line; line 10: Expected 3 columns, got 2: 5,b"):
        open_frame(tmp_path / "a.csv")


def test_rows_that_are_dropped_or_refused_are_named_by_their_line(tmp_path: Path) -> None:
    path, many = tmp_path / "a.csv", BROKEN + "".join(f"{k},plain,{'ab'[k % 2]}\n" for k in range(40))
    path.write_text(many.replace("4,5", "9,5").replace(",b\n\n", ",\n\n"))
    assert "1 rows are dropped: their target 'y' is missing; the first is line 8" in read(path, "y").notes
    path.write_text(many.replace("2,plain,b", "soon,plain,b"))
    with pytest.raises(InputError, match=r"every row of 'size'; 1 rows have none, the first in line 6;"):
        read(path, "y", time="size")
    path.write_text("seen\tsaid\n" + "cat\tkat\n" * 9 + '"a\nb"\tc\n' + "\n\ttoo\n")
    assert (
        "1 rows are dropped: 'seen' or 'said' is missing in them; the first is line 14"
        in read(path, kind="pairs").notes
    )


def test_graphs_name_lines_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_text('id,remark,label\na,"two\nlines",x\nb,,y\nc,,x\n')
    (tmp_path / "edges.csv").write_text("source,target\na,b\n\nb,z\n")
    with pytest.raises(InputError, match=r"edges\.csv names the target 'z' in line 4, which nodes\.csv does not have"):
        read(tmp_path, "label")


@pytest.mark.parametrize("held_out", [False, True])
def test_lines_of_test_rows_are_kept_beside_them(tmp_path: Path, held_out: bool) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    rows = "".join(f'{k},"{k}\n",{"ab"[k % 2]}\n' for k in range(60))
    path.write_text("size,remark,y\n" + rows)
    other.write_text(BROKEN)
    source = read(path, "y", test=other) if held_out else read(path, "y")
    splits = np.arange(len(source)) % 3 if source.held is None else np.where(source.held == 2, 2, np.arange(64) % 2)
    source.encode(splits.astype(np.int8), tmp_path / "run" / "data", 0)
    lines = read_lines(tmp_path / "run" / "sealed", int((splits == 2).sum()))
    expected = [2, 6, 7, 8] if held_out else (2 + 2 * np.flatnonzero(splits == 2)).tolist()
    assert lines is not None and lines.tolist() == expected
    assert not list((tmp_path / "run" / "data").glob("*lines*"))
