"""AlexNet against torch.nn.Sequential, and the network of 2012 against its two cards, with equal weights."""

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import bestiary
from bestiary.architectures.convolution.alexnet import AlexNet, AlexNet2012, SmallAlexNet, response_norm
from bestiary.weights.loading import exported
from tests.references.parity import assert_same, copy_in_order

SEEDS = range(3)


def stage(before: int, width: int, kernel: int, stride: int, padding: int, pooled: int | None) -> list[nn.Module]:
    """A convolution, its rectifier and, where it has one, 3x3 pooling that is padded by so many pixels."""
    convolution = nn.Conv2d(before, width, kernel, stride, padding)
    pooling = [] if pooled is None else [nn.MaxPool2d(kernel_size=3, stride=2, padding=pooled)]
    return [convolution, nn.ReLU(), *pooling]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [AlexNet, SmallAlexNet])
def test_alexnet_is_a_sequence(kind: type[AlexNet] | type[SmallAlexNet], seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    channels, outputs, hidden, grid = roll.randint(1, 3), roll.randint(1, 5), roll.randint(3, 9), roll.randint(1, 2)
    one, two, three, four, five = widths = [roll.randint(3, 8) for _ in range(5)]
    small = kind is SmallAlexNet
    kernel, stride, padding, pooled, side = (3, 1, 1, 1, 9) if small else (11, 4, 2, 0, 65)
    theirs = nn.Sequential(
        *stage(channels, one, kernel, stride, padding, pooled),
        *stage(one, two, 5, 1, 2, pooled),
        *stage(two, three, 3, 1, 1, None),
        *stage(three, four, 3, 1, 1, None),
        *stage(four, five, 3, 1, 1, pooled),
        *(nn.AdaptiveAvgPool2d((grid, grid)), nn.Flatten()),
        *(nn.Dropout(0.0), nn.Linear(five * grid * grid, hidden), nn.ReLU()),
        *(nn.Dropout(0.0), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)),
    )
    ours = kind(channels=channels, outputs=outputs, widths=widths, grid=grid, hidden=hidden, dropout=0.0)
    copy_in_order(ours, theirs)
    assert_same(ours, theirs, (torch.randn(3, channels, side, side + roll.randint(0, 9)),))


def two_cards(weights: dict[str, Tensor], pixels: Tensor, grid: int) -> Tensor:
    """Figure 2 of the paper: each card has half of the filters, and sees the other's maps in the third layer alone."""

    def on_cards(cards: list[Tensor], name: str, padding: int) -> list[Tensor]:
        halves = zip(cards, weights[f"{name}.weight"].chunk(2), weights[f"{name}.bias"].chunk(2))
        return [F.relu(F.conv2d(maps, kernel, bias, padding=padding)) for maps, kernel, bias in halves]

    def normalised(maps: Tensor) -> Tensor:
        """Section 3.3, a map at a time: k = 2, n = 5, alpha = 1e-4, beta = 0.75."""
        count = maps.shape[1]
        sums = [maps[:, max(0, i - 2) : min(count - 1, i + 2) + 1].square().sum(1) for i in range(count)]
        return maps / (2 + 1e-4 * torch.stack(sums, 1)) ** 0.75

    def pool(maps: Tensor) -> Tensor:
        """3x3 pixels every 2 pixels; where several are the largest, the first is."""
        return maps.unfold(2, 3, 2).unfold(3, 3, 2).flatten(4).max(4).values

    first = F.relu(F.conv2d(pixels, weights["layers.0.weight"], weights["layers.0.bias"], 4, 2))
    second = torch.cat(on_cards(list(pool(normalised(first)).chunk(2, 1)), "layers.4", 2), 1)
    both = F.conv2d(pool(normalised(second)), weights["layers.8.weight"], weights["layers.8.bias"], padding=1)
    fourth = on_cards(list(F.relu(both).chunk(2, 1)), "layers.10", 1)
    fifth = torch.cat(on_cards(fourth, "layers.12", 1), 1)
    x = F.adaptive_avg_pool2d(pool(fifth), grid).flatten(1)
    for name in ("dense.0", "dense.3"):
        x = F.relu(x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])
    return x @ weights["output.weight"].T + weights["output.bias"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_network_of_2012_is_two_towers(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    widths = [2 * roll.randint(2, 4) for _ in range(5)]
    ours = AlexNet2012(channels=2, outputs=3, widths=widths, grid=1, hidden=7, dropout=0.0)
    weights = dict(ours.named_parameters())
    for name, tensor in weights.items():
        if name.endswith("bias"):  # with biases of 0 a silent map would stand exactly at the corner of the rectifier
            nn.init.normal_(tensor, std=0.3)
    assert_same(ours, lambda pixels: two_cards(weights, pixels, 1), (20 * torch.randn(2, 2, 64, 65 + seed),))


def test_normalisation_divides_as_the_paper_says_and_not_as_torch_does_with_its_numbers() -> None:
    maps = 100 * torch.rand(1, 7, 1, 1)
    sums = torch.stack([maps[0, max(0, i - 2) : i + 3].square().sum() for i in range(7)])
    expected = maps.flatten() / (2 + 1e-4 * sums) ** 0.75
    torch.testing.assert_close(response_norm()(maps).flatten(), expected)
    assert not torch.allclose(nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0)(maps).flatten(), expected, rtol=0.01)


def test_dropout_is_where_each_has_it() -> None:
    words = {"channels": 1, "outputs": 2, "widths": (2, 2, 2, 2, 2), "hidden": 3}
    before, behind = (
        [type(layer).__name__ for layer in kind(**words).dense]  # type: ignore[arg-type]
        for kind in (AlexNet, AlexNet2012)
    )
    assert before == ["Dropout", "Linear", "ReLU"] * 2
    assert behind == ["Linear", "ReLU", "Dropout"] * 2


def test_photographs_give_the_places_that_the_paper_counts() -> None:
    with torch.device("meta"):
        network = bestiary.create("alexnet_2012")
        pixels = torch.zeros(1, 3, 224, 224)
        assert network.layers[0](pixels).shape == (1, 96, 55, 55)  # type: ignore[index]
        assert network.layers(pixels).shape == (1, 256, 6, 6)  # type: ignore[operator]


def test_alexnet_has_the_names_of_torchvision() -> None:
    with torch.device("meta"):
        found = exported(bestiary.create("alexnet"), "torchvision")
    places = [f"features.{place}" for place in (0, 3, 6, 8, 10)] + [f"classifier.{place}" for place in (1, 4, 6)]
    assert found.keys() == {f"{place}.{word}" for place in places for word in ("weight", "bias")}
    assert found["features.0.weight"].shape == (64, 3, 11, 11) and found["classifier.1.weight"].shape == (4096, 9216)


def test_another_number_of_widths_is_refused() -> None:
    with pytest.raises(ValueError, match="widths must name five convolutions; received 2"):
        AlexNet(channels=1, outputs=2, widths=(4, 8))
