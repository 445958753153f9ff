"""Making new data: the judge in its folder, baselines saved and restored, samples written, what the report shows."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_model
from torch import nn

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.baselines import competitors, load_baseline, run_baseline
from bestiary.contracts import ImageSpec
from bestiary.data import read
from bestiary.data.opening import open_data
from bestiary.errors import InputError
from bestiary.race import prepare
from bestiary.rows.splits import assign
from bestiary.rows.store import ArrayData, StoredData
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import Samples
from bestiary.tasks.generate import features
from bestiary.tasks.generate.baselines import kernel_density, training_rows
from bestiary.tasks.generate.report import sections
from bestiary.tasks.generate.scoring import Generate


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> StoredData:
    folder = tmp_path_factory.mktemp("made")
    source = read("digits", task="generate")
    source.encode(assign(source), folder / "data", 0)
    return open_data(folder / "data", sealed=folder / "sealed")


def player(name: str, data: StoredData, seed: int = 0) -> nn.Module:
    contender = catalogue.find(name).races["image"][0]
    network = build(contender.network, contender.keywords, data.spec, seed=seed)
    network.generator.units.measure(data.facts)  # type: ignore[union-attr,operator]
    return network


# --------------------------------------------------------------------------------------------------- judge


def test_the_judge_is_trained_once_and_reads_the_same_for_everyone(digits: StoredData) -> None:
    first = features.feature_space(digits)
    rows = next(iter(digits.batches("validation"))).inputs[0]
    before = first.features(rows)
    path = digits.folder / features.NAME
    written = path.read_bytes()
    features._KNOWN.clear()
    again = features.feature_space(digits)
    assert again is not first and path.read_bytes() == written
    torch.testing.assert_close(again.features(rows), before, rtol=0, atol=0)
    right = again.classes(rows) == next(iter(digits.batches("validation"))).truth
    assert float(right.float().mean()) > 0.93  # type: ignore[union-attr]


def test_the_judge_is_the_same_whoever_trains_it_and_leaves_no_trace(digits: StoredData) -> None:
    state = torch.get_rng_state()
    torch.manual_seed(99)
    torch.rand(3)
    here = torch.get_rng_state()
    steps, features.STEPS = features.STEPS, 20
    try:
        first, second = features.learn(digits), features.learn(digits)
    finally:
        features.STEPS = steps
    assert torch.equal(torch.get_rng_state(), here)
    assert all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    torch.set_rng_state(state)


@pytest.mark.parametrize(
    ("task", "least", "told"), [("generate", 200, 1), ("generate", 2000, 0), ("reconstruct", 200, 0)]
)
def test_that_the_judge_learns_is_said_before_it_begins(
    task: str, least: int, told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(features, "LABELLED", least)
    monkeypatch.setattr(prepare, "constant", lambda *words: (float(len(said)), {}))
    wishes = prepare.Wishes(60.0, "time", None, 0, 1, "cpu")
    plan = prepare.prepare(read("digits", task=task), {}, tmp_path, wishes, said.append)
    assert len(said) == plan.constant == told  # before the constant answer is judged
    assert all("reads the 10 classes of the training images" in message for message in said)


def test_a_copy_of_a_training_row_that_comes_twice_is_a_copy() -> None:
    """Equal training rows count once, and are put together once for all looks."""
    pixels = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8)
    pixels[30:] = pixels[:30]
    facts = {"problem": "generate", "classes": [], "pixel_mean": [127.5], "pixel_scale": [127.5]}
    rows = {"pixels": pixels, "target": np.zeros(60, np.int64), "row": np.arange(60)}
    data = ArrayData(ImageSpec(1, (8, 8), 1), facts, {"train": rows, "test": rows})
    made = data.take("train", torch.arange(60)).inputs[0]
    assert Generate(facts).compare(made, data, "test").columns["memorised"].tolist() == [1.0] * 60
    space = features.feature_space(data)
    assert len(space.train_components(data)) == 30 and len(space.features_of(data, "train")) == 60
    assert space.train_components(data) is space.train_components(data)


def test_a_look_changes_neither_the_network_nor_its_answers(digits: StoredData) -> None:
    network, task = player("dcgan", digits), Generate(digits.facts)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first, second = (task.predict(network, digits, "validation") for _ in range(2))
    assert network.training and all(torch.equal(before[n], t) for n, t in network.state_dict().items())
    assert all(torch.equal(first.columns[name], second.columns[name]) for name in first.columns)


def test_prediction_of_new_rows_names_the_command_that_makes_them(digits: StoredData) -> None:
    with pytest.raises(InputError, match="bestiary sample"):
        Generate(digits.facts).table(player("gan", digits), digits, "test")


# ----------------------------------------------------------------------------------------------- baselines


@pytest.mark.parametrize("name", [rival.name for rival in competitors("image", "generate")])
def test_baselines_are_saved_and_restored(name: str, digits: StoredData, tmp_path: Path) -> None:
    told = run_baseline(name, digits.folder, tmp_path, seconds=0.1)
    answer = load_baseline(tmp_path / "model.skops", "image", "generate", name)
    task = Generate(digits.facts)
    again = task.losses(task.predict(answer, digits, "validation"), torch.empty(0)).mean()
    assert again == pytest.approx(told["loss"], abs=1e-6)
    assert again < 0.3 * task.losses(task.ignorant(digits, "validation"), torch.empty(0)).mean()


def test_the_width_of_kernels_is_not_that_of_copies(digits: StoredData) -> None:
    """Chosen by likelihood: wide enough that nothing is a copy, by the judge's own criterion."""
    answer = kernel_density(digits, {"components": 40}, 0, 10.0)
    rows, shape = training_rows(digits, 0)
    nearest = torch.cdist(rows, rows).topk(2, largest=False).values[:, 1].mean()
    assert shape == (1, 8, 8)
    assert 0.02 < answer.width * np.sqrt(40) / float(nearest) < 2
    task = Generate(digits.facts)
    assert task.score(task.predict(answer, digits, "validation"), torch.empty(0))["memorised"] < 0.05


# ------------------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize("name", ["gan", "dcgan", "wgan", "wgan_gp", "sngan"])
def test_samples_follow_the_seed_and_pictures_are_drawn(name: str, digits: StoredData) -> None:
    row, network = catalogue.find(name), player(name, digits)
    draw, look = resolve(row.verbs["sample"]), resolve(row.verbs["inspect"])
    first, more, other = (
        draw(network, digits.spec, digits.facts, count=count, seed=seed).images  # type: ignore[attr-defined]
        for count, seed in ((5, 0), (9, 0), (5, 1))
    )
    assert first.shape == (5, 1, 8, 8) and 0 <= float(first.min()) <= float(first.max()) <= 1
    torch.testing.assert_close(first, more[:5])
    assert not torch.equal(first, other)
    with pytest.raises(InputError, match="temperature must be above 0"):
        draw(network, digits.spec, digits.facts, count=1, seed=0, temperature=0.0)
    titles = [picture.title for picture in look(network, digits, digits.spec, digits.facts)]  # type: ignore[attr-defined]
    assert titles == ["Walks between codes", "What comes closest in the training rows"]


def test_samples_are_written_for_people(tmp_path: Path) -> None:
    images = Samples(images=torch.linspace(0, 1, 6).reshape(6, 1, 1, 1).expand(6, 3, 4, 5))
    (path,) = images.write(tmp_path / "some.thing")
    with Image.open(path) as picture:
        assert path.name == "some.png" and picture.mode == "RGB" and picture.width % 17 == 0  # 3 columns, 2 gaps
        assert picture.getpixel((0, 0)) == (0, 0, 0)
    (path,) = Samples(texts=["é", "b"]).write(tmp_path / "some")
    assert path.read_text(encoding="utf-8") == "é\nb\n"
    (path,) = Samples(table={"age": [1, 2], "name": ["a", "b,c"]}).write(tmp_path / "some")
    assert pd.read_csv(path)["name"].tolist() == ["a", "b,c"]
    with pytest.raises(InputError, match="at least one sample"):
        Samples(texts=[]).write(tmp_path / "none")
    with pytest.raises(ValueError, match="one of images, texts, table"):
        Samples()
    with pytest.raises(ValueError, match="1 or 3"):
        Samples(images=torch.zeros(1, 2, 4, 4))
    with pytest.raises(ValueError, match="one of them"):
        Picture("", "")
    assert png(grid(torch.rand(3, 1, 4, 4))).startswith(b"\x89PNG")


# -------------------------------------------------------------------------------------------------- report


@dataclass
class Line:
    """What the section reads of a standing."""

    name: str
    title: str
    network: bool
    folder: str
    test: tuple[str, ...] = ("kernel_distance",)
    predict_seconds: float = 0.1


@dataclass
class Said:
    """What the section reads of a verdict."""

    standings: list[Line]
    chosen: str = "dcgan/32"
    problem: str = "generate"


@dataclass
class Found:
    """What the section reads of a finished race."""

    run: Path
    verdict: Said


def test_the_report_shows_what_was_made_and_what_is_missing(digits: StoredData) -> None:
    run = digits.folder.parent
    here, density = run / "contenders/dcgan", run / "contenders/density"
    here.mkdir(parents=True)
    contender = catalogue.find("dcgan").races["image"][0]
    job = {"network": contender.network, "keywords": dict(contender.keywords), "seed": 0}
    job |= {"recipe": catalogue.find("dcgan").recipes["generate"], "setting": {}, "device": "cpu", "data": "data"}
    job |= dict.fromkeys(("rung", "batch", "look_every", "steps", "horizon", "parts", "threads"), 1)
    job |= {"again": False, "patience": None}
    (here / "job.json").write_text(json.dumps(job), encoding="utf-8")
    save_model(player("dcgan", digits), str(here / "answer.safetensors"))
    run_baseline("density", digits.folder, density, seconds=0.1)
    standings = [
        Line("baseline/density", "kernel density", False, "contenders/density"),
        Line("dcgan/32", "Deep convolutional GAN", True, "contenders/dcgan"),
    ]
    samples, table, copies = sections(Found(run, Said(standings)))  # type: ignore[arg-type]
    assert samples.pictures[0].png.startswith(b"\x89PNG") and copies.pictures[0].png.startswith(b"\x89PNG")
    rows = {row[0]: row for row in table.rows}
    assert list(rows) == ["kernel density (baseline)", "dcgan/32", "real validation rows", "real training rows"]
    distance = {name: float(row[1]) for name, row in rows.items()}
    assert distance["real validation rows"] < distance["kernel density (baseline)"] < distance["dcgan/32"]
    assert rows["kernel density (baseline)"][2] == "10 of 10"
    assert "; not " in rows["dcgan/32"][2], "an untrained generator leaves classes out, and they are named"
    learned = {name: float(row[4].removesuffix(" %")) for name, row in rows.items() if row[4].endswith("%")}
    assert learned["real training rows"] > 85 and learned["kernel density (baseline)"] > 80
