"""Forty ways to give a table that cannot be used: each one InputError of one line that says what to do."""

import gzip
import io
import os
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.rows.splits import assign

GOOD = b"a,b,y\n1,2,p\n3,4,q\n5,6,p\n"
WIDE = ",".join(f"c{i}" for i in range(100_000))


def packed(text: bytes) -> bytes:
    return gzip.compress(text)


def zipped(*texts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"data{number}.csv", text)
    return buffer.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


FILES = {
    "empty": ("x.csv", b"", "is empty"),
    "blank lines": ("x.csv", b"\n\n\n", "no complete row"),
    "only a header": ("x.csv", b"a,b,y\n", "no rows below"),
    "a header without end": ("x.csv", b"a,b,y", "no complete row"),
    "only a quotation mark": ("x.csv", b'"', "no complete row"),
    "rows too long": ("x.csv", b"a,y\n1,p\n2,q,3\n", "Expected 2 columns, got 3"),
    "rows too short": ("x.csv", b"a,b,y\n1,2,p\n3\n", "Expected 3 columns, got 1"),
    "two equal names": ("x.csv", b"a,a,y\n1,2,p\n3,4,q\n", "'a' more than once"),
    "no such target": ("x.csv", GOOD.replace(b"y\n", b"yy\n"), "did you mean 'yy'"),
    "one class": ("x.csv", b"a,y\n1,p\n2,p\n", "two classes or more"),
    "a constant amount": ("x.csv", b"a,y\n1,2.5\n2,2.5\n3,2.5\n", "two classes or more"),
    "no target anywhere": ("x.csv", b"a,y\n1,\n2,NA\n", "missing in every row"),
    "nothing but the target": ("x.csv", b"y\np\nq\n", "no other column"),
    "5,000 classes": (
        "x.csv",
        b"a,y\n" + b"".join(b"%d,c%d\n" % (i, i) for i in range(5_000)),
        "at most 1,000 classes",
    ),
    "100,000 columns": ("x.csv", f"{WIDE}\n{WIDE}\n".encode(), "at most 20,000 columns"),
    "a huge cell": ("x.csv", b"a,y\n" + b"x" * (16 << 20) + b",p\n1,q\n", "longer than 4 MB"),
    "a quotation mark never closed": ("x.csv", b'a,y\n"' + b"1,p\n" * 3_000, "got 1"),
    "NUL bytes": ("x.csv", b"a,y\n1,\x00p\n2,q\n", "NUL bytes"),
    "binary": ("x.csv", bytes(range(256)) * 8, "binary"),
    "no text at all": ("x.csv", b"\x81\x8d\x8f\x90\x9d,y\n1,2\n", "give encoding="),
    "a wrong mark": ("x.csv", b"\xff\xfea\x00,\x00y", "is not UTF-16|no complete row"),
    "a pickle": ("x.csv", pickle.dumps({"a": [1]}), "pickle"),
    "a picture": ("x.csv", b"\x89PNG\r\n\x1a\n" + b"0" * 99, "is an image"),
    "a document": ("x.csv", b"%PDF-1.4 ...", "PDF document"),
    "an array": ("x.csv", b"\x93NUMPY\x01\x00", "NumPy array"),
    "a zip archive of two files": ("x.csv", zipped(GOOD, GOOD), "unpack it"),
    "half a gzip file": ("x.csv.gz", packed(GOOD)[:-9], "damaged gzip"),
    "not a gzip file": ("x.csv.gz", b"\x1f\x8b" + b"rubbish" * 9, "damaged gzip"),
    "a bomb": ("x.csv.gz", packed(b"a,y\n" + b"1,p\n" * 20_000_000), "unpacks to more than"),
    "half a Parquet file": ("x.parquet", parquet(pd.DataFrame({"a": [1], "y": [2]}))[:-30], "damaged or truncated"),
    "text named Parquet": ("x.parquet", b"a,b\n1\n", "Expected 2 columns"),
    "Parquet without rows": ("x.parquet", parquet(pd.DataFrame({"a": [], "y": []})), "no rows"),
    "half a JSON line": ("x.jsonl", b'{"a": 1, "y": 2}\n{"a": ', "one JSON object per line"),
    "JSON of numbers": ("x.json", b"[1, 2, 3]", "expected JSON objects"),
    "deep JSON": ("x.json", b"[" * 100_000, "one JSON object per line"),
}


def refusal(source, *words, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(source, *words, **options)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 600
    return message


@pytest.mark.parametrize("case", FILES)
def test_files(tmp_path, case):
    name, content, expected = FILES[case]
    path = tmp_path / name
    path.write_bytes(content)
    message = refusal(path, "y")
    assert any(part in message for part in expected.split("|")), message


def test_paths(tmp_path):
    (tmp_path / "houses.csv").write_bytes(GOOD)
    assert "did you mean 'houses.csv'" in refusal(tmp_path / "hauses.csv", "y")
    assert "folder does not exist" in refusal(tmp_path / "nowhere" / "x.csv", "y")
    assert "is a folder" in refusal(tmp_path, "y", kind="table")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "cannot open" in refusal(tmp_path / "loop.csv", "y")
    os.mkfifo(tmp_path / "pipe.csv")
    assert "device or pipe" in refusal(tmp_path / "pipe.csv", "y")
    assert "device or pipe" in refusal("/dev/zero", "y")
    assert "cannot open" in refusal(tmp_path / ("x" * 5_000), "y")
    assert "cannot open" in refusal("nul\0byte.csv", "y")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_bytes(GOOD)
    path.chmod(0)
    assert "permissions" in refusal(path, "y")


def test_a_file_that_the_system_refuses(tmp_path, monkeypatch):
    path = tmp_path / "secret.csv"
    path.write_bytes(GOOD)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "may not be read" in refusal(path, "y")


def test_data_in_memory():
    assert "more than once" in refusal(pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["a", "a", "y"]), "y")
    assert "no rows" in refusal(pd.DataFrame({"a": [], "y": []}), "y")
    assert "no columns" in refusal(pd.DataFrame(index=range(3)), "y")
    assert "equally long" in refusal({"a": [1, 2], "y": [1]}, "y")
    assert "received int" in refusal(3, "y")
    assert "axes" in refusal(np.zeros((2, 2, 2)), "y", kind="table")
    assert "at most 20,000 columns" in refusal(pd.DataFrame(np.zeros((3, 30_000))), "0")


def test_columns_that_cannot_be_learned_from(tmp_path):
    frame = pd.DataFrame(
        {"same": ["x"] * 40, "id": [f"k{i}" for i in range(40)], "inf": [np.inf] * 40, "y": [1, 2] * 20}
    )
    source = read(frame, "y")
    with pytest.raises(InputError, match="no column can be learned from") as caught:
        source.encode(assign(source), tmp_path / "data", 0)
    assert all(f"'{name}'" in str(caught.value) for name in ("same", "id", "inf"))


def test_too_few_rows():
    with pytest.raises(InputError, match="three different rows or more"):
        assign(read(pd.DataFrame({"a": [1.5, 2.5], "y": ["p", "q"]}), "y"))


cell = st.one_of(
    st.text(max_size=8), st.sampled_from(["", "NA", "inf", "1e999", "-0", "1,5", "2020-01-01", "yes", "0x1F", "١"])
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=30))
def test_any_cells_are_encoded_or_refused(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("cells")
    path = folder / "x.csv"
    frame = pd.DataFrame(rows, columns=["a", "b", "y"])
    try:
        path.write_bytes(frame.to_csv(index=False).encode())
    except UnicodeEncodeError:
        return
    for given_source in (path, frame):
        try:
            source = read(given_source, "y", kind="table")
            encoder = source.encode(assign(source), folder / "run" / "data", 0)
        except InputError as reason:
            assert str(reason).strip()
            continue
        again = encoder.encode(given_source)
        assert np.isfinite(again.arrays["features"]).all()
