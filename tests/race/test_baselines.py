"""Baselines learn real data, keep to their time, answer for all classes, and come back from disk bit for bit."""

import csv
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from bestiary import baselines
from bestiary.baselines import saved, series, text
from bestiary.baselines.baseline import take
from bestiary.baselines.search import _size_for
from bestiary.contracts import ImageSpec, Predictions, SeriesSpec, Spec, TableSpec, TokenSpec
from bestiary.errors import InputError
from bestiary.rows.store import write_array, write_spec
from bestiary.tasks.predictions import read_predictions
from bestiary.tasks.registry import evidence_of
from tests.race.facts import further

Arrays = dict[str, np.ndarray]


def names(kind: str, problem: str = "classification") -> list[str]:
    return [one.name for one in baselines.competitors(kind, problem)]


def losses(predictions: Predictions, truth: np.ndarray) -> np.ndarray:
    return evidence_of("classification").losses(predictions, truth)


def load(path: Path) -> Any:
    """A saved baseline, whichever it is."""
    written = json.loads(zipfile.ZipFile(path).read("schema.json"))["content"]["words"]["content"]
    words = json.loads(json.loads(written))
    return baselines.load_baseline(path, words["spec"]["kind"], words["problem"], words["baseline"])


def _write(folder: Path, spec: Spec, arrays: Arrays, target: np.ndarray, problem: str = "classification") -> Path:
    """Every fourth row validates."""
    facts = {"target": "y", "problem": problem, "classes": [str(k) for k in range(spec.outputs)]}
    if problem == "regression":
        facts |= {"classes": [], "mean": float(target.mean()), "scale": float(target.std())}
    write_spec(folder, spec, {**facts, **further(spec)})
    rows = np.arange(len(target))
    for split, where in (("train", rows[rows % 4 > 0]), ("validation", rows[rows % 4 == 0])):
        for name, array in take(arrays, where).items():
            write_array(folder, split, name, array)
        write_array(folder, split, "target", target[where])
        write_array(folder, split, "row", where)
    return folder


def _texts(lines: list[str]) -> Arrays:
    raw = [line.encode() for line in lines]
    offsets = np.concatenate([[0], np.cumsum([len(r) for r in raw])]).astype(np.int64)
    return {"bytes": np.frombuffer(b"".join(raw), np.uint8), "offsets": offsets}


def _table(path: Path) -> tuple[Path, Arrays]:
    features, target = load_breast_cancer(return_X_y=True)
    arrays = {"features": features.astype("float32")}
    return _write(path, TableSpec(30, 2), arrays, target), arrays


def _numbers(path: Path) -> tuple[Path, Arrays]:
    features, target = load_diabetes(return_X_y=True)
    arrays = {"features": features.astype("float32")}
    return _write(path, TableSpec(10, 1), arrays, target.astype("float32"), "regression"), arrays


def _images(path: Path) -> tuple[Path, Arrays]:
    pixels, target = load_digits(return_X_y=True)
    arrays = {"pixels": pixels[:600].reshape(-1, 1, 8, 8).astype("uint8")}
    return _write(path, ImageSpec(1, (8, 8), 10), arrays, target[:600]), arrays


def _verses(path: Path) -> tuple[Path, Arrays]:
    """Real sentences: the descriptions that scikit-learn ships with two of its data sets, told apart line by line."""
    parts = [load_breast_cancer().DESCR.split("\n"), load_wine().DESCR.split("\n")]
    lines = [(line.strip(), k) for k, part in enumerate(parts) for line in part if len(line.split()) > 4]
    arrays = _texts([line for line, _ in lines])
    return _write(path, TokenSpec(300, 20, 2), arrays, np.array([k for _, k in lines])), arrays


def _waves(path: Path) -> tuple[Path, Arrays]:
    """Columns of digits as series of unequal length: 8 steps of 8 channels, the last rows of some cut off."""
    pixels, target = load_digits(return_X_y=True)
    values = pixels[:600].reshape(-1, 8, 8).astype("float32")
    lengths = np.where(np.arange(600) % 5 == 0, 7, 8)
    values[lengths == 7, 7] = 0
    arrays = {"values": values, "lengths": lengths}
    return _write(path, SeriesSpec(8, 8, 10), arrays, target[:600]), arrays


KINDS = {"table": _table, "numbers": _numbers, "image": _images, "text": _verses, "series": _waves}
REACHES = {  # share of the constant's loss that is left at most: about 1.5 times what was measured
    ("table", "neighbours"): 0.3, ("table", "extra_trees"): 0.25,
    ("table", "lightgbm"): 0.25, ("table", "xgboost"): 0.25, ("table", "catboost"): 0.2,
    ("numbers", "neighbours"): 0.75, ("numbers", "extra_trees"): 0.7,
    ("numbers", "lightgbm"): 0.75, ("numbers", "xgboost"): 0.75, ("numbers", "catboost"): 0.7,
    ("table", "linear"): 0.16, ("table", "boosting"): 0.25, ("table", "forest"): 0.28,
    ("numbers", "linear"): 0.62, ("numbers", "boosting"): 0.7, ("numbers", "forest"): 0.65,
    ("image", "linear"): 0.07, ("image", "boosting"): 0.08, ("image", "forest"): 0.24,
    ("image", "hog"): 0.035, ("image", "neighbours"): 0.095,
    ("text", "linear"): 0.65, ("text", "bayes"): 0.55,
    ("series", "neighbour"): 0.12, ("series", "minirocket"): 0.12,
    ("series", "linear"): 0.12, ("series", "boosting"): 0.25, ("series", "forest"): 0.4,
}  # fmt: skip
CASES = [
    (case, name)
    for case, kind in (
        ("table", "table"),
        ("numbers", "table"),
        ("image", "image"),
        ("text", "text"),
        ("series", "series"),
    )
    for name in names(kind)
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def race(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, Path, Arrays, dict]:
    case, name = request.param
    folder, arrays = KINDS[case](tmp_path_factory.mktemp(case))
    return case, name, folder, arrays, baselines.run_baseline(name, folder, folder / "out", seconds=1.0)


def test_it_learns_what_the_constant_cannot(race: tuple[str, str, Path, Arrays, dict]) -> None:
    case, name, folder, _, result = race
    truth = np.load(folder / "validation.target.npy")
    scale = json.loads((folder / "spec.json").read_text())["facts"].get("scale", 1.0)
    train = np.load(folder / "train.target.npy")
    if case == "numbers":
        alone = ((truth - train.mean()) ** 2).mean() / scale**2
    else:
        alone = -np.log(np.bincount(train)[truth] / len(train)).mean()
    if name == "constant":
        assert result["loss"] == pytest.approx(alone, rel=1e-5)
    else:
        assert result["loss"] < REACHES[case, name] * alone
    assert result["loss"] == min(tried["loss"] for tried in result["tried"])


def test_it_comes_back_from_disk_bit_for_bit(race: tuple[str, str, Path, Arrays, dict]) -> None:
    case, _, folder, arrays, result = race
    fitted = load(folder / "out" / "model.skops")
    answers = fitted.predict(arrays)
    written = read_predictions(folder / "out" / "validation.parquet")
    assert written.columns["row"].tolist() == np.load(folder / "validation.row.npy").tolist()
    part = take(arrays, written.columns["row"].numpy())
    if case == "numbers":
        assert np.array_equal(fitted.predict(part), written.columns["value"].numpy())
    else:
        columns = [written.columns[f"probability_{k}"].numpy() for k in range(fitted.spec.outputs)]
        assert np.array_equal(fitted.predict(part), np.stack(columns, 1))
        assert answers.dtype == np.float32 and np.allclose(answers.sum(1), 1, atol=1e-5)
        assert losses(written, np.load(folder / "validation.target.npy")).mean() == pytest.approx(result["loss"])
    fitted.save(folder / "again.skops")
    assert np.array_equal(load(folder / "again.skops").predict(arrays), answers)
    assert result["parameters"] == fitted.parameters > 0
    assert result["bytes"] == (folder / "out" / "model.skops").stat().st_size
    assert len(fitted.predict(take(arrays, slice(0, 0)))) == 0


def test_parameters_are_counted(tmp_path: Path) -> None:
    folder, _ = _images(tmp_path)
    linear = baselines.run_baseline("linear", folder, folder / "out", seconds=0.0)
    assert linear["parameters"] == 64 * 10 + 10
    assert len(linear["tried"]) == 1  # no time: the first setting alone


def test_equal_seeds_give_equal_models_and_more_time_more_settings(tmp_path: Path) -> None:
    features, target = load_wine(return_X_y=True)
    arrays = {"features": features[:120].astype("float32")}
    folder = _write(tmp_path, TableSpec(13, 2), arrays, target[:120])
    models = []
    for out in ("one", "two"):
        baselines.run_baseline("forest", folder, folder / out, seconds=0.0, seed=3)
        models.append(load(folder / out / "model.skops").predict(arrays))
    assert np.array_equal(*models)
    short = baselines.run_baseline("forest", folder, folder / "short", seconds=0.3)
    long = baselines.run_baseline("forest", folder, folder / "long", seconds=60.0)
    assert len(short["tried"]) < len(long["tried"]) == 5


def test_the_time_is_kept_on_more_rows_than_fit_it(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    features = draw.normal(size=(40_000, 20)).astype("float32")
    target = (features[:, 0] * features[:, 1] > 0).astype(np.int64)
    folder = _write(tmp_path, TableSpec(20, 2), {"features": features}, target)
    for name, most, at_most in (("boosting", 1.0, 30_000), ("boosting", 0.15, 20_000), ("forest", 1.0, 20_000)):
        result = baselines.run_baseline(name, folder, folder / name, seconds=most)
        assert 250 <= result["rows"] <= at_most
        assert result["loss"] < 0.65  # always answering the class shares costs 0.693


def test_the_size_for_a_time_follows_the_measured_costs() -> None:
    assert _size_for(4.0, [(1000, 4.0)]) == 1000
    assert _size_for(40.0, [(1000, 4.0)]) == int(1000 * 10 ** (1 / 1.15))
    assert _size_for(2.3, [(1000, 1.0), (2000, 1.15)]) == pytest.approx(2000 + 1000 * 1.15 / (1.15 * 0.15), abs=1)


def test_folds_judge_every_row_once_and_the_model_learns_from_all(tmp_path: Path) -> None:
    features, target = load_wine(return_X_y=True)
    spec, facts = TableSpec(13, 3), {"target": "y", "problem": "classification", "classes": ["a", "b", "c"]}
    rows = np.arange(len(target))
    write_spec(tmp_path, spec, facts)
    folders = [(tmp_path, "train", rows)]
    for fold in range(3):
        write_spec(tmp_path / f"fold{fold}", spec, facts)
        folders += [(tmp_path / f"fold{fold}", "train", rows[rows % 3 != fold])]
        folders += [(tmp_path / f"fold{fold}", "validation", rows[rows % 3 == fold])]
    for folder, split, where in folders:
        write_array(folder, split, "features", features[where].astype("float32"))
        write_array(folder, split, "target", target[where])
        write_array(folder, split, "row", where)
    result = baselines.run_baseline("linear", tmp_path, tmp_path / "out", seconds=5.0)
    predictions = read_predictions(tmp_path / "out" / "validation.parquet")
    order = predictions.columns["row"].numpy()
    assert sorted(order.tolist()) == rows.tolist()
    assert losses(predictions, target[order]).mean() == pytest.approx(result["loss"]) and result["loss"] < 0.15
    fitted = load(tmp_path / "out" / "model.skops")
    assert fitted.estimator[0].n_samples_seen_ == len(rows)


def test_classes_absent_in_training_get_a_column(tmp_path: Path) -> None:
    arrays = {"features": np.random.default_rng(0).normal(size=(80, 3)).astype("float32")}
    folder = _write(tmp_path, TableSpec(3, 4), arrays, np.arange(80) % 4 // 2 * 2)  # classes 0 and 2 of four
    for name in names("table"):
        baselines.run_baseline(name, folder, folder / name, seconds=0.2)
        answers = load(folder / name / "model.skops").predict(arrays)
        assert answers.shape == (80, 4)
        most = 0.01 if name != "neighbours" else 0.1  # three of them or more vote
        assert (answers[:, [1, 3]].max() < most) and np.allclose(answers.sum(1), 1, atol=1e-5)
    alone = _write(tmp_path / "alone", TableSpec(3, 4), arrays, np.full(80, 2))
    baselines.run_baseline("linear", alone, alone / "out", seconds=0.2)
    assert (load(alone / "out" / "model.skops").predict(arrays)[:, 2] == 1).all()


def test_a_forest_is_never_certain(tmp_path: Path) -> None:
    folder, arrays = _table(tmp_path)
    baselines.run_baseline("forest", folder, folder / "out", seconds=0.0)
    answers = load(folder / "out" / "model.skops").predict(arrays)
    assert answers.min() >= 0.5 / 201 - 1e-6


def test_text_is_read_as_written() -> None:
    lines = ["née", "", "naïve 🦊 fox"]
    assert text.texts(_texts(lines), TokenSpec(9, 9, 2)) == lines
    assert text.texts(take(_texts(lines), np.array([2, 0])), TokenSpec(9, 9, 2)) == ["naïve 🦊 fox", "née"]


def test_series_features_do_not_depend_on_padding_or_company() -> None:
    draw = np.random.default_rng(0)
    values = draw.normal(size=(6, 40, 2)).astype("float32")
    lengths = np.array([40, 25, 40, 1, 2, 25])
    padded = np.concatenate([values, np.full((6, 9, 2), 77, "float32")], axis=1)
    for row, length in enumerate(lengths):
        values[row, length:] = 0
        padded[row, length:40] = 55
    for view in (series.summary, series.stretched):
        whole = view({"values": values, "lengths": lengths}, SeriesSpec(2, 40, 2))
        assert np.isfinite(whole).all()
        assert np.array_equal(whole, view({"values": padded, "lengths": lengths}, SeriesSpec(2, 40, 2)))
        single = view({"values": values[1:2], "lengths": lengths[1:2]}, SeriesSpec(2, 40, 2))
        np.testing.assert_allclose(single[0], whole[1], rtol=1e-6, atol=1e-6)


def test_summary_features_are_what_they_say() -> None:
    steps = np.arange(100)
    wave = np.sin(2 * np.pi * steps / 20)  # 0.05 cycles a step
    found = series.summary({"values": wave[None, :, None], "lengths": np.array([100])}, SeriesSpec(1, 100, 2))[0]
    assert len(found) == 29 and found[-1] == 100
    assert found[0] == pytest.approx(0, abs=1e-6) and found[1] == pytest.approx(np.sqrt(0.5), rel=1e-5)
    assert found[27] == pytest.approx(0.05)
    ramp = series.summary({"values": (2.0 * steps)[None, :, None], "lengths": np.array([100])}, SeriesSpec(1, 100, 2))[
        0
    ]
    assert ramp[10] > 0 and ramp[11] == pytest.approx(2.0)  # slope, mean step


def test_nothing_foreign_is_loaded(tmp_path: Path) -> None:
    bad = tmp_path / "model.skops"
    bad.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(InputError, match="cannot be read"):
        baselines.load_baseline(bad, "table", "classification", "linear")
    words = {"vocabularies": [], "baseline": "linear", "problem": "classification", "setting": {"penalty": 1.0}}
    sizes = {"kind": "table", "features": 2, "outputs": 2}
    skops.io.dump({"words": json.dumps({**words, "spec": sizes}), "estimator": FunctionTransformer(_called)}, bad)
    with pytest.raises(InputError, match="is not loaded"):
        baselines.load_baseline(bad, "table", "classification", "linear")
    scaler = make_pipeline(StandardScaler()).fit(np.eye(2))
    saved.write(bad, {"words": json.dumps({**words, "spec": sizes}), "estimator": scaler})
    with pytest.raises(InputError, match="holds another model"):
        baselines.load_baseline(bad, "table", "classification", "linear")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bestiary.baselines.saved.MOST_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "bomb.skops", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("schema.json", b"0" * 2_000_000)
    with pytest.raises(InputError, match="unpacks to 2,000,000"):
        baselines.load_baseline(tmp_path / "bomb.skops", "table", "classification", "linear")


def _called(values: object) -> object:
    raise AssertionError("a loaded file was executed")


def test_the_linear_model_on_texts_weighs_rare_classes_up(tmp_path: Path) -> None:
    """Six of seven verses are of one book: every class counting the same is tried, and tells them apart better."""
    with (Path(__file__).parents[1] / "fixtures" / "verses.csv").open(encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    often = [(verse, 0) for verse, book in rows if book == "Genesis"][:360]
    rare = [(verse, 1) for verse, book in rows if book == "Proverbs"][:60]
    mixed = [(often + rare)[place] for place in np.random.default_rng(0).permutation(420)]
    target = np.array([number for _, number in mixed])
    folder = _write(tmp_path, TokenSpec(300, 20, 2), _texts([verse for verse, _ in mixed]), target)
    result = baselines.run_baseline("linear", folder, folder / "out", seconds=30.0)
    lost = {json.dumps(one["setting"], sort_keys=True): one["loss"] for one in result["tried"]}  # type: ignore[union-attr]
    for counts in ("words", "both"):
        plain = {"counts": counts, "penalty": 0.1}
        weighed = json.dumps({**plain, "balanced": True}, sort_keys=True)
        assert lost[weighed] < lost[json.dumps(plain, sort_keys=True)]
    drawn = [text.linear_space("classes", 400, 2, np.random.default_rng(seed)) for seed in range(30)]
    assert {one["counts"] for one in drawn} == {"words", "characters", "both"}
    assert {one["balanced"] for one in drawn} == {True, False}


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'forest'"):
        baselines.find("table", "classification", "forrest")
    assert names("text", "regression") == ["constant", "linear"]
    assert names("series")[:3] == ["constant", "neighbour", "minirocket"]


def test_the_time_is_kept_on_few_rows_of_many_features(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    target = np.arange(160) // 4 % 4
    features = draw.normal(size=(160, 1500)).astype("float32")
    features[:, ::10] += 2 * target[:, None]
    folder = _write(tmp_path, TableSpec(1500, 4), {"features": features}, target)
    whole = baselines.find("table", "classification", "boosting").settings("classes", 120, 4)[0]
    result = baselines.run_baseline("boosting", folder, folder / "out", seconds=1.0)
    assert 2 <= result["setting"]["max_iter"] < whole["max_iter"] and result["loss"] < 1.0
