"""Faults of small networks in print, and none here: codes, adversaries, machines with an energy."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.energy.dbn import DBN, DBNClassifier
from bestiary.architectures.energy.rbm import RBM
from bestiary.architectures.generative import dcgan_small
from bestiary.architectures.generative.gan import GAN
from bestiary.architectures.representation.autoencoder import Autoencoder, PixelAutoencoder
from bestiary.architectures.representation.convolutional_autoencoder import ConvolutionalAutoencoder
from bestiary.architectures.representation.vae import VAE
from bestiary.data import read
from bestiary.recipes.adversarial import adversarial
from bestiary.recipes.energy import contrastive, layers_then_labels
from bestiary.recipes.representation import autoencoder, variational
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData

# ------------------------------------------------------------------------------------------------ codes and images


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> StoredData:
    folder = tmp_path_factory.mktemp("digits")
    source = read("digits", kind="image")
    source.encode(assign(source), folder / "data", 0)
    return StoredData(folder / "data", batch=128, sealed=folder / "sealed")


def images(data: StoredData, split: str) -> Tensor:
    """All images of a split, in the units of a batch."""
    return torch.cat([batch.inputs[0] for batch in data.batches(split)])


def test_codes_are_smaller_than_images() -> None:
    image = torch.rand(2, 1, 28, 28)
    for network in (
        PixelAutoencoder(features=784),
        ConvolutionalAutoencoder(channels=1, image_size=(28, 28)),
        VAE(features=784),
    ):
        assert network.encode(image).shape[1] < 784 // 10
    for network in (PixelAutoencoder(features=784).network, Autoencoder(features=784)):
        widths = [layer.out_features for layer in network.encoder if isinstance(layer, nn.Linear)]
        assert widths == sorted(widths, reverse=True) and widths[-1] < widths[-2]
        back = [layer.in_features for layer in network.decoder if isinstance(layer, nn.Linear)]
        assert back[0] == widths[-1] and not isinstance(network.decoder[0], nn.ReLU)  # the code goes in as it is


def test_pixels_are_brought_to_0_to_1(digits: StoredData) -> None:
    pixels = images(digits, "train")
    assert float(pixels.min()) < -0.5 and float(pixels.max()) > 1.5  # a batch is standardised
    torch.manual_seed(0)
    for network, recipe in (
        (PixelAutoencoder(features=64), autoencoder),
        (VAE(features=64), variational),
    ):
        next(recipe(network, digits.spec).updates(digits, 0, 10))
        unit = getattr(network, "unit").eval()(pixels)  # noqa: B009
        assert float(unit.min()) == 0 and float(unit.max()) == 1
        made = network.eval().reconstruct(pixels).detach()
        assert float(made.min()) >= float(pixels.min()) - 1e-5 and float(made.max()) <= float(pixels.max()) + 1e-5


def test_codes_learn(digits: StoredData) -> None:
    torch.manual_seed(0)
    held = images(digits, "test")
    average = F.mse_loss(images(digits, "train").mean(0).expand_as(held), held)
    for network, recipe in (
        (PixelAutoencoder(features=64, code=16, widths=(64,)), autoencoder),
        (VAE(features=64, code=8, widths=(64,)), variational),
    ):
        logs = [log["loss"] for log in recipe(network, digits.spec, rate=3e-3).updates(digits, 0, 250)]
        assert float(cast("Tensor", logs[-1])) < 0.8 * float(cast("Tensor", logs[0]))
        with torch.no_grad():
            assert float(F.mse_loss(network.eval().reconstruct(held), held)) < 0.6 * float(average)


def test_hidden_layers_bend_the_plane_of_codes() -> None:
    torch.manual_seed(0)
    first, second = torch.randn(8, 784), torch.randn(8, 784)
    for widths, flat in (((), True), ((256, 64), False)):
        network = Autoencoder(features=784, code=64, widths=widths)
        middle = network((first + second) / 2)
        assert torch.allclose(middle, (network(first) + network(second)) / 2, atol=1e-5) == flat


@pytest.mark.parametrize("make", [GAN, dcgan_small.SmallDCGAN])
def test_both_players_learn(make: Callable[..., nn.Module], digits: StoredData) -> None:
    torch.manual_seed(0)
    network = cast("Any", make(channels=1, image_size=(8, 8)))
    before = {name: value.clone() for name, value in network.named_parameters()}
    seen: list[Tensor] = []
    network.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    for log in adversarial(network, digits.spec).updates(digits, 0, 3):
        assert all(bool(torch.isfinite(torch.as_tensor(value))) for value in log.values())
    moved = [name for name, value in network.named_parameters() if not torch.equal(value, before[name])]
    assert {name.partition(".")[0] for name in moved} == {"generator", "discriminator"}
    assert all(float(batch.abs().max()) <= 1 + 1e-5 for batch in seen)
    real = network.generator.units.signed(images(digits, "train"))
    assert float(real.min()) == pytest.approx(-1) and float(real.max()) == pytest.approx(1)


def test_made_images_stay_in_range(digits: StoredData) -> None:
    torch.manual_seed(0)
    network = cast("Any", GAN(channels=1, image_size=(8, 8)))
    with torch.no_grad():
        for parameter in network.generator.parameters():
            parameter.mul_(10)
    assert float(network.make(torch.randn(64, 100)).detach().abs().max()) <= 1
    pixels = images(digits, "train")
    network.generator.units.measure(digits.facts)
    made = network.sample(64, torch.Generator().manual_seed(0))
    assert made.min() >= pixels.min() - 1e-5 and made.max() <= pixels.max() + 1e-5


def test_the_slope_of_leaky_units_is_written_down() -> None:
    assert dcgan_small.SLOPE == 0.3  # Keras' default when the example was printed
    torch.manual_seed(0)
    judge = dcgan_small.SmallDiscriminator(channels=1, image_size=(8, 8)).eval()
    with torch.no_grad():
        for layer in (judge.shrink1, judge.shrink2):
            layer.convolution.weight.zero_()
            cast("Tensor", layer.convolution.bias).fill_(-1.0)
        judge.output.weight.fill_(1.0)
        judge.output.bias.zero_()
    assert judge(torch.zeros(1, 1, 8, 8)).item() == pytest.approx(-0.3 * judge.output.in_features, rel=1e-5)


# ------------------------------------------------------------------------------------------------ belief networks


def test_first_weights_of_machines_are_small() -> None:
    torch.manual_seed(0)
    network = DBN(features=784, widths=(500, 200))
    chances = cast("RBM", network.machines[0]).hidden(torch.rand(64, 784))
    assert float(((chances < 0.05) | (chances > 0.95)).float().mean()) == 0


def test_machines_in_a_stack_learn_from_the_one_below(digits: StoredData) -> None:
    torch.manual_seed(0)
    network = DBN(features=64, widths=(40, 20))
    first, second = (cast("RBM", machine) for machine in network.machines)
    assert network.sees(1, images(digits, "train")[:3], torch.zeros(3)).shape == (3, 40)
    assert second.visible_bias.shape == (40,)
    held = first.read(images(digits, "test"))
    before = float((first.visible(first.hidden(held)) - held).square().mean().detach())
    for _ in contrastive(first, digits.spec).updates(digits, 0, 300):
        pass
    held = first.read(images(digits, "test"))
    after = float((first.visible(first.hidden(held)) - held).square().mean().detach())
    assert after < 0.6 * before


def test_every_machine_of_a_stack_learns_in_its_turn(digits: StoredData) -> None:
    torch.manual_seed(0)
    network = DBNClassifier(features=64, outputs=10, widths=(40, 20))
    weights = [cast("RBM", machine).weight for machine in network.machines] + [network.readout.weight]
    moved: list[tuple[bool, ...]] = []
    held = [weight.detach().clone() for weight in weights]
    for _ in layers_then_labels(network, digits.spec, share=0.5).updates(digits, 0, 12):
        moved.append(tuple(not torch.equal(a, b) for a, b in zip(weights, held)))
        held = [weight.detach().clone() for weight in weights]
    assert moved == [(True, False, False)] * 3 + [(False, True, False)] * 3 + [(True, True, True)] * 6
