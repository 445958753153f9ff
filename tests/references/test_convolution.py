"""Convolutional networks against torch.nn.Sequential, transformers and plain rewritings, with equal weights."""

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import ResNetConfig, ResNetForImageClassification

from bestiary.architectures.build import build
from bestiary.architectures.convolution import lenet_original, resnet
from bestiary.architectures.convolution.cnn import CNN, NormalisedCNN, ValidCNN
from bestiary.architectures.convolution.drn import DRN
from bestiary.architectures.convolution.lenet import LeNet5, ResizedLeNet5
from bestiary.architectures.convolution.lenet_original import CONNECTIONS, LeNet5Original, ResizedLeNet5Original
from bestiary.catalogue import find, size
from bestiary.layers.resize import Resize
from bestiary.weights.maps import pairs
from tests.references.parity import assert_same, copy_in_order, stir

SEEDS = range(3)


def dice(seed: int) -> random.Random:
    return random.Random(seed)


# ------------------------------------------------------------------------------------------------ small networks


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("normalised", [False, True])
def test_cnn_is_a_sequence(seed: int, normalised: bool) -> None:
    roll = dice(seed)
    channels, outputs, hidden = roll.randint(1, 3), roll.randint(1, 5), roll.randint(2, 9)
    widths = [roll.randint(2, 8) for _ in range(roll.randint(1, 3))]
    height, width = roll.randint(8, 20), roll.randint(8, 20)
    layers: list[nn.Module] = []
    before = channels
    for after in widths:
        layers.append(nn.Conv2d(before, after, 3, padding=1))
        layers += [nn.BatchNorm2d(after)] if normalised else []
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        before = after
    flat = widths[-1] * (height >> len(widths)) * (width >> len(widths))
    theirs = nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(flat, hidden), nn.ReLU(), nn.Dropout(0.25), nn.Linear(hidden, outputs)
    )
    ours = (NormalisedCNN if normalised else CNN)(
        channels=channels, image_size=(height, width), outputs=outputs, widths=widths, hidden=hidden, dropout=0.25
    )
    stir(ours)
    copy_in_order(ours, theirs)
    inputs = (torch.randn(4, channels, height, width),)
    assert_same(ours.eval(), theirs.eval(), inputs)
    assert_same(ours.train(), theirs.train(), inputs)


@pytest.mark.parametrize("seed", SEEDS)
def test_valid_cnn_is_a_sequence(seed: int) -> None:
    roll = dice(seed)
    first, second, third, hidden = (roll.randint(2, 8) for _ in range(4))
    ours = ValidCNN(channels=3, image_size=(32, 32), outputs=4, widths=(first, second, third), hidden=hidden)
    theirs = nn.Sequential(
        *(nn.Conv2d(3, first, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(first, second, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(second, third, 3), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(16 * third, hidden), nn.ReLU(), nn.Linear(hidden, 4)),
    )
    copy_in_order(ours, theirs)
    assert_same(ours, theirs, (torch.randn(3, 3, 32, 32),))


@pytest.mark.parametrize("kind", [CNN, ValidCNN, LeNet5])
def test_images_that_are_too_small_are_refused(kind: type[nn.Module]) -> None:
    with pytest.raises(ValueError, match=r"image_size must .*; received 3x40; "):
        kind(channels=1, image_size=(3, 40), outputs=2)


# ---------------------------------------------------------------------------------------------------------- LeNet-5


@pytest.mark.parametrize("channels", [1, 3])
def test_lenet_is_a_sequence(channels: int) -> None:
    ours = LeNet5(channels=channels, image_size=(28, 28), outputs=10)
    theirs = nn.Sequential(
        *(nn.Conv2d(channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    copy_in_order(ours, theirs)
    assert_same(ours, theirs, (torch.randn(3, channels, 28, 28),))


def rewritten_lenet(network: LeNet5Original, pixels: Tensor) -> Tensor:
    """The paper's text, a map and a class at a time."""
    squash = lambda a: 1.7159 * torch.tanh(2 / 3 * a)  # noqa: E731

    def subsample(layer: lenet_original.Subsampling, x: Tensor) -> Tensor:
        four = x[:, :, 0::2, 0::2] + x[:, :, 0::2, 1::2] + x[:, :, 1::2, 0::2] + x[:, :, 1::2, 1::2]
        return squash(four * layer.weight + layer.bias)

    s2 = subsample(network.s2, squash(F.conv2d(pixels, network.c1.weight, network.c1.bias)))
    weights = iter(network.c3.weight)
    maps = []
    for number, seen in enumerate(CONNECTIONS):
        sums = sum(F.conv2d(s2[:, [below]], next(weights)[None, None]) for below in seen)
        maps.append(squash(sums + network.c3.bias[number]))
    s4 = subsample(network.s4, torch.cat(maps, 1))
    c5 = squash(F.conv2d(s4, network.c5.weight.view(120, 16, 5, 5), network.c5.bias))
    f6 = squash(c5[:, :, 0, 0] @ network.f6.weight.T + network.f6.bias)
    return torch.stack([-((f6 - code) ** 2).sum(1) for code in network.codes], 1)


@pytest.mark.parametrize(("channels", "outputs"), [(1, 10), (3, 4)])
def test_the_published_lenet_is_what_the_paper_says(channels: int, outputs: int) -> None:
    ours = LeNet5Original(channels=channels, outputs=outputs)
    assert_same(ours, lambda pixels: rewritten_lenet(ours, pixels), (torch.randn(3, channels, 32, 32),))


def test_the_published_lenet_has_the_papers_parameters_layer_by_layer() -> None:
    network = LeNet5Original(channels=1, outputs=10)
    counts = {name: sum(p.numel() for p in layer.parameters()) for name, layer in network.named_children()}
    assert counts == {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48_120, "f6": 10_164, "output": 0}


def test_the_connections_are_those_of_table_one() -> None:
    assert sorted(len(seen) for seen in CONNECTIONS) == [3] * 6 + [4] * 9 + [6]
    assert len(set(CONNECTIONS)) == 16
    assert [sum(below in seen for seen in CONNECTIONS) for below in range(6)] == [10] * 6
    neighbours = {tuple(sorted((start + step) % 6 for step in range(n))) for n in (3, 4) for start in range(6)}
    assert set(CONNECTIONS[:12]) == neighbours


@pytest.mark.parametrize("outputs", [2, 10, 30])
def test_codes_are_signs_that_differ_between_classes_and_never_change(outputs: int) -> None:
    codes = lenet_original.codes(outputs)
    assert codes.shape == (outputs, 84)
    assert set(codes.unique().tolist()) == {-1.0, 1.0}
    apart = (codes[:, None] != codes).sum(2) + 84 * torch.eye(outputs)
    assert apart.min() >= 8
    torch.manual_seed(7)
    assert torch.equal(codes, lenet_original.codes(outputs))
    network = LeNet5Original(channels=1, outputs=outputs)
    assert "codes" not in dict(network.named_parameters())


def test_the_published_lenet_starts_within_the_papers_bounds() -> None:
    network = LeNet5Original(channels=1, outputs=10)
    for parameter, inputs in [
        (network.c1.weight, 25),
        (network.c1.bias, 25),
        (network.s2.weight, 4),
        (network.c3.weight[:18], 75),
        (network.c3.weight[18:54], 100),
        (network.c3.weight[54:], 150),
        (network.c5.weight, 400),
        (network.f6.weight, 120),
    ]:
        bound = 2.4 / inputs
        assert 0.5 * bound < parameter.abs().max() <= bound


def test_lenets_resize_other_images_and_leave_their_own_alone() -> None:
    pixels = torch.randn(2, 1, 8, 8)
    for network, side in [
        (ResizedLeNet5(channels=1, image_size=(8, 8), outputs=3), 28),
        (ResizedLeNet5Original(channels=1, image_size=(8, 8), outputs=3), 32),
    ]:
        larger = F.interpolate(pixels, (side, side), mode="bilinear", align_corners=False)
        torch.testing.assert_close(network(pixels), network.network(larger))
    assert Resize(before=(8, 8), after=(8, 8))(pixels) is pixels


def test_shrinking_does_not_alias() -> None:
    board = (torch.arange(64)[:, None] + torch.arange(64)).remainder(2).float()[None, None]
    shrunk = Resize(before=(64, 64), after=(28, 28))(board)
    assert (shrunk - 0.5).abs().max() < 0.1
    assert (F.interpolate(board, (28, 28), mode="bilinear") - 0.5).abs().max() > 0.2


# --------------------------------------------------------------------------------------------------- residual networks

LAYERS = {
    resnet.BasicResNet: {"layer_type": "basic"},
    resnet.BottleneckResNet: {"layer_type": "bottleneck"},
    resnet.PaperResNet: {"layer_type": "bottleneck", "downsample_in_bottleneck": True},
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_resnet_equals_transformers(kind: type[resnet.ResidualNetwork], seed: int) -> None:
    roll = dice(seed)
    stages = roll.randint(1, 3)
    channels, entry, outputs = roll.randint(1, 3), 4 * roll.randint(1, 3), roll.randint(2, 6)
    widths = [4 * roll.randint(1, 5) for _ in range(stages)]
    depths = [roll.randint(1, 2) for _ in range(stages)]
    theirs = ResNetForImageClassification(
        ResNetConfig(
            num_channels=channels,
            embedding_size=entry,
            hidden_sizes=widths,
            depths=depths,
            num_labels=outputs,
            **LAYERS[kind],
        )
    )
    stir(theirs)
    ours = kind(channels=channels, outputs=outputs, widths=widths, depths=depths, entry=entry)
    known = next(one for one in resnet.PUBLISHED if one.library == "transformers")
    found, without = pairs(ours.state_dict(), known)
    names = {pair.ours[0]: pair.theirs[0] for pair in found}
    assert not without and set(names.values()) == set(theirs.state_dict())
    ours.load_state_dict({mine: theirs.state_dict()[other] for mine, other in names.items()})

    class Logits(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = theirs

        def forward(self, pixels: Tensor) -> Tensor:
            return self.network(pixels).logits

    wrapped = {mine: f"network.{other}" for mine, other in names.items()}
    inputs = (torch.randn(3, channels, roll.randint(30, 50), roll.randint(30, 50)),)
    assert_same(ours.eval(), Logits().eval(), inputs, wrapped)
    assert_same(ours.train(), Logits().train(), inputs, wrapped)


def rewritten_small(network: resnet.ResidualNetwork, pixels: Tensor) -> Tensor:
    """The paper's section 4.2 by functions, in evaluation mode; shortcuts by index."""
    weights = dict(network.named_parameters()) | dict(network.named_buffers())

    def layer(x: Tensor, name: str, stride: int, padding: int) -> Tensor:
        x = F.conv2d(x, weights[f"{name}.convolution.weight"], stride=stride, padding=padding)
        mean, var = weights[f"{name}.norm.running_mean"], weights[f"{name}.norm.running_var"]
        return F.batch_norm(x, mean, var, weights[f"{name}.norm.weight"], weights[f"{name}.norm.bias"])

    x = F.relu(layer(pixels, "entry.layer", 1, 1))
    for number, stage in enumerate(network.stages):
        for place in range(len(stage)):
            name = f"stages.{number}.{place}"
            stride = 2 if number and not place else 1
            y = layer(F.relu(layer(x, f"{name}.layers.0", stride, 1)), f"{name}.layers.1", 1, 1)
            if f"{name}.shortcut.convolution.weight" in weights:
                x = layer(x, f"{name}.shortcut", stride, 0)
            elif x.shape != y.shape:
                kept, first = torch.zeros_like(y), (y.shape[1] - x.shape[1]) // 2
                kept[:, first : first + x.shape[1]] = x[:, :, ::stride, ::stride]
                x = kept
            x = F.relu(x + y)
    return x.flatten(2).mean(2) @ weights["output.weight"].T + weights["output.bias"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [resnet.SmallResNet, resnet.PlainResNet])
def test_small_resnets_are_what_the_paper_says(kind: type[resnet.ResidualNetwork], seed: int) -> None:
    roll = dice(seed)
    depths = [roll.randint(1, 2) for _ in range(3)]
    ours = kind(channels=2, outputs=3, widths=(4, 9, 16), depths=depths, entry=roll.choice([3, 4])).eval()
    stir(ours)
    assert_same(ours, lambda x: rewritten_small(ours, x), (torch.randn(3, 2, roll.randint(8, 15), 11),))


def test_shortcuts_without_parameters_keep_what_they_are_given() -> None:
    shortcut = resnet.OptionA(before=2, width=6, stride=2)
    x = torch.randn(1, 2, 5, 5)
    assert torch.equal(shortcut(x)[:, 2:4], x[:, :, ::2, ::2])
    assert not shortcut(x)[:, :2].any() and not shortcut(x)[:, 4:].any()
    assert not list(shortcut.parameters())


def test_blocks_can_start_as_their_shortcuts() -> None:
    network = build(size("resnet20").network, size("resnet20").keywords, seed=0)
    assert isinstance(network, resnet.ResidualNetwork)
    x = torch.randn(2, 16, 8, 8)
    block = network.stages[1][0]
    assert not torch.equal(block(x), F.relu(block.shortcut(x)))
    resnet.start_as_identity(network)
    assert torch.equal(block(x), F.relu(block.shortcut(x)))


def test_convolutions_start_with_the_variance_of_he() -> None:
    network = resnet.SmallResNet(channels=3, outputs=2, widths=(64,), depths=(1,), entry=16)
    weight = network.stages[0][0].layers[0].convolution.weight
    assert float(weight.detach().std()) == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.02)


def test_the_paper_and_v1_5_differ_in_outputs_alone() -> None:
    words = {"channels": 3, "outputs": 5, "widths": (8, 16), "depths": (1, 1), "entry": 8}
    new, old = resnet.BottleneckResNet(**words), resnet.PaperResNet(**words)
    old.load_state_dict(new.state_dict())
    x = torch.randn(2, 3, 64, 64)
    assert not torch.allclose(new.eval()(x), old.eval()(x), atol=1e-3)


def test_unequal_numbers_of_widths_and_depths_are_refused() -> None:
    with pytest.raises(ValueError, match="widths and depths must name equally many stages; received 2 and 1"):
        resnet.BasicResNet(channels=1, outputs=2, widths=(4, 8), depths=(1,))


def rewritten_drn(network: DRN, pixels: Tensor) -> Tensor:
    """The network by functions, in evaluation mode."""

    def norm(x: Tensor, layer: nn.BatchNorm2d) -> Tensor:
        mean, scale = layer.running_mean[:, None, None], (layer.running_var + layer.eps).sqrt()[:, None, None]
        return (x - mean) / scale * layer.weight[:, None, None] + layer.bias[:, None, None]

    def convolve(x: Tensor, layer: nn.Conv2d, stride: int, padding: int) -> Tensor:
        return F.conv2d(x, layer.weight, layer.bias, stride, padding)

    x = F.max_pool2d(F.relu(norm(convolve(pixels, network.stem, 2, 3), network.norm)), 3, 2, 1)
    for number, block in enumerate(network.blocks):
        stride = 2 if number in (2, 4) else 1
        y = norm(convolve(x, block.first, stride, 1), block.first_norm)
        y = norm(convolve(F.relu(y), block.second, 1, 1), block.second_norm)
        x = F.relu(y + (convolve(x, block.shortcut, stride, 0) if number in (2, 4) else x))
    return F.linear(x.mean(3).mean(2), network.output.weight, network.output.bias)


def test_drn_is_what_it_says() -> None:
    network = DRN(channels=2, outputs=3, widths=(4, 6, 8)).eval()
    stir(network)
    assert_same(network, lambda x: rewritten_drn(network, x), (torch.randn(2, 2, 40, 36),))
    assert network.blocks[2].shortcut.bias is not None


def test_drn_gives_ten_outputs_for_a_photograph() -> None:
    network = build(find("drn").sizes[0].network, find("drn").sizes[0].keywords, seed=0).eval()
    with torch.no_grad():
        assert network(torch.randn(1, 3, 224, 224)).shape == (1, 10)
