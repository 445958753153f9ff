"""`bestiary weights`: the way out of a model under other names, and what is known of published files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import bestiary
from bestiary import catalogue
from bestiary.cli.main import main
from bestiary.errors import InputError
from bestiary.files import sha256_of
from bestiary.weights.known import UNKNOWN, know
from bestiary.weights.loading import exported


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    words = ["resnet/10-strided", "digits", "--image-size", "24", "--epochs", "1", "--out", str(folder), "--quiet"]
    assert main(["train", *words]) == 0
    return folder


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("names", ["torchvision", "transformers", "bestiary"])
def test_what_was_exported_is_the_model(
    run: Path, names: str, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"weights{suffix}"
    assert main(["weights", "export", str(run), str(file), "--to", names]) == 0
    assert f"under {names}'s names" in capsys.readouterr().err
    network = bestiary.load(run).network
    first = {"torchvision": "conv1.weight", "bestiary": "entry.layer.convolution.weight"}
    held = load_file(file) if suffix == ".safetensors" else torch.load(file, weights_only=True)
    assert first.get(names, "resnet.embedder.embedder.convolution.weight") in held
    words = {"channels": 1, "outputs": 10, "widths": (16, 32, 64, 128), "depths": (1, 1, 1, 1), "entry": 16}
    again = bestiary.create("resnet18", weights=file, **words).eval()
    pixels = torch.randn(2, 1, 24, 24)
    assert torch.equal(again(pixels), network(pixels))
    whole = bestiary.create("resnet18", weights=run, **words).eval()
    assert torch.equal(whole(pixels), network(pixels)), "a trained model is a file of weights too"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("exprt",), "did you mean 'export'"),
        (("export",), "expected the folder of a model and a file"),
        (("export", "gone", "w.safetensors"), "no folder 'gone'"),
        (("list", "resnet"), "takes no other argument"),
        (("export", "RUN", "w.txt"), "FILE must end in .safetensors"),
        (("export", "RUN", "w.pt", "--to", "torchvison"), "did you mean 'torchvision'"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run: Path,
    words: tuple[str, ...],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["weights", *(str(run) if word == "RUN" else word for word in words)]) == 2
    err = capsys.readouterr().err
    assert told in err and len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_the_list_names_every_published_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list", "--json"]) == 0
    lines = {line["architecture"]: line for line in json.loads(capsys.readouterr().out)}
    assert {"torchvision", "transformers"} <= set(lines["resnet"]["names"])
    files = {one["file"] for line in lines.values() for one in line["weights"]}
    assert files == {one.file for row in catalogue.ROWS for size in row.sizes for one in size.weights}
    assert main(["show", "resnet50"]) == 0
    assert "resnet50-11ad3fa6.pth" in capsys.readouterr().out


def test_records_are_whole_and_unique() -> None:
    for row in catalogue.ROWS:
        for size in row.sizes:
            names = [one.name for one in size.weights]
            assert len(set(names)) == len(names)
            for one in size.weights:
                assert all((one.file, one.source, one.licence, one.seen))
                assert 8 <= len(one.sha256) <= 64 and set(one.sha256) <= set("0123456789abcdef")


@pytest.fixture
def lenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A LeNet with a published file, of which the folder for weights holds one: the true one, or another."""
    monkeypatch.setenv("BESTIARY_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "nothing"))
    true = tmp_path / "true.safetensors"
    save_file(exported(bestiary.create("lenet5", seed=1)), true)
    record = catalogue.Pretrained(
        "digits", f"lenet5-{sha256_of(true)[:8]}.safetensors", "a test", "none", sha256_of(true)[:8], "70,000 digits"
    )
    sized = replace(catalogue.size("lenet5"), weights=(record,))
    monkeypatch.setattr(catalogue, "size", lambda name: sized)
    (tmp_path / "weights").mkdir()

    def put(which: str) -> Path:
        place = tmp_path / "weights" / record.file
        if which == "true":
            place.write_bytes(true.read_bytes())
        elif which == "other":
            save_file(exported(bestiary.create("lenet5", seed=2)), place)
        return place

    return put


def test_published_weights_are_found_by_name_and_known_by_digest(lenet: Callable[[str], Path]) -> None:
    place = lenet("true")
    known = know("digits", catalogue.size("lenet5"))
    assert known.file == place and known.seen == "70,000 digits"
    assert know(place, catalogue.size("lenet5")).seen == "70,000 digits"
    made, other = bestiary.create("lenet5", weights="digits"), bestiary.create("lenet5", seed=1)
    assert all(torch.equal(a, b) for a, b in zip(made.parameters(), other.parameters()))
    elsewhere = place.with_name("own.safetensors")
    save_file(exported(bestiary.create("lenet5", seed=3)), elsewhere)
    assert know(elsewhere, catalogue.size("lenet5")).seen == UNKNOWN


def test_a_file_that_is_not_what_was_published_is_refused(lenet: Callable[[str], Path]) -> None:
    place = lenet("other")
    for given in ("digits", place):
        with pytest.raises(InputError, match=r"is not lenet5-.* as published.*expected sha256"):
            bestiary.create("lenet5", weights=given)


def test_nothing_is_fetched(lenet: Callable[[str], Path]) -> None:
    with pytest.raises(InputError, match="nothing is downloaded: put it there, or give its path"):
        bestiary.create("lenet5", weights="digits")
    with pytest.raises(InputError, match="did you mean 'digits'"):
        bestiary.create("lenet5", weights="digit")


def test_a_model_that_was_trained_here_has_seen_its_training_rows(run: Path) -> None:
    assert know(run).seen == f"the training rows of {run}"
