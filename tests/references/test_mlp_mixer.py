"""MLP-Mixer is its formula, and mixes what it says."""

from collections.abc import Mapping
from typing import TypeVar

import pytest
import torch
from torch import Tensor, nn

from bestiary import create
from bestiary.architectures.feedforward.mlp_mixer import MixerLayer, MLPMixer
from bestiary.weights.loading import exported
from tests.references.parity import assert_same

Network = TypeVar("Network", bound=nn.Module)


def stirred(network: Network, seed: int) -> Network:
    """All parameters random, so that nothing agrees because it is 1 or 0."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return network


def written_out(weights: Mapping[str, Tensor], pixels: Tensor, patch: int, depth: int) -> Tensor:
    """Equation 1 of the paper, an image, a channel and a patch at a time."""

    def normal(vector: Tensor, name: str) -> Tensor:
        apart = vector - vector.mean()
        return apart / (apart.square().mean() + 1e-6).sqrt() * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(vector: Tensor, name: str) -> Tensor:
        return weights[f"{name}.weight"] @ vector + weights[f"{name}.bias"]

    def mixed(vector: Tensor, name: str) -> Tensor:
        hidden = linear(vector, f"{name}.widen")
        return linear(hidden * (1 + torch.erf(hidden / 2**0.5)) / 2, f"{name}.narrow")

    answers = []
    for image in pixels:
        matrix, rows = weights["patches.project.weight"].flatten(1), []
        for top in range(0, image.shape[1], patch):
            for left in range(0, image.shape[2], patch):
                square = torch.zeros(len(image), patch, patch)
                part = image[:, top : top + patch, left : left + patch]
                square[:, : part.shape[1], : part.shape[2]] = part
                rows.append(matrix @ square.flatten() + weights["patches.project.bias"])
        for layer in range(depth):
            at = f"layers.{layer}"
            table = torch.stack([normal(row, f"{at}.patches_norm") for row in rows])  # [N, D]
            columns = [mixed(column, f"{at}.patches") for column in table.T]
            rows = [row + torch.stack([c[place] for c in columns]) for place, row in enumerate(rows)]
            rows = [row + mixed(normal(row, f"{at}.channels_norm"), f"{at}.channels") for row in rows]
        mean = torch.stack([normal(row, "norm") for row in rows]).mean(0)
        answers.append(linear(mean, "head"))
    return torch.stack(answers)


@pytest.mark.parametrize("size", [(4, 6), (5, 3)])  # the second is padded
def test_mixer_is_the_paper(size: tuple[int, int]) -> None:
    words = {"patch": 2, "width": 5, "depth": 2, "token_units": 4, "channel_units": 7, "outputs": 3}
    ours = stirred(MLPMixer(channels=2, image_size=size, **words), 0)
    weights = dict(ours.named_parameters())
    assert_same(ours, lambda pixels: written_out(weights, pixels, 2, 2), (torch.randn(2, 2, *size),))


def test_a_layer_mixes_patches_in_one_half_and_channels_in_the_other() -> None:
    layer = stirred(MixerLayer(count=4, width=3, token_units=5, channel_units=6, dropout=0.0, stochastic_depth=0.0), 1)
    x = torch.randn(1, 4, 3)
    other = x.clone()
    other[0, 2] = other[0, 2] + torch.tensor([1.0, -2.0, 0.5])
    assert ((layer(other) - layer(x)).abs().amax(-1) > 1e-6).all(), "every patch hears of a change in one"
    for part in (layer.patches.narrow.weight, layer.patches.narrow.bias):
        nn.init.zeros_(part)
    assert ((layer(other) - layer(x)).abs().amax(-1) > 1e-6).tolist() == [[False, False, True, False]]


def test_mixer_has_the_names_of_timm() -> None:
    with torch.device("meta"):
        found = exported(create("mlp_mixer_b16", depth=1), "timm")
    parts = ("norm1", "mlp_tokens.fc1", "mlp_tokens.fc2", "norm2", "mlp_channels.fc1", "mlp_channels.fc2")
    modules = ["stem.proj", "norm", "head", *(f"blocks.0.{part}" for part in parts)]
    assert found.keys() == {f"{module}.{word}" for module in modules for word in ("weight", "bias")}
    assert found["blocks.0.mlp_tokens.fc1.weight"].shape == (384, 196)
