"""A batch has two parts: what a network is given, and what is asked of it. Where nothing is known, nothing is said."""

from __future__ import annotations

import dataclasses
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import bestiary.targets
from bestiary import kinds, tasks
from bestiary.batches import Batch, Target
from bestiary.data.opening import open_data
from bestiary.data.reading import read
from bestiary.errors import InputError
from bestiary.inputs import ImageInputs, TableInputs
from bestiary.objectives.supervised import CrossEntropy
from bestiary.race.losses import constant
from bestiary.rows.splits import assign
from bestiary.rows.store import read_truth, truth_of
from bestiary.targets import Classes, Steps, Value, Written
from tests.conformance.test_kinds import KINDS, taken, task_of

FILES = [one.name for one in pkgutil.iter_modules(bestiary.targets.__path__)]


@pytest.mark.parametrize("name", FILES)
def test_a_target_is_a_file(name: str) -> None:
    made = bestiary.targets.find(name)
    assert issubclass(made, Target) and getattr(made, "__dataclass_params__").frozen  # noqa: B009
    assert made.arrays


def test_every_task_asks_for_a_target_that_there_is() -> None:
    assert {task.target for task in tasks.every().values()} <= set(FILES)


@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_have_the_rows_of_a_batch(kind: kinds.Kind) -> None:
    _, words = taken(kind)
    batch, _ = kind.part("example").step(words, 4, task_of(kind))
    assert isinstance(batch.inputs, kind.part("inputs"))
    assert len(batch) == batch.inputs.rows == batch.target.rows > 1
    assert batch.part(0, len(batch)) is batch
    if not kind.rowwise:
        with pytest.raises(InputError, match="a graph is one whole"):
            batch.part(0, 1)
        return
    some = batch.part(1, 3)
    assert len(some) == some.inputs.rows == some.target.rows == 2
    for whole, cut in ((batch.inputs, some.inputs), (batch.target, some.target)):
        for field in dataclasses.fields(whole):
            held = getattr(whole, field.name)
            assert held is None or torch.equal(held[1:3], getattr(cut, field.name))


@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_go_to_a_device(kind: kinds.Kind) -> None:
    _, words = taken(kind)
    moved = kind.part("example").step(words, 4, task_of(kind))[0].to("meta")
    tensors = [value for part in (moved.inputs, moved.target) for value in vars(part).values()]
    assert all(value.device.type == "meta" for value in tensors if isinstance(value, torch.Tensor))


def test_inputs_and_targets_go_together_freely() -> None:
    """Pictures that a text is written of: no kind of data knows of it, and each part does what it does elsewhere."""
    sequence = torch.tensor([[2, 7, 8, 3], [2, 9, 3, 0]])
    batch = Batch(ImageInputs(torch.randn(2, 1, 4, 4)), Written(sequence, torch.tensor([4, 3])))
    pixels, told = batch.arguments(object())
    assert torch.equal(pixels, batch.inputs.pixels) and torch.equal(told, sequence[:, :-1])
    assert torch.equal(batch.truth, sequence[:, 1:]) and torch.equal(batch.part(1, 2).truth, sequence[1:, 1:])


def test_values_are_standardised_and_classes_are_not() -> None:
    stored = {"target": torch.tensor([10.0, 30.0], dtype=torch.float64)}
    assert Value.of(stored, {"mean": 20.0, "scale": 5.0}).truth.tolist() == [-2.0, 2.0]
    several = {"target": torch.tensor([[10.0, 1.0]])}
    assert Value.of(several, {"mean": [20.0, 0.0], "scale": [5.0, 2.0]}).truth.tolist() == [[-2.0, 0.5]]
    assert Classes.of({"target": torch.tensor([3, 1])}, {"mean": 20.0}).truth.tolist() == [3, 1]


def test_a_loss_that_needs_truth_says_so_and_one_that_needs_none_is_given_none() -> None:
    batch: Batch[Any, Any] = Batch(TableInputs(torch.randn(3, 2)))
    assert batch.target is None and batch.arguments(object()) == (batch.inputs.features,)
    with pytest.raises(InputError, match="expected rows with a target; received rows without one"):
        CrossEntropy()(torch.nn.Linear(2, 2), batch, 0)
    steps = Steps(torch.zeros(3).long(), torch.zeros(3), torch.zeros(3, 2), torch.zeros(3))
    with pytest.raises(InputError, match="no true answers"):
        Batch(batch.inputs, steps).truth  # noqa: B018


def unlabelled(kind: str, folder: Path) -> tuple[Any, dict[str, Any]] | None:
    """Data of a kind of which nothing is known, and words to read them; None where there is always a target."""
    draw = np.random.default_rng(0)
    if kind == "table":
        return pd.DataFrame({"a": draw.normal(size=60), "b": draw.normal(size=60)}), {"task": "generate"}
    if kind == "image":
        return draw.integers(0, 255, (40, 8, 8), dtype=np.uint8), {"task": "generate", "kind": "image"}
    if kind == "pairs":
        words = ["".join(draw.choice(list("abcd"), 4)) for _ in range(60)]
        return pd.DataFrame({"word": words, "sound": [w[::-1] for w in words]}), {
            "task": "transduce", "target": "sound", "text": "word",
        }  # fmt: skip
    if kind == "environment":
        return "CartPole-v1", {"kind": "environment"}
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_known_is_not_written(kind: kinds.Kind, tmp_path: Path) -> None:
    """No zeros stand for the truth, on disk or in a batch; corpora count the bytes of a window under that name."""
    given = unlabelled(kind.name, tmp_path)
    if given is None:
        pytest.skip("every row has a target, or none is asked for at all")
    source = read(given[0], **given[1])
    assert source.kind == kind.name
    source.encode(assign(source), tmp_path / "data", 0)
    assert not list(tmp_path.glob("*/*.target.npy"))
    data = open_data(tmp_path / "data", sealed=tmp_path / "sealed")
    for split in ("train", "validation", "test"):
        assert "target" not in data.arrays(split)
        assert truth_of(data, split).shape == (data.rows(split), 0)
    assert read_truth(tmp_path / "sealed", "test").shape == (data.rows("test"), 0)
    if kind.name != "environment":  # whose answers play whole episodes
        loss, scores = constant(tmp_path / "data", tmp_path / "sealed", "test")
        assert np.isfinite([loss, *scores.values()]).all(), "judged without a truth"


def test_rows_without_labels_have_no_target_in_their_batches(tmp_path: Path) -> None:
    for kind in ("table", "image"):
        given = unlabelled(kind, tmp_path)
        assert given is not None
        source = read(given[0], **given[1])
        source.encode(assign(source), tmp_path / kind / "data", 0)
        data = open_data(tmp_path / kind / "data")
        batches = [data.batch("train", 0), next(iter(data.batches("validation")))]
        assert all(batch.target is None for batch in batches)
