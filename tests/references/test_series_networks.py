"""InceptionTime, LSTM-FCN and TCN against libraries and against rewritings that take one series at a time."""

import random

import pytest
import pytorch_tcn
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.convolution.inception_time import InceptionTime
from bestiary.architectures.convolution.lstm_fcn import LSTMFCN
from bestiary.architectures.convolution.tcn import TCN
from tests.references.parity import assert_same, close, stir

SEEDS = range(3)
UNEQUAL = [[15, 15, 15, 15], [15, 9, 3, 1]]


def joined_norm(layer: nn.Module, series: list[Tensor]) -> list[Tensor]:
    """Batch norm of series [C, T] of unequal lengths, over all their steps laid end to end."""
    joined = F.batch_norm(
        torch.cat(series, 1)[None],
        None if layer.training else layer.running_mean,
        None if layer.training else layer.running_var,
        layer.weight,
        layer.bias,
        training=layer.training,
    )
    return list(joined[0].split([s.shape[1] for s in series], 1))


def same(series: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolution that keeps the length; an even filter has one step more of zeros at the end, as in Keras."""
    size = weight.shape[2]
    left = (size - 1) // 2
    return F.conv1d(F.pad(series[None], (left, size - 1 - left)), weight, bias)[0]


# ------------------------------------------------------------------------------------------------- InceptionTime


def rewritten_module(module: nn.Module, series: list[Tensor]) -> list[Tensor]:
    """Figure 2 of the paper, one series at a time."""
    answers = []
    for x in series:
        narrow = x
        if x.shape[0] > 1:
            narrow = torch.einsum("dc,ct->dt", module.bottleneck.convolution.weight[:, :, 0], x)
        found = [same(narrow, branch.convolution.weight) for branch in module.branches]
        times = range(x.shape[1])
        largest = torch.stack([x[:, max(0, t - 1) : t + 2].max(1).values for t in times], 1)
        found.append(same(largest, module.after_pooling.convolution.weight))
        answers.append(torch.cat(found))
    return [F.relu(s) for s in joined_norm(module.norm.norm, answers)]


def rewritten_inception(network: InceptionTime, values: Tensor, lengths: Tensor) -> Tensor:
    """Figure 1 of the paper: six modules, each third with a shortcut from where the last one ended."""
    series = past = [v[:n].T for v, n in zip(values, lengths)]
    for place, module in enumerate(network.inception):
        series = rewritten_module(module, series)
        if place in (2, 5):
            shortcut = network.shortcuts[place // 3]
            beside = joined_norm(shortcut.norm.norm, [same(s, shortcut.convolution.convolution.weight) for s in past])
            series = past = [F.relu(a + b) for a, b in zip(series, beside)]
    means = torch.stack([s.mean(1) for s in series])
    return means @ network.output.weight.T + network.output.bias


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("lengths", UNEQUAL)
def test_inception_time_treats_each_series_as_if_it_had_no_padding(
    seed: int, training: bool, lengths: list[int]
) -> None:
    roll = random.Random(seed)
    network = InceptionTime(
        channels=roll.randint(1, 3),
        outputs=3,
        filters=roll.randint(1, 3),
        depth=roll.choice((2, 3, 6)),
        size=roll.choice((4, 8, 9)),
        bottleneck=2,
    )
    stir(network)
    network.train(training)
    channels = network.shortcuts[0].convolution.convolution.in_channels if network.shortcuts else 0
    channels = channels or network.inception[0].after_pooling.convolution.in_channels
    inputs = (torch.randn(4, 15, channels), torch.tensor(lengths))
    assert_same(network, lambda v, n: rewritten_inception(network, v, n), inputs)


def test_a_series_of_one_channel_has_no_bottleneck_in_the_first_module() -> None:
    network = InceptionTime(channels=1, outputs=2)
    assert sum(p.numel() for p in network.inception[0].bottleneck.parameters()) == 0
    assert network.inception[1].bottleneck.convolution.weight.shape == (32, 128, 1)
    assert [b.convolution.kernel_size for b in network.inception[1].branches] == [(40,), (20,), (10,)]


# ------------------------------------------------------------------------------------------------------ LSTM-FCN


def rewritten_lstm_fcn(network: LSTMFCN, values: Tensor, lengths: Tensor, length: int) -> Tensor:
    """Figure 2 of the paper: blocks of convolution, norm and rectifier; an LSTM over channels; one dense layer."""
    series = [v[:n].T for v, n in zip(values, lengths)]
    cell = network.lstm.layers[0][0]
    remembered = []
    for channels in series:
        state = memory = values.new_zeros(cell.width)
        for channel in channels:
            step = F.pad(channel[:length], (0, max(0, length - len(channel))))
            gates = cell.from_input.weight @ step + cell.from_input.bias + cell.from_hidden.weight @ state
            write, keep, candidate, show = gates.split(cell.width)
            memory = keep.sigmoid() * memory + write.sigmoid() * candidate.tanh()
            state = show.sigmoid() * memory.tanh()
        remembered.append(state)
    for block in network.blocks:
        maps = [same(s, block.convolution.weight, block.convolution.bias) for s in series]
        series = [F.relu(s) for s in joined_norm(block.norm.norm, maps)]
    both = [torch.cat([state, s.mean(1)]) for state, s in zip(remembered, series)]
    return torch.stack(both) @ network.output.weight.T + network.output.bias


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("lengths", UNEQUAL)
def test_lstm_fcn_treats_each_series_as_if_it_had_no_padding(seed: int, training: bool, lengths: list[int]) -> None:
    roll = random.Random(seed)
    channels, length = roll.randint(1, 3), roll.choice((12, 15, 20))
    network = LSTMFCN(
        channels=channels, length=length, outputs=3, cells=roll.randint(2, 5), widths=(4, 6, 5), dropout=0.0
    )
    stir(network)
    network.train(training)
    inputs = (torch.randn(4, 15, channels), torch.tensor(lengths))
    assert_same(network, lambda v, n: rewritten_lstm_fcn(network, v, n, length), inputs)


def test_lstm_fcn_reads_a_channel_at_a_step_as_torch_does() -> None:
    network = LSTMFCN(channels=3, length=7, outputs=5, cells=4, widths=(4, 6, 5)).eval()
    theirs = nn.LSTM(7, 4, batch_first=True)
    cell = network.lstm.layers[0][0]
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(cell.from_input.weight)
        theirs.weight_hh_l0.copy_(cell.from_hidden.weight)
        theirs.bias_ih_l0.copy_(cell.from_input.bias)
        theirs.bias_hh_l0.zero_()
        network.output.weight[:, 4:] = 0.0  # what the convolutions say
    values, lengths = torch.randn(2, 7, 3), torch.tensor([7, 7])
    _, (last, _) = theirs(values.transpose(1, 2))
    close(network(values, lengths), last[0] @ network.output.weight[:, :4].T + network.output.bias, "the LSTM's part")


def test_lstm_fcn_refuses_other_than_three_widths() -> None:
    with pytest.raises(ValueError, match="widths must name three blocks; received 2"):
        LSTMFCN(channels=1, length=9, outputs=2, widths=(4, 8))


# ----------------------------------------------------------------------------------------------------------- TCN


class LastStep(nn.Module):
    """The library's network with a linear layer on its last step."""

    def __init__(self, network: pytorch_tcn.TCN, width: int) -> None:
        super().__init__()
        self.network, self.output = network, nn.Linear(width, 3)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        return self.output(self.network(values.transpose(1, 2))[:, :, -1])


def names_of_pytorch_tcn(ours: TCN) -> dict[str, str]:
    """Our names -> the library's."""
    convolution = {
        "direction": "parametrizations.weight.original1",
        "scale": "parametrizations.weight.original0",
        "bias": "bias",
    }
    found = {}
    for name, _ in ours.named_parameters():
        if name.startswith("output"):
            found[name] = name
            continue
        _, place, part, last = name.split(".")
        if part == "shortcut":
            found[name] = f"network.network.{place}.downsample.{last}"
        else:
            found[name] = f"network.network.{place}.conv{1 if part == 'first' else 2}.{convolution[last]}"
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_tcn_is_pytorch_tcn_read_at_the_last_step(seed: int) -> None:
    roll = random.Random(seed)
    channels, size, width = roll.randint(1, 4), roll.randint(2, 5), roll.randint(2, 6)
    widths = (width, width, roll.randint(2, 6))
    ours = TCN(channels=channels, outputs=3, widths=widths, size=size, dropout=0.0)
    theirs = LastStep(pytorch_tcn.TCN(channels, widths, size, dropout=0.0), widths[-1])
    names = names_of_pytorch_tcn(ours)
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            theirs.get_parameter(names[name]).copy_(parameter.normal_(std=0.5))
    assert_same(ours, theirs, (torch.randn(4, 20, channels), torch.full((4,), 20)), names)


def rewritten_tcn(network: TCN, values: Tensor, lengths: Tensor) -> Tensor:
    """F(s) = sum over i of f(i) x(s - d i), of section 3.2, at each step of each series by itself."""

    def convolved(layer: nn.Module, x: Tensor) -> Tensor:
        size = layer.direction.shape[2]
        lengths = layer.direction.square().sum((1, 2)).sqrt()
        filters = layer.direction * (layer.scale[:, 0, 0] / lengths)[:, None, None]
        steps = []
        for s in range(x.shape[1]):
            terms = [
                filters[:, :, size - 1 - i] @ x[:, s - i * layer.dilation]
                for i in range(size)
                if s - i * layer.dilation >= 0
            ]
            steps.append(sum(terms) + layer.bias)
        return torch.stack(steps, 1)

    answers = []
    for series, length in zip(values, lengths):
        x = series[:length].T
        for block in network.blocks:
            y = F.relu(convolved(block.second, F.relu(convolved(block.first, x))))
            kept = x if isinstance(block.shortcut, nn.Identity) else same(x, *block.shortcut.parameters())
            x = F.relu(y + kept)
        answers.append(network.output.weight @ x[:, -1] + network.output.bias)
    return torch.stack(answers)


@pytest.mark.parametrize("seed", SEEDS)
def test_tcn_is_the_papers_equation(seed: int) -> None:
    roll = random.Random(seed)
    channels = roll.randint(1, 3)
    network = TCN(channels=channels, outputs=3, widths=(4, 4, 5), size=roll.randint(2, 4), dropout=0.0)
    inputs = (torch.randn(4, 15, channels), torch.tensor([15, 9, 3, 1]))
    assert_same(network, lambda v, n: rewritten_tcn(network, v, n), inputs)


def test_tcn_begins_as_torchs_convolutions() -> None:
    torch.manual_seed(0)
    ours = TCN(channels=2, outputs=1, widths=(4,), size=3)
    torch.manual_seed(0)
    plain = nn.Conv1d(2, 4, 3)
    first = ours.blocks[0].first
    close(first.scale * first.direction / first.direction.norm(dim=(1, 2), keepdim=True), plain.weight, "first weights")


def test_tcn_sees_as_far_back_as_its_docstring_says_and_no_later_step() -> None:
    network = TCN(channels=1, outputs=1, widths=(3, 3, 3), size=3, dropout=0.0)
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.5)  # all rectifiers stay open
    values = torch.rand(1, 60, 1, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(values, torch.tensor([50])).sum(), values)
    seen = gradient[0, :, 0].nonzero().flatten()
    assert seen.max() == 49
    assert len(seen) == 1 + 2 * (3 - 1) * (2**3 - 1)
