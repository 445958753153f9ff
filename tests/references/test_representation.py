"""Networks that make codes, against torch.nn.Sequential, scikit-learn's PCA, torch.distributions and arithmetic."""

import inspect
import itertools
import random
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from bestiary.algorithms.inverse_graphics import Clamp, InverseGraphics
from bestiary.architectures.representation.autoencoder import Autoencoder, PixelAutoencoder
from bestiary.architectures.representation.convolutional_autoencoder import ConvolutionalAutoencoder
from bestiary.architectures.representation.dcign import DCIGN
from bestiary.architectures.representation.denoising_autoencoder import DenoisingAutoencoder
from bestiary.architectures.representation.vae import VAE, GaussianVAE, draw
from bestiary.contracts import Batch, ImageInputs, ImageSpec, TableInputs, TableSpec
from bestiary.errors import InputError
from bestiary.layers.movement import move
from bestiary.layers.unit_interval import UnitInterval
from bestiary.objectives.evidence import NegativeBound, divergence, terms
from bestiary.objectives.reconstruction import PixelCrossEntropy, Spoiling, SquaredDifference
from bestiary.recipes.representation import autoencoder, denoiser, inverse_graphics, variational
from bestiary.rows.store import ArrayData
from bestiary.sampling.latents import active
from tests.references.parity import assert_same, copy_in_order

SEEDS = range(3)


def sequence(*sizes: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return layers[:-1]


def tell_range(network: nn.Module, low: float, span: float) -> None:
    network.unit.low.fill_(low)  # type: ignore[union-attr]
    network.unit.span.fill_(span)  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------ autoencoders


@pytest.mark.parametrize("seed", SEEDS)
def test_autoencoder_is_two_sequences(seed: int) -> None:
    roll = random.Random(seed)
    features, code = roll.randint(3, 20), roll.randint(1, 6)
    widths = [roll.randint(1, 15) for _ in range(roll.randint(0, 3))]
    ours = Autoencoder(features=features, code=code, widths=widths)
    theirs = nn.Sequential(*sequence(features, *widths, code), *sequence(code, *reversed(widths), features))
    copy_in_order(ours, theirs)
    assert_same(ours, theirs, (torch.randn(7, features),))


def test_rows_of_a_table_cannot_be_black_or_white() -> None:
    with pytest.raises(InputError, match="GaussianVAE takes table data without any; leave binary out"):
        variational(GaussianVAE(features=5), TableSpec(5, 1), binary=True)
    assert variational(VAE(features=16), ImageSpec(1, (4, 4), 1), binary=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_pixels_pass_a_logistic_function_in_their_own_range(seed: int) -> None:
    roll = random.Random(seed)
    low, span, width = roll.uniform(-2, 0), roll.uniform(1, 5), roll.randint(1, 9)
    ours = PixelAutoencoder(features=12, code=3, widths=(width,), back=(4, 4))
    tell_range(ours, low, span)
    theirs = nn.Sequential(*sequence(12, width, 3), *sequence(3, 4, 4, 12), nn.Sigmoid())
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.network.state_dict().values())))
    unit = torch.rand(5, 1, 3, 4)
    found = ours(unit * span + low)
    expected = theirs(unit.flatten(1)).view_as(unit) * span + low
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_without_hidden_layers_it_holds_principal_components() -> None:
    rows, _ = load_digits(return_X_y=True)
    pca = PCA(8).fit(rows)
    network = Autoencoder(features=64, code=8, widths=()).double()
    components, mean = torch.from_numpy(pca.components_), torch.from_numpy(pca.mean_)
    weights = (components, -components @ mean, components.T, mean)
    network.load_state_dict(dict(zip(network.state_dict(), weights)))
    inputs = torch.from_numpy(rows[:50])
    np.testing.assert_allclose(network.encode(inputs).detach(), pca.transform(rows[:50]), atol=1e-10)
    expected = pca.inverse_transform(pca.transform(rows[:50]))
    np.testing.assert_allclose(network(inputs).detach(), expected, atol=1e-10)


@pytest.mark.parametrize("size", [(28, 28), (8, 12)])
def test_denoising_autoencoder_is_a_sequence(size: tuple[int, int]) -> None:
    ours = DenoisingAutoencoder(channels=1, image_size=size, width=6)
    theirs = nn.Sequential(
        *(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)),
        *(nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)),
        *(nn.Conv2d(6, 1, 3, padding=1), nn.Sigmoid()),
    )
    theirs.load_state_dict(dict(zip(theirs.state_dict(), dict(ours.named_parameters()).values())))
    assert_same(ours, theirs, (torch.rand(3, 1, *size),))


@pytest.mark.parametrize("size", [(28, 28), (9, 14)])
def test_convolutional_autoencoder_is_a_sequence(size: tuple[int, int]) -> None:
    ours = ConvolutionalAutoencoder(channels=2, image_size=size, code=5, widths=(4, 3))
    half = tuple(-(-s // 2) for s in size)
    small = tuple(-(-s // 2) for s in half)
    flat = 3 * small[0] * small[1]

    class Cut(nn.Module):
        def __init__(self, size: tuple[int, ...]) -> None:
            super().__init__()
            self.size = size

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, :, : self.size[0], : self.size[1]]

    theirs = nn.Sequential(
        *(nn.Conv2d(2, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 3, 3, 2, 1), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(flat, 5), nn.Linear(5, flat), nn.Unflatten(1, (3, *small)), nn.ReLU()),
        *(nn.Upsample(scale_factor=2), Cut(half), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()),
        *(nn.Upsample(scale_factor=2), Cut(size), nn.Conv2d(4, 2, 3, padding=1), nn.Sigmoid()),
    )
    theirs.load_state_dict(dict(zip(theirs.state_dict(), dict(ours.named_parameters()).values())))
    assert_same(ours, theirs, (torch.rand(3, 2, *size),))


def test_noise_is_on_what_is_seen_and_not_on_what_is_asked_for() -> None:
    torch.manual_seed(0)
    batch = Batch(TableInputs(torch.zeros(500, 100)))
    copying = nn.Identity()
    assert float(SquaredDifference()(copying, batch, 0)[0]) == 0
    assert float(SquaredDifference(Spoiling(noise=0.5))(copying, batch, 0)[0]) == pytest.approx(0.25, rel=0.02)
    assert float(SquaredDifference(Spoiling(masked=0.3))(copying, batch, 0)[0]) == 0  # the mean is what is there
    seen = Spoiling(noise=0.5)(batch.inputs.features, low=-1.0, span=4.0)
    assert float(seen.std()) == pytest.approx(2.0, rel=0.02)
    assert float(Spoiling(masked=0.3)(batch.inputs.features, low=-1.0).mean()) == pytest.approx(-0.3, rel=0.03)


def test_pixels_are_judged_by_the_cross_entropy_of_their_intensities() -> None:
    torch.manual_seed(0)
    network = PixelAutoencoder(features=12, code=3, widths=(5,))
    tell_range(network, -1.0, 4.0)
    pixels = torch.rand(6, 1, 3, 4) * 4 - 1
    loss, _ = PixelCrossEntropy()(network, Batch(ImageInputs(pixels)), 0)
    given, unit = (network(pixels) + 1) / 4, (pixels + 1) / 4
    torch.testing.assert_close(loss, nn.functional.binary_cross_entropy(given, unit))


# ------------------------------------------------------------------------------------------------ the bound


@pytest.mark.parametrize("seed", SEEDS)
def test_divergence_is_that_of_torch_distributions(seed: int) -> None:
    torch.manual_seed(seed)
    mean, log_variance = torch.randn(6, 4), torch.randn(6, 4)
    posterior = Normal(mean, (0.5 * log_variance).exp())
    expected = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(divergence(mean, log_variance), expected, atol=1e-5, rtol=1e-5)


def test_likelihoods_are_those_of_torch_distributions() -> None:
    torch.manual_seed(0)
    pixels, table = VAE(features=12, code=3, widths=(5,)), GaussianVAE(features=7, code=3, widths=(5,))
    nn.init.normal_(table.log_scale)
    code, binary, rows = torch.randn(4, 3), torch.bernoulli(torch.full((4, 12), 0.4)), torch.randn(4, 7)
    expected = Independent(Bernoulli(logits=pixels.decoder(code)), 1).log_prob(binary)
    torch.testing.assert_close(pixels.log_likelihood(code, binary), expected, atol=1e-5, rtol=1e-5)
    expected = Independent(Normal(table.decoder(code), table.log_scale.exp()), 1).log_prob(rows)
    torch.testing.assert_close(table.log_likelihood(code, rows), expected, atol=1e-5, rtol=1e-5)


def test_gradients_pass_the_draw() -> None:
    """d E[z^2] / d mean = 2 mean, d E[z^2] / d deviation = 2 deviation."""
    torch.manual_seed(0)
    mean, deviation = torch.tensor(0.7, requires_grad=True), torch.tensor(1.3, requires_grad=True)
    log_variance = 2 * deviation.log()
    draw(mean.expand(400_000, 1), log_variance.expand(400_000, 1)).square().mean().backward()
    assert float(mean.grad) == pytest.approx(1.4, rel=0.01)  # type: ignore[arg-type]
    assert float(deviation.grad) == pytest.approx(2.6, rel=0.01)  # type: ignore[arg-type]


def test_the_bound_is_below_the_evidence() -> None:
    """log p(x) by importance sampling with many codes lies above the mean of the bound, and is reached from below."""
    torch.manual_seed(0)
    network = VAE(features=10, code=2, widths=(8,))
    pixels = torch.bernoulli(torch.full((20, 10), 0.3))
    with torch.no_grad():
        repeated = pixels.repeat_interleave(4000, 0)
        mean, log_variance = network.posterior(repeated)
        code = draw(mean, log_variance)
        weights = (
            network.log_likelihood(code, repeated)
            + Normal(0.0, 1.0).log_prob(code).sum(1)
            - Normal(mean, (0.5 * log_variance).exp()).log_prob(code).sum(1)
        ).view(20, 4000)
        evidence = weights.logsumexp(1) - np.log(4000)
        likelihood, cost = terms(network, repeated)
        bound = (likelihood - cost).view(20, 4000).mean(1)
    assert (bound < evidence).all()
    # the same bound, with the divergence drawn rather than computed
    torch.testing.assert_close(bound, weights.mean(1), atol=0.1, rtol=0)


def test_the_bound_is_a_sum_over_pixels_and_a_mean_over_rows() -> None:
    torch.manual_seed(0)
    network, pixels = VAE(features=30, code=4, widths=(8,)), torch.rand(16, 30)
    torch.manual_seed(1)
    loss, logs = NegativeBound()(network, pixels, step=0, horizon=1)
    torch.manual_seed(1)
    mean, log_variance = network.posterior(pixels)
    code = draw(mean, log_variance)
    cross_entropy = nn.functional.binary_cross_entropy_with_logits(network.decoder(code), pixels, reduction="sum") / 16
    cost = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0)).sum() / 16
    torch.testing.assert_close(loss, cross_entropy + cost)
    torch.testing.assert_close(logs["loss"], loss.detach())


def test_active_numbers_are_counted_by_the_variance_of_their_means() -> None:
    torch.manual_seed(0)
    means = torch.randn(20_000, 3) * torch.tensor([1.0, 0.15, 0.05])  # variances 1, 0.0225, 0.0025
    assert active(means).tolist() == [True, True, False]
    assert not active(means * 0.05).any()


def rewritten_vae(network: VAE, rows: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Appendix C of the paper: a Bernoulli decoder and a Gaussian encoder, one layer each way."""
    hidden = (rows @ network.hidden[0].weight.T + network.hidden[0].bias).relu()
    mean = hidden @ network.mean.weight.T + network.mean.bias
    log_variance = hidden @ network.log_variance.weight.T + network.log_variance.bias
    code = mean + (log_variance.exp() ** 0.5) * noise
    back = (code @ network.decoder[0].weight.T + network.decoder[0].bias).relu()
    return (back @ network.decoder[2].weight.T + network.decoder[2].bias).sigmoid(), mean, log_variance


@pytest.mark.parametrize("training", [True, False])
def test_vae_is_what_the_paper_says(training: bool) -> None:
    torch.manual_seed(0)
    network, rows = VAE(features=7, code=3, widths=(5,)).train(training), torch.rand(4, 7)
    torch.manual_seed(1)
    found = network(rows)
    torch.manual_seed(1)
    expected = rewritten_vae(network, rows, torch.randn(4, 3) if training else torch.zeros(4, 3))
    for mine, other in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, other)
    gradients = [torch.autograd.grad(part[0].square().sum(), network.hidden[0].weight)[0] for part in (found, expected)]
    torch.testing.assert_close(gradients[0], gradients[1])


# ------------------------------------------------------------------------------------------------ inverse graphics


def test_in_a_batch_one_factor_varies_and_all_else_is_shared() -> None:
    """Section 4 of the paper: one image in many ways, or many images in one way."""
    torch.manual_seed(0)
    images, drawn = torch.rand(50, 1, 2, 2), []
    learner = InverseGraphics(
        nn.Identity(),
        None,
        None,
        None,
        lambda seen, settings: drawn.append((seen, settings)),
        factors=3,  # type: ignore[arg-type]
    )
    for factor in range(4):
        learner.views(images, factor)
        seen, settings = drawn[-1]
        assert settings.shape == (50, 3) and float(settings.abs().max()) <= 1
        varies = [len(settings[:, place].unique()) > 1 for place in range(3)]
        assert varies == [place == factor for place in range(3)]
        assert torch.equal(seen, images if factor == 3 else images[:1].expand_as(images))
    spread = torch.cat([settings[:, factor] for factor, (_, settings) in enumerate(drawn[:3])])
    assert float(spread.min()) < -0.9 and float(spread.max()) > 0.9, "from one end to the other"


@pytest.mark.parametrize("kind", [Autoencoder, PixelAutoencoder, DenoisingAutoencoder, VAE, DCIGN])
def test_a_network_is_told_the_range_of_its_data_before_it_learns(kind: type[nn.Module]) -> None:
    words = {
        "channels": 1,
        "image_size": (12, 12),
        "features": 144,
        "code": 4,
        "widths": (6,),
        "kernel": 3,
        "back_kernel": 3,
    }
    taken = inspect.signature(kind).parameters
    network = kind(**{word: value for word, value in words.items() if word in taken})
    pixels = torch.randint(0, 17, (8, 1, 12, 12)).numpy().astype(np.uint8)
    facts = {"problem": "reconstruct", "pixel_mean": [4.0], "pixel_scale": [2.0], "pixel_range": [0.0, 16.0]}
    data = ArrayData(
        ImageSpec(1, (12, 12), 1), facts, {"train": {"pixels": pixels, "target": np.zeros(8, np.int64)}}, 4
    )
    recipe = {DenoisingAutoencoder: denoiser, VAE: variational, DCIGN: inverse_graphics}.get(kind, autoencoder)
    learner = recipe(network, data.spec)
    next(iter(learner.updates(data, 0, 5)))
    for part in network.modules():
        if isinstance(part, UnitInterval):
            assert (float(part.low), float(part.span)) == (-2.0, 8.0), "0 and 16, less 4 and divided by 2"


def test_dcign_is_a_sequence() -> None:
    """Section 3 of the paper: filters, pooling, rectifiers; two linear layers; and the way back by enlarging."""
    torch.manual_seed(0)
    ours = DCIGN(channels=2, image_size=(30, 26), code=6, widths=(4, 3), kernel=3, back_kernel=5).eval()
    encoder = nn.Sequential(
        *(nn.Conv2d(2, 4, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(4, 3, 3), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(3 * 6 * 5, 6)),
    )
    decoder = nn.Sequential(
        *(nn.Linear(6, 3 * 6 * 5), nn.Unflatten(1, (3, 6, 5)), nn.ReLU()),
        *(nn.Upsample((14, 12)), nn.Conv2d(3, 4, 5, padding=2), nn.ReLU()),
        *(nn.Upsample((30, 26)), nn.Conv2d(4, 2, 5, padding=2), nn.Sigmoid()),
    )
    mine = dict(ours.named_parameters())
    spread = [mine.pop(f"log_variance.{part}") for part in ("weight", "bias")]
    theirs = nn.Sequential(encoder, decoder)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), mine.values(), strict=True)))
    pixels = torch.rand(3, 2, 30, 26)
    found, mean, log_variance = ours(pixels)
    torch.testing.assert_close(found, theirs(pixels))
    torch.testing.assert_close(mean, encoder(pixels))
    torch.testing.assert_close(log_variance, encoder[:-1](pixels) @ spread[0].T + spread[1])
    gradients = [
        torch.autograd.grad(y.square().sum(), layer.weight)[0]
        for y, layer in ((found, ours.stages[0].convolution), (theirs(pixels), encoder[0]))
    ]
    torch.testing.assert_close(gradients[0], gradients[1])


def test_inverse_graphics_makes_the_mean_negative_bound_small() -> None:
    torch.manual_seed(0)
    network = DCIGN(channels=1, image_size=(12, 12), code=6, widths=(3,), kernel=3, back_kernel=3)
    pixels = torch.rand(8, 1, 12, 12)
    data = ArrayData(
        ImageSpec(1, (12, 12), 1),
        {"problem": "reconstruct", "pixel_mean": [0.0], "pixel_scale": [1.0], "pixel_range": [0.0, 1.0]},
        {"train": {"pixels": pixels.numpy(), "target": np.zeros(8, np.int64)}},
        batch=4,
    )
    likelihood, divergence = torch.tensor([-3.0, -5.0, -1.0, -7.0]), torch.tensor([1.0, 0.5, 2.0, 0.5])
    losses = []
    learner = inverse_graphics(network, data.spec)
    learner.terms = lambda *given, **words: (likelihood, divergence)
    learner.minimise = lambda loss, step, horizon: losses.append(float(loss))
    (logs,) = itertools.islice(learner.updates(data, 0, 9), 1)
    assert losses == [float((divergence - likelihood).mean())] == [float(logs["loss"])]
    assert float(logs["divergence"]) == 1.0


@pytest.mark.parametrize(("step", "weight"), [(0, 0.0), (10, 0.25), (40, 1.0), (99, 1.0)])
def test_the_weight_of_the_divergence_rises_in_a_line(step: int, weight: float) -> None:
    assert NegativeBound(weight=2.0, warmup=0.4).weighted(step, 100) == pytest.approx(2 * weight)
    assert NegativeBound(weight=2.0).weighted(step, 100) == 2.0, "from the beginning, unless asked for"


def test_clamped_gradients_are_those_of_holding_numbers_to_their_average() -> None:
    """The replaced gradient is the derivative of half the squared difference from the average, taken as fixed."""
    torch.manual_seed(0)
    code, free = torch.randn(6, 5, requires_grad=True), torch.arange(5) == 2
    weight = torch.randn(6, 5)
    (found,) = torch.autograd.grad((Clamp.apply(code, free, 0.3) * weight).sum(), code)  # type: ignore[attr-defined]
    average = code.mean(0).detach()
    held = 0.3 / 6 * 0.5 * (code - average)[:, ~free].square().sum() + (code * weight)[:, free].sum()
    (expected,) = torch.autograd.grad(held, code)
    torch.testing.assert_close(found, expected)


def test_dcign_enlarges_to_the_sizes_that_its_encoder_saw() -> None:
    network = DCIGN(channels=1, image_size=(30, 26), code=6, widths=(4, 3), kernel=3, back_kernel=5)
    assert [stage.size for stage in network.larger] == [(14, 12), (30, 26)]
    assert network(torch.rand(2, 1, 30, 26))[0].shape == (2, 1, 30, 26)
    with pytest.raises(ValueError, match="at least one pixel"):
        DCIGN(channels=1, image_size=(8, 8), code=6, widths=(4, 3), kernel=5)


def test_moving_is_turning_and_shifting() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 3, 8, 8)
    turned = move(images, torch.tensor([[1.0, 0.0, 0.0]] * 2), angle=90.0)
    torch.testing.assert_close(turned, torch.rot90(images, 1, (2, 3)), atol=1e-5, rtol=0)
    shifted = move(images, torch.tensor([[0.0, 1.0, -1.0]] * 2), shift=1 / 8)
    torch.testing.assert_close(shifted[:, :, :-1, 1:], images[:, :, 1:, :-1], atol=1e-5, rtol=0)
    wide = torch.rand(1, 1, 6, 10)
    around = move(wide, torch.tensor([[1.0, 0.0, 0.0]]), angle=180.0)
    torch.testing.assert_close(around, wide.flip(2, 3), atol=1e-5, rtol=0)
    both = move(images, torch.tensor([[1.0, 1.0, 0.0]] * 2), angle=90.0, shift=1 / 8)
    torch.testing.assert_close(both[..., 1:], torch.rot90(images, 1, (2, 3))[..., :-1], atol=1e-5, rtol=0)
