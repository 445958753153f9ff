"""Columns of a table taken apart: straight numbers, codes of words, n-grams of text; old folders without them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression

from bestiary import baselines
from bestiary.architectures.build import build
from bestiary.contracts import TableInputs, TableSpec
from bestiary.data import load_encoder, read
from bestiary.fit import fit
from bestiary.kinds.table.text import TextColumns
from bestiary.recipes import tables as recipes
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData, read_spec
from bestiary.runs.run import RunFolder
from bestiary.tasks.regression.scoring import Regression
from tests.learning.learn import Never

FIXTURES = Path(__file__).parents[1] / "fixtures"
COUNT = 400


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """Numbers with wild values, words with rare ones, and remarks whose words tell the price."""
    rng = np.random.default_rng(0)
    size, town = rng.lognormal(3, 1.5, COUNT).round(2), rng.choice(["Rome", "Oslo", "Bern"], COUNT, p=[0.6, 0.3, 0.1])
    sort = rng.choice(["a small red box for tea", "the large blue case of wine", "one old green bag with rice"], COUNT)
    remark = [f"{words} number {i}" for i, words in enumerate(sort)]
    worth = pd.Series(sort).map({w: 10.0 * k for k, w in enumerate(sorted(set(sort)))})
    return pd.DataFrame({"size": size, "town": town, "remark": remark, "price": worth + rng.normal(0, 1, COUNT)})


def encoded(frame: pd.DataFrame, target: str, folder: Path) -> StoredData:
    source = read(frame, target, kind="table")
    source.encode(assign(source), folder / "data", 0)
    return StoredData(folder / "data", sealed=folder / "sealed")


def test_columns_stand_apart_and_in_the_features(tmp_path: Path, shop: pd.DataFrame) -> None:
    data = encoded(shop, "price", tmp_path)
    spec = data.spec
    assert isinstance(spec, TableSpec)
    assert (spec.numbers, spec.categories, spec.texts, spec.features) == (1, (4,), 1, 1 + 3 + 16)
    batch = data.take("train", slice(None))
    assert isinstance(batch.inputs, TableInputs)
    numbers, categories, words = batch.inputs.columns
    assert torch.equal(numbers, batch.inputs.features[:, :1])
    one_hot = torch.nn.functional.one_hot(categories[:, 0], 4)[:, 1:].float()
    assert torch.equal(one_hot, batch.inputs.features[:, 1:4])
    assert words.shape[1] == 1 and int(words.max()) < spec.vocabulary
    cells = shop["size"].to_numpy()[data.arrays("train")["row"].numpy()]
    straight = batch.inputs.straight_columns[0][:, 0].double().numpy()
    fitted = LinearRegression().fit(cells[:, None], straight)
    np.testing.assert_allclose(
        fitted.predict(cells[:, None]), straight, atol=1e-4
    )  # a straight line of what is written
    assert batch.part(0, 3).inputs.columns[1].shape == (3, 1)


def test_words_that_were_never_seen_have_the_code_0(tmp_path: Path, shop: pd.DataFrame) -> None:
    encoded(shop, "price", tmp_path)
    encoder = load_encoder(tmp_path / "data" / "encoder")
    new = encoder.encode(
        pd.DataFrame({"size": [1.0, 2.0], "town": ["Bern", "Paris"], "remark": ["unknown words", None]})
    )
    assert new.arrays["categories"][:, 0].tolist() == [1, 0]
    assert new.arrays["features"][1, 1:4].tolist() == [0, 0, 0]
    assert (new.arrays["words"][1] == 0).all()
    assert any("'town' has words that training rows did not have" in line for line in new.warnings)


def test_a_folder_that_was_written_before_still_opens(tmp_path: Path, shop: pd.DataFrame) -> None:
    """Its spec names features and outputs alone, its arrays are one flat vector: columns are then those numbers."""
    data = encoded(shop, "price", tmp_path)
    for path in (tmp_path / "data").glob("*.npy"):
        if path.name.split(".")[1] in ("numbers", "categories", "words"):
            path.unlink()
    written = json.loads((tmp_path / "data" / "spec.json").read_text())
    written["spec"] = {name: written["spec"][name] for name in ("kind", "features", "outputs")}
    (tmp_path / "data" / "spec.json").write_text(json.dumps(written))
    old = StoredData(tmp_path / "data")
    assert old.spec == TableSpec(data.spec.sizes()["features"], 1)  # type: ignore[arg-type]
    batch = old.batch("train", 0)
    assert isinstance(batch.inputs, TableInputs) and batch.inputs.columns[0] is not None
    numbers, categories, words = batch.inputs.columns
    assert torch.equal(numbers, batch.inputs.features) and categories.shape[1] == words.shape[1] == 0
    network = build("bestiary.architectures.table.tabm:TabM", {"members": 2, "width": 4}, old.spec, seed=0)
    assert network(*batch.arguments(network)).shape == (len(batch), 1)
    assert baselines.run_baseline("linear", tmp_path / "data", tmp_path / "out", seconds=0.5)["loss"] < 1.0


def test_long_texts_are_cut_and_the_summary_tells_them_apart() -> None:
    import pyarrow as pa

    long = " ".join(f"word{i}" for i in range(1000))
    column = pa.chunked_array([pa.array(["red wine from the south", "white wine from the north", long, None] * 10)])
    fitted = TextColumns.fit([column])
    features, words = fitted.transform([column])
    assert words.shape == (40, 1, 256) and (words[2] > 0).all() and (words[3] == 0).all()
    assert features.shape == (40, fitted.width) and np.isfinite(features).all()
    assert np.abs(features[0] - features[1]).max() > 0.1 and np.array_equal(features[0], features[4])
    again = TextColumns.restore(fitted.state())
    assert np.array_equal(again.transform([column])[0], features)


def test_text_beside_numbers_is_a_table_and_all_of_it_is_learned(tmp_path: Path) -> None:
    """Addresses, whose words do not tell the price; two numbers beside them do, as well as by themselves."""
    source = read(FIXTURES / "address.csv", "price")
    assert source.kind == "table" and "kind='text'" in source.reason
    source.encode(assign(source), tmp_path / "data", 0)
    assert read_spec(tmp_path / "data")[0].sizes()["texts"] == 1
    baselines.run_baseline("linear", tmp_path / "data", tmp_path / "out", seconds=5.0)
    data = StoredData(tmp_path / "data", sealed=tmp_path / "sealed")
    fitted = baselines.load_baseline(tmp_path / "out" / "model.skops", "table", "regression", "linear")
    answers = fitted.predict({name: array.numpy() for name, array in data.arrays("test").items()})
    truth = data.arrays("test")["target"].numpy()
    frame = pd.read_csv(FIXTURES / "address.csv")
    parts = [frame.loc[data.arrays(split)["row"].numpy()] for split in ("train", "test")]
    alone = LinearRegression().fit(parts[0][["sqm", "bedrooms"]], parts[0]["price"])
    best = np.sqrt(((alone.predict(parts[1][["sqm", "bedrooms"]]) - parts[1]["price"]) ** 2).mean())
    assert np.sqrt(((answers - truth).astype(np.float64) ** 2).mean()) < 1.02 * best < 9_000


def test_the_linear_model_gets_numbers_as_they_are(tmp_path: Path) -> None:
    """A target that is the sum of two columns with wild values: the line is found, which bent numbers hide."""
    rng = np.random.default_rng(1)
    first, second = rng.lognormal(0, 2, 500), rng.lognormal(1, 2, 500)
    data = encoded(pd.DataFrame({"a": first, "b": second, "sum": first + second}), "sum", tmp_path)
    result = baselines.run_baseline("linear", tmp_path / "data", tmp_path / "out", seconds=5.0)
    assert result["setting"]["view"] == "straight" and result["loss"] < 1e-6  # type: ignore[index]
    bent = [tried["loss"] for tried in result["tried"] if not tried["setting"].get("view")]  # type: ignore
    assert min(bent) > 0.05
    assert data.rows("train") > 300


NETWORKS = {
    "tabm:TabM": {"members": 4, "width": 32},
    "resnet:TabularResNet": {"width": 32, "hidden": 32},
    "wide_deep:WideAndDeep": {"widths": (32,)},
}


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_learn_from_text_among_the_columns(tmp_path: Path, shop: pd.DataFrame, network: str) -> None:
    """The remark tells the price, size and town do not: without its words R2 is about 0."""
    scores = []
    for name, frame in (("with", shop), ("without", shop.drop(columns="remark"))):
        torch.manual_seed(0)
        data = encoded(frame, "price", tmp_path / name)
        built = build(f"bestiary.architectures.table.{network}", NETWORKS[network], data.spec, seed=0)
        learner = recipes.members_regressor if network == "tabm:TabM" else recipes.regressor
        algorithm = learner(built, data.spec, rate=3e-3)
        fit(algorithm, data, RunFolder(tmp_path / name / "run", keep_best=False, save_every=1e9), 60, Never())
        task = Regression(data.facts["mean"], data.facts["scale"])
        found = task.score(task.predict(algorithm.answer, data, "test"), data.arrays("test")["target"])
        scores.append(found["r2"])
    assert scores[0] > 0.8 > 0.2 > scores[1]
