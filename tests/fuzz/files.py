"""A small whole file of every form that data come in, with the words that it is read with."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

from tests.fuzz.mutations import BYTES, TEXT, Mutation, in_gzip, in_json_line, in_npy, in_npz, in_png, in_zip

ROWS = 60
FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Form:
    """One form of file.

    Attributes:
        name: of the file.
        make: its whole content.
        mutations: that fit it.
        words: of `read`.
        beside: further files: name -> content.
        folder: whether the folder is read, not the file.
    """

    name: str
    make: Callable[[], bytes]
    mutations: tuple[Mutation, ...]
    words: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    folder: bool = False


@cache
def frame() -> pd.DataFrame:
    """Numbers, words, dates, a text and gaps, with a target of two classes."""
    draw = np.random.default_rng(0)
    found = pd.DataFrame(
        {
            "size": draw.normal(20, 5, ROWS).round(2),
            "count": draw.integers(0, 9, ROWS),
            "kind": draw.choice(["oak", "ash", "élan", "a, b"], ROWS),
            "day": pd.date_range("2021-01-30", periods=ROWS).strftime("%Y-%m-%d"),
            "good": draw.choice(["yes", "no"], ROWS),
        }
    )
    found.loc[::9, "size"] = np.nan
    found["y"] = np.where(draw.random(ROWS) < 0.5, "on", "off")
    return found


def csv(separator: str = ",") -> bytes:
    """The frame as text."""
    return frame().to_csv(index=False, sep=separator).encode()


def parquet(compression: str) -> bytes:
    """The frame as Parquet."""
    file = io.BytesIO()
    frame().to_parquet(file, compression=compression)  # pyright: ignore[reportArgumentType]
    return file.getvalue()


def feather(compression: str) -> bytes:
    """The frame as Feather."""
    file = io.BytesIO()
    frame().to_feather(file, compression=compression)
    return file.getvalue()


def excel() -> bytes:
    """The frame as a workbook."""
    file = io.BytesIO()
    frame().to_excel(file, index=False)
    return file.getvalue()


def csv_in_zip() -> bytes:
    """The frame as text, alone in an archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", csv())
    return file.getvalue()


def lines() -> bytes:
    """The frame as JSON lines, with an object and a list in it."""
    text = frame().to_json(orient="records", lines=True)
    return (text or "").replace('"good":"yes"', '"good":{"a":[1,null]}', 2).encode()


def long_series() -> bytes:
    """Series in long form."""
    draw = np.random.default_rng(1)
    names = np.repeat(np.arange(12), 5)
    table = {"machine": names, "t": np.tile(np.arange(5), 12), "a": draw.normal(size=60).round(3), "y": names % 2}
    return pd.DataFrame(table).to_csv(index=False).encode()


def wide_series() -> bytes:
    """A series a row."""
    values = np.random.default_rng(2).normal(size=(20, 24)).round(3)
    table = pd.DataFrame(values, columns=[f"t{k}" for k in range(24)])
    return table.assign(y=np.arange(20) % 2).to_csv(index=False).encode()


def texts() -> bytes:
    """Verses and whether they are of the first half."""
    words = ["in", "the", "beginning", "was", "a", "word", "and", "it", "went", "out", "over", "land"]
    draw = np.random.default_rng(3)
    rows = [" ".join(draw.choice(words, 8)) for _ in range(ROWS)]
    return pd.DataFrame({"text": rows, "y": np.arange(ROWS) % 2}).to_csv(index=False).encode()


def pairs() -> bytes:
    """Words and how they sound."""
    return b"\n".join((FIXTURES / "spelling.csv").read_bytes().splitlines()[:ROWS])


def prose() -> bytes:
    """Running text."""
    return (FIXTURES / "genesis.txt").read_bytes()[:6_000]


def arrays(shape: tuple[int, ...], dtype: str) -> bytes:
    """A .npz file of inputs and labels."""
    file = io.BytesIO()
    values = np.random.default_rng(4).integers(0, 200, shape).astype(dtype)
    np.savez(file, x=values, y=np.arange(shape[0]) % 2)
    return file.getvalue()


def array() -> bytes:
    """A .npy file."""
    file = io.BytesIO()
    np.save(file, np.random.default_rng(5).integers(0, 255, (40, 8, 8)).astype(np.uint8))
    return file.getvalue()


def picture(form: str, number: int = 0) -> bytes:
    """Twelve by ten pixels in colour."""
    file = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 255, (12, 10, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def photos() -> dict[str, Callable[[], bytes]]:
    """Two classes of pictures beside the one that is damaged."""
    return {f"{'ab'[k % 2]}/{k}.png": lambda k=k: picture("PNG", k) for k in range(8)}


NODES = "id,age,kind,label\n" + "".join(f"n{k},{k % 7},{'xy'[k % 2]},{('red', 'blue')[k % 2]}\n" for k in range(24))
EDGES = "source,target,weight\n" + "".join(f"n{k},n{(k * 5 + 1) % 24},{k % 3 + 1}\n" for k in range(24))
PARTS = "graph,label\n" + "".join(f"g{k},{('red', 'blue')[k % 2]}\n" for k in range(16))
PART_NODES = "graph,id,age\n" + "".join(f"g{k},{n},{n % 5}\n" for k in range(16) for n in range(4))
PART_EDGES = "graph,source,target\n" + "".join(f"g{k},{n},{n + 1}\n" for k in range(16) for n in range(3))


def graphml() -> bytes:
    """A graph as networkx writes it."""
    import networkx

    graph = networkx.karate_club_graph()
    file = io.BytesIO()
    networkx.write_graphml(graph, file)
    return file.getvalue()


def series_ts() -> bytes:
    """The format of the time-series archive."""
    head = "@problemName Small\n@timeStamps false\n@missing true\n@univariate false\n@classLabel true up down\n@data\n"
    rows = (f"1,{k},?,4:{k},2,NaN,6:{('up', 'down')[k % 2]}\n" for k in range(16))
    return (head + "".join(rows)).encode()


def molecules() -> bytes:
    """Chains of two to twenty-five atoms, some charged, each with what is asked about it."""
    made = []
    for size in range(2, 26):
        atoms = "".join(
            f"{k:10.4f}    0.0000    0.0000 {'CNO'[k * size % 3]}   0  {5 * (k == size - 1)}\n" for k in range(size)
        )
        bonds = "".join(f"{k:3d}{k + 1:3d}{1 + k % 2:3d}  0\n" for k in range(1, size))
        head = f"chain {size}\n  by hand\n\n{size:3d}{size - 1:3d}  0  0  0  0            999 V2000\n"
        made.append(f"{head}{atoms}{bonds}M  END\n> <salt>\n{('yes', 'no')[size % 2]}\n\n$$$$\n")
    return "".join(made).encode()


_TARGET = {"target": "y"}
_NODES, _GRAPHS = {"task": "nodes", "target": "label"}, {"task": "graphs", "target": "label"}


def _text(text: str) -> Callable[[], bytes]:
    return lambda: text.encode()


FORMS: Mapping[str, Form] = {
    "csv": Form("data.csv", csv, TEXT, _TARGET),
    "csv by semicolons": Form("data.csv", lambda: csv(";"), TEXT, _TARGET),
    "tsv": Form("data.tsv", lambda: csv("\t"), TEXT, _TARGET),
    "csv in gzip": Form("data.csv.gz", lambda: gzip.compress(csv(), mtime=0), (in_gzip, *BYTES), _TARGET),
    "csv in bzip2": Form("data.csv.bz2", lambda: bz2.compress(csv()), BYTES, _TARGET),
    "csv in xz": Form("data.csv.xz", lambda: lzma.compress(csv()), BYTES, _TARGET),
    "csv in zstd": Form("data.csv.zst", lambda: pa.compress(csv(), "zstd", asbytes=True), BYTES, _TARGET),
    "csv in zip": Form("data.zip", csv_in_zip, (in_zip, *BYTES), _TARGET),
    "feather": Form("data.feather", lambda: feather("uncompressed"), BYTES, _TARGET),
    "feather packed": Form("data.feather", lambda: feather("zstd"), BYTES, _TARGET),
    "excel": Form("data.xlsx", excel, (in_zip, *BYTES), _TARGET),
    "json by columns": Form("data.json", lambda: (frame().to_json() or "").encode(), TEXT, _TARGET),
    "json by lists": Form("data.json", lambda: json.dumps(frame().astype(str).to_dict("list")).encode(), TEXT, _TARGET),
    "csv in UTF-16": Form("data.csv", lambda: csv().decode().encode("utf-16"), TEXT, _TARGET),
    "parquet": Form("data.parquet", lambda: parquet("none"), BYTES, _TARGET),
    "parquet packed": Form("data.parquet", lambda: parquet("snappy"), BYTES, _TARGET),
    "jsonl": Form("data.jsonl", lines, (in_json_line, *TEXT), _TARGET),
    "texts": Form("data.csv", texts, TEXT, {**_TARGET, "text": "text"}),
    "series, long": Form("data.csv", long_series, TEXT, {**_TARGET, "id": "machine", "time": "t", "kind": "series"}),
    "series, wide": Form("data.csv", wide_series, TEXT, {**_TARGET, "kind": "series"}),
    "series in .ts": Form("data.ts", series_ts, TEXT),
    "series in .npz": Form("data.npz", lambda: arrays((12, 9), "float64"), (in_zip, in_npz, *BYTES)),
    "images in .npz": Form("data.npz", lambda: arrays((12, 8, 8), "uint8"), (in_zip, in_npz, *BYTES)),
    "npy": Form("data.npy", array, (in_npy, in_npy, *BYTES), {"task": "generate", "kind": "image"}),
    "png": Form("a/x.png", lambda: picture("PNG", 9), (in_png, in_png, *BYTES), {}, photos(), True),
    "jpeg": Form("b/x.jpg", lambda: picture("JPEG", 9), BYTES, {}, photos(), True),
    "gif": Form("a/x.gif", lambda: picture("GIF", 9), BYTES, {}, photos(), True),
    "tiff": Form("b/x.tif", lambda: picture("TIFF", 9), BYTES, {}, photos(), True),
    "bmp": Form("b/x.bmp", lambda: picture("BMP", 9), BYTES, {}, photos(), True),
    "webp": Form("b/x.webp", lambda: picture("WEBP", 9), BYTES, {}, photos(), True),
    "pairs": Form("data.csv", pairs, TEXT, {"task": "transduce"}),
    "running text": Form("data.txt", prose, TEXT, {"task": "continue"}),
    "graphml": Form("data.graphml", graphml, TEXT, {"task": "nodes", "target": "club"}),
    "nodes.csv": Form("nodes.csv", _text(NODES), TEXT, _NODES, {"edges.csv": _text(EDGES)}, True),
    "edges.csv": Form("edges.csv", _text(EDGES), TEXT, _NODES, {"nodes.csv": _text(NODES)}, True),
    "graphs.csv": Form(
        "graphs.csv",
        _text(PARTS),
        TEXT,
        _GRAPHS,
        {"nodes.csv": _text(PART_NODES), "edges.csv": _text(PART_EDGES)},
        True,
    ),
    "edges of graphs": Form(
        "edges.csv",
        _text(PART_EDGES),
        TEXT,
        _GRAPHS,
        {"nodes.csv": _text(PART_NODES), "graphs.csv": _text(PARTS)},
        True,
    ),
    "sdf": Form("data.sdf", molecules, TEXT, {"task": "graphs", "target": "salt"}),
}
