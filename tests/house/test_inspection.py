"""What `inspect` says of the inside of a network: dead units are found wherever a network is rectified."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary import catalogue
from bestiary.architectures.convolution.cnn import CNN
from bestiary.architectures.convolution.fcn import FCN
from bestiary.architectures.energy.hopfield import Hopfield
from bestiary.architectures.feedforward.mlp import MLP
from bestiary.architectures.recurrence.rnn import RectifiedCell
from bestiary.contracts import TableSpec
from bestiary.layers.recurrent import Recurrence
from bestiary.recipes.energy import storage
from bestiary.report.activity import Activity, activity
from bestiary.report.inspection import _activity, coded, sections
from bestiary.rows.store import StoredData, write_spec
from bestiary.runs.trained import Trained
from bestiary.sampling import recall


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize(
    ("setting", "stored"),
    [({"load": 0.02}, 4), ({"rule": "covariance", "load": 0.025}, 5), ({"rule": "projection"}, 10)],
)
def test_patterns_that_are_shown_as_stored_were_stored(
    seed: int, setting: dict[str, Any], stored: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = torch.randn(300, 200, generator=torch.Generator().manual_seed(0)).sign()
    (tmp_path / "data").mkdir()
    write_spec(tmp_path / "data", TableSpec(200, 1), facts := {"problem": "reconstruct", "target": "", "classes": []})
    for name, array in {"features": rows, "target": torch.zeros(300)}.items():
        np.save(tmp_path / "data" / f"train.{name}.npy", array.numpy())
    data = StoredData(tmp_path / "data", batch=128, seed=seed)
    network = Hopfield(features=200)
    assert len(list(storage(network, data.spec, **setting).updates(data, 0, 10))) == 1

    shown: list[Tensor] = []

    def damaged(patterns: Tensor, *words: Any) -> Tensor:
        shown.append(patterns)
        return patterns

    monkeypatch.setattr(recall, "damaged", damaged)
    job = {"seed": seed, "setting": setting}
    row = catalogue.find("hopfield")
    sections(Trained("hopfield/memory", network, row, data.spec, facts, tmp_path, job, tmp_path))
    assert len(shown[0]) == stored
    assert torch.equal(network.recall(shown[0]), shown[0])


class Rectified(nn.Module):
    """A dense layer, of which some units are forced dead, and whatever rectifies it."""

    def __init__(self, rectify: Callable[[Tensor], Tensor], dead: int = 1) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.rectify = nn.Linear(4, 6), rectify
        with torch.no_grad():
            self.hidden.bias[:dead] = -100.0

    def forward(self, x: Tensor) -> Tensor:
        return self.rectify(self.hidden(x))


def lines_of(network: nn.Module, *inputs: Tensor) -> dict[str, Activity]:
    return {line.name: line for line in activity(network, lambda: network(*inputs))}


FUNCTIONS: list[Callable[[Tensor], Tensor]] = [
    F.relu, torch.relu, Tensor.relu, Tensor.relu_, torch.relu_, F.relu6,
    lambda x: F.relu(x, inplace=True), lambda x: F.threshold(x, 0.0, 0.0), lambda x: torch.threshold(x, 0.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize("rectify", FUNCTIONS)
def test_a_dead_unit_of_a_function_is_found_once(rectify: Callable[[Tensor], Tensor]) -> None:
    lines = lines_of(Rectified(rectify), torch.randn(64, 4))
    assert next(iter(lines)) == "hidden" and len(lines) == 2
    assert lines["hidden"].dead is None
    (found,) = (line for name, line in lines.items() if name.startswith("hidden → "))
    assert (found.dead, found.units) == (1, 6)
    assert 1 / 6 <= found.zeros < 1


@pytest.mark.parametrize("module", [nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6(), nn.Threshold(0.0, 0.0)])
def test_a_dead_unit_of_a_module_is_found_under_its_own_name_alone(module: nn.Module) -> None:
    lines = lines_of(Rectified(module), torch.randn(64, 4))
    assert list(lines) == ["hidden", "rectify"]
    assert lines["hidden"].dead is None and lines["rectify"].dead == 1


@pytest.mark.parametrize("other", [nn.LeakyReLU(), nn.GELU(), F.leaky_relu, torch.tanh])
def test_what_never_dies_is_not_counted(other: Any) -> None:
    assert all(line.dead is None for line in lines_of(Rectified(other), torch.randn(64, 4)).values())


def test_a_unit_that_ever_answers_is_alive() -> None:
    network = Rectified(F.relu, dead=0)
    with torch.no_grad():
        network.hidden.weight.zero_()
        network.hidden.weight[:, 0] = 1.0
        network.hidden.bias.zero_()
    quiet, loud = -torch.ones(8, 4), torch.ones(8, 4)
    (_, once) = activity(network, lambda: network(quiet))
    (_, twice) = activity(network, lambda: (network(quiet), network(loud)))
    assert (once.dead, twice.dead) == (6, 0)


def test_several_rectifiers_after_one_layer_are_told_apart() -> None:
    network = Rectified(lambda x: F.relu(F.relu(x) - 100.0))
    lines = lines_of(network, torch.randn(64, 4))
    assert {name: line.dead for name, line in lines.items()} == {
        "hidden": None,
        "hidden → relu": 1,
        "hidden → relu 2": 6,
    }


def test_dead_maps_of_the_catalogues_cnn_are_found() -> None:
    torch.manual_seed(0)
    network = CNN(channels=1, image_size=(8, 8), outputs=10)
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    with torch.no_grad():
        first.bias[:3] = -100.0  # pyright: ignore[reportOptionalSubscript]
    lines = lines_of(network, torch.randn(64, 1, 8, 8))
    rectified = [line for line in lines.values() if line.dead is not None]
    assert len(rectified) == 3  # each stage's, and the dense layer's
    assert (rectified[0].dead, rectified[0].units) == (3, 32)


def test_units_of_series_are_channels_not_steps() -> None:
    torch.manual_seed(0)
    network = FCN(channels=2, outputs=3)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.bias[:] = 3.0
                module.weight[:5] = 0.0
                module.bias[:5] = -1.0
    lines = lines_of(network, torch.randn(4, 30, 2), torch.full((4,), 30)).values()
    assert [(line.units, line.dead) for line in lines if line.dead is not None] == [(128, 5), (256, 5), (128, 5)]


def test_a_cell_of_recurrence_is_heard() -> None:
    network = nn.Sequential(Recurrence(cell=RectifiedCell, inputs=3, width=5))
    cell = next(module for module in network.modules() if isinstance(module, RectifiedCell))
    with torch.no_grad():
        cell.from_input.bias[:2] = -100.0
    lines = activity(network, lambda: network[0](torch.randn(4, 6, 3)))
    assert [line.kind for line in lines] == ["Linear", "Linear", "function"]  # a cell that is looked at is called
    assert (lines[-1].units, lines[-1].dead) == (5, 2)


def page_of(network: nn.Module) -> str:
    rows = (torch.randn(64, 4),)
    batch = SimpleNamespace(inputs=rows, arguments=lambda network: rows)
    data = SimpleNamespace(batch=lambda split, number: batch)
    found: Any = SimpleNamespace(answer=network, row=None, spec=SimpleNamespace(kind="table"))
    return _activity(found, data).text


def test_the_page_says_what_was_counted() -> None:
    assert "5 of 6 are. Half or more are dead in hidden → relu: a lower rate may help." in page_of(Rectified(F.relu, 5))
    assert "1 of 6 are. No rectifier has lost half of its units." in page_of(Rectified(F.relu, 1))
    assert "no dead units are counted" in page_of(Rectified(torch.tanh, 5))
    assert "of 192 are" in page_of(MLP(features=4, outputs=2, widths=(128, 64)))


def test_backticks_become_code_and_nothing_else_gets_through() -> None:
    assert coded("with `own` it sees") == "with <code>own</code> it sees"
    assert coded("`<b>` & <i>") == "<code>&lt;b&gt;</code> &amp; &lt;i&gt;"
