"""Every container of rows gives the same rows, and damage is told in one line."""

import codecs
import gzip
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bestiary.errors import InputError
from bestiary.rows import json_lines, records
from bestiary.rows.csv_files import BLOCK, LONGEST, guess_separator
from bestiary.rows.frames import open_frame, words

ROWS = {"name": ["Ann", "Bo, Jr.", 'the "wise"', "two\nlines"], "age": ["3", "5", "7", ""]}


def cells(frame):
    table = pa.concat_tables(list(frame.chunks()))
    return {name: words(table[name]).to_pylist() for name in frame.columns}


def csv_text(separator=","):
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in ROWS[name]] for name in ROWS]
    lines = [separator.join(ROWS), *(separator.join(pair) for pair in zip(*quoted))]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_separators_and_line_ends(tmp_path, separator, ending):
    path = tmp_path / "rows.csv"
    path.write_bytes(csv_text(separator).replace('"\n"', f'"{ending}"').encode())
    assert cells(open_frame(path)) == ROWS


@pytest.mark.parametrize(
    ("encoded", "note"),
    [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("cp1252", True)],
)
def test_encodings_are_detected(tmp_path, encoded, note):
    path = tmp_path / "rows.csv"
    path.write_bytes("city,size\nZürich,1\nTromsø,2\n".encode(encoded))
    frame = open_frame(path)
    assert cells(frame) == {"city": ["Zürich", "Tromsø"], "size": ["1", "2"]}
    assert any("Windows-1252" in line for line in frame.notes) == note


def test_an_encoding_that_is_given_wins(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("city,size\nŁódź,1\n".encode("iso8859_2"))
    assert cells(open_frame(path, encoding="iso8859_2"))["city"] == ["Łódź"]
    with pytest.raises(InputError, match="utf-8"):
        open_frame(path, encoding="utf-8")
    with pytest.raises(InputError, match="no encoding is named"):
        open_frame(path, encoding="klingon")


def test_packed_parquet_json_and_frames_give_the_same(tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    expected = {"a": ["1", "2", "3"], "b": ["x", "y", "z"]}
    frame.to_csv(tmp_path / "t.csv.gz", index=False)
    frame.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_parquet(tmp_path / "no_ending")
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "t.json", orient="records")
    for name in ("t.csv.gz", "t.tsv", "t.parquet", "no_ending", "t.jsonl", "t.json"):
        assert cells(open_frame(tmp_path / name)) == expected, name
    assert cells(open_frame(frame)) == cells(open_frame({"a": [1, 2, 3], "b": list("xyz")})) == expected
    assert cells(open_frame(np.array([[1, 2], [3, 4]]))) == {"x0": ["1", "3"], "x1": ["2", "4"]}


def test_many_blocks_are_read_in_order(tmp_path):
    count = BLOCK
    numbers = np.arange(count)
    path = tmp_path / "long.csv"
    path.write_text("n\n" + "\n".join(map(str, numbers)) + "\n")
    pieces = [words(piece["n"]) for piece in open_frame(path).chunks()]
    assert len(pieces) > 1
    assert np.array_equal(np.concatenate([piece.cast(pa.int64()).to_numpy() for piece in pieces]), numbers)


def test_lists_are_left_out_by_name_and_json_gaps_are_missing(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in [{"a": 1, "b": [1]}, {"b": [2]}, {"a": "x", "b": []}]))
    frame = open_frame(path)
    assert cells(frame) == {"a": ["1", None, "x"]}
    assert any("'b'" in note for note in frame.notes)


def test_json_lines_settle_on_one_type_over_all_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "_BATCH", 40)  # so that nearly every line is a batch
    rows = [
        {"count": 1, "flag": True, "late": None, "mixed": 1, "nest": [1]},
        {"count": 2.5, "flag": False, "mixed": "x", "nest": {"a": 1}},
        {"flag": "unknown", "late": 3, "mixed": True, "nest": None},
        {"count": 4, "late": 2**70, "mixed": 1.0},
    ]
    path = tmp_path / "t.jsonl"
    path.write_text("\n\n".join(json.dumps(row) for row in rows) + "\n")
    frame = open_frame(path)
    assert len(list(frame.chunks())) > 2
    table = pa.concat_tables(frame.chunks())  # which refuses to join batches of different types
    assert table.schema.field("count").type == pa.float64()
    assert table.to_pydict() == {
        "count": [1.0, 2.5, None, 4.0],
        "flag": ["True", "False", "unknown", None],
        "late": [None, None, "3", str(2**70)],
        "mixed": ["1", "x", "True", "1.0"],
    }
    assert any("'nest'" in note for note in frame.notes)
    assert pa.concat_tables(frame.chunks(["late"])).column_names == ["late"]


def test_a_json_line_without_end_is_refused(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n{"a": "' + "x" * LONGEST + '"}\n')
    with pytest.raises(InputError, match=r"line 2 of t\.jsonl"):
        open_frame(path)


def test_separator_is_not_fooled_by_decimal_commas():
    assert guess_separator("a;b;c\n1,5;2,5;3,5\n1,5;2,5;3,5\n") == ";"
    assert guess_separator("one column\n1\n2\n") == ","


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.jsonl", "t.json", "t.npz", "t"])
def test_any_bytes_are_read_or_refused(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("bytes")
    marks = [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"PAR1", b"\x1f\x8b\x08"]
    starts = st.sampled_from([b"", b"a,b\n1,2\n", b"{", b"[", b'"', *marks])
    letters = [b",", b"\n", b'"', b"1", b"x", b"\r", b";", b"\xff", b"{}", b"\\", b" "]
    alphabet = st.lists(st.sampled_from(letters)).map(b"".join)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(starts, st.one_of(st.binary(max_size=200), alphabet))
    def check(start, rest):
        path = folder / name
        path.write_bytes(start + rest)
        try:
            frame = open_frame(path)
            table = pa.concat_tables(list(frame.chunks()), promote_options="permissive")
        except InputError as refusal:
            assert "\n" not in str(refusal)
        else:
            assert len(set(frame.columns)) == table.num_columns and table.num_rows

    check()


def test_damaged_parquet_is_refused_wherever_it_is_cut(tmp_path):
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"a": range(5_000), "b": [str(i) for i in range(5_000)]}), whole)
    raw = whole.read_bytes()
    for cut in (4, 7, 12, 100, len(raw) // 2, len(raw) - 5, len(raw) - 1):
        path = tmp_path / "cut.parquet"
        path.write_bytes(raw[:cut])
        with pytest.raises(InputError, match="damaged or truncated"):
            open_frame(path)
    rng = np.random.default_rng(0)
    refused = 0
    for place in rng.integers(4, len(raw) - 8, 30):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        try:
            list(open_frame(path).chunks())
        except InputError:
            refused += 1
    assert refused, "no flipped byte was ever noticed"


def test_a_bomb_stops_early(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"a,b\n")
        for _ in range(200):
            file.write(b"1,2\n" * 250_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        open_frame(path)


def test_parquet_comes_in_pieces_that_weigh_little_whatever_a_cell_weighs(tmp_path):
    words_ = ["a" * 200_000, "b", "c" * 300_000, None]
    texts_ = [words_[i % 4] for i in range(400)]
    for coded in (True, False):
        table = pa.table({"text": pa.array(texts_), "kept": pd.Categorical(texts_), "n": range(400), "s": ["x"] * 400})
        pq.write_table(table, tmp_path / "t.parquet", use_dictionary=coded, compression="zstd")
        pieces = list(open_frame(tmp_path / "t.parquet").chunks())
        assert max(piece.nbytes for piece in pieces) < 10 << 20 < sum(piece.nbytes for piece in pieces)
        both = pa.concat_tables(pieces)
        assert both["text"].to_pylist() == both["kept"].to_pylist() == texts_
        assert both["n"].to_pylist() == list(range(400))


def test_a_json_array_is_read_in_pieces(tmp_path, monkeypatch):
    rows = [{"a": i, "b": "]},[" * (i % 5), "c": None} for i in range(300)]
    (tmp_path / "t.json").write_text(" [ " + " ,\n ".join(map(json.dumps, rows)) + "\n ] ")
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setattr(json_lines, "LONGEST", 64)
    monkeypatch.setattr(records, "_BATCH", 900)
    array, lines = (pa.concat_tables(open_frame(tmp_path / f"t.{end}").chunks()) for end in ("json", "jsonl"))
    assert array.equals(lines) and array.num_rows == 300
    for text, says in (
        ('[{"a": 1} {"a": 2}]', "a comma or the end is missing behind object 1"),
        ('[{"a": 1}, {"a": }]', "object 2: Expecting value"),
        ('[{"a": 1}', "a comma or the end is missing behind object 1"),
        ("[]", "has no rows"),
        ("[ ]", "has no rows"),
        ('[{"a": "' + "x" * 200 + '"}]', "longer than 4 MB"),
    ):
        (tmp_path / "t.json").write_text(text)
        with pytest.raises(InputError, match=says):
            open_frame(tmp_path / "t.json")


def test_few_names_of_many_objects_make_a_sparse_table_and_ever_new_ones_none(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "SURELY", 100)
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps({f"n{i % 40}": i}) for i in range(400)))
    found = pa.concat_tables(open_frame(tmp_path / "t.jsonl").chunks())
    assert found.num_columns == 40 and found["n3"].drop_null().to_pylist() == list(range(3, 400, 40))
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps({f"n{i}": i}) for i in range(1_200)))
    with pytest.raises(InputError, match="only one in 1,001 cells"):
        open_frame(tmp_path / "t.jsonl")
