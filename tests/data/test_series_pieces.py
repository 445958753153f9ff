"""Series of tables are read piece by piece: how large the pieces are changes nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bestiary.errors import InputError
from bestiary.kinds.series.columns import Numeric
from bestiary.kinds.series.reader import SeriesSource, read_series
from bestiary.rows import rows, spool
from bestiary.rows.frames import open_frame


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PIECE", 3)
    monkeypatch.setattr(spool, "_WAIT", 64)


def long_frame(seed: int) -> pd.DataFrame:
    """Series of unequal lengths, with gaps, dates, groups, decimal commas and a column of words, in any order."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(12):
        steps = int(rng.integers(1, 15))
        when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(steps) + number, "h")
        parts.append(
            pd.DataFrame({
                "id": f"s{number}", "time": when.astype(str), "a": rng.normal(size=steps).round(3).astype(str),
                "b": [f"{x:.2f}".replace(".", ",") for x in rng.normal(size=steps)], "c": "dry",
                "label": "up" if number % 3 else "down", "site": f"p{number % 4}",
            })
        )  # fmt: skip
    frame = pd.concat(parts).sample(frac=1, random_state=seed)
    frame.loc[rng.random(len(frame)) < 0.1, "a"] = "NA"
    frame.loc[rng.random(len(frame)) < 0.1, "label"] = ""
    return frame


def same(one: SeriesSource, two: SeriesSource) -> None:
    assert one.digest == two.digest and one.names == two.names and one.notes == two.notes
    assert one.reading == two.reading and (one.target.values == two.target.values).all()
    for word in ("groups", "times"):
        first, second = getattr(one, word), getattr(two, word)
        assert (first is None) == (second is None) and (first is None or (first == second).all())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("words", [{"time": "time"}, {"group": "site"}, {}])
def test_long_tables(seed: int, words: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    long_frame(seed).to_csv(tmp_path / "l.csv", index=False)
    whole = read_series(tmp_path / "l.csv", **words)
    assert whole.reading.channels[:2] == ("a", "b") and any("'c'" in note for note in whole.notes)
    request.getfixturevalue("small")
    same(whole, read_series(tmp_path / "l.csv", **words))


def test_wide_tables(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(20, 6)).round(3).astype(object)
    for row in range(20):
        values[row, 6 - row % 4 :] = ""  # shorter series
    frame = pd.DataFrame(values, columns=[f"t{step}" for step in range(6)]).assign(label=list("ab") * 10, day=range(20))
    frame.to_csv(tmp_path / "w.csv", index=False)
    whole = read_series(tmp_path / "w.csv", time="day")
    assert [len(series) for series in whole.values] == [6 - row % 4 for row in range(20)]
    request.getfixturevalue("small")
    same(whole, read_series(tmp_path / "w.csv", time="day"))


@pytest.mark.usefixtures("small")
def test_what_a_late_piece_says_counts_from_the_beginning() -> None:
    cells = ["1.5"] * 30 + ["2,5"] * 30
    frame = open_frame(pd.DataFrame({"x": cells, "y": ["1.500"] + ["2,5"] * 59, "z": ["7"] * 58 + ["n/a", "?"]}))
    found = Numeric(frame, ["x", "y", "z"], ())
    assert found.names == ["y", "z"] and found.forms == {"y": "decimal comma", "z": "plain"}
    taken = np.concatenate([found.take(piece) for piece in rows.pieces_of(frame)])
    assert taken[:2, 0].tolist() == [1500.0, 2.5] and np.isnan(taken[-2:, 1]).all()


@pytest.mark.usefixtures("small")
def test_a_series_with_two_labels_far_apart_is_told_by_name() -> None:
    frame = pd.DataFrame({"id": list("pqrs") * 5, "time": np.repeat(range(5), 4), "x": np.arange(20.0), "label": "a"})
    frame.loc[frame["id"].isin(["q", "r"]), "label"] = "b"
    frame.loc[18, "label"] = "c"
    with pytest.raises(InputError, match="series 'r' has 'b' and 'c'"):
        read_series(frame)


@pytest.mark.usefixtures("small")
def test_a_wrong_time_is_told_by_its_row() -> None:
    frame = pd.DataFrame({"id": list("pq") * 5, "time": [*map(str, range(9)), "noon"], "x": np.arange(10.0)})
    with pytest.raises(InputError, match=r"every row; row 0 .counted from 0. has '0'"):  # so all must be dates
        read_series(frame.assign(label=list("ab") * 5))


@pytest.mark.usefixtures("small")
def test_names_that_repeat_late_are_series_all_the_same() -> None:
    count = 40
    frame = pd.DataFrame(
        {"id": list(range(count)) * 3, "time": np.repeat(range(3), count), "x": np.arange(3.0 * count)}
    )
    frame["label"] = frame["id"] % 2
    source = read_series(frame)
    assert source.reading.layout == "long" and len(source) == count
    assert source.values[7][:, 0].tolist() == [7.0, 47.0, 87.0]


def test_picked_series_are_those_that_were_asked_for() -> None:
    kept = spool.Spool(np.array([2, 1]), channels=1)
    kept.add(np.array([1, 0, 0]), np.array([[3.0], [1.0], [2.0]]))
    both = spool.Picked(kept, [np.zeros((4, 1))], rows=np.array([2, 0, 1]))
    assert [len(series) for series in both] == [4, 2, 1] and both[-1][0, 0] == 3 and len(both[1:]) == 2
    with pytest.raises(IndexError):
        both[3]
