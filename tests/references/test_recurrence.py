"""Recurrent networks: cells, fused kernels and torch.nn are one function, whatever the lengths."""

import random
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from bestiary.architectures.build import count
from bestiary.architectures.recurrence.gru import (
    GRU,
    GRUCell,
    GRUImage,
    GRUSeries,
    GRUText,
    ResetFirstCell,
    ResetFirstGRUText,
)
from bestiary.architectures.recurrence.language_model import GRULanguageModel, LSTMLanguageModel
from bestiary.architectures.recurrence.lstm import LSTM, LSTMCell, LSTMImage, LSTMSeries, LSTMText
from bestiary.architectures.recurrence.rnn import (
    RNN,
    ElmanCell,
    RectifiedCell,
    RectifiedRNNSeries,
    RNNImage,
    RNNSeries,
    RNNText,
)
from bestiary.errors import InputError
from bestiary.layers.recurrent import Cell, Recurrence
from tests.references.parity import assert_same, close
from tests.references.renaming import rename

SEEDS = range(4)
THEIRS = {ElmanCell: nn.RNN, LSTMCell: nn.LSTM, GRUCell: nn.GRU}
CELLS = [ElmanCell, RectifiedCell, LSTMCell, GRUCell, ResetFirstCell]
FUSED = [ElmanCell, RectifiedCell, LSTMCell, GRUCell]


def table(depth: int) -> list[tuple[str, str]]:
    """Our names of the weights of a `Recurrence` and torch's."""
    parts = {"from_input.weight": "weight_ih", "from_input.bias": "bias_ih"}
    parts |= {"from_hidden.weight": "weight_hh", "from_hidden.bias": "bias_hh"}
    return [
        (f"layers.{layer}.{way}.{ours}", f"{theirs}_l{layer}{suffix}")
        for layer in range(depth)
        for way, suffix in ((0, ""), (1, "_reverse"))
        for ours, theirs in parts.items()
    ]


class Both(nn.Module):
    """A recurrence whose states and last state are one tensor, so that gradients of both are compared."""

    def __init__(self, recurrence: Recurrence, lengths: Tensor | None) -> None:
        super().__init__()
        self.recurrence, self.lengths = recurrence, lengths

    def forward(self, sequence: Tensor) -> Tensor:
        return joined(*self.recurrence(sequence, self.lengths))


def joined(states: Tensor, last: Tensor) -> Tensor:
    return torch.cat([states.flatten(1), last], 1)


def random_case(seed: int, cell: type[Cell], **words: object) -> tuple[Recurrence, Tensor, Tensor]:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    inputs, width, depth, steps, rows = (roll.randint(1, top) for top in (6, 9, 3, 8, 6))
    recurrence = Recurrence(cell=cell, inputs=inputs, width=width, depth=depth, bidirectional=seed % 2 == 1, **words)
    lengths = torch.tensor([steps] + [roll.randint(1, steps) for _ in range(rows - 1)])
    return recurrence, torch.randn(rows, steps, inputs), lengths


# --------------------------------------------------------------------------------------------- one function


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("cell", FUSED)
@pytest.mark.parametrize("seed", SEEDS)
def test_cells_and_fused_kernels_are_one_function(seed: int, cell: type[Cell], full: bool) -> None:
    recurrence, sequence, lengths = random_case(seed, cell)
    given = None if full else lengths
    assert_same(Both(recurrence, given), lambda x: joined(*recurrence.walk(x, given)), (sequence,))


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("cell", THEIRS)
@pytest.mark.parametrize("seed", SEEDS)
def test_equals_torch(seed: int, cell: type[Cell], full: bool) -> None:
    recurrence, sequence, lengths = random_case(seed, cell)
    depth, both = len(recurrence.layers), recurrence.bidirectional
    theirs = THEIRS[cell](sequence.shape[2], recurrence.width, depth, batch_first=True, bidirectional=both)
    names = rename(dict(recurrence.named_parameters()), table(depth))
    assert rename(names.values(), table(depth), back=True) == {theirs: ours for ours, theirs in names.items()}
    assert set(names.values()) == set(dict(theirs.named_parameters()))

    def reference(x: Tensor) -> Tensor:
        weights = {names[name]: weight for name, weight in recurrence.named_parameters()}
        packed = x if full else pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, ends = functional_call(theirs, weights, (packed,))
        ends = ends[0] if isinstance(ends, tuple) else ends
        states = states if full else pad_packed_sequence(states, batch_first=True)[0]
        return joined(states, torch.cat([ends[-2], ends[-1]], -1) if both else ends[-1])

    assert_same(Both(recurrence, None if full else lengths), reference, (sequence,))


@pytest.mark.parametrize("seed", SEEDS)
def test_one_bias_is_two_of_which_the_second_is_zero(seed: int) -> None:
    recurrence, sequence, lengths = random_case(seed, LSTMCell, biases=1)
    depth, both = len(recurrence.layers), recurrence.bidirectional
    theirs = nn.LSTM(sequence.shape[2], recurrence.width, depth, batch_first=True, bidirectional=both)
    names = rename(dict(recurrence.named_parameters()), table(depth))
    absent = {name: torch.zeros_like(t) for name, t in theirs.named_parameters() if name not in names.values()}
    assert all(name.startswith("bias_hh") for name in absent)
    weights = {names[name]: weight for name, weight in recurrence.named_parameters()} | absent
    close(recurrence(sequence)[0], functional_call(theirs, weights, (sequence,))[0], "states")
    close(recurrence.run(sequence, lengths)[1], recurrence.walk(sequence, lengths)[1], "last state")


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("cell", FUSED)
@pytest.mark.parametrize("seed", SEEDS)
def test_dropout_between_layers_is_the_same_under_a_seed(seed: int, cell: type[Cell], full: bool) -> None:
    recurrence, sequence, lengths = random_case(seed, cell, dropout=0.4)
    given = None if full else lengths
    results = []
    for compute in (recurrence.run, recurrence.walk):
        torch.manual_seed(7)
        results.append(joined(*compute(sequence, given)))
    close(results[0], results[1], "states")
    recurrence.eval()
    quiet = joined(*recurrence(sequence, given))
    close(quiet, joined(*recurrence.walk(sequence, given)), "states without dropout")
    layers = len(recurrence.layers)
    assert (layers == 1) == bool((quiet - results[0]).abs().max() < 1e-4)


# --------------------------------------------------------------------------------------------- the equations


@pytest.mark.parametrize("seed", SEEDS)
def test_lstm_gates_do_what_they_are_called(seed: int) -> None:
    """Pushed open or shut one at a time through their biases."""
    torch.manual_seed(seed)
    cell, width = LSTMCell(inputs=3, width=4), 4
    hidden, memory, inputs = torch.randn(2, 4), torch.randn(2, 4), torch.randn(2, 3)

    def pushed(**gates: float) -> tuple[Tensor, Tensor]:
        order = ("input", "forget", "candidate", "output")
        with torch.no_grad():
            cell.from_input.bias.zero_()
            for name, push in gates.items():
                start = order.index(name) * width
                cell.from_input.bias[start : start + width] = push
        return cell(inputs, (hidden, memory))

    close(pushed(input=-99, forget=99)[1], memory, "memory kept when nothing is written")
    close(pushed(input=-99, forget=-99)[1], torch.zeros(2, 4), "memory cleared")
    close(pushed(input=99, forget=-99, candidate=99)[1], torch.ones(2, 4), "memory overwritten by the candidate")
    close(pushed(output=-99)[0], torch.zeros(2, 4), "nothing shown")
    shown, kept = pushed(output=99)
    close(shown, kept.tanh(), "all shown")


@pytest.mark.parametrize("cell", [GRUCell, ResetFirstCell])
def test_gru_gates_do_what_they_are_called(cell: type[Cell]) -> None:
    torch.manual_seed(0)
    gru, hidden, inputs = cell(inputs=3, width=4), torch.randn(2, 4), torch.randn(2, 3)
    with torch.no_grad():
        gru.from_input.bias[4:8] = 99
    close(gru(inputs, (hidden,))[0], hidden, "an open update gate keeps the state (Cho et al. 2014, equation 7)")
    with torch.no_grad():
        gru.from_input.bias[4:8] = -99
        gru.from_input.bias[:4] = -99
        gru.from_hidden.bias.zero_()
    candidate = torch.tanh(inputs @ gru.from_input.weight[8:].T + gru.from_input.bias[8:])
    close(gru(inputs, (hidden,))[0], candidate, "a shut reset gate: the past is forgotten")


def test_the_papers_gru_resets_before_the_product() -> None:
    """r * (U h) is U (r * h) where U is diagonal, so there both orders agree; elsewhere they do not."""
    torch.manual_seed(0)
    after, before = GRUCell(inputs=3, width=5), ResetFirstCell(inputs=3, width=5)
    hidden, inputs = torch.randn(7, 5), torch.randn(7, 3)
    with torch.no_grad():
        after.from_hidden.bias[10:] = 0
        before.load_state_dict(after.state_dict())
        assert (after(inputs, (hidden,))[0] - before(inputs, (hidden,))[0]).abs().max() > 1e-3
        after.from_hidden.weight[10:] = torch.diag(torch.randn(5))
        before.load_state_dict(after.state_dict())
    close(before(inputs, (hidden,))[0], after(inputs, (hidden,))[0], "state")


def papers_step(cell: ResetFirstCell, h: Tensor, x: Tensor) -> Tensor:
    """Equations 5 to 8 of the paper, with biases and with the update gate turned around as in torch."""
    (w_r, w_z, w_n), (u_r, u_z, u_n) = cell.from_input.weight.chunk(3), cell.from_hidden.weight.chunk(3)
    b_r, b_z, b_n = cell.from_input.bias.chunk(3)
    r = torch.sigmoid(x @ w_r.T + h @ u_r.T + b_r)
    z = torch.sigmoid(x @ w_z.T + h @ u_z.T + b_z)
    n = torch.tanh(x @ w_n.T + (r * h) @ u_n.T + b_n)
    return z * h + (1 - z) * n


@pytest.mark.parametrize("seed", SEEDS)
def test_the_papers_gru_by_hand(seed: int) -> None:
    torch.manual_seed(seed)
    cell, h, x = ResetFirstCell(inputs=3, width=4, biases=1), torch.randn(2, 4), torch.randn(2, 3)
    close(cell(x, (h,))[0], papers_step(cell, h, x), "state")


def test_the_papers_gru_reads_each_text_alone() -> None:
    torch.manual_seed(0)
    ours = ResetFirstGRUText(vocabulary=11, embedding=4, width=5, outputs=3, biases=1)
    tokens, lengths = torch.randint(1, 11, (4, 6)), torch.tensor([6, 1, 3, 5])

    def loop(tokens: Tensor, lengths: Tensor) -> Tensor:
        (cell,), states = ours.recurrence.layers[0], []
        for text, length in zip(tokens, lengths):
            state = torch.zeros(1, 5)
            for token in text[:length]:
                state = papers_step(cell, state, ours.embed.weight[token][None])
            states.append(state[0])
        return torch.stack(states) @ ours.head.linear.weight.T + ours.head.linear.bias

    assert_same(ours, loop, (tokens, lengths))


@pytest.mark.parametrize("biases", [1, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_lstm_has_four_times_and_gru_three_times_the_parameters(seed: int, biases: int) -> None:
    roll = random.Random(seed)
    words = {"channels": roll.randint(1, 50), "width": roll.randint(1, 50), "depth": roll.randint(1, 3)}
    words |= {"bidirectional": roll.random() < 0.5, "biases": biases}
    rnn, lstm, gru = (count(network(**words)) for network in (RNN, LSTM, GRU))
    assert (lstm, gru) == (4 * rnn, 3 * rnn)


@pytest.mark.parametrize("biases", [1, 2])
def test_forget_gates_start_open(biases: int) -> None:
    cell = LSTMCell(inputs=3, width=6, biases=biases)
    second = cell.from_hidden.bias if biases == 2 else torch.zeros(24)
    total = cell.from_input.bias + second
    assert torch.equal(total[6:12], torch.ones(6))
    assert (total[:6] - 1).abs().min() > 0.1


# ------------------------------------------------------------------------------------------ unequal lengths


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_padded_row_is_the_row_alone(seed: int, cell: type[Cell]) -> None:
    recurrence, sequence, lengths = random_case(seed, cell)
    sequence = sequence + 1e3 * (torch.arange(sequence.shape[1]) >= lengths[:, None])[:, :, None]
    states, last = recurrence(sequence, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone, end = recurrence(sequence[row : row + 1, :length])
        close(states[row, :length], alone[0], "states")
        assert not states[row, length:].any()
        close(last[row], end[0], "last state")
        close(end[0, : recurrence.width], alone[0, -1, : recurrence.width], "forward direction ends at the last step")
        if recurrence.bidirectional:
            close(end[0, recurrence.width :], alone[0, 0, recurrence.width :], "backward direction ends at the first")


@pytest.mark.parametrize("cell", CELLS)
def test_forward_states_do_not_see_the_future_and_backward_ones_not_the_past(cell: type[Cell]) -> None:
    torch.manual_seed(0)
    recurrence = Recurrence(cell=cell, inputs=2, width=3, bidirectional=True)
    for part in recurrence.layers[0]:
        nn.init.constant_(part.from_input.bias, 2.0)  # rectified units let gradients through
    sequence = torch.randn(1, 9, 2, requires_grad=True)
    states, _ = recurrence(sequence, torch.tensor([7]))
    (ahead,) = torch.autograd.grad(states[0, 4, :3].sum(), sequence, retain_graph=True)
    (back,) = torch.autograd.grad(states[0, 4, 3:].sum(), sequence)
    assert ahead[0].abs().sum(1).ne(0).tolist() == [True] * 5 + [False] * 4
    assert back[0].abs().sum(1).ne(0).tolist() == [False] * 4 + [True] * 3 + [False] * 2


# -------------------------------------------------------------------------------------------- recurrent dropout


def test_recurrent_dropout_keeps_one_mask_for_all_steps() -> None:
    """Units that count their steps: h' = 1 + h. A dropped one stays at 1; a kept one is scaled, h' = 1 + 2 h."""
    torch.manual_seed(0)
    recurrence = Recurrence(cell=RectifiedCell, inputs=1, width=40, recurrent_dropout=0.5)
    (cell,) = recurrence.layers[0]
    with torch.no_grad():
        for parameter in recurrence.parameters():
            parameter.zero_()
        cell.from_hidden.weight.copy_(torch.eye(40))
        cell.from_input.bias.fill_(1.0)
    states, last = recurrence(torch.zeros(3, 4, 1))
    dropped, kept = torch.tensor([1.0, 1, 1, 1]), torch.tensor([1.0, 3, 7, 15])
    units = states.transpose(1, 2).flatten(0, 1)  # [B*H, T]
    is_dropped, is_kept = (units == dropped).all(1), (units == kept).all(1)
    assert (is_dropped | is_kept).all()
    assert 0.3 < is_dropped.float().mean() < 0.7
    assert not torch.equal(states[0], states[1]), "each row has a mask of its own"
    assert torch.equal(last, states[:, -1])
    assert torch.equal(recurrence.eval()(torch.zeros(1, 4, 1))[0][0, :, 0], torch.tensor([1.0, 2, 3, 4]))


# -------------------------------------------------------------------------------------------- whole networks


def by_torch(kernel: nn.RNNBase, recurrence: Recurrence, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """States and last state of torch's kernel with our weights, on packed sequences; a bias that is missing is zero."""
    names = rename(dict(recurrence.named_parameters()), table(kernel.num_layers))
    weights = {name: torch.zeros_like(weight) for name, weight in kernel.named_parameters()}
    weights |= {names[name]: weight for name, weight in recurrence.named_parameters()}
    packed = pack_padded_sequence(sequence, lengths, batch_first=True, enforce_sorted=False)
    states, ends = functional_call(kernel, weights, (packed,))
    ends = ends[0] if isinstance(ends, tuple) else ends
    last = torch.cat([ends[-2], ends[-1]], -1) if kernel.bidirectional else ends[-1]
    return pad_packed_sequence(states, batch_first=True)[0], last


@pytest.mark.parametrize(
    ("layers", "theirs"), [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)], ids=["rnn", "lstm", "gru"]
)
def test_layers_alone_are_torchs(layers: type[LSTM], theirs: type[nn.RNNBase]) -> None:
    torch.manual_seed(0)
    network, kernel = layers(channels=4, width=5, depth=2), theirs(4, 5, 2, batch_first=True)
    sequence, lengths = torch.randn(6, 7, 4), torch.tensor([7, 1, 3, 7, 2, 5])
    reference = lambda x: joined(*by_torch(kernel, network.recurrence, x, lengths))  # noqa: E731
    assert_same(Both(network, lengths), reference, (sequence,))


@pytest.mark.parametrize(
    ("series", "theirs"),
    [
        (RNNSeries, nn.RNN),
        (RectifiedRNNSeries, partial(nn.RNN, nonlinearity="relu")),
        (LSTMSeries, nn.LSTM),
        (GRUSeries, nn.GRU),
    ],
    ids=["rnn", "rectified", "lstm", "gru"],
)
@pytest.mark.parametrize("biases", [1, 2])
def test_series_classifier_is_recurrence_and_linear(
    series: type[LSTMSeries], theirs: type[nn.RNNBase], biases: int
) -> None:
    torch.manual_seed(0)
    ours, kernel = series(channels=4, width=5, depth=2, outputs=3, biases=biases), theirs(4, 5, 2, batch_first=True)
    sequence, lengths = torch.randn(6, 7, 4), torch.tensor([7, 1, 3, 7, 2, 5])

    def reference(values: Tensor, lengths: Tensor) -> Tensor:
        return by_torch(kernel, ours.recurrence, values, lengths)[1] @ ours.head.linear.weight.T + ours.head.linear.bias

    assert_same(ours, reference, (sequence, lengths))


@pytest.mark.parametrize(
    ("model", "theirs"), [(LSTMLanguageModel, nn.LSTM), (GRULanguageModel, nn.GRU)], ids=["lstm", "gru"]
)
def test_language_model_is_embedding_recurrence_and_linear(
    model: type[LSTMLanguageModel], theirs: type[nn.RNNBase]
) -> None:
    torch.manual_seed(0)
    ours, kernel = model(vocabulary=9, embedding=4, width=5, depth=2), theirs(4, 5, 2, batch_first=True)

    def reference(tokens: Tensor) -> Tensor:
        embedded = ours.embed.weight[tokens]
        states, _ = by_torch(kernel, ours.recurrence, embedded, torch.full((len(tokens),), tokens.shape[1]))
        return states @ ours.read_out.weight.T + ours.read_out.bias

    assert_same(ours, reference, (torch.randint(0, 9, (3, 7)),))


@pytest.mark.parametrize(
    ("text", "theirs"), [(RNNText, nn.RNN), (LSTMText, nn.LSTM), (GRUText, nn.GRU)], ids=["rnn", "lstm", "gru"]
)
@pytest.mark.parametrize("both", [True, False])
def test_text_classifier_is_embedding_recurrence_and_linear(
    text: type[LSTMText], theirs: type[nn.RNNBase], both: bool
) -> None:
    torch.manual_seed(0)
    ours = text(vocabulary=11, embedding=4, width=5, depth=2, outputs=3, bidirectional=both)
    kernel = theirs(4, 5, 2, batch_first=True, bidirectional=both)
    tokens, lengths = torch.randint(1, 11, (6, 7)), torch.tensor([7, 1, 3, 7, 2, 5])

    def reference(tokens: Tensor, lengths: Tensor) -> Tensor:
        _, last = by_torch(kernel, ours.recurrence, ours.embed.weight[tokens], lengths)
        return last @ ours.head.linear.weight.T + ours.head.linear.bias

    assert_same(ours, reference, (tokens, lengths))


@pytest.mark.parametrize(
    ("image", "series"),
    [(RNNImage, RNNSeries), (LSTMImage, LSTMSeries), (GRUImage, GRUSeries)],
    ids=["rnn", "lstm", "gru"],
)
def test_an_image_is_a_series_of_its_rows(image: type[LSTMImage], series: type[LSTMSeries]) -> None:
    torch.manual_seed(0)
    words = {"width": 5, "depth": 2, "outputs": 3, "bidirectional": True}
    ours, theirs = image(channels=2, image_size=(6, 4), **words), series(channels=8, **words)
    theirs.load_state_dict(ours.state_dict())
    pixels = torch.randn(3, 2, 6, 4)
    rows = torch.stack([torch.cat([pixels[:, 0, y], pixels[:, 1, y]], -1) for y in range(6)], 1)
    close(ours(pixels), theirs(rows, torch.full((3,), 6)), "logits")


def test_impossible_sizes_are_refused() -> None:
    for words in ({"biases": 3}, {"depth": 0}, {"width": 0}):
        with pytest.raises(InputError, match=next(iter(words))):
            LSTM(**{"channels": 2, "width": 3, **words})
