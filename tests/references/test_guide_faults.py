"""Faults of small networks in print, and none here: dense layers, convolutions, recurrence, attention, graphs."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary import catalogue
from bestiary.architectures.attention.transformer_encoder import TransformerEncoder
from bestiary.architectures.build import build, count, create
from bestiary.architectures.graph.gat import GATLayer
from bestiary.architectures.graph.gcn import GCN
from bestiary.architectures.graph.message_passing import MessagePassing, NeighbourSum
from bestiary.architectures.recurrence.attention_network import AttentionNetwork
from bestiary.architectures.recurrence.gru import GRUText
from bestiary.architectures.recurrence.lstm import LSTM, LSTMText
from bestiary.architectures.recurrence.rnn import RectifiedRNNSeries, RNNSeries
from bestiary.contracts import TableSpec
from bestiary.data import read
from bestiary.errors import InputError
from bestiary.layers.attention import Attention, ScaledDotProductAttention
from bestiary.layers.masks import causal, padding
from bestiary.layers.recurrent import Cell
from bestiary.recipes.supervised import classifier
from bestiary.rows.splits import assign
from bestiary.rows.store import ArrayData, StoredData
from tests.references.guide_examples import Bert, graph

# ------------------------------------------------------------------------------------------------ dense layers


def test_features_are_scaled_by_training_rows(tmp_path: Any) -> None:
    source = read("breast_cancer")
    source.encode(assign(source), tmp_path / "data", 0)
    data = StoredData(tmp_path / "data", batch=64, sealed=tmp_path / "sealed")
    train, test = (data.arrays(split)["features"] for split in ("train", "test"))
    assert float(train.mean(0).abs().max()) < 1e-4 and float((train.std(0, unbiased=False) - 1).abs().max()) < 1e-3
    assert float(test.mean(0).abs().max()) > 0.02  # test rows took no part in it
    raw = load_breast_cancer(return_X_y=True)[0].astype(np.float32)  # pyright: ignore[reportAttributeAccessIssue]
    splits = {split: {**data.arrays(split), "features": raw[data.arrays(split)["row"]]} for split in ("train", "test")}
    unscaled = ArrayData(data.spec, data.facts, splits, batch=64)  # pyright: ignore[reportArgumentType]
    cost = {}
    for name, source in (("scaled", data), ("as they are", unscaled)):
        network = create("fnn_breast_cancer", outputs=2, seed=0)
        for _ in classifier(network, data.spec).updates(source, 0, 200):
            pass
        held = source.arrays("test")
        features, labels = (torch.as_tensor(held[word]) for word in ("features", "target"))
        with torch.no_grad():
            cost[name] = F.cross_entropy(network.eval()(features), labels)
    assert float(cost["scaled"]) < 0.2 and float(cost["scaled"]) < 0.6 * float(cost["as they are"])


def test_batch_norm_answers_a_single_row() -> None:
    network = create("mlp", seed=0)
    network(torch.randn(64, 30))  # moves the running statistics
    rows = torch.randn(5, 30)
    torch.testing.assert_close(network.eval()(rows[:1]), network(rows)[:1])


def test_no_batch_of_one() -> None:
    arrays = {
        "features": np.random.default_rng(0).normal(size=(129, 30)).astype(np.float32),
        "target": np.arange(129) % 2,
    }
    data = ArrayData(TableSpec(30, 2), {"problem": "classification"}, {"train": arrays}, batch=128)
    network = create("mlp", seed=0)
    sizes = {len(data.batch("train", number)) for number in range(3 * data.epoch)}
    assert sizes == {128}
    assert sum(1 for _ in classifier(network, data.spec).updates(data, 0, 3)) == 3


def test_images_are_flattened_by_the_network() -> None:
    network, images = create("fnn", seed=0), torch.randn(4, 1, 28, 28)
    assert torch.equal(network(images), network(images.flatten(1)))


# ------------------------------------------------------------------------------------------------ convolutions


@pytest.mark.parametrize("size", [(28, 28), (64, 48)])
def test_convolutions_take_other_sizes(size: tuple[int, int]) -> None:
    assert create("cnn_cifar", image_size=size)(torch.randn(2, 3, *size)).shape == (2, 10)
    assert create("resnet18_small")(torch.randn(2, 3, *size)).shape[0] == 2  # the same weights for any size


def test_resnets_are_as_published() -> None:
    """No bias beside batch norm, and norms after projections: so that published weights fit, name by name."""
    for name in ("resnet18", "resnet50"):
        with torch.device("meta"):
            network = create(name)
        convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
        assert all(m.bias is None for m in convolutions)
        assert len(norms) == len(convolutions)
    with torch.device("meta"):
        guide = create("drn14")
    assert any(m.bias is not None for m in guide.modules() if isinstance(m, nn.Conv2d))


# ------------------------------------------------------------------------------------------------ recurrence


def test_the_last_state_is_of_the_last_layer_in_both_directions() -> None:
    values, lengths = torch.randn(8, 20, 10), torch.full((8,), 20)
    deep = RNNSeries(channels=10, width=64, outputs=2, depth=2)
    assert count(deep) == 13_314 and deep(values, lengths).shape == (8, 2)
    states, last = deep.recurrence(values, lengths)
    torch.testing.assert_close(last, states[:, -1])
    both = RNNSeries(channels=10, width=64, outputs=2, depth=2, bidirectional=True)
    states, last = both.recurrence(values, lengths)
    assert both(values, lengths).shape == (8, 2)
    torch.testing.assert_close(last, torch.cat([states[:, -1, :64], states[:, 0, 64:]], 1))


def test_the_gru_is_a_quarter_smaller() -> None:
    lstm, gru = count(create("lstm_series")), count(create("gru_series"))
    assert round(100 * (1 - gru / lstm), 2) == 24.92


def test_gradients_of_recurrent_networks_are_clipped() -> None:
    for name in ("rnn", "lstm", "gru"):
        assert all(cast("float", setting["clip"]) <= 1 for setting in catalogue.find(name).settings)
    assert arrives(clip=None) > 1e6 and arrives(clip=1.0) <= 1 + 1e-4


def arrives(clip: float | None) -> float:
    """The norm of the gradient that an update is made with, of a network that doubles its state at every step."""
    torch.manual_seed(0)
    network, taken = RectifiedRNNSeries(channels=1, width=8, outputs=2), list[float]()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("from_hidden.weight"):
                parameter.copy_(2.0 * torch.eye(8))
    minimise = classifier(network, TableSpec(1, 2), clip=clip).minimise
    loss = F.cross_entropy(network(torch.ones(4, 60, 1), torch.full((4,), 60)), torch.tensor([0, 1, 0, 1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minimise.optimiser, "update", lambda _: taken.append(norm(minimise.optimiser.parameters)))
        minimise(loss, 0, 10)
    return taken[0]


def norm(parameters: Sequence[Tensor]) -> float:
    """Of all gradients together."""
    return float(torch.stack([cast("Tensor", p.grad).norm() for p in parameters]).norm())


TEXTS: dict[str, Callable[[], nn.Module]] = {
    "lstm": lambda: LSTMText(vocabulary=30, embedding=6, width=5, outputs=2, depth=2),
    "gru": lambda: GRUText(vocabulary=30, embedding=6, width=5, outputs=2),
    "gru, reset first": lambda: create("gru_reset_first_text", vocabulary=30, embedding=6, width=5),
    "transformer": lambda: create("transformer_classifier", vocabulary=30, length=40, width=8, heads=2, feedforward=12),
    "encoder": lambda: First(TransformerEncoder(width=8, depth=2, heads=2, feedforward=12)),
}


class First(nn.Module):
    """What an encoder makes of the first token, as BERT's pooler reads it."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.words, self.encoder = nn.Embedding(30, 8), encoder

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        return self.encoder(self.words(tokens), lengths)[:, 0]


@pytest.mark.parametrize("name", TEXTS)
def test_padding_changes_nothing(name: str) -> None:
    torch.manual_seed(0)
    network = TEXTS[name]().eval()
    tokens, lengths = torch.randint(1, 30, (3, 9)), torch.tensor([9, 4, 6])
    whole = network(tokens, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = network(tokens[row : row + 1, :length], lengths[row : row + 1])
        torch.testing.assert_close(whole[row : row + 1], alone, atol=1e-5, rtol=1e-5)
    far = torch.cat([tokens, torch.randint(1, 30, (3, 20))], 1)  # words behind the end
    torch.testing.assert_close(network(far, lengths), whole, atol=1e-5, rtol=1e-5)


def test_from_sequence_to_sequence_there_is_a_decoder() -> None:
    torch.manual_seed(0)
    network = AttentionNetwork(vocabulary=9, answers=7, embedding=4, width=6).eval()
    source, lengths = torch.randint(1, 9, (2, 5)), torch.tensor([5, 3])
    sequence = torch.randint(1, 7, (2, 4))
    said = network(source, lengths, sequence)
    assert said.shape == (2, 4, 7)  # a distribution over the next token of the answer, after each one
    changed = sequence.clone()
    changed[:, 2] = 1 + changed[:, 2] % 6
    again = network(source, lengths, changed)
    assert torch.equal(again[:, :2], said[:, :2]) and not torch.equal(again[:, 2:], said[:, 2:])


def test_the_encoder_gives_hidden_and_memory_states_of_both_layers() -> None:
    """In print: h and c, each [2, B, 256], beside the states of all steps."""
    torch.manual_seed(0)
    network = cast("LSTM", create("lstm_encoder", channels=3, width=5))
    values = torch.randn(4, 7, 3)
    states, ends = values, []
    for layer in network.recurrence.layers:
        cell = cast("Cell", cast("nn.ModuleList", layer)[0])
        state, hidden = cell.start(states), []
        for step in states.unbind(1):
            state = cell(step, state)
            hidden.append(state[0])
        states = torch.stack(hidden, 1)
        ends.append(state)
    h, c = (torch.stack(parts) for parts in zip(*ends))
    assert h.shape == c.shape == (2, 4, 5)
    found, last = network(values)
    torch.testing.assert_close(found, states)
    torch.testing.assert_close(last, h[1])


# ------------------------------------------------------------------------------------------------ attention


def test_texts_beyond_the_longest_are_told_in_one_line() -> None:
    network = create("transformer_classifier")
    with pytest.raises(InputError, match=r"^sequences may have 512 steps; received 513; cut them, or build with"):
        network(torch.ones(1, 513, dtype=torch.long), torch.tensor([513]))
    assert create("transformer_classifier", length=600)(torch.ones(1, 513, dtype=torch.long), torch.tensor([513])).shape


def test_layers_start_different() -> None:
    for network in (create("transformer_classifier", seed=0), Bert()):
        layers = [dict(layer.named_parameters()) for layer in cast("Any", network).encoder.layers]
        for name, first in layers[0].items():
            if first.ndim > 1:
                assert not any(torch.equal(first, layer[name]) for layer in layers[1:]), name


def test_positions_start_small() -> None:
    network = cast("Any", create("transformer_classifier", seed=0))
    positions, words = network.positions.table.detach(), network.embed.weight.detach()
    assert float(positions.std()) < 0.03 and 0.5 < float(positions.std() / words.std()) < 2


def test_heads_attend_apart() -> None:
    torch.manual_seed(0)
    attention = Attention(width=16, heads=4, dropout=0.5)
    sequence = torch.randn(2, 6, 16)
    weights = attention.weights(sequence)
    assert weights.shape == (2, 4, 6, 6)
    assert all(not torch.allclose(weights[:, a], weights[:, b], atol=1e-3) for a in range(4) for b in range(a))
    assert not torch.equal(attention(sequence), attention(sequence))
    assert torch.equal(attention.eval()(sequence), attention(sequence))
    with pytest.raises(InputError, match=r"heads must divide width: width=100, heads=8; try heads="):
        Attention(width=100, heads=8)


def test_true_in_a_mask_means_may_attend() -> None:
    assert causal()(3, 3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    torch.manual_seed(0)
    values = torch.randn(1, 4, 8)
    seen = ScaledDotProductAttention()(values, values, values, causal())
    torch.testing.assert_close(seen[:, 0], values[:, 0])
    attention, mask = Attention(width=8, heads=2), padding(torch.tensor([2]))
    changed = values.clone()
    changed[:, 2:] += 1
    torch.testing.assert_close(attention(values, mask=mask)[:, :2], attention(changed, mask=mask)[:, :2])


# ------------------------------------------------------------------------------------------------ graphs


def influence(network: nn.Module, features: Tensor, edges: Tensor) -> Tensor:
    """How much each node's output depends on each node's features [N, N]."""
    slope = torch.autograd.functional.jacobian(lambda nodes: network(nodes, edges), features)
    return cast("Tensor", slope).abs().sum((1, 3))


def test_nodes_remember_themselves() -> None:
    torch.manual_seed(0)
    features, edges = graph(6, 5)()
    assert float(influence(NeighbourSum(features=5, width=9), features, edges).diagonal().max()) == 0  # as in print
    for network in (GCN(features=5, width=9, outputs=3), MessagePassing(features=5, width=9, outputs=3)):
        assert float(influence(network.eval(), features, edges).diagonal().min()) > 0


def test_gcn_is_the_written_out_formula() -> None:
    """H' = D^-1/2 (A + I) D^-1/2 H W + b: it normalises by itself, and the bias is added to a node, not passed on."""
    torch.manual_seed(0)
    features, edges = graph(6, 5)()
    edges = torch.cat([edges, torch.tensor([[0, 3], [3, 0]])], 1)  # so that degrees differ
    network = GCN(features=5, width=4, outputs=3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_()
    adjacency = torch.eye(6)
    adjacency[edges[1], edges[0]] = 1
    scale = adjacency.sum(1).rsqrt()
    normal = scale[:, None] * adjacency * scale
    first, second = (cast("Any", layer) for layer in network.layers)
    hidden = F.relu(normal @ features @ first.weight.weight.T + first.bias)
    expected = normal @ hidden @ second.weight.weight.T + second.bias
    torch.testing.assert_close(network(features, edges), expected)
    propagated = normal @ (hidden @ second.weight.weight.T + second.bias)
    assert not torch.allclose(propagated, expected, atol=1e-3)


def test_attention_over_edges_is_used_and_learned() -> None:
    torch.manual_seed(0)
    network = GATLayer(features=16, heads=4, width=8)
    features, edges = graph(6, 16)()
    found = network(features, edges)
    fewer = network(features, edges[:, :-3])
    assert not torch.allclose(found, fewer)
    found.square().sum().backward()
    attention = network.layer.attention
    assert attention.sends.shape == attention.receives.shape == (4, 8)  # one vector for each head
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, name
    for vector in (attention.sends, attention.receives):
        assert float(cast("Tensor", vector.grad).abs().sum(1).min()) > 0


# ------------------------------------------------------------------------------------------------ scores


def test_scores_are_of_rows_that_took_no_part(tmp_path: Any) -> None:
    source = read("digits", kind="image")
    source.encode(assign(source), tmp_path / "data", 0)
    whole = StoredData(tmp_path / "data", sealed=tmp_path / "sealed")
    rows = [set(whole.arrays(split)["row"].tolist()) for split in ("train", "validation", "test")]
    assert not rows[0] & rows[1] and not rows[0] & rows[2] and not rows[1] & rows[2]
    assert sum(map(len, rows)) == len(source)
    assert not [path for path in (tmp_path / "data").iterdir() if path.name.startswith("test.")]
    with pytest.raises(Exception, match=re.compile("test|sealed")):
        StoredData(tmp_path / "data").arrays("test")  # what trains is given no path to the test rows


def test_networks_are_built_from_words_alone() -> None:
    """No global variables: the same words give the same network, whatever was built before."""
    first = build(
        "bestiary.architectures.feedforward.fnn:FNN", {"features": 100, "outputs": 10, "widths": (64,)}, seed=3
    )
    again = create("fnn_ten_classes", seed=3)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
