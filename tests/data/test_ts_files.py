"""The `.ts` format: what is read, what is refused, and that nothing else happens."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bestiary.errors import InputError
from bestiary.kinds.series.reader import builtin_series, held_beside
from bestiary.kinds.series.ts_files import read_ts

HEAD = "# a comment\n@problemName Small\n@timeStamps false\n@missing true\n" + (
    "@univariate false\n@classLabel true up down\n@data\n"
)


def written(folder: Path, text: str) -> Path:
    path = folder / "small.ts"
    path.write_text(text)
    return path


def test_channels_lengths_gaps_and_labels(tmp_path: Path):
    found = read_ts(written(tmp_path, HEAD + "1,2,?:4,NaN,6:up\n\n% a remark\n7:8:down\n1,2:3:up\n"))
    assert (found.name, found.problem, found.labels) == ("Small", "classification", ["up", "down", "up"])
    np.testing.assert_array_equal(found.values[0], [[1, 4], [2, np.nan], [np.nan, 6]])
    np.testing.assert_array_equal(found.values[1], [[7, 8]])
    np.testing.assert_array_equal(found.values[2], [[1, 3], [2, np.nan]])


def test_targets_and_files_without_labels(tmp_path: Path):
    found = read_ts(written(tmp_path, "@targetLabel true\n@data\n1,2:3.5\n4,5:-1e2\n"))
    assert (found.problem, found.labels) == ("regression", ["3.5", "-1e2"])
    found = read_ts(written(tmp_path, "@classLabel false\n@data\n1,2\n3\n"))
    assert found.problem == "" and [len(series) for series in found.values] == [2, 1]


def test_time_stamps_may_hold_colons(tmp_path: Path):
    text = "@timeStamps true\n@classLabel true 1 2\n@data\n"
    text += "(2007-01-01 00:00:00,241.97),(2007-01-01 00:01:00,?):(0,1),(1,2):1\n(2007-01-01 00:00:00,2):(5,3):2\n"
    found = read_ts(written(tmp_path, text))
    np.testing.assert_array_equal(found.values[0], [[241.97, 1], [np.nan, 2]])
    assert found.labels == ["1", "2"] and found.values[1].tolist() == [[2, 3]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "line 1: expected a header"),
        ("@problemName x\n@\n", "@data"),
        (HEAD, "there are none"),
        (HEAD + "1,2:3,4\n", "line 8: expected values, a colon and a label"),
        (HEAD + "1,2:3,4:up\n1,2:up\n", "line 9: expected 2 channels"),
        (HEAD + "1,two:3,4:up\n", "line 8: expected numbers"),
        (HEAD + "1,,2:3,4:up\n", "line 8: expected numbers"),
        (HEAD + "1,inf:3,4:up\n", "finite"),
        (HEAD + ":3,4:\n", "a colon and a label"),
        (HEAD + "::up\n", "empty"),
        (HEAD + "no label\n", "a colon and a label"),
        ("@timeStamps perhaps\n@data\n1:2\n", "true or false"),
        ("@timeStamps true\n@data\n1,2,3\n", "pairs"),
        ("@classLabel true a\n@data\n" + ":" * 20_000 + "a\n", "channels"),
        ("@classLabel true a\n@data\n" + "1," * 4000 + "1" + ":" * 5000 + "a\n", "differ too much"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str):
    with pytest.raises(InputError, match=words) as error:
        read_ts(written(tmp_path, text))
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


def test_bytes_that_are_no_text(tmp_path: Path):
    (tmp_path / "x.ts").write_bytes(b"@data\n\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_ts(tmp_path / "x.ts")
    (tmp_path / "x.ts").write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        read_ts(tmp_path / "x.ts")


NOISE = st.text(alphabet="@data0123456789.,:?()-einf \t#%", max_size=12) | st.sampled_from(["@data", ":", ",", "(1,2)"])


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A file in the format, up to four of whose lines are replaced, cut or added to."""
    flag = draw(st.sampled_from(["@classLabel true a b", "@targetLabel true", "@classLabel false", "@timeStamps true"]))
    end = {"@classLabel true a b": ":a", "@targetLabel true": ":1.5"}.get(flag, "")
    cell = "(2020-01-01 10:00:00,{})" if "Stamps" in flag else "{}"
    rows = draw(
        st.lists(st.lists(st.sampled_from(["1", "-2.5e3", "?", "NaN"]), min_size=1, max_size=5), min_size=1, max_size=4)
    )
    lines = ["# comment", flag, "@data", *(",".join(cell.format(word) for word in row) + end for row in rows)]
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        text = draw(NOISE | st.text(max_size=5))
        lines[place] = draw(st.sampled_from([text, lines[place][:-1], lines[place] + text, "# " + text]))
    return "\n".join(lines)


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str):
    path = tmp_path_factory.getbasetemp() / "any.ts"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = read_ts(path)
    except InputError as reason:
        assert "\n" not in str(reason)
    else:
        assert len({series.shape[1] for series in found.values}) == 1 and min(map(len, found.values)) > 0
        assert not found.problem or len(found.labels) == len(found.values)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.floats(-1e99, 1e99) | st.just(np.nan), min_size=1, max_size=9), min_size=1, max_size=5))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, series: list[list[float]]):
    path = tmp_path_factory.getbasetemp() / "back.ts"
    rows = [",".join("?" if value != value else repr(value) for value in one) + ":a" for one in series]
    path.write_text("\n".join(["@classLabel true a", "@data", *rows]))
    for one, found in zip(series, read_ts(path).values):
        np.testing.assert_array_equal(found[:, 0], one)


@pytest.mark.skipif(not builtin_series(), reason="needs aeon or sktime, which ship series")
def test_all_that_an_installed_package_ships():
    shipped = builtin_series()
    expected = {"gun_point": (50, 150, 1, 2), "arrow_head": (36, 251, 1, 3), "basic_motions": (40, 100, 6, 4)}
    for name, (rows, steps, channels, classes) in expected.items():
        found = read_ts(shipped[name])
        assert len(found.values) == rows and {series.shape for series in found.values} == {(steps, channels)}
        assert len(set(found.labels)) == classes and held_beside(shipped[name]) is not None
    vowels = read_ts(shipped["japanese_vowels"])
    lengths = [len(series) for series in vowels.values]
    assert len(lengths) == 270 and (min(lengths), max(lengths)) == (7, 26) and vowels.values[0].shape[1] == 12
    for path in shipped.values():
        assert read_ts(path).values, path
