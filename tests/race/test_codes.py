"""Reconstruct and anomaly: their evidence, their baselines, saved and restored, and a race from end to end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, roc_auc_score

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.architectures.representation.autoencoder import Autoencoder, PixelAutoencoder
from bestiary.architectures.representation.vae import VAE
from bestiary.baselines import competitors, find, load_baseline, run_baseline
from bestiary.contracts import ImageSpec, TableSpec
from bestiary.data import read
from bestiary.data.opening import open_data
from bestiary.planning.contenders import candidates
from bestiary.rows.splits import assign
from bestiary.rows.store import ArrayData, StoredData
from bestiary.sampling.latents import active, collapse, smoothness, walk
from bestiary.tasks.anomaly.scoring import EVIDENCE, Anomaly
from bestiary.tasks.reconstruct.baselines import flat_rows
from bestiary.tasks.reconstruct.scoring import Reconstruct, encode

NOTHING = np.zeros(0)  # their predictions are evidence, beside which no truth is needed


def prepared(folder: Path, source: object, **words: Any) -> StoredData:
    read_source = read(source, **words)
    read_source.encode(assign(read_source), folder / "data", 0)
    return open_data(folder / "data", sealed=folder / "sealed")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> StoredData:
    return prepared(tmp_path_factory.mktemp("digits"), "digits", task="reconstruct", code=8)


@pytest.fixture(scope="module")
def cancer(tmp_path_factory: pytest.TempPathFactory) -> StoredData:
    return prepared(tmp_path_factory.mktemp("cancer"), "breast_cancer", task="anomaly", code=6)


# ------------------------------------------------------------------------------------------------ contenders


@pytest.mark.parametrize(
    ("spec", "inputs"),
    [(ImageSpec(1, (16, 16), 1, code=5), (2, 1, 16, 16)), (TableSpec(9, 1, code=3), (2, 9))],
    ids=["image", "table"],
)
def test_everyone_who_races_has_codes_of_the_same_size(spec: ImageSpec | TableSpec, inputs: tuple[int, ...]) -> None:
    """A machine of 32 hidden units beside principal components of 5 would win by what it is given."""
    found, left_out = candidates(spec.kind, "reconstruct", spec, 50_000)
    assert {"autoencoder", "rbm"} <= {candidate.row.name for candidate in found}
    for candidate in found:
        for size in candidate.sizes:
            network = build(size.network, size.keywords, spec, seed=0).eval()
            assert network.encode(torch.rand(inputs)).shape == (2, spec.code), size  # type: ignore[operator]
    assert "hopfield" not in {candidate.row.name for candidate in found}  # its codes are whole rows
    assert f"have {spec.code} numbers" in left_out["hopfield"]
    assert [c.row.name for c in candidates(spec.kind, "reconstruct", spec, 50_000, "hopfield")[0]] == ["hopfield"]


# ------------------------------------------------------------------------------------------------ evidence


def test_errors_are_shares_of_the_range_of_pixels(digits: StoredData) -> None:
    class Grey:
        def reconstruct(self, inputs: torch.Tensor) -> torch.Tensor:
            scale, mean = digits.facts["pixel_scale"][0], digits.facts["pixel_mean"][0]  # type: ignore[index]
            return torch.full_like(inputs, (8.0 - mean) / scale)

    task = Reconstruct(digits.facts)
    found = task.predict(Grey(), digits, "test")
    pixels = digits.arrays("test")["pixels"].double() / 16
    expected = (pixels - 0.5).square().mean((1, 2, 3))
    torch.testing.assert_close(found.columns["squared_error"].double(), expected, atol=1e-5, rtol=1e-4)
    centre = digits.arrays("train")["pixels"].double().mean(0) / 16
    spread = (pixels - centre).square().mean((1, 2, 3))
    scores = task.score(found, NOTHING)
    assert scores["reconstruction_rmse"] == pytest.approx(float(expected.mean().sqrt()), rel=1e-4)
    assert scores["explained"] == pytest.approx(1 - float(expected.sum() / spread.sum()), rel=1e-3)
    assert scores["psnr"] == pytest.approx(-10 * np.log10(float(expected.mean())), rel=1e-4)
    assert task.score(task.ignorant(digits, "test"), NOTHING)["explained"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_area_and_precision_are_those_of_scikit_learn(seed: int) -> None:
    draw = np.random.default_rng(seed)
    strange = draw.random(150) < 0.2
    score = np.round(draw.normal(size=150) + strange, 1)  # with ties
    task = Anomaly({})
    found = task.tell(torch.tensor(score), torch.tensor(strange.astype(int)), torch.arange(150))
    scores = task.score(found, NOTHING)
    assert scores["anomaly_auroc"] == pytest.approx(roc_auc_score(strange, score), abs=1e-9)
    assert scores["average_precision"] == pytest.approx(average_precision_score(strange, score), abs=1e-9)
    assert 1 - task.losses(found, NOTHING).mean() == pytest.approx(roc_auc_score(strange, score), abs=1e-9)


def test_a_single_anomaly_has_a_precision() -> None:
    """It stands third of eleven rows: of the rows that must be looked at to find it, one in three is one."""
    score = torch.tensor([9.0, 8.0, 7.0, *range(6, -2, -1)])
    task = Anomaly({})
    scores = task.score(task.tell(score, (score == 7).long(), torch.arange(11)), NOTHING)
    assert scores["average_precision"] == pytest.approx(1 / 3)
    assert scores["anomaly_auroc"] == pytest.approx(0.8)


def test_who_only_reconstructs_is_scored_by_the_mean_squared_error_of_a_row() -> None:
    class Halved(torch.nn.Module):
        def reconstruct(self, inputs: torch.Tensor) -> torch.Tensor:
            return inputs / 2

    rows = np.array([[2.0, 0.0], [4.0, 2.0]], np.float32)
    arrays = {"features": rows, "target": np.array([0, 1]), "row": np.arange(2)}
    data = ArrayData(TableSpec(2, 1), {"problem": "anomaly"}, {"train": arrays, "validation": arrays})
    scores = Anomaly(data.facts).scores(Halved(), data, "validation")
    assert scores.tolist() == [0.5, 2.5]
    told = Anomaly(data.facts).predict(Halved(), data, "validation").columns
    assert told["anomaly"].tolist() == [0, 1]
    pixels = {"pixels": np.full((1, 1, 2, 2), 8, np.uint8), "target": np.zeros(1, np.int64), "row": np.arange(1)}
    facts = {"problem": "anomaly", "pixel_mean": [0.0], "pixel_scale": [4.0], "pixel_range": [0.0, 16.0]}
    images = ArrayData(ImageSpec(1, (2, 2), 1), facts, {"train": pixels, "validation": pixels})
    scores = Anomaly(facts).scores(Halved(), images, "validation")
    assert scores.tolist() == [0.0625], "pixels count in shares of their range: (8 - 4) / 16, squared"


def test_resampled_rows_move_the_area_as_far_as_new_rows_do() -> None:
    """The spread over resamples of one set of rows is that of the area over many sets of rows."""
    draw = np.random.default_rng(0)
    task, truth = Anomaly({}), (np.arange(400) < 40).astype(int)

    def rows() -> Any:
        return task.tell(torch.tensor(draw.normal(size=400) + 1.2 * truth), torch.tensor(truth), torch.arange(400))

    spread = np.std([task.score(rows(), NOTHING)["anomaly_auroc"] for _ in range(300)])
    spreads = []
    for _ in range(10):
        terms, combine = EVIDENCE.sums(rows())
        totals = np.stack([terms[draw.integers(0, 400, 400)].sum(0) for _ in range(200)])
        spreads.append(np.std(combine(totals)["anomaly_auroc"]))
    assert np.mean(spreads) == pytest.approx(spread, rel=0.2)


def test_scores_are_undefined_where_all_rows_are_normal() -> None:
    found = Anomaly({}).tell(torch.randn(5), torch.zeros(5), torch.arange(5))
    assert "anomaly_auroc" not in Anomaly({}).score(found, NOTHING)
    assert Anomaly({}).losses(found, NOTHING).tolist() == [0.5] * 5


# ------------------------------------------------------------------------------------------------ baselines


def test_baselines_learn_from_as_many_rows_as_they_may(digits: StoredData) -> None:
    """One row more than is allowed halved what they were given."""
    count = digits.rows("train")
    everything = flat_rows(digits, count)
    assert len(everything) == len(flat_rows(digits, count + 1)) == count
    some = flat_rows(digits, count - 1)
    assert len(some) == count - 1
    np.testing.assert_array_equal(some[[0, -1]], everything[[0, -1]])


def test_components_are_those_of_scikit_learn(digits: StoredData) -> None:
    fitted = find("image", "reconstruct", "pca").fit(digits, {}, 0, 1.0)
    train, test = (next(iter(digits.batches(s))).inputs[0].flatten(1).double().numpy() for s in ("train", "test"))
    everything = np.concatenate([b.inputs.pixels.flatten(1).double().numpy() for b in digits.batches("train")])  # type: ignore[attr-defined]
    theirs = PCA(8, random_state=0).fit(everything)
    expected = theirs.inverse_transform(theirs.transform(test))
    found = fitted.reconstruct(torch.from_numpy(test).float().view(-1, 1, 8, 8)).flatten(1)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert len(train)


@pytest.mark.parametrize("name", [rival.name for rival in competitors("image", "reconstruct")])
def test_rivals_of_codes_are_saved_and_restored(name: str, digits: StoredData, tmp_path: Path) -> None:
    folder = next(iter(digits._folders.values()))
    told = run_baseline(name, folder, tmp_path, seconds=0.1)  # type: ignore[arg-type]
    answer = load_baseline(tmp_path / "model.skops", "image", "reconstruct", name)
    task = Reconstruct(digits.facts)
    again = task.losses(task.predict(answer, digits, "validation"), NOTHING).mean()
    assert again == pytest.approx(told["loss"], rel=1e-4)
    assert again < 0.6 * task.losses(task.ignorant(digits, "validation"), NOTHING).mean()
    assert answer.encode(next(iter(digits.batches("test"))).inputs[0]).shape[1] == 8


@pytest.mark.parametrize("name", [rival.name for rival in competitors("table", "anomaly")])
def test_rivals_of_anomalies_are_saved_and_restored(name: str, cancer: StoredData, tmp_path: Path) -> None:
    folder = next(iter(cancer._folders.values()))
    told = run_baseline(name, folder, tmp_path, seconds=0.1)  # type: ignore[arg-type]
    answer = load_baseline(tmp_path / "model.skops", "table", "anomaly", name)
    task = Anomaly(cancer.facts)
    again = task.predict(answer, cancer, "validation")
    assert task.losses(again, NOTHING).mean() == pytest.approx(told["loss"], abs=1e-6)
    assert task.score(again, NOTHING)["anomaly_auroc"] > 0.8


# ------------------------------------------------------------------------------------------------ verbs


def test_codes_and_errors_of_every_row(digits: StoredData) -> None:
    network = PixelAutoencoder(features=64, code=8, widths=(16,))
    columns = encode(network, digits, "test")
    assert set(columns) == {"error", *(f"code_{k}" for k in range(8))}
    assert len(columns["error"]) == digits.rows("test")
    task = Reconstruct(digits.facts)
    squared = task.losses(task.predict(network, digits, "test"), NOTHING)
    np.testing.assert_allclose(columns["error"].numpy() ** 2, squared, rtol=1e-4)
    assert network.training, "looking changes nothing"


@pytest.mark.parametrize("name", ["vae", "dcign"])
def test_samples_are_images_of_the_datas_size_and_follow_the_seed(name: str, digits: StoredData) -> None:
    row = catalogue.find(name)
    network = _smallest(row, digits)
    draw = resolve(row.verbs["sample"])
    first, again, other = (draw(network, digits.spec, digits.facts, count=5, seed=s).images for s in (0, 0, 1))  # type: ignore[attr-defined]
    assert first.shape == (5, 1, 8, 8)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", ["autoencoder", "convolutional_autoencoder", "vae", "dcign"])
def test_pictures(name: str, digits: StoredData) -> None:
    row = catalogue.find(name)
    pictures = resolve(row.verbs["inspect"])(_smallest(row, digits), digits, digits.spec, digits.facts)
    titles = [picture.title for picture in pictures]  # type: ignore[attr-defined]
    assert titles[:3] == ["Map of codes", "Reconstructions", "Walks between codes"]
    assert ("What numbers of a code do" in titles) == (name in ("vae", "dcign"))


def _smallest(row: catalogue.Row, data: StoredData) -> torch.nn.Module:
    contender = row.races["image"][0]
    return build(contender.network, contender.keywords, data.spec, seed=0)


def test_a_walk_between_two_codes_ends_where_its_rows_are() -> None:
    torch.manual_seed(0)
    network = Autoencoder(features=6, code=3, widths=())
    rows = torch.randn(2, 6)
    path = walk(network, rows[:1], rows[1:], steps=5)
    torch.testing.assert_close(path[[0, -1]], network.reconstruct(rows))
    assert smoothness(path) == pytest.approx(1.0)  # a linear decoder goes straight


def test_a_collapse_is_told() -> None:
    torch.manual_seed(0)
    network = VAE(features=64, code=4, image_size=(8, 8))
    arrays = {"pixels": torch.rand(50, 1, 8, 8).numpy(), "target": np.zeros(50, np.int64)}
    data = ArrayData(ImageSpec(1, (8, 8), 1), {"problem": "reconstruct"}, {"validation": arrays})
    with torch.no_grad():
        network.mean.weight[:2] *= 20
        network.mean.weight[2:] = 0
    assert collapse(network, data).startswith("2 of the 4 numbers")
    torch.nn.init.zeros_(network.mean.weight)
    assert not active(network.encode(torch.rand(50, 1, 8, 8))).any()
    assert collapse(network, data).startswith("The posterior has collapsed")


def test_resampled_rows_move_the_average_precision_as_far_as_new_rows_do() -> None:
    """Normal rows move it too, as they come before anomalies or after them."""
    draw = np.random.default_rng(0)
    task, truth = Anomaly({}), (np.arange(400) < 40).astype(int)

    def rows() -> Any:
        return task.tell(torch.tensor(draw.normal(size=400) + 1.5 * truth), torch.tensor(truth), torch.arange(400))

    spread = np.std([task.score(rows(), NOTHING)["average_precision"] for _ in range(300)])
    spreads = []
    for _ in range(20):
        terms, combine = EVIDENCE.sums(rows())
        totals = np.stack([terms[draw.integers(0, 400, 400)].sum(0) for _ in range(200)])
        spreads.append(np.std(combine(totals)["average_precision"]))
    assert np.mean(spreads) == pytest.approx(spread, rel=0.2)
