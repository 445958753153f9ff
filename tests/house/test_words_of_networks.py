"""What `create` takes: what words of other libraries are called here, and sizes of nothing are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import bestiary
from bestiary.batches import Batch
from bestiary.errors import InputError
from bestiary.inputs import GraphInputs, GraphsInputs, TableInputs
from bestiary.targets import Classes


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("resnet18", {"num_classes": 10}, "here it is outputs"),
        ("resnet18", {"in_channels": 1}, "here it is channels"),
        ("resnet18", {"pretrained": True}, "weights='path/to/file.safetensors'"),
        ("gpt2", {"vocab_size": 10}, "here it is vocabulary"),
        ("gpt2", {"n_layer": 2}, "here it is depth"),
        ("gpt2", {"block_size": 2}, "here it is length"),
        ("lstm_series", {"hidden_size": 10}, "here it is width"),
        ("lstm_series", {"input_size": 10}, "here it is channels"),
        ("mlp", {"hidden_layer_sizes": (8,)}, "here it is widths"),
        ("gan", {"latent_dim": 3}, "here it is latent"),
        ("mlp", {"widhts": (8,)}, "did you mean 'widths'"),
        ("resnet18", {"outputs": 0}, "outputs of BasicResNet must be 1 or more"),
        ("lstm_series", {"channels": 0}, "channels of LSTMSeries must be 1 or more"),
        ("transformer_classifier", {"depth": 0}, "depth of TransformerText must be 1 or more"),
        ("gpt2", {"vocabulary": 0}, "vocabulary of GPT must be 1 or more"),
    ],
)
def test_words_are_refused_with_what_to_write(name: str, words: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")) as told, torch.device("meta"):
        bestiary.create(name, **words)  # pyright: ignore[reportArgumentType]
    assert len(str(told.value).splitlines()) == 1


def test_a_network_without_its_head() -> None:
    network = bestiary.create("resnet18_small", outputs=None, seed=0).eval()
    whole = bestiary.create("resnet18_small", seed=1).eval()
    network.load_state_dict({name: w for name, w in whole.state_dict().items() if not name.startswith("output.")})
    pixels = torch.randn(2, 3, 16, 16)
    assert network(pixels).shape == (2, 512)
    torch.testing.assert_close(whole.get_submodule("output")(network(pixels)), whole(pixels))


def test_a_trained_model_gives_its_network_and_features(tmp_path: Path) -> None:
    bestiary.train("ann", "iris", epochs=1, out=tmp_path / "run", threads=1)
    model = bestiary.load(tmp_path / "run")
    rows = bestiary.data.builtin.load("iris")[0]
    found = model.features("iris")
    assert found.shape == (len(rows), model.network.get_submodule("hidden").out_features)
    with torch.no_grad():
        logits = model.network.get_submodule("output")(torch.from_numpy(found))
    names = [column for column in model.predict("iris").columns if column.startswith("probability_")]
    expected = torch.tensor(model.predict("iris")[names].to_numpy())
    torch.testing.assert_close(logits.softmax(1), expected.float(), atol=1e-5, rtol=1e-4)


def test_a_graph_is_not_cut() -> None:
    edges, nodes = torch.tensor([[0, 1, 2], [1, 2, 0]]), torch.arange(3)
    graph = Batch(GraphInputs(torch.randn(3, 2), edges, torch.ones(3), nodes, nodes), Classes(nodes))
    part = torch.tensor([0, 0, 1])
    several = Batch(GraphsInputs(torch.randn(3, 2), edges, torch.ones(3), part, 2), Classes(torch.tensor([0, 1])))
    assert graph.part(0, 3) is graph and several.part(0, 2) is several
    for batch in (graph, several):
        with pytest.raises(InputError, match="cannot be cut"):
            batch.part(0, 1)
    table = Batch(TableInputs(torch.randn(3, 2)), Classes(nodes))
    assert table.part(0, 1).inputs.features.shape == (1, 2)


# --------------------------------------------------------------------------------------- cells that kernels bypass


class Adapted(nn.Module):
    """A linear layer with an adapter of low rank, put in a layer's place; its `weight` is the old one's."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer, self.down = layer, nn.Linear(layer.in_features, 2, bias=False)
        self.up = nn.Linear(2, layer.out_features, bias=False)

    @property
    def weight(self) -> Tensor:
        return self.layer.weight

    @property
    def bias(self) -> Tensor:
        return self.layer.bias

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) + self.up(self.down(x))


@pytest.mark.parametrize("name", ["rnn_series", "lstm_series", "gru_series"])
@pytest.mark.parametrize("train", [False, True])
def test_hooks_and_replaced_layers_of_a_cell_take_effect(name: str, train: bool) -> None:
    network = bestiary.create(name, width=6, channels=3, seed=0).train(train)
    recurrence = network.get_submodule("recurrence")
    values, lengths = torch.randn(4, 9, 3), torch.tensor([9, 3, 1, 5])
    before = network(values, lengths)
    cell = recurrence.get_submodule("layers.0.0")
    seen: list[int] = []
    hook = cell.register_forward_hook(lambda *words: seen.append(1))
    torch.testing.assert_close(network(values, lengths), before, atol=1e-5, rtol=1e-4)
    assert len(seen) == 9, "a hook on a cell is called at every step"
    hook.remove()
    cell.from_hidden = Adapted(cell.from_hidden)  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue]
    after = network(values, lengths)
    assert not torch.allclose(after, before, atol=1e-4)
    after.sum().backward()
    adapter = cell.from_hidden.up.weight  # pyright: ignore[reportAttributeAccessIssue]
    assert adapter.grad is not None and adapter.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["rnn_series", "lstm_series", "gru_series"])
@pytest.mark.parametrize("both", [False, True])
def test_rows_of_unequal_length_are_read_alike_on_every_way(name: str, both: bool) -> None:
    """Walked step by step, whole, in stages and packed: states, last states and gradients."""
    network = bestiary.create(name, width=6, channels=3, depth=2, bidirectional=both, seed=0)
    recurrence = network.get_submodule("recurrence")
    lengths = torch.tensor([60, 3, 1, 12, 0, 30, 2, 2])
    values = torch.randn(8, 60, 3)
    results = []
    for way in ("walk", "run", "run_in_stages", "run_packed"):
        network.zero_grad()
        states, last = getattr(recurrence, way)(values, lengths)
        (states.square().sum() + last.sum()).backward()
        results.append((states, last, [p.grad.clone() for p in recurrence.parameters()]))  # pyright: ignore
    states, last, gradients = results[0]
    assert (last[4] == 0).all(), "a row without steps stays where it began"
    for other in results[1:]:
        torch.testing.assert_close(other[0], states, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(other[1], last, atol=1e-5, rtol=1e-4)
        for found, wanted in zip(other[2], gradients):
            torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-3)
