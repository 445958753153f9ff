"""Tables that other tools read wrongly: each test is one kind of trouble, and says what the person meant."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bestiary.baselines import competitors
from bestiary.data.reading import read
from bestiary.errors import InputError
from bestiary.kinds.table.encoder import TableEncoder
from bestiary.rows.columns import Asked, Column, describe
from bestiary.rows.moments import Moments
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData, read_array
from bestiary.rows.written import days, numbers
from bestiary.tasks.registry import task_for

ROWS = 300


def column(cells: list[str], name: str = "a", asked: Asked | None = None) -> Column:
    rows = np.random.default_rng(0).permutation(10 * len(cells))[: len(cells)]
    return describe(name, pa.chunked_array([pa.array(cells)]), np.sort(rows), *([asked] if asked else []))


def encoded(frame: pd.DataFrame, **words: object) -> TableEncoder:
    source = read(frame, **words)  # pyright: ignore[reportArgumentType]
    return source.fit(assign(source))  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(0)


# ------------------------------------------------------------------------------------------------ targets


@pytest.mark.parametrize("center", [1.7e9, 3e40])
def test_targets_whose_spread_is_small_or_far_off_are_learned(center: float, tmp_path: Path, draw) -> None:
    x = draw.normal(size=ROWS)
    spread = 30.0 if center < 1e10 else 1e38
    source = read(pd.DataFrame({"x": x, "when": center + spread * x}), target="when")
    source.encode(assign(source), tmp_path / "data", 0)
    data = StoredData(tmp_path / "data")
    truth = read_array(tmp_path / "data", "validation", "target").astype(np.float64)
    assert len(np.unique(truth)) == len(truth)
    targets = data.take("train", slice(None)).truth
    assert abs(float(targets.mean())) < 1e-4 and abs(float(targets.std()) - 1) < 0.01
    linear = next(one for one in competitors("table", "regression") if one.name == "linear")
    linear.search(tmp_path / "data", tmp_path / "out", seconds=2.0)
    fitted = linear.load(tmp_path / "out" / "model.skops", "table", "regression", data.spec)
    answers = task_for(data.facts).predict(fitted, data, "validation").columns["value"].numpy()
    assert np.sqrt(np.mean((answers - truth) ** 2)) < 0.1 * spread


def test_words_that_look_like_missing_marks_are_classes_where_they_are_common() -> None:
    classes = ["None", "Mild", "Severe"] * 40
    frame = pd.DataFrame({"x": range(120), "apnea": classes})
    source = read(frame, target="apnea")
    assert source.target.classes == ("Mild", "None", "Severe") and len(source) == 120
    assert any("'None' is a class of 'apnea' (40 rows)" in note and "--missing None" in note for note in source.notes)
    assert read(frame, target="apnea", missing="None").target.classes == ("Mild", "Severe")


def test_a_rare_mark_and_every_empty_cell_are_missing() -> None:
    frame = pd.DataFrame({"x": range(100), "y": ["a", "b"] * 48 + ["NA", "", "NA", "?"]})
    source = read(frame, target="y")
    assert source.target.classes == ("a", "b") and len(source) == 96
    assert "4 rows are dropped: their target 'y' is missing; the first is row 96 (counted from 0)" in source.notes


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["9007199254740992", "9007199254740993", "9007199254740994"], None),
        (["01", "1", "001"], None),
        (["10", "1e1", "9"], None),
        (["1", "1.0", "2"], ("1", "2")),
        (["10", "9", "2.50"], ("2.50", "9", "10")),
    ],
)
def test_classes_are_told_apart_as_they_are_written(labels: list[str], classes: tuple[str, ...] | None) -> None:
    frame = pd.DataFrame({"x": range(60), "y": labels * 20})
    source = read(frame, target="y", problem="classification")
    assert source.target.classes == classes if classes else set(source.target.classes) == set(labels)


@pytest.mark.parametrize(
    ("write", "how"),
    [
        (lambda v: f"{v:,.2f}".translate(str.maketrans(",.", ".,")), "a decimal comma"),
        (lambda v: f"{v:,.2f}", "commas between thousands"),
        (lambda v: f"{v:.2f} €", "signs or spaces"),
        (lambda v: f"{v:.2f} %", "signs or spaces"),
        (lambda v: f"{v:_.2f}".replace("_", "\u202f"), "signs or spaces"),
        (lambda v: f"USD {v:,.2f}", "commas between thousands"),
        (lambda v: f"{v:.2f} mm", "in mm"),
    ],
)
def test_targets_in_local_forms_are_numbers(write, how: str, draw) -> None:
    values = np.round(draw.uniform(900, 30_000, ROWS), 2)
    source = read(pd.DataFrame({"x": values, "y": [write(v) for v in values]}), target="y")
    assert source.target.problem == "regression" and how in source.target.reason
    assert np.allclose(source.target.values, values)


def test_one_stray_word_does_not_make_classes_of_numbers(draw) -> None:
    cells = [f"{v:.3f}" for v in draw.normal(size=ROWS)]
    source = read(pd.DataFrame({"x": range(ROWS), "y": ["n/k", *cells[1:]]}), target="y")
    assert source.target.problem == "regression" and len(source) == ROWS - 1
    assert any("not a number" in note for note in source.notes)


def test_classes_that_hardly_occur_twice_are_refused_with_the_likely_reason() -> None:
    frame = pd.DataFrame({"x": range(60), "y": [f"lot {n} of {n * n}" for n in range(60)]})
    with pytest.raises(InputError, match=r"60 of 60 rows have a class of their own in 'y'.*a name, or a number"):
        read(frame, target="y")


# ------------------------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("cells", "form", "wanted"),
    [
        (["1'234.5", "7", "12'000"], "signs", [1234.5, 7, 12000]),
        (["1\u202f234", "1\u00a0000", "5"], "signs", [1234, 1000, 5]),
        (["12,34,567", "1,234", "5"], "thousands", [1234567, 1234, 5]),
        (["\u221212.5", "3", "4"], "signs", [-12.5, 3, 4]),
        (["(12.3)", "3.5", "4"], "signs", [-12.3, 3.5, 4]),
        (["70 kg", "81.5 kg", "9kg"], "unit:kg", [70, 81.5, 9]),
        (["14:35", "00:00", "9:15:36"], "time of day", [14 + 35 / 60, 0, 9.26]),
        (["2:30 PM", "12:15 AM", "12:00 p.m."], "time of day", [14.5, 0.25, 12]),
        (["59:30:00", "100:15:00", "1:00:00"], "time of day", [59.5, 100.25, 1]),
        (["USD 12.50", "EUR 3", "4"], "signs", [12.5, 3, 4]),
        (["1,234.50 EUR", "3 EUR", "12,000 EUR"], "thousands", [1234.5, 3, 12000]),
        (["CHF 103\u2019070.85", "CHF 5", "CHF 7"], "signs", [103070.85, 5, 7]),
        (["R$ 12.5", "R$ 3", "R$ 4"], "signs", [12.5, 3, 4]),
        (["<5", "7.5", "~12"], "signs", [5, 7.5, 12]),
        (["1,234 kg", "70 kg", "9 kg"], "unit:kg", [1234, 70, 9]),
    ],
)
def test_numbers_in_local_forms(cells: list[str], form: str, wanted: list[float]) -> None:
    found = column([*cells, *cells, *cells, *cells])
    assert (found.role, found.form) == ("number", form)
    assert np.allclose(numbers(pa.array(cells), form), wanted)


def test_mixed_units_are_no_numbers() -> None:
    assert column(["70 kg", "150 lb"] * 20).role == "category"


@pytest.mark.parametrize("mark", ["..", "-", "–", "n.d.", "missing", "#VALUE!", "tba", "see notes", "not known"])
def test_marks_of_missing_numbers_of_any_share_are_gaps_and_said(mark: str, draw) -> None:
    cells = [mark if n % 3 == 0 else f"{v:.2f}" for n, v in enumerate(draw.normal(size=90))]
    found = column(cells)
    assert found.role == "number" and found.gaps and f"30 cells ('{mark}') count as missing" in found.reason


def test_words_among_numbers_are_no_marks(draw) -> None:
    cells = [["low", "high", "<5", "mid"][n % 4] if n % 3 == 0 else str(n % 7) for n in range(90)]
    assert column(cells).role == "category"


@pytest.mark.parametrize(
    "codes", [["r1", "r2", "r3", "us4"], ["try1", "try2", "cad3", "kr4"], ["M12", "F30", "M40", "F7"]]
)
def test_codes_are_no_amounts(codes: list[str]) -> None:
    assert column(codes * 10).role == "category"


# ------------------------------------------------------------------------------------------------ rows and words


@pytest.mark.parametrize("name", ["Unnamed: 0", "__index_level_0__", "level_0", "row_number", "index", "id"])
def test_a_saved_index_is_no_feature(name: str, draw) -> None:
    index = [str(n) for n in draw.permutation(900)[:ROWS]]
    found = column(index, name)
    assert found.role == "left out" and f"--keep {shlex.quote(name)}" in found.reason
    assert column(index, name, Asked(keep=(name,))).role == "number"


def test_ordered_numbers_that_mean_something_are_kept_and_others_can_be() -> None:
    days_, serial = np.arange(ROWS) + 1, np.arange(ROWS) + 5
    frame = pd.DataFrame({"day": days_, "serial": serial, "z": np.sin(days_), "users": days_ * 2.0})
    roles = {c.name: c.role for c in encoded(frame, target="users").columns}
    assert roles == {"day": "number", "serial": "left out", "z": "number"}
    asked = encoded(frame, target="users", keep="serial", drop="day")
    assert {c.name: (c.role, c.reason) for c in asked.columns} == {
        "serial": ("number", ""),
        "z": ("number", ""),
        "day": ("left out", "as asked"),
    }
    assert not asked.encode(frame).warnings  # what was dropped may be there, or not


def test_a_counter_alone_is_the_input() -> None:
    frame = pd.DataFrame({"n": np.arange(ROWS), "y": np.arange(ROWS) * 0.5})
    assert [c.role for c in encoded(frame, target="y").columns] == ["number"]


def test_names_to_keep_and_drop_are_checked() -> None:
    frame = pd.DataFrame({"a": range(20), "y": range(20)})
    with pytest.raises(InputError, match=r"no column is named 'b' \(keep\)"):
        read(frame, target="y", keep="b")
    with pytest.raises(InputError, match="'a' is both kept and dropped"):
        read(frame, target="y", keep="a", drop=["a"])
    with pytest.raises(InputError, match="'y' is the target of the rows; leave it out of drop"):
        read(frame, target="y", drop="y")
    with pytest.raises(InputError, match="day-first or month-first; received 'sideways'"):
        read(frame, target="y", dates="sideways")


def test_every_word_with_enough_rows_has_a_place() -> None:
    stores = [f"s{n % 100}" for n in range(3_000)]
    frame = pd.DataFrame({"store": stores, "z": np.sin(np.arange(3_000)), "y": np.arange(3_000) % 100 * 1.5})
    encoder = encoded(frame, target="y")
    assert len(encoder.columns[0].known) == 100 and not encoder.columns[0].rare


# ------------------------------------------------------------------------------------------------ dates


def test_a_column_of_dates_has_one_form_decided_from_all_of_it() -> None:
    slashed = [f"{d:02d}/{m:02d}/2023" for m in (1, 2, 3) for d in (1, 2, 3, 4, 5, 25)]
    found = column(slashed)
    assert (found.role, found.form, found.reason) == ("date", "day first", "")
    since = days(pa.array(["01/02/2023", "2023-02-01"]), "day first")
    assert since[0] == since[1]
    assert np.isnan(days(pa.array(["01/31/2023"]), "day first")[0])  # never scrambled
    assert np.isnan(days(pa.array(["31/01/2023"]))[0])


@pytest.mark.parametrize("write", ["%d-%b-%Y", "%d %B %Y", "%Y%m%d", "%b %Y", "%d.%m.%y", "%B %d, %Y", "%d-%b-%y"])
def test_days_are_dates_in_any_usual_form(write: str) -> None:
    stamps = pd.date_range("2023-01-01", periods=200)
    found = column(stamps.strftime(write).tolist(), "d")
    assert (found.role, found.reason) == ("date", "")
    whole = "%d" in write
    assert np.allclose(found.high - found.low, 199 if whole else 181)
    wide = pd.DataFrame({f"d{n}": stamps.strftime(write) for n in range(9)} | {"y": range(200)})
    assert {c.role for c in encoded(wide, target="y", problem="regression").columns} == {"date"}


def test_numbers_of_eight_digits_that_are_no_days_are_numbers(draw) -> None:
    assert column(draw.integers(19_000_101, 20_991_231, 200).astype(str).tolist()).role == "number"


def test_dates_are_no_target_and_it_is_said(draw) -> None:
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 300, 200), unit="D")
    for cells in (stamps, stamps.strftime("%d.%m.%Y")):
        with pytest.raises(InputError, match="target 'y' holds dates; give the days since some day as a number"):
            read(pd.DataFrame({"x": range(200), "y": cells}), target="y")


def test_dates_that_can_be_read_either_way_are_said_and_can_be_decided() -> None:
    slashed = [f"{d:02d}/{m:02d}/2023" for m in (1, 2, 3) for d in (1, 2, 3, 4, 5)]
    found = column(slashed)
    assert found.form == "plain" and "--dates day-first" in found.reason
    asked = column(slashed, asked=Asked.of(dates="day-first"))
    assert (asked.form, asked.reason) == ("day first", "")


def test_the_order_of_rows_in_time_is_that_of_the_whole_column() -> None:
    iso = [f"2023-{m:02d}-{d:02d}" for m in (1, 2, 3) for d in (1, 2, 3, 25)]
    slashed = ["/".join(reversed(day.split("-"))) for day in iso]
    moments = {}
    for name, cells in (("iso", iso), ("dmy", slashed)):
        moments[name] = Moments("t")
        for start in range(0, len(cells), 3):  # the first piece alone could be read either way
            moments[name].add(pa.chunked_array([pa.array(cells[start : start + 3])]))
    assert moments["iso"].finish().tolist() == moments["dmy"].finish().tolist()


# ------------------------------------------------------------------------------------------------ files


def test_the_same_columns_in_other_types_are_held_out(tmp_path: Path, draw) -> None:
    frame = pd.DataFrame(
        {
            "x": draw.normal(size=60).round(3),
            "k": draw.integers(0, 5, 60),
            "f": draw.integers(0, 2, 60).astype(bool),
            "d": pd.date_range("2024-01-01", periods=60),
            "y": ["a", "b"] * 30,
        }
    )
    frame[:40].to_csv(tmp_path / "train.csv", index=False)
    pq.write_table(pa.Table.from_pandas(frame[40:], preserve_index=False), tmp_path / "test.parquet")
    source = read(tmp_path / "train.csv", target="y", test=tmp_path / "test.parquet")
    source.encode(assign(source), tmp_path / "run" / "data", 0)
    whole = read(frame, target="y")
    assert len(source) == len(whole) == 60
    held = np.load(tmp_path / "run" / "sealed" / "test.features.npy")
    assert held.shape[0] == 20 and np.isfinite(held).all() and held[:, 2].std() > 0


@pytest.mark.parametrize(("written", "pair"), [("01", [0, 1]), (("False", "True"), [0, 1]), (("no", "yes"), [0, 1])])
def test_truths_are_spelled_as_in_the_first_file(tmp_path: Path, written, pair: list[int]) -> None:
    pd.DataFrame({"f": [written[n % 2] for n in range(30)], "z": range(30), "y": range(30)}).to_csv(
        tmp_path / "a.csv", index=False
    )
    pq.write_table(
        pa.table({"f": [False, True] * 5, "z": list(range(10)), "y": list(range(10))}), tmp_path / "b.parquet"
    )
    source = read(tmp_path / "a.csv", target="y", problem="regression", test=tmp_path / "b.parquet")
    encoder = source.fit(assign(source))  # pyright: ignore[reportAttributeAccessIssue]
    _, cells = source.rows.sample(np.ones(len(source), bool), 100, ["f"])  # pyright: ignore
    assert set(cells["f"].to_pylist()) == set(map(str, written)), encoder.columns


# ------------------------------------------------------------------------------------------------ series and texts


def trends(days_: list[str], write: str, series: int = 24) -> pd.DataFrame:
    """Series that rise or fall from day to day; the days are written in a form of their own."""
    names = np.repeat([f"s{n:02d}" for n in range(series)], len(days_))
    stamps = pd.to_datetime(pd.Series(days_ * series))
    sign = np.repeat(np.where(np.arange(series) % 2, 1.0, -1.0), len(days_))
    value = sign * np.tile(np.arange(len(days_)), series) + np.repeat(np.arange(series), len(days_)) % 5
    frame = pd.DataFrame({"id": names, "day": stamps.dt.strftime(write), "v": value})
    return frame.assign(trend=np.where(sign > 0, "up", "down")).sample(frac=1, random_state=0)


def test_the_form_of_dates_is_kept_for_new_series(tmp_path: Path) -> None:
    whole = [f"2023-{m:02d}-{d:02d}" for m in (1, 2, 3) for d in (1, 2, 3, 4, 25)]
    either = [day for day in whole if not day.endswith("25")]  # as if days came first, or months
    sources = {w: read(trends(whole, w), target="trend", kind="series", id="id", time="day")
               for w in ("%Y-%m-%d", "%d/%m/%Y")}  # fmt: skip
    values = [[series.tolist() for series in source.values] for source in sources.values()]  # pyright: ignore
    assert values[0] == values[1]
    encoded = {}
    for write, source in sources.items():
        encoder = source.encode(assign(source), tmp_path / write[1] / "data", 0)
        encoded[write] = encoder.encode(trends(either, write)).arrays["values"]
    assert np.array_equal(*encoded.values())


def test_dates_of_series_that_can_be_read_either_way_are_said_and_can_be_decided() -> None:
    either = [f"2023-{m:02d}-{d:02d}" for m in (1, 2, 3) for d in (1, 2, 3, 4)]
    words = {"target": "trend", "kind": "series", "id": "id", "time": "day"}
    plain, dmy = read(trends(either, "%Y-%m-%d"), **words), trends(either, "%d/%m/%Y")
    guessed = read(dmy, **words)
    assert any("--dates day-first reads the day first" in note for note in guessed.notes)
    asked = read(dmy, **words, dates="day-first")
    assert not any("--dates" in note for note in asked.notes)
    orders = [[series.tolist() for series in source.values] for source in (plain, asked, guessed)]  # pyright: ignore
    assert orders[0] == orders[1] != orders[2]


def test_words_that_mark_a_missing_target_are_named_for_series_and_texts_too() -> None:
    whole = [f"2023-01-{d:02d}" for d in range(1, 9)]
    frame = trends(whole, "%Y-%m-%d", 30)
    frame["trend"] = np.where(frame["id"] < "s10", "NA", frame["trend"])
    words = {"target": "trend", "kind": "series", "id": "id", "time": "day"}
    assert read(frame, **words).target.classes == ("NA", "down", "up")
    assert read(frame, **words, missing="NA").target.classes == ("down", "up")
    texts = pd.DataFrame({"t": [f"a few words of row {n}" for n in range(60)], "y": ["None", "low", "high"] * 20})
    assert read(texts, target="y", kind="text", missing="None").target.classes == ("high", "low")
