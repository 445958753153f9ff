"""ConvNeXt against transformers, with equal weights, and its names elsewhere."""

import random

import pytest
import torch
from torch import Tensor, nn
from transformers import ConvNextConfig, ConvNextForImageClassification

import bestiary
from bestiary.architectures.convolution import convnext
from bestiary.architectures.convolution.convnext import ConvNeXt
from bestiary.weights.loading import exported
from bestiary.weights.maps import pairs
from bestiary.weights.translation import inward
from tests.references.parity import assert_same


class Logits(nn.Module):
    """What transformers' network says, without what it wraps around it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network(pixels).logits


@pytest.mark.parametrize("seed", range(3))
def test_convnext_equals_transformers(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    stages, patch, channels = roll.randint(1, 3), roll.choice([2, 4]), roll.randint(1, 3)
    widths, depths = [roll.randint(4, 12) for _ in range(stages)], [roll.randint(1, 2) for _ in range(stages)]
    theirs = ConvNextForImageClassification(
        ConvNextConfig(
            num_channels=channels,
            patch_size=patch,
            num_stages=stages,
            hidden_sizes=widths,
            depths=depths,
            num_labels=4,
            layer_norm_eps=1e-6,  # of the last norm: its usual 1e-12 is transformers' own
        )
    )
    ours = ConvNeXt(channels=channels, outputs=4, widths=widths, depths=depths, patch=patch)
    for parameter in ours.parameters():  # all of one size: with a layer scale of 1e-6 no block would count
        nn.init.normal_(parameter, std=0.5)
    known = next(one for one in convnext.PUBLISHED if one.library == "transformers")
    found, without = pairs(ours.state_dict(), known)
    names = {pair.ours[0]: pair.theirs[0] for pair in found}
    assert not without and set(names.values()) == set(theirs.state_dict())
    theirs.load_state_dict({other: ours.state_dict()[mine] for mine, other in names.items()})
    wrapped = {mine: f"network.{other}" for mine, other in names.items()}
    side = patch * 2**stages
    inputs = (torch.randn(3, channels, side + roll.randint(0, 9), side).double(),)
    assert_same(ours.double(), Logits(theirs).double(), inputs, wrapped)


def test_chances_to_be_left_out_rise_from_none_to_the_last_and_layer_scale_starts_small() -> None:
    network = ConvNeXt(channels=1, outputs=2, widths=(4, 8), depths=(2, 3), stochastic_depth=0.4)
    blocks = [block for stage in network.stages for block in stage]  # type: ignore[union-attr]
    assert [block.stochastic.probability for block in blocks] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert all(torch.equal(block.scale, torch.full_like(block.scale, 1e-6)) for block in blocks)


def test_layer_scale_has_two_axes_more_in_torchvision_and_comes_back() -> None:
    network = ConvNeXt(channels=1, outputs=2, widths=(4, 8), depths=(1, 1))
    found = exported(network, "torchvision")
    assert found["features.3.0.layer_scale"].shape == (8, 1, 1)
    known = next(one for one in convnext.PUBLISHED if one.library == "torchvision")
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for pair in pairs(shapes, known)[0]:
        for name, tensor in inward(pair, found.__getitem__, shapes).items():
            assert torch.equal(tensor, network.state_dict()[name])


LAST = {
    "torchvision": ("features.7.2.block.5.bias", "features.6.1.weight", 182),
    "transformers": ("convnext.encoder.stages.3.layers.2.pwconv2.bias", "classifier.weight", 182),
    "timm": ("stages.3.blocks.2.mlp.fc2.bias", "head.fc.weight", 182),
}


@pytest.mark.parametrize("library", LAST)
def test_convnext_has_the_names_of_other_libraries(library: str) -> None:
    with torch.device("meta"):
        found = exported(bestiary.create("convnext_t"), library)
    *some, count = LAST[library]
    assert set(some) <= found.keys() and len(found) == count


def test_unequal_numbers_of_widths_and_depths_are_refused() -> None:
    with pytest.raises(ValueError, match="widths and depths must name equally many stages; received 2 and 1"):
        ConvNeXt(channels=1, outputs=2, widths=(4, 8), depths=(1,))
