"""VGG against torch.nn.Sequential, with equal weights, and its names in torchvision."""

import random

import pytest
import torch
from torch import nn

import bestiary
from bestiary.architectures.convolution.vgg import VGG, NormalisedVGG
from bestiary.weights.loading import exported
from tests.references.parity import assert_same, copy_in_order, stir

SEEDS = range(3)


def drawn(layers: list[nn.Module], widths: list[int], depths: list[int], before: int, normal: bool) -> None:
    """A column of table 1: conv3-width as often as the block is deep, then maxpool."""
    for width, depth in zip(widths, depths):
        for _ in range(depth):
            layers.append(nn.Conv2d(before, width, 3, padding=1))
            layers += [nn.BatchNorm2d(width)] if normal else []
            layers.append(nn.ReLU())
            before = width
        layers.append(nn.MaxPool2d(2, 2))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [VGG, NormalisedVGG])
def test_vgg_is_a_sequence(kind: type[VGG] | type[NormalisedVGG], seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    channels, outputs, hidden, grid = roll.randint(1, 3), roll.randint(1, 5), roll.randint(3, 9), roll.randint(1, 3)
    blocks = roll.randint(1, 3)
    widths, depths = [roll.randint(3, 8) for _ in range(blocks)], [roll.randint(1, 3) for _ in range(blocks)]
    layers: list[nn.Module] = []
    drawn(layers, widths, depths, channels, kind is NormalisedVGG)
    theirs = nn.Sequential(
        *(*layers, nn.AdaptiveAvgPool2d((grid, grid)), nn.Flatten()),
        *(nn.Linear(widths[-1] * grid * grid, hidden), nn.ReLU(), nn.Dropout(0.0)),
        *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.0), nn.Linear(hidden, outputs)),
    )
    ours = kind(channels=channels, outputs=outputs, widths=widths, depths=depths, grid=grid, hidden=hidden, dropout=0.0)
    stir(ours)
    copy_in_order(ours, theirs)
    inputs = (torch.randn(4, channels, roll.randint(8, 30), roll.randint(8, 30)),)
    assert_same(ours.train(), theirs.train(), inputs)
    stir(ours)
    copy_in_order(ours, theirs)
    assert_same(ours.eval(), theirs.eval(), inputs)


def test_dropout_is_where_the_paper_has_it() -> None:
    network = VGG(channels=1, outputs=2, widths=(2,), depths=(1,), hidden=3)
    kinds = [type(layer).__name__ for layer in network.dense]
    assert kinds == ["Linear", "ReLU", "Dropout"] * 2
    assert [layer.p for layer in network.dense if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


def test_images_of_the_papers_size_are_not_averaged() -> None:
    maps = torch.randn(1, 512, 7, 7)
    assert torch.equal(nn.functional.adaptive_avg_pool2d(maps, 7), maps)
    with torch.device("meta"):
        network = bestiary.create("vgg16")
        assert network.layers(torch.zeros(1, 3, 224, 224)).shape == (1, 512, 7, 7)  # type: ignore[operator]


PLACES = {  # of convolutions in torchvision's `features`
    "vgg11": (0, 3, 6, 8, 11, 13, 16, 18),
    "vgg13": (0, 2, 5, 7, 10, 12, 15, 17, 20, 22),
    "vgg16": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    "vgg19": (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
    "vgg11_bn": (0, 4, 8, 11, 15, 18, 22, 25),
    "vgg13_bn": (0, 3, 7, 10, 14, 17, 21, 24, 28, 31),
    "vgg16_bn": (0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40),
    "vgg19_bn": (0, 3, 7, 10, 14, 17, 20, 23, 27, 30, 33, 36, 40, 43, 46, 49),
}
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


@pytest.mark.parametrize("name", PLACES)
def test_vgg_has_the_names_of_torchvision(name: str) -> None:
    with torch.device("meta"):
        found = exported(bestiary.create(name), "torchvision")
    expected = {f"features.{place}.{word}" for place in PLACES[name] for word in ("weight", "bias")}
    expected |= {f"classifier.{place}.{word}" for place in (0, 3, 6) for word in ("weight", "bias")}
    if name.endswith("_bn"):
        expected |= {f"features.{place + 1}.{word}" for place in PLACES[name] for word in NORM}
    assert found.keys() == expected
    assert found["features.0.weight"].shape == (64, 3, 3, 3) and found["classifier.0.weight"].shape == (4096, 25_088)


def test_unequal_numbers_of_widths_and_depths_are_refused() -> None:
    with pytest.raises(ValueError, match="widths and depths must name equally many blocks; received 2 and 1"):
        VGG(channels=1, outputs=2, widths=(4, 8), depths=(1,))
