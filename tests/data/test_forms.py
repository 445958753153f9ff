"""The same rows in every form of file that people keep them in: each is read alike, or refused in one true line."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.rows import excel_files, packed
from bestiary.rows.frames import Frame, as_trained, open_frame
from bestiary.rows.splits import assign

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [1.5, None, 2.0]})
TEXT = FRAME.to_csv(index=False).encode()


def number(column: pd.Series) -> pd.Series:
    read = pd.to_numeric(column, errors="coerce")
    return column if (read.isna() & ~column.isin(["", None]) & column.notna()).any() else read


def cells(frame: Frame) -> dict[str, list[object]]:
    """Columns as they are read, numbers as numbers, whatever the form."""
    table = pa.concat_tables(frame.chunks(), promote_options="permissive")
    found = table.to_pandas().apply(lambda column: number(column))
    return {name: [None if cell != cell else cell for cell in column] for name, column in found.items()}


def same(frame: Frame) -> bool:
    found = {name: [None if cell == "" else cell for cell in column] for name, column in cells(frame).items()}
    return {n: [float(c) if n != "b" and c is not None else c for c in column] for n, column in found.items()} == {
        "a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"], "c": [1.5, None, 2.0],
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ packed


def zipped(name: str, *others: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, TEXT)
        for other in others:
            archive.writestr(other, b"1")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("t.csv.bz2", bz2.compress(TEXT)),
        ("t.csv.bz2", bz2.compress(TEXT[:9]) + bz2.compress(TEXT[9:])),
        ("t.csv.xz", lzma.compress(TEXT)),
        ("t.csv.xz", lzma.compress(TEXT[:9]) + b"\0" * 8 + lzma.compress(TEXT[9:])),
        ("t.csv.zst", pa.compress(TEXT, "zstd", asbytes=True)),
        ("t.csv.gz", gzip.compress(TEXT)),
        ("no_ending", bz2.compress(TEXT)),
        ("t.tsv.xz", lzma.compress(TEXT.replace(b",", b"\t"))),
        ("t.zip", zipped("folder/t.csv")),
        ("t.csv.zip", zipped("t.csv", "__MACOSX/._t.csv")),
        ("t.jsonl.zst", pa.compress(FRAME.to_json(orient="records", lines=True).encode(), "zstd", asbytes=True)),
        ("t.json.bz2", bz2.compress(FRAME.to_json(orient="records").encode())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # archives hold the time: names of tests must not
)
def test_packed_files_are_unpacked_as_they_are_read(name: str, raw: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(raw)
    frame = open_frame(tmp_path / name)
    assert same(frame) and same(frame), "and a second time, from the beginning"


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, lambda raw: pa.compress(raw, "zstd", asbytes=True)])
def test_packed_files_that_are_cut_or_grow_beyond_reason_are_refused(
    pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    many = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n % 977) for n in range(5_000))
    path.write_bytes(pack(many)[:-200])
    with pytest.raises(InputError, match=r"t\.csv is a damaged \w+ file .*; pack it again"):
        open_frame(path)
    monkeypatch.setattr(packed, "LEAST", 1 << 20)
    path.write_bytes(pack(b"a,b\n" + b"1,2\n" * 500_000))
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        open_frame(path)


def test_xz_that_wants_a_large_window_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    (tmp_path / "t.csv").write_bytes(lzma.compress(TEXT, filters=filters))
    with pytest.raises(InputError, match="needs more than 256 MB to be unpacked"):
        open_frame(tmp_path / "t.csv")


def test_archives_of_several_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.zip").write_bytes(zipped("a.csv", "b.csv"))
    with pytest.raises(InputError, match="is a zip archive; unpack it and give the file inside"):
        open_frame(tmp_path / "t.zip")


# ------------------------------------------------------------------------------------------------ JSON


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (FRAME.to_json(orient="columns"), "an object for each column"),
        (FRAME.set_axis(["p", "q", "r"]).to_json(orient="index"), "an object for each row"),
        (FRAME.to_json(orient="index"), "an object for each row"),
        (FRAME.to_json(orient="split"), "names of columns and rows"),
        (json.dumps({"count": 3, "items": json.loads(FRAME.to_json(orient="records"))}, indent=2), "'items'"),
        (json.dumps({"rows": json.loads(FRAME.to_json(orient="records"))}), "'rows'"),
        (json.dumps({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [1.5, None, 2]}, indent=1), "a list for each column"),
        (json.dumps({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [1.5, None, 2]}), "a list for each column"),
    ],
)
def test_one_json_object_that_is_a_table(text: str, how: str, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(text)
    frame = open_frame(tmp_path / "t.json")
    assert same(frame)
    assert any(how in note for note in frame.notes)


def test_an_object_a_line_stays_one_whatever_it_holds(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n')
    assert cells(open_frame(tmp_path / "t.json")) == {"a": [1, 2], "b": ["x", "y"]}
    (tmp_path / "t.json").write_text('{"a": 1, "b": "x"}\n')
    assert cells(open_frame(tmp_path / "t.json")) == {"a": [1], "b": ["x"]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": [1, 2], "b": [1]}', "lists of one length in t.json, one for each column; received 1, 2"),
        ('{"a": [{"x": 1}], "b": [{"y": 1}], "c": 3}', r"several lists of objects \('a', 'b'\)"),
        ('{"columns": ["a", "b"], "data": [[1, 2], [3]]}', "as many cells in each row"),
        ('{\n"a": [1, 2\n', "expected JSON in t.json"),
        ('{"a": 1}\n{"a": }\n', "line 2"),
        ("{" * 200_000, "expected JSON in t.json"),
    ],
)
def test_json_that_is_no_table_is_refused(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(InputError, match=says):
        open_frame(tmp_path / "t.json")


# ------------------------------------------------------------------------------------------------ Arrow


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_feather_files(compression: str, tmp_path: Path) -> None:
    FRAME.to_feather(tmp_path / "t.feather", compression=compression)
    frame = open_frame(tmp_path / "t.feather")
    assert same(frame)
    assert [piece.column_names for piece in frame.chunks(["c", "a"])] == [["c", "a"]]


def test_feather_comes_in_pieces_and_lists_are_left_out(tmp_path: Path) -> None:
    table = pa.table({"n": range(200_000), "l": [[1]] * 200_000, "w": pa.array(["ab"] * 200_000).dictionary_encode()})
    with pa.ipc.new_file(tmp_path / "t.arrow", table.schema) as file:
        file.write_table(table, max_chunksize=70_000)
    frame = open_frame(tmp_path / "t.arrow")
    assert frame.columns == ("n", "w") and any("'l'" in note for note in frame.notes)
    pieces = list(frame.chunks())
    assert len(pieces) == 3 and pa.concat_tables(pieces)["n"].to_pylist() == list(range(200_000))


def test_spans_of_time_are_seconds_in_files_too(tmp_path: Path) -> None:
    waits = pd.to_timedelta([90, 60, 30] * 20, unit="min")
    frame = pd.DataFrame({"wait": waits, "z": range(60), "y": [1.0, 2.0, 3.0] * 20})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_feather(tmp_path / "t.feather")
    for name in ("t.parquet", "t.feather"):
        source = read(tmp_path / name, target="y", problem="regression")
        columns = {c.name: c for c in source.fit(assign(source)).columns}  # pyright: ignore
        assert (columns["wait"].role, columns["wait"].low, columns["wait"].high) == ("number", 1800.0, 5400.0), name


# ------------------------------------------------------------------------------------------------ Excel


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


ROWS: list[list[object]] = [["a", "b", "c"], [1, "x", 1.5], [2, "y", None], [3, "z", 2]]


def test_a_workbook_is_read(tmp_path: Path) -> None:
    assert same(open_frame(workbook(tmp_path / "t.xlsx", Data=ROWS)))
    (tmp_path / "t.xlsx").rename(tmp_path / "no_ending")
    assert same(open_frame(tmp_path / "no_ending"))


def test_titles_empty_rows_and_columns_without_names_are_passed_over(tmp_path: Path) -> None:
    spaced = [[None, *row] for row in ROWS]
    rows = [["A report"], [], *spaced[:2], [], *spaced[2:]]
    frame = open_frame(workbook(tmp_path / "t.xlsx", Data=rows))
    assert same(frame) and any("above the names of columns, 1 row of" in note for note in frame.notes)


def test_the_first_sheet_with_rows_is_read_and_said_and_another_can_be(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", Notes=[["made by hand"]], Data=ROWS, More=[["y", "k"], [1, 2], [3, 4]])
    assert any("the sheet 'Data' is read, not 'More' (`--with sheet=More`" in note for note in open_frame(path).notes)
    with as_trained({"sheet": "More"}):
        assert open_frame(path).columns == ("y", "k")
    table = [["k", "y"], *([n, n % 2] for n in range(40))]
    both = workbook(tmp_path / "u.xlsx", Data=ROWS, More=table)
    assert len(read(both, target="y", sheet="More")) == 40
    with pytest.raises(InputError, match=r"no sheet of u\.xlsx is named 'Mora'; did you mean 'More'\?"):
        read(both, target="y", sheet="Mora")
    (tmp_path / "t.csv").write_bytes(TEXT)
    with pytest.raises(InputError, match=r"t\.csv is not a workbook; leave it out"):
        read(tmp_path / "t.csv", target="b", sheet="More")


def test_dates_truths_and_errors_of_cells(tmp_path: Path) -> None:
    day = datetime(2024, 3, 9)
    rows = [["d", "f", "n"], *([day, n % 2 == 0, "#DIV/0!" if n == 3 else n / 4] for n in range(6))]
    frame = open_frame(workbook(tmp_path / "t.xlsx", Data=rows))
    table = pa.concat_tables(frame.chunks())
    assert pa.types.is_timestamp(table.schema.field("d").type) and pa.types.is_boolean(table.schema.field("f").type)
    assert table["n"].to_pylist() == [0, 0.25, 0.5, None, 1, 1.25]
    assert "cells with errors such as #N/A count as missing: 1" in frame.notes


def test_workbooks_of_strangers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_files, "LEAST", 1 << 20)
    path = workbook(tmp_path / "t.xlsx", Data=ROWS)
    whole = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                text = b'<?xml version="1.0"?><!-- a --><!DOCTYPE x [<!ENTITY a "b">]>' + text.split(b"?>", 1)[-1]
            new.writestr(part, text)
    with pytest.raises(InputError, match="has a document type in its XML"):
        open_frame(path)
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part, old.read(part))
        new.writestr("xl/media/zeros.bin", bytes(2 << 20))
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        open_frame(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="is a damaged Excel workbook"):
        open_frame(path)
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(InputError, match=r"an old Excel file \(\.xls\), or one with a password"):
        open_frame(path)


def test_without_openpyxl_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "t.xlsx", Data=ROWS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match=r"pip install 'bestiary\[excel\]', or save it as CSV"):
        open_frame(path)


# ------------------------------------------------------------------------------------------------ tables of images


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "feather"])
def test_paths_of_windows_and_every_form_of_table_name_images(ending: str, tmp_path: Path) -> None:
    names = []
    for number in range(12):
        place = tmp_path / "pets" / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 6), 20 * number).save(place / f"{number}.png")
        names.append(f"pets\\{'ab'[number % 2]}\\{number}.png")
    table = pd.DataFrame({"path": names, "kind": [name[5] for name in names]})
    path = tmp_path / f"t.{ending}"
    if ending == "jsonl":
        table.to_json(path, orient="records", lines=True)
    elif ending == "feather":
        table.to_feather(path)
    else:
        table.to_csv(path, index=False)
    source = read(path, target="kind")
    assert (source.kind, len(source), source.target.classes) == ("image", 12, ("a", "b"))
