"""EfficientNet against transformers and against its block written out, with equal weights; its names elsewhere."""

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import EfficientNetConfig, EfficientNetForImageClassification

import bestiary
from bestiary.architectures.convolution import efficientnet
from bestiary.architectures.convolution.efficientnet import EfficientNet, SmallEfficientNet, SymmetricEfficientNet
from bestiary.weights.loading import exported
from bestiary.weights.maps import pairs
from tests.references.parity import assert_same, stir

SEEDS = range(2)


class Logits(nn.Module):
    """What transformers' network says, without what it wraps around it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(pixels).logits


@pytest.mark.parametrize("seed", SEEDS)
def test_efficientnet_equals_transformers(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    # widths at which no stage begins with as many maps as came in: there the authors add them, transformers does not
    width, depth, outputs = roll.choice([0.4, 0.5]), roll.choice([0.3, 0.6]), roll.randint(2, 5)
    hidden = efficientnet.scaled_width(1280, width)
    theirs = EfficientNetForImageClassification(
        EfficientNetConfig(
            width_coefficient=width,
            depth_coefficient=depth,
            hidden_dim=hidden,
            num_labels=outputs,
            dropout_rate=0.0,
            drop_connect_rate=0.0,
            depthwise_padding=[],
        )
    )
    ours = EfficientNet(
        channels=3, outputs=outputs, width_factor=width, depth_factor=depth, dropout=0.0, stochastic_depth=0.0
    )
    stir(ours)
    known = next(one for one in efficientnet.PUBLISHED if one.library == "transformers")
    found, without = pairs(ours.state_dict(), known)
    names = {pair.ours[0]: pair.theirs[0] for pair in found}
    assert not without and set(names.values()) == set(theirs.state_dict())
    theirs.load_state_dict({other: ours.state_dict()[mine] for mine, other in names.items()})
    wrapped = {mine: f"network.{other}" for mine, other in names.items()}
    inputs = (torch.randn(2, 3, 64, 96),)
    assert_same(ours.eval(), Logits(theirs).eval(), inputs, wrapped)
    assert_same(ours.double().train(), Logits(theirs).double().train(), (inputs[0].double(),), wrapped)


def written_out(network: efficientnet.ScaledNetwork, pixels: Tensor, table: list[tuple[int, ...]]) -> Tensor:
    """Table 1 by functions, in evaluation mode; padding is written out pixel by pixel.

    The table has a line a block: expansion, size, stride.
    """
    weights = dict(network.named_parameters()) | dict(network.named_buffers())
    symmetric = isinstance(network, SymmetricEfficientNet)
    names = [name for name, module in network.named_modules() if isinstance(module, efficientnet.MobileBlock)]
    assert len(names) == len(table)

    def layer(x: Tensor, name: str, stride: int = 1, groups: int = 1) -> Tensor:
        kernel = weights[f"{name}.convolution.weight"]
        size = kernel.shape[2]
        places = []
        for side in x.shape[2:]:
            after = (side + stride - 1) // stride
            missing = max(0, (after - 1) * stride + size - side)
            places.append((size // 2, size // 2) if symmetric else (missing // 2, missing - missing // 2))
        (top, bottom), (left, right) = places
        larger = x.new_zeros(*x.shape[:2], x.shape[2] + top + bottom, x.shape[3] + left + right)
        larger[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
        x = F.conv2d(larger, kernel, stride=stride, groups=groups)
        mean, var = weights[f"{name}.norm.running_mean"], weights[f"{name}.norm.running_var"]
        epsilon = 1e-5 if symmetric else 1e-3
        scale = weights[f"{name}.norm.weight"] / (var + epsilon).sqrt()
        return (x - mean[:, None, None]) * scale[:, None, None] + weights[f"{name}.norm.bias"][:, None, None]

    def swish(x: Tensor) -> Tensor:
        return x / (1 + (-x).exp())

    x = swish(layer(pixels, "entry", 1 if isinstance(network, SmallEfficientNet) else 2))
    for name, (expansion, size, stride) in zip(names, table):
        y = swish(layer(x, f"{name}.expand.0")) if expansion > 1 else x
        assert weights[f"{name}.depthwise.convolution.weight"].shape == (expansion * x.shape[1], 1, size, size)
        y = swish(layer(y, f"{name}.depthwise", stride, y.shape[1]))
        narrow, widen = weights[f"{name}.weigh.narrow.weight"], weights[f"{name}.weigh.widen.weight"]
        assert narrow.shape[0] == x.shape[1] // 4
        squeezed = swish(y.mean(3).mean(2) @ narrow[:, :, 0, 0].T + weights[f"{name}.weigh.narrow.bias"])
        gates = 1 / (1 + (-(squeezed @ widen[:, :, 0, 0].T + weights[f"{name}.weigh.widen.bias"])).exp())
        y = layer(y * gates[:, :, None, None], f"{name}.project")
        x = x + y if x.shape == y.shape else y
    x = swish(layer(x, "exit")).flatten(2).mean(2)
    return x @ weights["output.weight"].T + weights["output.bias"]


PLAIN = [(1, 3, 1), (6, 3, 2), (6, 5, 2), (6, 3, 2), (6, 5, 1), (6, 5, 2), (6, 3, 1)]


@pytest.mark.parametrize("seed", SEEDS)
def test_other_forms_are_what_they_say(seed: int) -> None:
    torch.manual_seed(seed)
    small = SmallEfficientNet(channels=2, outputs=3, width_factor=0.5, depth_factor=1.5, stochastic_depth=0.1)
    table = [(1, 3, 1), (1, 3, 1), (6, 3, 2), (6, 3, 1), (6, 5, 2), (6, 5, 1)]
    stir(small)
    assert_same(small.eval(), lambda x: written_out(small, x, table), (torch.randn(2, 2, 9, 8 + seed),))
    other = SymmetricEfficientNet(channels=2, outputs=3, width_factor=0.25, depth_factor=0.25, epsilon=1e-5)
    stir(other)
    assert_same(other.eval(), lambda x: written_out(other, x, PLAIN), (torch.randn(2, 2, 40 + seed, 33),))
    authors = EfficientNet(channels=2, outputs=3, width_factor=0.25, depth_factor=0.25)
    stir(authors)
    assert_same(authors.eval(), lambda x: written_out(authors, x, PLAIN), (torch.randn(2, 2, 40 + seed, 33),))


def test_the_two_paddings_differ_in_outputs_alone() -> None:
    words = {"channels": 3, "outputs": 5, "width_factor": 0.25, "depth_factor": 0.25, "epsilon": 1e-3}
    one, two = EfficientNet(**words), SymmetricEfficientNet(**words)  # type: ignore[arg-type]
    two.load_state_dict(dict(zip(two.state_dict(), one.state_dict().values())))
    pixels = torch.randn(2, 3, 64, 64)
    assert not torch.allclose(one.eval()(pixels), two.eval()(pixels), atol=1e-3)


# -------------------------------------------------------------------------------------------------- compound scaling

STAGES = {  # what the authors' code prints for each network: maps and blocks of each stage, of entry and exit
    0: ((16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1), 32, 1280),
    1: ((16, 24, 40, 80, 112, 192, 320), (2, 3, 3, 4, 4, 5, 2), 32, 1280),
    2: ((16, 24, 48, 88, 120, 208, 352), (2, 3, 3, 4, 4, 5, 2), 32, 1408),
    3: ((24, 32, 48, 96, 136, 232, 384), (2, 3, 3, 5, 5, 6, 2), 40, 1536),
    4: ((24, 32, 56, 112, 160, 272, 448), (2, 4, 4, 6, 6, 8, 2), 48, 1792),
    5: ((24, 40, 64, 128, 176, 304, 512), (3, 5, 5, 7, 7, 9, 3), 48, 2048),
    6: ((32, 40, 72, 144, 200, 344, 576), (3, 6, 6, 8, 8, 11, 3), 56, 2304),
    7: ((32, 48, 80, 160, 224, 384, 640), (4, 7, 7, 10, 10, 13, 4), 64, 2560),
}


@pytest.mark.parametrize("number", STAGES)
def test_compound_scaling_gives_the_published_stages(number: int) -> None:
    widths, depths, entry, last = STAGES[number]
    with torch.device("meta"):
        network = bestiary.create(f"efficientnet_b{number}_symmetric")
    found = [
        (stage[-1].project.norm.num_features, len(stage))  # type: ignore[union-attr]
        for stage in network.blocks  # type: ignore[union-attr]
    ]
    assert found == list(zip(widths, depths))
    assert (network.entry.norm.num_features, network.exit.norm.num_features) == (entry, last)  # type: ignore[union-attr]


def test_chances_to_be_left_out_rise_evenly_from_none() -> None:
    network = EfficientNet(channels=1, outputs=2, width_factor=0.25, stochastic_depth=0.2)
    chances = [block.stochastic.probability for block in network.blocks]  # type: ignore[union-attr]
    assert chances == pytest.approx([0.2 * place / 16 for place in range(16)])


@pytest.mark.parametrize(("library", "last"), [("torchvision", "features.7.0.block.3.1"), ("timm", "blocks.6.0.bn3")])
def test_symmetric_efficientnet_has_the_names_of_other_libraries(library: str, last: str) -> None:
    with torch.device("meta"):
        found = exported(bestiary.create("efficientnet_b0_symmetric"), library)
    assert len(found) == 360 and f"{last}.running_mean" in found
    first = {"torchvision": "features.1.0.block.0.0.weight", "timm": "blocks.0.0.conv_dw.weight"}[library]
    assert found[first].shape == (32, 1, 3, 3)
