"""Files of a few kilobytes that stand for gigabytes or hours, made from fixed seeds: what a stranger's file may be."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib import format as npy
from PIL import Image

HERE = 9_400  # pixels of a side: just below what Pillow itself refuses


def parquet_of_one_long_word(folder: Path) -> Path:
    """Two megabytes of one letter, in a million rows: 2 TB when it is written out."""
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int32)), pa.array(["a" * 2_000_000]))
    table = pa.table({"text": words.cast(pa.dictionary(pa.int32(), pa.string())), "y": np.arange(1_000_000) % 2})
    return _parquet(folder, table)


def parquet_of_long_cells(folder: Path) -> Path:
    """A row group of long cells that are no dictionary: 4 GB in 2,000 rows."""
    path = folder / "x.parquet"
    schema = pa.schema([("text", pa.string()), ("y", pa.int64())])
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as file:
        piece = pa.table({"text": ["b" * 2_000_000] * 20, "y": np.arange(20) % 2}, schema=schema)
        for _ in range(5):
            file.write_table(piece)
    return path


def parquet_of_many_rows(folder: Path) -> Path:
    """A hundred million rows of one number."""
    path = folder / "x.parquet"
    piece = pa.table({"a": np.zeros(5_000_000, np.int8), "y": np.zeros(5_000_000, np.int8)})
    with pq.ParquetWriter(path, piece.schema, compression="zstd") as file:
        for _ in range(20):
            file.write_table(piece)
    return path


def _parquet(folder: Path, table: pa.Table) -> Path:
    path = folder / "x.parquet"
    pq.write_table(table, path, compression="zstd")
    return path


def npz_of_zeros(folder: Path) -> Path:
    """A megabyte and a half that unpacks to a gigabyte and a half of pixels."""
    return _npz(folder, (24_000, 250, 250), "|u1", 1_500_000_000)


def npz_of_truths(folder: Path) -> Path:
    """A megabyte and a half of booleans, eight times as much as numbers."""
    return _npz(folder, (1_350_000, 1_000), "|b1", 1_350_000_000)


def _npz(folder: Path, shape: tuple[int, ...], kind: str, size: int) -> Path:
    path = folder / "x.npz"
    header = io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": kind, "fortran_order": False, "shape": shape})
    zeros = bytes(1 << 24)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
            file.write(header.getvalue())
            for start in range(0, size, len(zeros)):
                file.write(zeros[: min(len(zeros), size - start)])
        labels = io.BytesIO()
        np.save(labels, np.arange(shape[0]) % 2)
        archive.writestr("y.npy", labels.getvalue())
    return path


def pictures(folder: Path) -> Path:
    """Transparent pictures of one colour: a third of a megabyte each, 350 MB of pixels, a gigabyte and more of work."""
    raw = io.BytesIO()
    Image.new("RGBA", (HERE, HERE), (1, 2, 3, 4)).save(raw, "PNG")
    return _in_classes(folder, raw.getvalue(), "png")


def webp_pictures(folder: Path) -> Path:
    """The same as WebP, of three kilobytes, which its library unpacks when it is opened."""
    raw = io.BytesIO()
    Image.new("RGBA", (HERE, HERE), (1, 2, 3, 4)).save(raw, "WEBP", lossless=True, method=0)
    return _in_classes(folder, raw.getvalue(), "webp")


def _in_classes(folder: Path, raw: bytes, ending: str) -> Path:
    for number in range(8):
        place = folder / "photos" / "ab"[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.{ending}").write_bytes(raw)
    return folder / "photos"


def names_that_all_differ(folder: Path) -> Path:
    """JSON lines whose objects have ever other names."""
    path = folder / "x.jsonl"
    path.write_text("".join(json.dumps({f"n{i % 19_999}": i, "y": i % 2}) + "\n" for i in range(200_000)))
    return path


def an_array_of_names(folder: Path) -> Path:
    """The same as one JSON array."""
    path = folder / "x.json"
    path.write_text(json.dumps([{f"n{i % 19_999}": i, "y": i % 2} for i in range(200_000)]))
    return path


def too_many_names(folder: Path) -> Path:
    """A name a line, none of which comes again."""
    path = folder / "x.jsonl"
    path.write_text("".join(json.dumps({f"n{i}": 1, "y": i % 2}) + "\n" for i in range(100_000)))
    return path


def sdf_fields(folder: Path) -> Path:
    """Molecules whose fields all differ."""
    path = folder / "x.sdf"
    atom = "    0.0000    0.0000    0.0000 C   0  0\n"
    head = "\n  \n\n  1  0  0  0  0  0            999 V2000\n"
    with path.open("w") as file:
        for number in range(150_000):
            field = f">  <f{number % 19_990}>\n{number}\n\n"
            file.write(f"m{number}{head}{atom}M  END\n{field}>  <label>\n{number % 2}\n\n$$$$\n")
    return path


def graphml_attributes(folder: Path) -> Path:
    """Nodes whose attributes all differ."""
    path = folder / "x.graphml"
    count = 15_000
    keys = "".join(f'<key id="k{i}" for="node" attr.name="a{i}" attr.type="int"/>' for i in range(count))
    nodes = "".join(f'<node id="n{i}"><data key="k{i}">1</data></node>' for i in range(count))
    edges = "".join(f'<edge source="n{i}" target="n{i + 1}"/>' for i in range(count - 1))
    path.write_text(f'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}<graph edgedefault="undirected">'
                    f"{nodes}{edges}</graph></graphml>")  # fmt: skip
    return path


def packed_csv(folder: Path) -> Path:
    """A gzip file that unpacks to a thousand times its size."""
    path = folder / "x.csv.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(b"a,y\n")
        for _ in range(40):
            file.write(b"1,2\n" * 1_000_000)
    return path


def packed_by_zstd(folder: Path) -> Path:
    """A file that unpacks to thousands of times its size."""
    path = folder / "x.csv.zst"
    with pa.CompressedOutputStream(str(path), "zstd") as file:
        file.write(b"a,y\n")
        for _ in range(40):
            file.write(b"1,2\n" * 1_000_000)
    return path


def feather_of_zeros(folder: Path) -> Path:
    """A quarter of a megabyte that unpacks to four gigabytes of numbers, in one batch."""
    path = folder / "x.feather"
    zeros = pa.array(np.zeros(60_000_000, np.int64))
    schema = pa.schema([(f"c{n}", pa.int64()) for n in range(8)])
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(path, schema, options=options) as file:
        file.write_batch(pa.record_batch([zeros] * 8, schema=schema))
    return path


def workbook_of_one_word(folder: Path) -> Path:
    """A sheet of ever the same row, which packs a thousandfold."""
    path, rows = folder / "x.xlsx", 3_000_000
    pd.DataFrame({"a": [1], "y": [2]}).to_excel(folder / "small.xlsx", index=False)
    row = b"<row><c><v>1</v></c><c><v>2</v></c></row>" * 10_000
    with zipfile.ZipFile(folder / "small.xlsx") as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != "xl/worksheets/sheet1.xml":
                new.writestr(part, old.read(part))
                continue
            head, _, tail = old.read(part).partition(b"</sheetData>")
            with new.open(part.filename, "w") as file:
                file.write(head)
                for _ in range(rows // 10_000):
                    file.write(row)
                file.write(b"</sheetData>" + tail)
    return path


def lists_in_lists(folder: Path) -> Path:
    """Columns by name whose cells are empty objects: thirty times the memory of their text."""
    path = folder / "x.json"
    path.write_bytes(b'{"a": [' + b"{}," * 40_000_000 + b'{}], "y": [1]}')
    return path


def channels_of_one_step(folder: Path) -> Path:
    """A .ts file whose series have one long channel and many short ones, which are filled up to its length."""
    path = folder / "x.ts"
    series = ",".join("1" * 200_000) + ":1" * 6_000
    with path.open("w") as file:
        file.write("@problemName x\n@timeStamps false\n@classLabel true a b\n@data\n")
        file.writelines(f"{series}:{'ab'[number % 2]}\n" for number in range(4))
    return path


BOMBS: dict[str, tuple[Callable[[Path], Path], dict[str, object], str]] = {
    "a Parquet file of one long word": (
        parquet_of_one_long_word,
        {"target": "y", "kind": "text"},
        r"of memory|again and again",
    ),
    "a Parquet file of long cells": (parquet_of_long_cells, {"target": "y", "kind": "table"}, r""),
    "a Parquet file of many rows": (parquet_of_many_rows, {"target": "y"}, r"of memory"),
    "an .npz file of zeros": (npz_of_zeros, {"kind": "image"}, r"takes 1\.5 GB of memory"),
    "an .npz file of booleans": (npz_of_truths, {"kind": "series"}, r"takes 1\.4 GB of memory"),
    "pictures of one colour": (pictures, {"kind": "image"}, r"decoding 9400 x 9400 pixels takes 2\.1 GB of memory"),
    "WebP pictures of one colour": (webp_pictures, {"kind": "image"}, r"takes 2\.8 GB of memory"),
    "JSON lines of ever new names": (names_that_all_differ, {"target": "y"}, r"only one in [\d,]+ cells"),
    "a JSON array of ever new names": (an_array_of_names, {"target": "y"}, r"only one in [\d,]+ cells"),
    "JSON lines of 100,000 names": (too_many_names, {"target": "y"}, r"at most 20,000 columns|only one in"),
    "SDF fields that all differ": (sdf_fields, {"task": "graphs", "target": "label"}, r"only one in [\d,]+ cells"),
    "GraphML attributes that all differ": (graphml_attributes, {"task": "nodes", "target": "a1"}, r"only one in"),
    "a packed CSV": (packed_csv, {"target": "y"}, r"unpacks to more than 200 times its size"),
    "a packed CSV in zstd": (packed_by_zstd, {"target": "y"}, r"unpacks to more than 200 times its size"),
    "a Feather file of zeros": (feather_of_zeros, {"target": "y"}, r"of memory"),
    "a workbook of one row again and again": (workbook_of_one_word, {"target": "y"}, r"unpacks to more than 200 times"),
    "JSON of empty objects": (lists_in_lists, {"target": "y"}, r"of memory"),
    "a .ts file of short channels": (channels_of_one_step, {"kind": "series"}, r"differ too much|of memory"),
}
"""What it is -> (how it is made in a folder, the words it is read with, what the refusal says)."""
