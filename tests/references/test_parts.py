"""Parts and methods as written out: equal to torch's own or to a closed form, with their gradients."""

import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.nn import ChebConv

from bestiary.algorithms.q_learning import Replay
from bestiary.architectures.representation.autoencoder import Autoencoder
from bestiary.architectures.representation.vae import draw
from bestiary.errors import InputError
from bestiary.layers.recurrent import Cell, Recurrence, State
from bestiary.optimisation.adamw import written_out
from bestiary.parts import activations
from bestiary.parts import backpropagation as by_hand
from bestiary.parts.backpropagation import backpropagation
from bestiary.parts.backpropagation_through_time import Weights, through_time
from bestiary.parts.batch_norm import BatchNorm
from bestiary.parts.cheb_conv import ChebyshevConvolution
from bestiary.parts.chinchilla_scaling import chinchilla_loss, chinchilla_optimum, chinchilla_scaling
from bestiary.parts.dropout import Dropout
from bestiary.parts.embedding import Embedding
from bestiary.parts.gradient_descent import gradient_descent, momentum, nesterov
from bestiary.parts.layer_norm import LayerNorm
from bestiary.parts.max_pooling import MaxPooling
from bestiary.parts.pca import PrincipalComponents
from bestiary.parts.transposed_convolution import TransposedConvolution
from tests.references.parity import assert_same, close


def shaken(module: nn.Module) -> nn.Module:
    """With random parameters, so that no test passes because gains are 1 and biases 0."""
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def twin(ours: nn.Module, theirs: nn.Module) -> nn.Module:
    """`theirs` with the parameters of `ours`, in their order."""
    values = [parameter.detach().clone() for parameter in ours.parameters()]
    for parameter, value in zip(theirs.parameters(), values, strict=True):
        assert parameter.shape == value.shape
        parameter.data = value
    return theirs


# ------------------------------------------------------------------------------------------------- layer norm


def test_layer_norm_is_torchs() -> None:
    for eps in (1e-5, 1e-12):
        ours = shaken(LayerNorm(width=7, eps=eps))
        assert_same(ours, twin(ours, nn.LayerNorm(7, eps=eps)), (3 * torch.randn(2, 5, 7) + 1,))


# -------------------------------------------------------------------------------------------- backpropagation


def layers_of(*widths: int) -> list[tuple[Tensor, Tensor]]:
    return [(torch.randn(b, a, dtype=torch.float64), torch.randn(b, dtype=torch.float64)) for a, b in pairwise(widths)]


def test_backpropagation_is_autograds() -> None:
    """By hand and by autograd, in double precision, for one layer to four, and every unit."""
    functions = {by_hand.TANH: torch.tanh, by_hand.SIGMOID: torch.sigmoid, by_hand.RECTIFIED: torch.relu}
    for unit, function in functions.items():
        for widths in ((3, 2), (3, 5, 2), (4, 6, 5, 3, 1)):
            layers = layers_of(*widths)
            x = torch.randn(9, widths[0], dtype=torch.float64)
            target = torch.randn(9, widths[-1], dtype=torch.float64)
            loss, gradients = backpropagation(layers, x, target, unit)
            leaves = [tensor.clone().requires_grad_() for layer in layers for tensor in layer]
            hidden = x
            for place in range(0, len(leaves), 2):
                hidden = F.linear(hidden, leaves[place], leaves[place + 1])
                hidden = function(hidden) if place < len(leaves) - 2 else hidden
            expected = (hidden - target).square().sum(1).mean() / 2
            assert torch.allclose(loss, expected, rtol=0, atol=1e-10)
            wanted = torch.autograd.grad(expected, leaves)
            found = [tensor for layer in gradients for tensor in layer]
            for mine, theirs in zip(found, wanted, strict=True):
                assert torch.allclose(mine, theirs, rtol=0, atol=1e-10)


def test_backpropagation_is_the_slope_of_the_loss() -> None:
    """Finite differences of the loss agree, so the gradient is right even where autograd would be wrong."""
    layers = layers_of(3, 4, 2)
    x, target = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 2, dtype=torch.float64)

    class ByHand(torch.autograd.Function):
        @staticmethod
        def forward(ctx: torch.autograd.function.FunctionCtx, *flat: Tensor) -> Tensor:
            loss, gradients = backpropagation(list(zip(flat[::2], flat[1::2])), x, target)
            ctx.found = [tensor for layer in gradients for tensor in layer]  # type: ignore[attr-defined]
            return loss

        @staticmethod
        def backward(ctx: torch.autograd.function.FunctionCtx, *above: Tensor) -> tuple[Tensor, ...]:
            return tuple(above[0] * tensor for tensor in ctx.found)  # type: ignore[attr-defined]

    leaves = [tensor.requires_grad_() for layer in layers for tensor in layer]
    assert torch.autograd.gradcheck(ByHand.apply, leaves)


# ------------------------------------------------------------------------------------ backpropagation through time


def elman(width: int, inputs: int) -> tuple[Weights, nn.RNN]:
    """Weights of a network in double precision, and torch's network with them."""
    theirs = nn.RNN(inputs, width, batch_first=True).double()
    entering, recurrent, first, second = theirs.parameters()
    with torch.no_grad():
        second.zero_()  # torch adds two biases
    return Weights(entering.detach(), recurrent.detach(), first.detach()), theirs


def test_through_time_is_autograds() -> None:
    weights, theirs = elman(4, 3)
    sequence, direction = torch.randn(5, 7, 3, dtype=torch.float64), torch.randn(5, 7, 4, dtype=torch.float64)
    states, gradients = through_time(weights, sequence, direction)
    expected, _ = theirs(sequence)
    torch.testing.assert_close(states, expected, rtol=0, atol=1e-10)
    wanted = torch.autograd.grad((expected * direction).sum(), list(theirs.parameters())[:3])
    for mine, other in zip(astuple(gradients), wanted, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("span", [1, 2, 3, 7])
def test_spans_are_detached_states(span: int) -> None:
    """Cut after every so many steps: torch's cell, walked, its state detached at the cuts and not set to zero."""
    weights, _ = elman(4, 3)
    cell = nn.RNNCell(3, 4).double()
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), (*astuple(weights), torch.zeros(4))):
            parameter.copy_(value)
    sequence, direction = torch.randn(5, 7, 3, dtype=torch.float64), torch.randn(5, 7, 4, dtype=torch.float64)
    state, loss = torch.zeros(5, 4, dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for step in range(7):
        state = cell(sequence[:, step], state.detach() if step % span == 0 else state)
        loss = loss + (state * direction[:, step]).sum()
    wanted = torch.autograd.grad(loss, list(cell.parameters())[:3])
    states, gradients = through_time(weights, sequence, direction, span=span)
    torch.testing.assert_close(states[:, -1], state, rtol=0, atol=1e-10)
    for mine, other in zip(astuple(gradients), wanted, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-10)
    whole = through_time(weights, sequence, direction)[1]
    assert torch.allclose(whole.recurrent, gradients.recurrent) == (span == 7), "a cut loses what came before it"


# ------------------------------------------------------------------------------------------------- batch norm


def test_batch_norm_is_torchs() -> None:
    """In training with its running statistics, and afterwards by them."""
    ours, theirs = shaken(BatchNorm(channels=3, momentum=0.2)), nn.BatchNorm2d(3, momentum=0.2)
    twin(ours, theirs)
    for _ in range(4):
        images = 3 * torch.randn(5, 3, 4, 2) + 1
        assert_same(ours, theirs, (images,))
    assert isinstance(ours, BatchNorm)
    close(ours.mean, cast("Tensor", theirs.running_mean), "running mean")
    close(ours.variance, cast("Tensor", theirs.running_var), "running variance")
    ours.eval(), theirs.eval()
    assert_same(ours, theirs, (images[:1],))


def test_batch_norm_of_rows_is_torchs() -> None:
    ours = shaken(BatchNorm(channels=6))
    assert_same(ours, twin(ours, nn.BatchNorm1d(6)), (3 * torch.randn(9, 6) + 1,))
    columns = ours.train()(torch.randn(50, 6)) - dict(ours.named_parameters())["bias"]
    gains = dict(ours.named_parameters())["gain"]
    close(columns.mean(0), torch.zeros(6), "mean")
    assert torch.allclose(columns.var(0, correction=0), gains**2, rtol=1e-4)


# ---------------------------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_dropout_is_torchs(chance: float) -> None:
    """Equal draws under a seed, so outputs and gradients are equal; in evaluation the same goes out that came in."""
    ours, theirs = Dropout(chance=chance), nn.Dropout(chance)
    assert_same(ours, theirs, (torch.randn(40, 7),))
    x = torch.randn(4, 5)
    assert torch.equal(ours.eval()(x), theirs.eval()(x)) and torch.equal(ours(x), x)


def mean_and_variance(x: float, chance: float) -> tuple[float, float]:
    """Of x / (1 - p) with probability 1 - p, else 0."""
    return x, x**2 * chance / (1 - chance)


def test_dropout_keeps_the_mean() -> None:
    torch.manual_seed(0)
    for chance in (0.1, 0.5, 0.8):
        drawn = Dropout(chance=chance)(torch.full((400_000,), 3.0))
        mean, variance = mean_and_variance(3.0, chance)
        assert float(drawn.mean()) == pytest.approx(mean, rel=0.01)
        assert float(drawn.var()) == pytest.approx(variance, rel=0.02)


class Counter(Cell):
    """h' = h + 1, for each unit alone."""

    gates, states, kernel = 1, 1, None

    def forward(self, inputs: Tensor, state: State) -> State:
        return (state[0] + 1 + 0 * self.from_input(inputs),)


def walked(mask: Tensor, steps: int) -> Tensor:
    """States of counters of which some are wiped out between steps, others made larger: the same ones at every step."""
    state, found = torch.zeros_like(mask), []
    for _ in range(steps):
        state = state * mask + 1
        found.append(state)
    return torch.stack(found, 1)


def test_recurrent_dropout_has_one_mask_a_row() -> None:
    torch.manual_seed(0)
    network = Recurrence(cell=Counter, inputs=2, width=30, recurrent_dropout=0.25)
    states, last = network(torch.zeros(20, 6, 2))
    mask = states[:, 1].detach() - 1  # after two steps: 1 + mask
    torch.testing.assert_close(mask.unique(), torch.tensor([0.0, 1 / 0.75]))
    assert 0.15 < float((mask == 0).float().mean()) < 0.35
    close(states, walked(mask, 6), "states")
    close(last, states[:, -1], "last state")
    close(network.eval()(torch.zeros(1, 6, 2))[0], walked(torch.ones(1, 30), 6), "states in use")


# ------------------------------------------------------------------------------------------------ activations


def test_activations_are_torchs() -> None:
    """Values and slopes, also far out where exponentials overflow."""
    theirs: dict[str, Callable[[Tensor], Tensor]] = {
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "sigmoid": F.sigmoid,
        "tanh": F.tanh,
        "softplus": F.softplus,
        "silu": F.silu,
        "gelu": F.gelu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
        "softmax": lambda x: F.softmax(x, -1),
    }
    assert set(theirs) == set(activations.ACTIVATIONS)
    for name, function in theirs.items():
        own = getattr(activations, name)
        for scale in (1.0, 5.0, 100.0):
            x = (scale * torch.randn(6, 9, dtype=torch.float64)).requires_grad_()
            found, wanted = own(x), function(x)
            torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)
            torch.testing.assert_close(activations.activation(name, x), wanted, rtol=1e-9, atol=1e-9)
            direction = torch.randn_like(x)
            (mine,) = torch.autograd.grad((found * direction).sum(), x)
            (other,) = torch.autograd.grad((wanted * direction).sum(), x)
            torch.testing.assert_close(mine, other, rtol=1e-8, atol=1e-8, msg=name)
    x = torch.randn(4, 5)
    torch.testing.assert_close(activations.leaky_relu(x, 0.2), F.leaky_relu(x, 0.2))
    torch.testing.assert_close(activations.softmax(x, 0), F.softmax(x, 0))
    with pytest.raises(InputError, match="did you mean 'gelu'"):
        activations.activation("gleu", x)


# --------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize(("size", "stride", "padding"), [(2, None, 0), (3, 2, 1), (3, 1, 0), (2, 3, 1)])
def test_max_pooling_is_torchs(size: int, stride: int | None, padding: int) -> None:
    ours = MaxPooling(size=size, stride=stride, padding=padding)
    assert_same(ours, nn.MaxPool2d(size, stride, padding), (torch.randn(2, 3, 8, 7),))
    assert float(ours(torch.full((1, 1, 6, 6), -2.0)).max()) == -2, "padding is smaller than any number"


STRIDED = [(4, 2, 1), (5, 1, 0), (3, 3, 0), (5, 2, 2), (2, 3, 0)]


@pytest.mark.parametrize(("size", "stride", "padding"), STRIDED)
@pytest.mark.parametrize("bias", [True, False])
def test_transposed_convolution_is_torchs(size: int, stride: int, padding: int, bias: bool) -> None:
    ours = TransposedConvolution(before=3, width=4, size=size, stride=stride, padding=padding, bias=bias)
    theirs = nn.ConvTranspose2d(3, 4, size, stride, padding, bias=bias)
    assert_same(ours, twin(ours, theirs), (torch.randn(2, 3, 5, 6),))


@pytest.mark.parametrize(("size", "stride", "padding"), STRIDED)
def test_it_is_the_gradient_of_a_convolution(size: int, stride: int, padding: int) -> None:
    """What a convolution with the same kernel gathers, it spreads."""
    grow = TransposedConvolution(before=4, width=3, size=size, stride=stride, padding=padding, bias=False)
    small = torch.randn(2, 4, 3, 4)
    large = grow(small)
    pixels = torch.randn(large.shape, requires_grad=True)
    gathered = F.conv2d(pixels, grow.weight, stride=stride, padding=padding)
    assert gathered.shape == small.shape
    (spread,) = torch.autograd.grad((gathered * small).sum(), pixels)
    close(large, spread, "the gradient")


# -------------------------------------------------------------------------------------------------- embedding


def test_embedding_is_torchs() -> None:
    ours = Embedding(vocabulary=20, width=4)
    tokens = torch.randint(20, (3, 5))
    assert_same(ours, twin(ours, nn.Embedding(20, 4)), (tokens,))


def test_embedding_is_a_product_with_one_hot_rows() -> None:
    ours, tokens = Embedding(vocabulary=9, width=4), torch.tensor([[1, 8, 8], [0, 3, 1]])
    assert_same(ours, lambda given: F.one_hot(given, 9).float() @ ours.table, (tokens,))
    ours(tokens).sum().backward()
    assert cast("Tensor", ours.table.grad)[:, 0].tolist() == [1, 2, 0, 1, 0, 0, 0, 0, 2], "looked up so many times"


# ----------------------------------------------------------------------------------------------------- graphs


def some_graph(nodes: int) -> Tensor:
    """Edges both ways, one node without any, and a loop that does not count."""
    pairs = [(a, b) for a in range(nodes - 1) for b in range(a) if random.Random(a * nodes + b).random() < 0.5]
    both = [*pairs, *((b, a) for a, b in pairs)]
    return torch.tensor([*both, (1, 1)]).T


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_cheb_conv_is_pygs(order: int) -> None:
    ours, theirs = ChebyshevConvolution(features=5, width=6, order=order), ChebConv(5, 6, order)
    shaken(ours)
    assert_same(ours, twin(ours, theirs), (torch.randn(8, 5), some_graph(8)))


def filtered_spectrum(weights: Sequence[Tensor], bias: Tensor, x: Tensor, edges: Tensor) -> Tensor:
    """The filter on the eigenvectors of the Laplacian, where a polynomial is cos(k arccos(eigenvalue))."""
    adjacency = torch.zeros(len(x), len(x), dtype=x.dtype)
    adjacency[edges[0], edges[1]] = 1.0
    adjacency.fill_diagonal_(0.0)
    degrees = adjacency.sum(1)
    root = torch.where(degrees > 0, degrees.rsqrt(), 0.0)
    values, vectors = torch.linalg.eigh(-root[:, None] * adjacency * root)
    angles = values.clamp(-1, 1).arccos()
    made = [vectors @ torch.diag((k * angles).cos()) @ vectors.T @ x @ weight.T for k, weight in enumerate(weights)]
    return torch.stack(made).sum(0) + bias


def test_cheb_conv_filters_the_spectrum() -> None:
    ours = shaken(ChebyshevConvolution(features=3, width=4, order=4)).double()
    bias, *weights = ours.parameters()
    x, edges = torch.randn(7, 3, dtype=torch.float64), some_graph(7)
    torch.testing.assert_close(ours(x, edges), filtered_spectrum(weights, bias, x, edges))


# ---------------------------------------------------------------------------------------------------- descent


def rules() -> dict[str, tuple[Callable[..., None], dict[str, object]]]:
    """Ours, and words of torch's."""
    return {
        "plain": (gradient_descent, {}),
        "momentum": (momentum, {"momentum": 0.8}),
        "nesterov": (nesterov, {"momentum": 0.8, "nesterov": True}),
    }


@pytest.mark.parametrize("rule", ["plain", "momentum", "nesterov"])
def test_gradient_descent_is_torchs(rule: str) -> None:
    work, words = rules()[rule]
    ours = torch.randn(4, 3, dtype=torch.float64)
    theirs = nn.Parameter(ours.clone())
    optimiser = torch.optim.SGD([theirs], lr=0.07, **words)  # type: ignore[arg-type]
    velocity = torch.zeros_like(ours)
    for _ in range(10):
        gradient = torch.randn_like(ours)
        theirs.grad = gradient.clone()
        optimiser.step()
        more = {"velocity": velocity, "keep": 0.8} if words else {}
        work(ours, gradient, rate=0.07, **more)
        torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-12)


def test_adam_is_torchs() -> None:
    ours = torch.randn(4, 3, dtype=torch.float64)
    theirs, first, second = nn.Parameter(ours.clone()), torch.zeros_like(ours), torch.zeros_like(ours)
    optimiser = torch.optim.Adam([theirs], lr=0.02)
    for step in range(1, 11):
        gradient = torch.randn_like(ours) * 10.0 ** (step % 3)
        theirs.grad = gradient.clone()
        optimiser.step()
        written_out(ours, gradient, first, second, step, rate=0.02, decay=0.0)
        torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-10)


# ----------------------------------------------------------------------------------------- codes and components


def test_reparameterisation_is_torchs_rsample() -> None:
    """The same draws under a seed, and the same gradients."""
    mean, log_variance = torch.randn(5, 3, requires_grad=True), torch.randn(5, 3, requires_grad=True)
    direction = torch.randn(5, 3)
    torch.manual_seed(1)
    ours = draw(mean, log_variance)
    torch.manual_seed(1)
    theirs = torch.distributions.Normal(mean, (0.5 * log_variance).exp()).rsample()
    torch.testing.assert_close(ours, theirs)
    mine = torch.autograd.grad((ours * direction).sum(), (mean, log_variance))
    other = torch.autograd.grad((theirs * direction).sum(), (mean, log_variance))
    for found, wanted in zip(mine, other, strict=True):
        torch.testing.assert_close(found, wanted)


def slopes(mean: float, deviation: float) -> tuple[float, float]:
    """Of E[z^2] = m^2 + s^2, by m and s."""
    return 2 * mean, 2 * deviation


def test_gradients_of_a_draw_are_those_of_its_mean() -> None:
    torch.manual_seed(0)
    mean, deviation = torch.tensor(0.7, requires_grad=True), torch.tensor(1.3, requires_grad=True)
    log_variance = 2 * deviation.log()
    loss = draw(mean.expand(400_000, 1), log_variance.expand(400_000, 1)).square().mean()
    found = torch.autograd.grad(loss, (mean, deviation))
    for one, wanted in zip(found, slopes(0.7, 1.3), strict=True):
        assert float(one) == pytest.approx(wanted, rel=0.01)


def digits() -> Tensor:
    return torch.from_numpy(load_digits(return_X_y=True)[0][:600] / 16)


@pytest.mark.parametrize("code", [1, 8, 40])
def test_pca_is_scikit_learns(code: int) -> None:
    """Components up to their sign, codes, reconstructions, and what is left out."""
    rows = digits()
    ours = PrincipalComponents(features=64, code=code).double().fit(rows)
    theirs = PCA(code, svd_solver="full").fit(rows.numpy())
    components = torch.from_numpy(theirs.components_)
    signs = torch.sign((ours.components * components).sum(1))
    torch.testing.assert_close(ours.components * signs[:, None], components, rtol=0, atol=1e-8)
    torch.testing.assert_close(ours.encode(rows) * signs, torch.from_numpy(theirs.transform(rows.numpy())))
    made = torch.from_numpy(theirs.inverse_transform(theirs.transform(rows.numpy())))
    torch.testing.assert_close(ours(rows), made)
    every = np.linalg.eigvalsh(np.cov(rows.numpy().T, bias=True))  # rising
    left = float((ours(rows) - rows).square().sum(1).mean())
    assert left == pytest.approx(float(every[: 64 - code].sum()), rel=1e-9)


def test_a_linear_autoencoder_can_do_no_better_than_pca() -> None:
    """Given PCA's weights its gradient is zero; trained from random ones it ends at PCA's error and in PCA's plane."""
    torch.manual_seed(0)
    rows = digits()[:150, 26:38]  # in the middle, where ink is
    fitted = PrincipalComponents(features=12, code=2).double().fit(rows)
    least = (fitted(rows) - rows).square().sum(1).mean()
    network = Autoencoder(features=12, code=2, widths=()).double()
    encoder, decoder = network.encoder[0], network.decoder[0]

    def loss() -> Tensor:
        return (network(rows) - rows).square().sum(1).mean()

    optimiser = torch.optim.LBFGS(network.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        now = loss()
        now.backward()
        return float(now.detach())

    optimiser.step(closure)
    assert closure() == pytest.approx(float(least), rel=1e-6)
    assert closure() > float(least) - 1e-12, "nothing linear does better"
    plane, _ = torch.linalg.qr(cast("Tensor", decoder.weight))
    torch.testing.assert_close(plane @ plane.T, fitted.components.T @ fitted.components, rtol=0, atol=1e-3)
    with torch.no_grad():
        for layer, weight in ((encoder, fitted.components), (decoder, fitted.components.T)):
            cast("Tensor", layer.weight).copy_(weight)
        cast("Tensor", encoder.bias).copy_(-fitted.components @ fitted.mean)
        cast("Tensor", decoder.bias).copy_(fitted.mean)
    for gradient in torch.autograd.grad(loss(), list(network.parameters())):
        assert float(gradient.abs().max()) < 1e-9


# ----------------------------------------------------------------------------------------------------- memory


def test_replay_is_a_queue_drawn_from_at_random() -> None:
    """A queue that forgets its oldest holds the same; draws are its members, each as often as the others."""
    torch.manual_seed(0)
    memory, queue = Replay(10, 2), deque[tuple[list[float], int, float, list[float], bool]](maxlen=10)
    for number in range(37):
        before, after = np.array([number, 1], np.float32), np.array([number + 1, 2], np.float32)
        one = (before, number % 3, float(number), after, number % 5 == 0)
        memory.add(*one)
        queue.append((before.tolist(), one[1], one[2], after.tolist(), one[4]))
        before += 100  # the world uses its array again
    batch = memory.draw(20_000)
    came = batch.target
    columns = (batch.inputs.observation, came.action, came.reward, came.following, came.terminal)
    drawn = list(zip(*(column.tolist() for column in columns)))
    assert {repr(one) for one in drawn} == {repr(one) for one in queue} and len(memory) == len(queue)
    counts = np.array([sum(one[2] == held[2] for one in drawn) for held in queue])
    assert ((counts - 2000) ** 2 / 2000).sum() < 27.9  # chi-square with 9 degrees, 0.1 %


# ---------------------------------------------------------------------------------------------------- scaling


def test_the_optimum_has_the_least_loss() -> None:
    """Equation (4) against a search along all models of a compute."""
    for flops in (1e18, 1e21, 5.76e23):
        found = chinchilla_optimum(flops)

        def loss(size: float, tokens: float = flops / 6) -> float:
            return 1.69 + 406.4 / math.exp(0.34 * size) + 410.7 / (tokens / math.exp(size)) ** 0.28

        search: Any = minimize_scalar(
            loss,
            bounds=(math.log(1e6), math.log(1e13)),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert math.log(found.parameters) == pytest.approx(float(search["x"]), abs=1e-5)
        assert found.loss == pytest.approx(float(search["fun"]), rel=1e-9)
        assert found.loss == pytest.approx(chinchilla_loss(found.parameters, found.tokens), rel=1e-12)
        assert 6 * found.parameters * found.tokens == pytest.approx(flops, rel=1e-12)
        beside = replace(found, parameters=1.1 * found.parameters, tokens=found.tokens / 1.1)
        assert chinchilla_loss(beside.parameters, beside.tokens) > found.loss


def published() -> list[tuple[float, float, float]]:
    """Parameters, operations and tokens of table 3: of the first approach."""
    return [
        (400e6, 1.92e19, 8.0e9),
        (1e9, 1.21e20, 20.2e9),
        (10e9, 1.23e22, 205.1e9),
        (67e9, 5.76e23, 1.5e12),
        (175e9, 3.85e24, 3.7e12),
    ]


def test_twenty_tokens_a_parameter_are_table_3() -> None:
    """The rule of 20 is the table's within its rounding; 7B parameters are 140B tokens and 14 GB."""
    for parameters, flops, tokens in published():
        training = chinchilla_scaling(parameters)
        assert training.tokens == pytest.approx(tokens, rel=0.12)
        assert training.flops == pytest.approx(flops, rel=0.12)
        assert training.loss == pytest.approx(chinchilla_loss(parameters, 20 * parameters), rel=1e-12)
    llama = chinchilla_scaling(7e9)
    assert (llama.tokens, llama.weights_bytes) == (140e9, 14e9)
