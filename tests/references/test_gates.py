"""Gates that are drawn are those that the cells' own equations use."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from bestiary.architectures.recurrence.gru import GRUCell, GRUSeries, ResetFirstCell
from bestiary.architectures.recurrence.language_model import LSTMLanguageModel
from bestiary.architectures.recurrence.lstm import LSTMCell
from bestiary.sampling.insides.gates import inspect, opened

SEQUENCE = torch.randn(4, 9, 3)


def candidate(cell: nn.Module, inputs: torch.Tensor, hidden: torch.Tensor, block: int) -> torch.Tensor:
    return (cell.from_input(inputs) + cell.from_hidden(hidden)).chunk(cell.gates, -1)[block].tanh()


def test_the_memory_of_an_lstm_follows_from_its_gates() -> None:
    cell = LSTMCell(inputs=3, width=5)
    gates, (hidden, memory) = opened(cell, SEQUENCE), cell.start(SEQUENCE)
    for t, inputs in enumerate(SEQUENCE.unbind(1)):
        memory = gates["forget"][:, t] * memory + gates["input"][:, t] * candidate(cell, inputs, hidden, 2)
        hidden = gates["output"][:, t] * memory.tanh()
    state = cell.start(SEQUENCE)
    for inputs in SEQUENCE.unbind(1):
        state = cell(inputs, state)
    torch.testing.assert_close((hidden, memory), state)


@pytest.mark.parametrize("sort", [GRUCell, ResetFirstCell])
def test_a_gru_whose_update_gate_is_open_keeps_its_past(sort: type[GRUCell]) -> None:
    cell = sort(inputs=3, width=5)
    with torch.no_grad():
        cell.from_input.bias[5:10] = 50.0
    gates, state = opened(cell, SEQUENCE), (torch.randn(4, 5),)
    assert gates["update"].min() > 0.999 and gates["reset"].shape == (4, 9, 5)
    torch.testing.assert_close(cell(SEQUENCE[:, 0], state)[0], state[0], atol=1e-4, rtol=0)


def test_pictures_of_texts_and_of_series_that_end_early() -> None:
    tokens = torch.randint(0, 20, (6, 90))
    writer = LSTMLanguageModel(vocabulary=20, embedding=6, width=8)
    series = GRUSeries(channels=2, width=8, outputs=3)
    padded = (torch.randn(3, 12, 2), torch.tensor([12, 5, 1]))
    for network, inputs in ((writer, (tokens,)), (series, padded)):
        data = SimpleNamespace(batch=lambda split, number, inputs=inputs: SimpleNamespace(inputs=inputs))
        units, means = inspect(network.train(), data, None, {})  # type: ignore[arg-type]
        assert units.png.startswith(b"\x89PNG") and means.svg.startswith("<svg")
        assert network.training, "looking changes nothing"
    assert "reset gate" in means.svg and "update gate" in means.svg


def test_a_network_without_gates_shows_none() -> None:
    assert inspect(nn.Linear(2, 2), None, None, {}) == []  # type: ignore[arg-type]
