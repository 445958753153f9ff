"""The adversarial pairs, their games and their judge, against torch, scipy and what the papers write out."""

import copy
import functools
import math
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from bestiary.algorithms.adversarial import Adversarial, clip, frozen
from bestiary.architectures.build import count
from bestiary.architectures.generative.dcgan import DCGAN, DCGANDiscriminator, DCGANGenerator
from bestiary.architectures.generative.dcgan_small import Grow, Shrink, SmallDCGAN
from bestiary.architectures.generative.gan import GAN, DenseDiscriminator, DenseGenerator
from bestiary.architectures.generative.sngan import SNGAN
from bestiary.architectures.generative.wgan import WGAN
from bestiary.contracts import Batch, ImageInputs, ImageSpec, TableSpec
from bestiary.errors import InputError
from bestiary.layers.adversaries import Adversaries
from bestiary.layers.pixel_range import PixelRange
from bestiary.layers.spectral import Spectral
from bestiary.objectives.adversarial import Hinge, NonSaturating, Saturating, Wasserstein, gradient_penalty
from bestiary.recipes import adversarial as recipes
from bestiary.rows.store import ArrayData
from bestiary.tasks.generate import closeness
from bestiary.tasks.generate.baselines import KernelDensity
from bestiary.tasks.generate.scoring import EVIDENCE, Generate
from tests.references.parity import assert_same, copy_in_order, stir

SPEC = ImageSpec(1, (8, 8), 1)
SMALL: dict[str, Any] = {"channels": 1, "image_size": (8, 8), "latent": 5}


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


# ------------------------------------------------------------------------------------------------ networks


@pytest.mark.parametrize("widths", [(9,), (12, 7), (5, 6, 8)])
def test_dense_players_equal_sequentials(widths: tuple[int, ...]) -> None:
    sizes, layers = (11, *widths, 30), []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    generator, reference = DenseGenerator(latent=11, widths=widths, features=30), nn.Sequential(*layers[:-1])
    copy_in_order(generator, reference)
    assert_same(generator, reference, (torch.randn(6, 11),))
    sizes, layers = (30, *widths, 1), [nn.Flatten()]
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
    discriminator, reference = DenseDiscriminator(features=30, widths=widths), nn.Sequential(*layers[:-1])
    copy_in_order(discriminator, reference)
    assert_same(discriminator, reference, (torch.randn(6, 1, 5, 6),))


@pytest.mark.parametrize(("channels", "side", "width", "times"), [(1, 8, 3, 2), (3, 28, 4, 2), (2, 64, 2, 4)])
@pytest.mark.parametrize("training", [True, False])
def test_dcgan_equals_sequentials(channels: int, side: int, width: int, times: int, training: bool) -> None:
    maps = [width * 2**level for level in range(times)]
    theirs: list[nn.Module] = [nn.Unflatten(1, (7, 1, 1))]
    theirs += [nn.ConvTranspose2d(7, maps[-1], side // 2**times, 1, 0, bias=False), nn.BatchNorm2d(maps[-1]), nn.ReLU()]
    for before, after in zip(maps[::-1], maps[-2::-1]):
        theirs += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    reference = nn.Sequential(*theirs, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())
    ours = DCGANGenerator(channels=channels, image_size=(side, side), latent=7, width=width).train(training)
    pair(ours, reference.train(training), (torch.randn(5, 7),))

    theirs = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in pairwise(maps):
        theirs += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    last = nn.Conv2d(maps[-1], 1, side // 2**times, 1, 0, bias=False)
    reference = nn.Sequential(*theirs, last, nn.Flatten())
    critic = DCGANDiscriminator(channels=channels, image_size=(side, side), width=width).train(training)
    pair(critic, reference.train(training), (torch.randn(5, channels, side, side),))


def pair(ours: nn.Module, theirs: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Equal weights: convolutions in their order, norms in theirs."""
    stir(ours)
    names: dict[str, str] = {}
    with torch.no_grad():
        for kind in ((nn.Conv2d, nn.ConvTranspose2d), (nn.BatchNorm2d,)):
            mine, others = (
                [(n, m) for n, m in network.named_modules() if isinstance(m, kind)] for network in (ours, theirs)
            )
            mine.sort(key=lambda item: item[0] == "output")  # it is registered last
            mine.sort(key=lambda item: ("project", "grow", "shrink", "norms", "output").index(item[0].split(".")[0]))
            assert len(mine) == len(others)
            for (a, source), (b, target) in zip(mine, others):
                target.load_state_dict(source.state_dict())
                names |= {f"{a}.{p}": f"{b}.{p}" for p, _ in source.named_parameters()}
    assert_same(ours, theirs, inputs, names)


def dense_pair() -> tuple[GAN, nn.Module]:
    theirs = nn.Sequential(
        *(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 7), nn.ReLU(), nn.Linear(7, 24), nn.Tanh()),
        *(nn.Linear(24, 7), nn.LeakyReLU(0.2), nn.Linear(7, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1)),
    )
    return GAN(channels=2, image_size=(3, 4), latent=5, widths=(6, 7)), theirs


def convolutional_pair(kind: type[DCGAN]) -> tuple[DCGAN, nn.Module]:
    """For 16x16: two rounds of doubling from 4x4, and two of halving."""
    theirs = nn.Sequential(
        *(nn.Unflatten(1, (5, 1, 1)), nn.ConvTranspose2d(5, 6, 4, bias=False), nn.BatchNorm2d(6), nn.ReLU()),
        *(nn.ConvTranspose2d(6, 3, 4, 2, 1, bias=False), nn.BatchNorm2d(3), nn.ReLU()),
        *(nn.ConvTranspose2d(3, 2, 4, 2, 1, bias=False), nn.Tanh()),
        *(nn.Conv2d(2, 3, 4, 2, 1, bias=False), nn.LeakyReLU(0.2), nn.Conv2d(3, 6, 4, 2, 1, bias=False)),
        *(nn.BatchNorm2d(6) if kind is DCGAN else nn.Identity(), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(6, 1, 4, bias=False), nn.Flatten()),
    )
    return kind(channels=2, image_size=(16, 16), latent=5, width=3), theirs


def small_pair() -> tuple[SmallDCGAN, nn.Module]:
    """TensorFlow's "same" convolutions of stride 2 pad one pixel before and two after, and cut as many going back."""

    class Cut(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :, 1:-2, 1:-2]

    units = 256 * 2 * 3
    theirs = nn.Sequential(
        *(nn.Linear(5, units, bias=False), nn.BatchNorm1d(units), nn.LeakyReLU(0.3), nn.Unflatten(1, (256, 2, 3))),
        *(nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.3)),
        *(nn.ConvTranspose2d(128, 64, 5, 2, bias=False), Cut(), nn.BatchNorm2d(64), nn.LeakyReLU(0.3)),
        *(nn.ConvTranspose2d(64, 2, 5, 2, bias=False), Cut(), nn.Tanh()),
        *(nn.ConstantPad2d((1, 2, 1, 2), 0.0), nn.Conv2d(2, 64, 5, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3)),
        *(nn.ConstantPad2d((1, 2, 1, 2), 0.0), nn.Conv2d(64, 128, 5, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3)),
        *(nn.Flatten(), nn.Linear(128 * 2 * 3, 1)),
    )
    return SmallDCGAN(channels=2, image_size=(8, 12), latent=5), theirs


PAIRS = {
    "gan": dense_pair,
    "dcgan": lambda: convolutional_pair(DCGAN),
    "wgan": lambda: convolutional_pair(WGAN),  # type: ignore[arg-type]
    "dcgan_mnist": small_pair,
}


@pytest.mark.parametrize("name", PAIRS)
def test_whole_pairs_equal_sequentials(name: str) -> None:
    """The discriminator's answer to what the generator makes, in evaluation."""
    ours, theirs = PAIRS[name]()
    stir(ours)
    with torch.no_grad():
        for kind in ((nn.Linear, nn.Conv2d, nn.ConvTranspose2d), (nn.BatchNorm1d, nn.BatchNorm2d)):
            mine, others = ([m for m in network.modules() if isinstance(m, kind)] for network in (ours, theirs))
            for source, target in zip(mine, others, strict=True):
                target.load_state_dict(source.state_dict())
    latent = torch.randn(6, 5)
    torch.testing.assert_close(ours.eval()(latent), theirs.eval()(latent))


def test_a_spectral_discriminator_equals_torchs_on_each_layer() -> None:
    """SN-GAN whole: every layer of the discriminator, the last one too, is torch's spectrally normalised one."""
    ours = SNGAN(channels=2, image_size=(16, 16), latent=5, width=3).eval()
    layers = []
    for layer in (*ours.discriminator.shrink, ours.discriminator.output):  # type: ignore[misc]
        theirs = copy.deepcopy(layer.layer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nn.utils.spectral_norm(theirs)
        theirs.weight_u.copy_(layer.left)
        theirs.weight_v.copy_(layer.right)
        layers.append(theirs)
    network = nn.Sequential(layers[0], nn.LeakyReLU(0.2), layers[1], nn.LeakyReLU(0.2), layers[2], nn.Flatten()).eval()
    latent = torch.randn(6, 5)
    torch.testing.assert_close(ours(latent), network(ours.make(latent)))


def test_parts_have_the_published_counts() -> None:
    gan = GAN(channels=1, image_size=(28, 28))
    assert (count(gan.generator), count(gan.discriminator)) == (559_632, 533_505)
    colour = DCGAN(channels=3, image_size=(64, 64))
    assert (count(colour.generator), count(colour.discriminator)) == (3_576_704, 2_765_568)
    for network in (WGAN, SNGAN):
        players = network(channels=3, image_size=(64, 64))
        assert (count(players.generator), count(players.discriminator)) == (3_576_704, 2_763_776)
    small = SmallDCGAN(channels=1, image_size=(28, 28))
    assert (count(small.generator), count(small.discriminator)) == (2_305_472, 212_865)
    moving = sum(b.numel() for n, b in small.generator.named_buffers() if "running" in n)
    assert count(small.generator) + moving == 2_330_944


def test_growing_is_the_transpose_of_shrinking() -> None:
    """TensorFlow defines its transposed "same" convolution as the gradient of the plain one."""
    shrink, grow = Shrink(3, 4), Grow(4, 3)
    with torch.no_grad():
        shrink.convolution.bias.zero_()
        grow.convolution.weight.copy_(shrink.convolution.weight)
    x, y = torch.randn(2, 3, 12, 8, requires_grad=True), torch.randn(2, 4, 6, 4)
    (gradient,) = torch.autograd.grad((shrink(x) * y).sum(), x)
    torch.testing.assert_close(grow(y), gradient)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "build",
    [
        lambda: nn.Linear(7, 5, bias=False),
        lambda: nn.Conv2d(3, 6, 3, bias=False),
        lambda: nn.Conv2d(2, 5, 4, 2, 1, bias=False),
    ],
    ids=["linear", "convolution", "strided"],
)
def test_spectral_equals_torch(build: Callable[[], nn.Linear | nn.Conv2d], seed: int) -> None:
    """Step by step the older of torch's two, which has the paper's order; the newer one where both have converged."""
    torch.manual_seed(seed)
    layer = build().double()  # sums of squares are large: in single precision their rounding would be compared
    shape = (4, 7) if isinstance(layer, nn.Linear) else (4, layer.in_channels, 8, 8)
    inputs = torch.randn(shape, dtype=torch.float64)
    ours = Spectral(copy.deepcopy(layer)).double()
    theirs, newer = copy.deepcopy(layer), spectral_norm(copy.deepcopy(layer))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nn.utils.spectral_norm(theirs)
    theirs.weight_u.copy_(ours.left)  # type: ignore[operator,union-attr]
    for _ in range(5):
        mine, other = ours(inputs), theirs(inputs)
        torch.testing.assert_close(mine, other)
        (a,) = torch.autograd.grad(mine.square().sum(), ours.layer.weight)
        (b,) = torch.autograd.grad(other.square().sum(), theirs.weight_orig)  # type: ignore[arg-type]
        torch.testing.assert_close(a, b, rtol=1e-7, atol=1e-9)
    for _ in range(500):
        ours(inputs), newer(inputs)
    held = ours.left.clone()
    torch.testing.assert_close(ours.eval()(inputs), newer.eval()(inputs), rtol=1e-4, atol=1e-5)
    assert torch.equal(ours.left, held), "evaluation moves no vector"


def test_spectral_finds_the_largest_singular_value() -> None:
    layer = Spectral(nn.Linear(20, 30, bias=False))
    for _ in range(300):
        layer(torch.zeros(1, 20))
    weight = layer(torch.eye(20)).T
    assert float(torch.linalg.matrix_norm(weight, 2).detach()) == pytest.approx(1.0, abs=1e-3)
    with pytest.raises(ValueError, match="bias=False"):
        Spectral(nn.Linear(3, 3))


# --------------------------------------------------------------------------------------------------- games


def test_games_are_the_papers() -> None:
    critic = nn.Linear(4, 1)
    real, made = torch.randn(16, 4), torch.randn(16, 4)
    say_real, say_made = critic(real).sigmoid(), critic(made).sigmoid()
    odds = -(say_real.log() + (1 - say_made).log()).mean()
    for game, expected in ((Saturating(), (1 - say_made).log().mean()), (NonSaturating(), -say_made.log().mean())):
        torch.testing.assert_close(game.discriminator(critic, real, made), odds)
        torch.testing.assert_close(game.generator(critic(made)), expected)
    hinge = (1 - critic(real)).clamp(min=0).mean() + (1 + critic(made)).clamp(min=0).mean()
    torch.testing.assert_close(Hinge().discriminator(critic, real, made), hinge)
    gap = critic(made).mean() - critic(real).mean()
    torch.testing.assert_close(Wasserstein().discriminator(critic, real, made), gap)
    for game in (Hinge(), Wasserstein()):
        torch.testing.assert_close(game.generator(critic(made)), -critic(made).mean())


def test_where_it_cannot_tell_the_discriminator_pays_two_log_two() -> None:
    nobody = nn.Linear(4, 1)
    for parameter in nobody.parameters():
        nn.init.zeros_(parameter)
    loss = NonSaturating().discriminator(nobody, torch.randn(5, 4), torch.randn(5, 4))
    assert float(loss.detach()) == pytest.approx(2 * math.log(2))


def test_the_saturating_game_gives_no_gradient_where_the_discriminator_is_sure() -> None:
    sure = torch.full((8, 1), -30.0, requires_grad=True)  # logits of made rows: seen through, as always at the start
    (saturated,) = torch.autograd.grad(Saturating().generator(sure), sure)
    (alive,) = torch.autograd.grad(NonSaturating().generator(sure), sure)
    assert float(saturated.abs().max()) < 1e-12
    torch.testing.assert_close(alive, torch.full((8, 1), -1 / 8))


def test_gradient_penalty_is_differentiated_twice() -> None:
    """Of a linear critic the slope is w: the penalty is (|w| - 1)^2 and its gradient 2 (|w| - 1) w / |w|."""
    critic = nn.Linear(6, 1)
    penalty = gradient_penalty(critic, torch.randn(9, 6), torch.randn(9, 6))
    w = critic.weight.detach()
    torch.testing.assert_close(penalty.detach(), (w.norm() - 1) ** 2)
    (gradient,) = torch.autograd.grad(penalty, critic.weight)
    torch.testing.assert_close(gradient, 2 * (w.norm() - 1) * w / w.norm())


def test_gradient_penalty_of_a_deep_critic_has_the_right_gradient() -> None:
    critic = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    real, made = torch.randn(2, 5, 3, dtype=torch.float64)

    def penalty(weight: Tensor) -> Tensor:
        torch.manual_seed(1)  # the same points between real and made
        return gradient_penalty(_With(critic, weight), real, made)

    assert torch.autograd.gradcheck(penalty, (critic[0].weight.detach().clone().requires_grad_(),))


class _With(nn.Module):
    """A critic with another first weight."""

    def __init__(self, critic: nn.Sequential, weight: Tensor) -> None:
        super().__init__()
        self.critic, self.given = critic, weight

    def forward(self, x: Tensor) -> Tensor:
        return self.critic[1:](F.linear(x, self.given, self.critic[0].bias))


def test_the_critic_measures_the_distance() -> None:
    """Between normal distributions that lie 2 apart mass has to move by 2."""
    critic = nn.Sequential(nn.Linear(3, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    optimiser, game = torch.optim.Adam(critic.parameters(), 3e-3, betas=(0.0, 0.9)), Wasserstein(10.0)
    away, found = torch.tensor([2.0, 0.0, 0.0]), []
    for step in range(400):
        real, made = torch.randn(256, 3), torch.randn(256, 3) + away
        optimiser.zero_grad()
        game.discriminator(critic, real, made).backward()
        optimiser.step()
        if step >= 300:
            found.append(-float(Wasserstein().discriminator(critic, real, made).detach()))
    assert np.mean(found) == pytest.approx(2.0, rel=0.1)


# ----------------------------------------------------------------------------------------------- algorithm


class Rows:
    """Random images, and which batches were asked for."""

    spec, facts = SPEC, {"pixel_mean": [1.0], "pixel_scale": [2.0], "pixel_range": [0.0, 3.0]}

    def __init__(self) -> None:
        self.asked: list[int] = []

    def batch(self, split: str, number: int) -> Batch:
        self.asked.append(number)
        generator = torch.Generator().manual_seed(number)
        pixels = (3 * torch.rand(6, 1, 8, 8, generator=generator) - 1) / 2
        return Batch(ImageInputs(pixels))


def told(d: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """The discriminator's cross-entropy: Goodfellow et al. 2014, algorithm 1."""
    ones, zeros = torch.ones(6, 1), torch.zeros(6, 1)
    told_real = F.binary_cross_entropy_with_logits(d(real), ones)
    return told_real + F.binary_cross_entropy_with_logits(d(made), zeros)


def beyond_margins(d: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """The hinge loss: Miyato et al. 2018, equation 16."""
    return -torch.minimum(d(real) - 1, torch.zeros(6, 1)).mean() - torch.minimum(-1 - d(made), torch.zeros(6, 1)).mean()


def penalised(d: nn.Module, real: Tensor, made: Tensor) -> Tensor:
    """The critic's loss: Gulrajani et al. 2017, algorithm 1, lines 5 to 7, with lambda = 10."""
    share = torch.rand(6).reshape(6, 1, 1, 1)  # of what is made, for which it is as good as of what is real
    between = (share * made + (1 - share) * real).requires_grad_()
    (slope,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
    length = slope.square().sum((1, 2, 3)).sqrt()
    return (d(made) - d(real)).mean() + 10 * (length - 1).square().mean()


def believed(judged: Tensor) -> Tensor:
    """The generator's loss where it does not saturate."""
    return F.binary_cross_entropy_with_logits(judged, torch.ones(6, 1))


def scored(judged: Tensor) -> Tensor:
    """The generator's loss in the games of scores."""
    return -judged.mean()


def written_out(
    players: Adversaries,
    data: Rows,
    steps: int,
    k: int,
    limit: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    losses: tuple[Callable[..., Tensor], Callable[..., Tensor]] = (told, believed),
) -> None:
    """Algorithm 1 of Goodfellow et al. 2014 without any of our classes: two of torch's optimisers, gradients zeroed."""
    g, d = players.generator.network, players.discriminator
    first, second = (torch.optim.AdamW(p.parameters(), 1e-3, betas, weight_decay=0.0) for p in (g, d))
    for step in range(steps):
        for inner in range(k):
            real = (data.batch("train", step * k + inner).inputs.pixels * 2 + 1) / 1.5 - 1  # type: ignore[attr-defined]
            with torch.no_grad():
                made = g(torch.randn(6, 5))
            second.zero_grad()
            losses[0](d, real, made).backward()
            second.step()
            if limit:
                for parameter in d.parameters():
                    parameter.data.clamp_(-limit, limit)
        first.zero_grad()
        losses[1](d(g(torch.randn(6, 5)))).backward()
        first.step()


@pytest.mark.parametrize(("k", "limit"), [(1, None), (3, 0.02)])
def test_training_equals_the_written_out_algorithm(k: int, limit: float | None) -> None:
    ours = DCGAN(channels=1, image_size=(8, 8), latent=5, width=4)
    theirs = copy.deepcopy(ours)
    constrain = clip(limit) if limit else None
    learner = recipes.adversarial(ours, SPEC, rate=1e-3)
    for minimise in (learner.minimise_generator, learner.minimise_discriminator):
        minimise.schedule = lambda step, horizon: 1.0
    learner = Adversarial(ours, learner.game, learner.minimise_generator, learner.minimise_discriminator, k, constrain)
    data = Rows()
    torch.manual_seed(3)
    logs = list(learner.updates(data, 0, 4))  # type: ignore[arg-type]
    assert data.asked == list(range(4 * k))
    assert len(logs) == 4
    torch.manual_seed(3)
    written_out(theirs, Rows(), 4, k, limit)
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter, theirs.get_parameter(name), atol=2e-5, rtol=1e-4, msg=lambda t: name + t)  # noqa: B023
    assert all(p.requires_grad and p.grad is None for p in ours.parameters())


@pytest.mark.parametrize(
    ("recipe", "players", "loud", "k", "loss"),
    [
        (recipes.hinge, lambda: SNGAN(**SMALL, width=4), 1.0, 1, beyond_margins),
        (
            recipes.hinge,
            lambda: GAN(**SMALL, widths=(9, 7)),
            4.0,
            1,
            beyond_margins,
        ),  # scores on both sides of the margins
        (recipes.wasserstein_penalty, lambda: WGAN(**SMALL, width=4), 1.0, 5, penalised),
    ],
)
def test_games_of_scores_equal_the_written_out_algorithm(
    recipe: Callable[..., Adversarial],
    players: Callable[[], Adversaries],
    loud: float,
    k: int,
    loss: Callable[..., Tensor],
) -> None:
    ours = players()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter *= loud
    theirs = copy.deepcopy(ours)
    learner = recipe(ours, SPEC, rate=1e-3)
    for minimise in (learner.minimise_generator, learner.minimise_discriminator):
        minimise.schedule = lambda step, horizon: 1.0
    data = Rows()
    torch.manual_seed(3)
    assert len(list(learner.updates(data, 0, 4))) == 4  # type: ignore[arg-type]
    assert data.asked == list(range(4 * k))
    torch.manual_seed(3)
    written_out(theirs, Rows(), 4, k, betas=(0.0, 0.9), losses=(loss, scored))
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter, theirs.get_parameter(name), atol=2e-5, rtol=1e-4, msg=lambda t: name + t)  # noqa: B023


def test_a_frozen_network_passes_gradients_on() -> None:
    layer, x = nn.Linear(3, 1), torch.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="stop"), frozen(layer):
        layer(x).sum().backward()
        assert layer.weight.grad is None
        raise RuntimeError("stop")
    assert x.grad is not None and layer.weight.requires_grad


def test_made_pixels_fill_the_range_of_the_training_pixels() -> None:
    pixels = PixelRange(channels=1)
    pixels.measure(Rows.facts)
    batch = Rows().batch("train", 0).inputs[0]
    signed = pixels.signed(batch)
    assert -1 <= float(signed.min()) < -0.9 and 0.9 < float(signed.max()) <= 1
    torch.testing.assert_close(pixels(signed), batch)


@pytest.mark.parametrize(
    ("recipe", "words", "message"),
    [
        (recipes.adversarial, {"rate": 0}, "rate must be above 0"),
        (recipes.adversarial, {"critic_steps": 0}, "critic_steps must be 1 or more"),
        (recipes.hinge, {"momentum": 1.0}, "momentum must be from 0"),
        (recipes.wasserstein_clipping, {"limit": 0.0}, "limit must be above 0"),
        (recipes.wasserstein_penalty, {"penalty": -1.0}, "penalty must be above 0"),
        (recipes.wasserstein_penalty, {}, "cannot have batch norm"),
    ],
)
def test_settings_that_cannot_be_are_refused(recipe, words: dict[str, float], message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        recipe(DCGAN(channels=1, image_size=(8, 8), width=2), SPEC, **words)


# --------------------------------------------------------------------------------------------------- judge


def test_kernel_distance_is_the_unbiased_one() -> None:
    real, made = torch.randn(13, 4), torch.randn(13, 4) + 0.3
    n, total = 13, 0.0

    def k(a: Tensor, b: Tensor) -> float:
        return float((a @ b / 4 + 1) ** 3)

    for i in range(n):
        for j in range(n):
            total -= 2 * k(real[i], made[j]) / n**2
            if i != j:
                total += (k(real[i], real[j]) + k(made[i], made[j])) / (n * (n - 1))
    assert closeness.kernel_distance(real, made) == pytest.approx(total, rel=1e-4)
    assert float(closeness.kernel_terms(real, made).mean()) == pytest.approx(total, rel=1e-4)


def test_the_spread_of_kernel_terms_is_the_uncertainty_of_the_distance() -> None:
    """Over many draws the standard deviation of the distance is what one draw says it is."""
    found, said = [], []
    for seed in range(150):
        generator = torch.Generator().manual_seed(seed)
        real, made = torch.randn(80, 3, generator=generator), 0.6 * torch.randn(80, 3, generator=generator) + 0.5
        terms = closeness.kernel_terms(real, made)
        found.append(float(terms.mean()))
        said.append(float(terms.std()) / math.sqrt(len(terms)))
    assert np.mean(said) == pytest.approx(np.std(found), rel=0.2)


def test_manifolds_equal_their_definitions() -> None:
    real, made = torch.randn(40, 2), torch.randn(40, 2) * 0.7
    between = np.linalg.norm(real.numpy()[:, None] - made.numpy()[None], axis=2)  # [real, made]

    def radius(rows: Tensor, k: int) -> np.ndarray:
        return np.sort(np.linalg.norm(rows.numpy()[:, None] - rows.numpy()[None], axis=2), axis=1)[:, k]

    near, nearer, around = radius(real, 5), radius(real, 3), radius(made, 3)
    found = closeness.manifolds(real, made)
    np.testing.assert_allclose(found["precise"], (between <= nearer[:, None]).any(0))
    np.testing.assert_allclose(found["recalled"], (between <= around[None]).any(1))
    np.testing.assert_allclose(found["covered"], (between <= near[:, None]).any(1))
    np.testing.assert_allclose(found["dense"], (between <= near[:, None]).sum(0) / 5, rtol=1e-6)


def test_frechet_distance_equals_scipy() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 300, 6))
    b = b @ np.diag([1, 2, 0.5, 1, 1, 3]) + 0.4
    s, t = np.cov(a.T), np.cov(b.T)
    root = np.real(scipy.linalg.sqrtm(s @ t))
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s + t - 2 * root)
    assert closeness.frechet_distance(torch.from_numpy(a), torch.from_numpy(b)) == pytest.approx(expected, rel=1e-6)


class Makes:
    """Gives given rows, again and again."""

    def __init__(self, rows: Tensor) -> None:
        self.rows = rows

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        return self.rows[torch.randint(len(self.rows), (count,), generator=generator)]


@functools.cache
def digits() -> ArrayData:
    """Half of the digits to learn from, a quarter each to look at and to be tested on."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    pixels = found.images[order].astype(np.float32)[:, None]
    splits = {}
    for name, part in (("train", slice(0, 900)), ("validation", slice(900, 1350)), ("test", slice(1350, None))):
        splits[name] = {"pixels": pixels[part], "target": found.target[order][part].astype(np.int64)}
    facts = {
        "problem": "generate",
        "classes": [str(k) for k in range(10)],
        "pixel_mean": [float(pixels.mean())],
        "pixel_scale": [float(pixels.std())],
        "pixel_range": [0.0, 16.0],
    }
    return ArrayData(ImageSpec(1, (8, 8), 10), facts, splits, batch=64)


@pytest.fixture(scope="module")
def judged() -> dict[str, dict[str, float]]:
    """What the judge says of makers whose faults are known."""
    torch.manual_seed(0)
    data = digits()
    task = Generate(data.facts)
    train = data.take("train", slice(None))
    shape = train.inputs[0].shape[1:]
    flat = train.inputs[0].flatten(1)
    makers = {
        "held out": Makes(data.take("validation", slice(None)).inputs[0]),
        "copies": KernelDensity(np.zeros(64, "f"), np.eye(64, dtype="f"), flat.numpy(), 1e-3, tuple(shape)),
        "one class": Makes(train.inputs[0][train.truth == 3]),
        "noise": Makes(torch.randn(900, *shape)),
        "blurred": Makes(train.inputs[0].mean(0, keepdim=True).expand(9, *shape)),
    }
    return {name: EVIDENCE.score(task.predict(maker, data, "test")) for name, maker in makers.items()}


def test_held_out_rows_are_a_ceiling(judged: dict[str, dict[str, float]]) -> None:
    real = judged["held out"]
    assert abs(real["kernel_distance"]) < 0.1
    assert min(real[name] for name in ("coverage", "precision", "class_coverage")) > 0.8
    assert all(
        real["kernel_distance"] < judged[name]["kernel_distance"] / 5 for name in ("one class", "noise", "blurred")
    )


def test_collapse_is_noticed(judged: dict[str, dict[str, float]]) -> None:
    """Rows of one class alone are real to the pixel: precise, and yet nine tenths of the data are never made."""
    collapsed = judged["one class"]
    assert collapsed["precision"] > 0.8
    assert collapsed["class_coverage"] < 0.15 and collapsed["recall"] < 0.4 and collapsed["coverage"] < 0.3


def test_copies_are_noticed(judged: dict[str, dict[str, float]]) -> None:
    assert judged["copies"]["memorised"] > 0.95 and judged["copies"]["kernel_distance"] < 0.1
    assert judged["held out"]["memorised"] < 0.05 and judged["noise"]["memorised"] == 0


def test_noise_is_not_precise(judged: dict[str, dict[str, float]]) -> None:
    assert judged["noise"]["precision"] < 0.3 and judged["noise"]["coverage"] < 0.1


def test_rows_without_classes_are_judged_in_their_components() -> None:
    rows = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32) @ np.diag([3, 2, 1, 1, 0.2]).astype("f")
    arrays = {"features": rows, "target": np.zeros(300, np.int64)}
    splits = {"train": {n: a[:150] for n, a in arrays.items()}, "test": {n: a[150:] for n, a in arrays.items()}}
    data = ArrayData(TableSpec(5, 1), {"problem": "generate", "classes": []}, splits)
    task = Generate(data.facts)
    real, squeezed = Makes(torch.from_numpy(rows[:150])), Makes(torch.from_numpy(rows[:150]) * 0.3)
    found = [task.predict(maker, data, "test") for maker in (real, squeezed)]
    assert all(torch.isfinite(column.double()).all() for column in found[1].columns.values())
    scores = [EVIDENCE.score(predictions) for predictions in found]
    assert "class_coverage" not in scores[0]
    assert scores[0]["kernel_distance"] < scores[1]["kernel_distance"] / 5
    assert scores[0]["coverage"] > 0.8 > scores[1]["coverage"]


def test_what_breaks_down_is_judged_and_what_cannot_make_is_refused() -> None:
    data = digits()
    task = Generate(data.facts)
    broken = EVIDENCE.score(task.predict(Makes(torch.full((4, 1, 8, 8), torch.nan)), data, "test"))
    assert math.isfinite(broken["kernel_distance"]) and broken["coverage"] < 0.1
    with pytest.raises(InputError, match="has no `sample`"):
        task.predict(nn.Linear(1, 1), data, "test")
