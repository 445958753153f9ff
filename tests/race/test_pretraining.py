"""Trainings and races whose contenders begin with weights: what is kept, said, refused, resumed and replayed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import bestiary
from bestiary.architectures.build import build
from bestiary.cli.main import main
from bestiary.data.reading import read
from bestiary.errors import InputError
from bestiary.kinds.text.carry import carry
from bestiary.kinds.text.reader import TextEncoder
from bestiary.planning.plan import Plan
from bestiary.planning.pretraining import split_weights
from bestiary.race.race import replay
from bestiary.rows.splits import assign
from bestiary.runs.beginning import begin_with
from bestiary.runs.trained import trained, untouched

Rows = tuple[np.ndarray, np.ndarray]


def digits(classes: range, most: int) -> Rows:
    from sklearn.datasets import load_digits

    found = load_digits()
    where = np.flatnonzero(np.isin(found.target, classes))[:most]
    return found.images[where].astype(np.float32), found.target[where]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learned the digits below 5."""
    folder = tmp_path_factory.mktemp("known") / "run"
    bestiary.train("cnn/small", digits(range(5), 300), kind="image", epochs=2, out=folder, threads=1)
    return folder


@pytest.fixture(scope="module")
def tuned(known: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, which has learned on with others."""
    folder = tmp_path_factory.mktemp("tuned") / "run"
    rows = folder.parent / "digits.npz"
    images, labels = digits(range(5, 8), 150)
    np.savez(rows, images=images, labels=labels)
    words = {"frozen": 3, "body": 0.5}
    bestiary.train("cnn/small", rows, kind="image", epochs=1, out=folder, threads=1, weights=known, set=words)
    return folder


def test_a_training_begins_with_the_weights_and_says_what_they_have_seen(known: Path, tuned: Path) -> None:
    plan = Plan.read(tuned)
    (entrant,) = plan.entrants
    assert entrant.name == "cnn/small-pretrained" and entrant.knows == f"the training rows of {known}"
    assert entrant.recipe == "bestiary.recipes.fine_tuning:classifier" and entrant.settings[0]["frozen"] == 3
    told = json.loads((tuned / "verdict.json").read_text())["notes"]
    assert any(
        f"have seen the training rows of {known}; its last part (output) is newly initialised" in note for note in told
    )
    kept, before = load_file(tuned / entrant.weights), load_file(known / "winner" / "model.safetensors")
    assert set(before) - set(kept) == {"output.weight", "output.bias"}
    assert all(torch.equal(tensor, before[name]) for name, tensor in kept.items())
    first = untouched(trained(tuned))
    assert first is not None
    assert all(torch.equal(tensor, kept[name]) for name, tensor in first.state_dict().items() if name in kept)
    assert bestiary.load(tuned).network.output.out_features == 3  # type: ignore[union-attr]


def test_a_plan_with_weights_is_followed_to_the_same_bits(tuned: Path, tmp_path: Path) -> None:
    replay(tuned, out=tmp_path / "again")
    one, other = (load_file(folder / "winner" / "model.safetensors") for folder in (tuned, tmp_path / "again"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_weights_that_were_altered_in_the_run_are_refused(tuned: Path, tmp_path: Path) -> None:
    entrant = Plan.read(tuned).entrants[0]
    tensors = load_file(tuned / entrant.weights)
    file = tmp_path / Path(entrant.weights).name
    save_file({name: tensor + 1 for name, tensor in tensors.items()}, file)
    found = trained(tuned)
    with pytest.raises(InputError, match="its digest is another"):
        begin_with(build(entrant.network, entrant.keywords, found.spec), file)


def test_what_cannot_begin_with_weights_is_one_line(known: Path, tmp_path: Path) -> None:
    rows = digits(range(5, 8), 60)
    table = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0) % 7, "y": ["p", "q"] * 30})
    for words, kind, told in (
        (("lenet5", rows), "image", "names are of something else"),
        (("capsnet", rows), "image", "cannot begin with weights"),
        (("mlp", table, "y"), "table", "weights trained on other data do not fit table data"),
    ):
        with pytest.raises(InputError, match=told):
            bestiary.train(*words, kind=kind, weights=known, epochs=1, out=tmp_path / "run")
        assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="expected a file of weights at"):
        bestiary.train("cnn", rows, kind="image", weights=tmp_path / "gone.pt")
    for word in ("resnet18", "=x", "resnet18="):
        with pytest.raises(InputError, match="NAME=FILE"):
            split_weights([word])


@pytest.mark.parametrize("word", ["--pretrained", "--weights"])
def test_both_words_of_the_command_line_take_weights(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["race", "digits", word, "=x"]) == 2
    assert "--pretrained takes NAME=FILE" in capsys.readouterr().err
    assert main(["train", "cnn", "digits", word, "gone.pt"]) == 2
    assert "expected a file of weights at gone.pt" in capsys.readouterr().err


def test_a_token_keeps_its_vector_under_another_vocabulary(tmp_path: Path) -> None:
    texts = ["the cat sat on the mat", "a dog ran in the rain", "birds fly over the sea"] * 20
    others = ["the cat ran over a green hill", "the sea is deep and the rain is cold", "zebras graze"] * 20
    for name, column in (("old", texts), ("new", others)):
        source = read(pd.DataFrame({"text": column, "y": ["p", "q", "p"] * 20}), "y", kind="text", text="text")
        source.encode(assign(source), tmp_path / name, 0)
    old, new = (TextEncoder.load(tmp_path / name / "encoder") for name in ("old", "new"))
    target = "bestiary.architectures.recurrence.lstm:LSTMText"
    before, now = (build(target, {"embedding": 4, "width": 5}, encoder.spec, seed=0) for encoder in (old, new))
    state, fresh = before.state_dict(), now.state_dict()["embed.weight"]
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    made, told = carry(now, shapes, state.__getitem__, tmp_path / "old" / "encoder", tmp_path / "new" / "encoder")
    words, theirs = new.tokenizer.get_vocab(), old.tokenizer.get_vocab()
    both = words.keys() & theirs.keys()
    assert 0 < len(both) < len(words) and f"{len(both):,} of {len(words):,} tokens are known" in told
    for token, place in words.items():
        wanted = state["embed.weight"][theirs[token]] if token in theirs else fresh[place]
        assert torch.equal(made["embed.weight"][place], wanted), token
    with pytest.raises(InputError, match="need their vocabulary"):
        carry(now, shapes, state.__getitem__, None, tmp_path / "new" / "encoder")
