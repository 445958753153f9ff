"""Convolutional networks for text and series against rewritings that take one sequence at a time."""

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.convolution.fcn import FCN
from bestiary.architectures.convolution.resnet_series import SeriesBlock, SeriesResNet
from bestiary.architectures.convolution.text_cnn import TextCNN
from bestiary.layers.convolution import MaskedBatchNorm
from tests.references.parity import assert_same, close, copy_in_order, stir

SEEDS = range(3)


def padded(values: Tensor, lengths: Tensor, filler: float) -> Tensor:
    outside = torch.arange(values.shape[1]) >= lengths[:, None]
    return values.masked_fill(outside[:, :, None] if values.ndim == 3 else outside, filler)


# ------------------------------------------------------------------------------------------------------------- text


def rewritten_text(network: TextCNN, tokens: Tensor, lengths: Tensor) -> Tensor:
    """Kim's equations 2 to 4, one sentence, filter width and place at a time."""
    answers = []
    for sentence, length in zip(tokens, lengths):
        words = network.words.weight[sentence[:length]]  # [n, E]
        maxima = []
        for filters in network.filters:
            window = filters.kernel_size[0]
            enough = torch.cat([words, torch.zeros(max(0, window - len(words)), words.shape[1])])
            places = [enough[place : place + window] for place in range(len(enough) - window + 1)]
            responses = torch.stack([torch.einsum("he,deh->d", p, filters.weight) + filters.bias for p in places])
            maxima.append(F.relu(responses).max(0).values)
        answers.append(network.output(torch.cat(maxima)))
    return torch.stack(answers)


@pytest.mark.parametrize("seed", SEEDS)
def test_text_cnn_is_what_kim_says(seed: int) -> None:
    roll = random.Random(seed)
    network = TextCNN(vocabulary=30, outputs=3, embedding=roll.randint(2, 9), windows=(1, 3, 5), width=4, dropout=0.0)
    lengths = torch.tensor([12, 7, 5, 4, 2, 1])
    tokens = padded(torch.randint(1, 30, (6, 12)), lengths, 0)
    assert_same(network, lambda t, n: rewritten_text(network, t, n), (tokens, lengths))


def test_text_cnn_sees_neither_padding_nor_what_stands_there() -> None:
    network = TextCNN(vocabulary=30, outputs=3, embedding=6, width=4).eval()
    tokens, lengths = torch.randint(1, 30, (3, 9)), torch.tensor([9, 4, 1])
    expected = network(padded(tokens, lengths, 0), lengths)
    close(network(tokens, lengths), expected, "words beyond the end")
    close(network(F.pad(tokens, (0, 20)), lengths), expected, "more padding")
    for place, length in enumerate(lengths):
        alone = network(tokens[place : place + 1, :length], length[None])
        close(alone, expected[place : place + 1], "alone")
    assert not torch.allclose(network(tokens, torch.tensor([8, 4, 1]))[0], expected[0])


def test_a_strong_window_half_in_the_padding_does_not_count() -> None:
    network = TextCNN(vocabulary=4, outputs=1, embedding=1, windows=(2,), width=1, dropout=0.0)
    with torch.no_grad():
        network.words.weight.copy_(torch.tensor([[0.0], [1.0], [2.0], [3.0]]))
        network.filters[0].weight.copy_(torch.tensor([[[1.0, -1.0]]]))  # answers to a fall
        network.filters[0].bias.zero_()
        network.output.weight.fill_(1.0)
        network.output.bias.zero_()
    rising = torch.tensor([[1, 2, 3, 0, 0]])
    assert network(rising, torch.tensor([3])).item() == 0.0
    assert network(rising, torch.tensor([4])).item() == 3.0


# ----------------------------------------------------------------------------------------------------------- series


def joined_norm(layer: nn.BatchNorm1d, series: list[Tensor]) -> list[Tensor]:
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


def convolved(layer: nn.Module, series: list[Tensor]) -> list[Tensor]:
    size = layer.convolution.kernel_size[0]
    left = (size - 1) // 2
    ends = [F.pad(s[None], (left, size - 1 - left)) for s in series]
    maps = [F.conv1d(s, layer.convolution.weight, layer.convolution.bias)[0] for s in ends]
    return joined_norm(layer.norm.norm, maps)


def rewritten_fcn(network: FCN, values: Tensor, lengths: Tensor) -> Tensor:
    series = [v[:n].T for v, n in zip(values, lengths)]
    for block in network.blocks:
        series = [F.relu(s) for s in convolved(block, series)]
    return network.output(torch.stack([s.mean(1) for s in series]))


def rewritten_series_resnet(network: SeriesResNet, values: Tensor, lengths: Tensor) -> Tensor:
    series = [v[:n].T for v, n in zip(values, lengths)]
    for block in network.blocks:
        assert isinstance(block, SeriesBlock)
        y = [F.relu(s) for s in convolved(block.first, series)]
        y = [F.relu(s) for s in convolved(block.second, y)]
        y = convolved(block.third, y)
        same = isinstance(block.shortcut, MaskedBatchNorm)
        shortcut = joined_norm(block.shortcut.norm, series) if same else convolved(block.shortcut, series)
        series = [F.relu(a + b) for a, b in zip(y, shortcut)]
    return network.output(torch.stack([s.mean(1) for s in series]))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("lengths", [[15, 15, 15, 15], [15, 9, 3, 1]])
def test_series_networks_treat_each_series_as_if_it_had_no_padding(
    seed: int, training: bool, lengths: list[int]
) -> None:
    roll = random.Random(seed)
    channels, width = roll.randint(1, 3), roll.randint(3, 6)
    inputs = (torch.randn(4, 15, channels), torch.tensor(lengths))
    fcn = FCN(channels=channels, outputs=3, widths=(width, 5, 4))
    residual = SeriesResNet(channels=channels, outputs=3, widths=(width, 5, 5))
    for network, rewritten in ((fcn, rewritten_fcn), (residual, rewritten_series_resnet)):
        stir(network)
        network.train(training)
        assert_same(network, lambda v, n, f=rewritten, net=network: f(net, v, n), inputs)


def test_fcn_is_the_published_sequence_on_whole_series() -> None:
    ours = FCN(channels=2, outputs=3, widths=(6, 8, 5))
    stir(ours)
    theirs = nn.Sequential(
        *(nn.ConstantPad1d((3, 4), 0.0), nn.Conv1d(2, 6, 8), nn.BatchNorm1d(6), nn.ReLU()),
        *(nn.Conv1d(6, 8, 5, padding=2), nn.BatchNorm1d(8), nn.ReLU()),
        *(nn.Conv1d(8, 5, 3, padding=1), nn.BatchNorm1d(5), nn.ReLU()),
        *(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(5, 3)),
    )
    copy_in_order(ours, theirs)

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = theirs

        def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
            return self.network(values.transpose(1, 2))

    inputs = (torch.randn(5, 20, 2), torch.full((5,), 20))
    assert_same(ours.eval(), Whole().eval(), inputs)
    assert_same(ours.train(), Whole().train(), inputs)


def test_running_statistics_ignore_padding() -> None:
    values, lengths = torch.randn(4, 11, 2), torch.tensor([11, 6, 2, 1])
    short, long = FCN(channels=2, outputs=3, widths=(4, 4, 4)), FCN(channels=2, outputs=3, widths=(4, 4, 4))
    long.load_state_dict(short.state_dict())
    short(values, lengths)
    long(F.pad(values, (0, 0, 0, 30), value=9.0), lengths)
    before = FCN(channels=2, outputs=3, widths=(4, 4, 4))
    for mine, other, fresh in zip(short.buffers(), long.buffers(), before.buffers(), strict=True):
        torch.testing.assert_close(mine, other, atol=1e-6, rtol=1e-5)
        assert not torch.equal(mine, fresh)


def test_unequal_numbers_of_widths_and_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="widths and sizes must name equally many blocks; received 2 and 3"):
        FCN(channels=1, outputs=2, widths=(4, 8))
