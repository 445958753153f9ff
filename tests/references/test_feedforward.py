"""Feedforward networks against torch.nn.Sequential and scikit-learn, with equal weights."""

import random
import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import Perceptron as TheirPerceptron
from sklearn.neural_network import MLPClassifier, MLPRegressor
from torch import nn

from bestiary.architectures.feedforward.ann import ANN, SeriesANN
from bestiary.architectures.feedforward.fnn import FNN, SeriesFNN
from bestiary.architectures.feedforward.mlp import MLP, SeriesMLP
from bestiary.architectures.feedforward.perceptron import Perceptron
from bestiary.layers.flat import FlatSeries
from tests.references.parity import assert_same, copy_in_order, stir

SEEDS = range(4)


def dice(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_ann_is_two_linear_layers_around_a_rectifier(seed: int) -> None:
    roll = dice(seed)
    features, width, outputs = roll.randint(1, 20), roll.randint(1, 30), roll.randint(1, 5)
    ours = ANN(features=features, outputs=outputs, width=width)
    theirs = nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Linear(width, outputs))
    copy_in_order(ours, theirs)
    assert_same(ours, theirs, (torch.randn(7, features),))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_fnn_is_a_sequence(seed: int, dropout: float) -> None:
    roll = dice(seed)
    features, outputs = roll.randint(1, 20), roll.randint(1, 5)
    widths = [roll.randint(1, 30) for _ in range(roll.randint(0, 4))]
    ours = FNN(features=features, outputs=outputs, widths=widths, dropout=dropout)
    layers: list[nn.Module] = []
    before = features
    for width in widths:
        layers += [nn.Linear(before, width), nn.ReLU(), nn.Dropout(dropout)]
        before = width
    theirs = nn.Sequential(*layers, nn.Linear(before, outputs))
    copy_in_order(ours, theirs)
    inputs = (torch.randn(7, features),)
    assert_same(ours, theirs, inputs)
    assert_same(ours.eval(), theirs.eval(), inputs)


@pytest.mark.parametrize("seed", SEEDS)
def test_mlp_normalises_and_drops_all_hidden_layers_but_the_last(seed: int) -> None:
    roll = dice(seed)
    features, outputs = roll.randint(1, 20), roll.randint(1, 5)
    first, second, last = (roll.randint(2, 30) for _ in range(3))
    ours = MLP(features=features, outputs=outputs, widths=(first, second, last), dropout=0.3)
    stir(ours)
    theirs = nn.Sequential(
        *(nn.Linear(features, first), nn.BatchNorm1d(first), nn.ReLU(), nn.Dropout(0.3)),
        *(nn.Linear(first, second), nn.BatchNorm1d(second), nn.ReLU(), nn.Dropout(0.3)),
        *(nn.Linear(second, last), nn.ReLU(), nn.Linear(last, outputs)),
    )
    copy_in_order(ours, theirs)
    inputs = (torch.randn(9, features),)
    assert_same(ours.eval(), theirs.eval(), inputs)
    assert_same(ours.train(), theirs.train(), inputs)
    for mine, other in zip(ours.buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(mine, other, atol=1e-6, rtol=1e-5)  # running statistics


def copied(theirs: MLPClassifier | MLPRegressor, features: int, outputs: int) -> FNN:
    ours = FNN(features=features, outputs=outputs, widths=theirs.hidden_layer_sizes).double()
    with torch.no_grad():
        for layer, weight, bias in zip((*ours.hidden, ours.output), theirs.coefs_, theirs.intercepts_, strict=True):
            layer.weight.copy_(torch.from_numpy(weight.T))
            layer.bias.copy_(torch.from_numpy(bias))
    return ours.eval()


def fitted(model, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that five iterations do not converge
        return model.fit(*data)


def test_fnn_predicts_what_scikit_learn_does_for_several_classes() -> None:
    x, y = load_digits(return_X_y=True)
    theirs = fitted(MLPClassifier((20, 10), max_iter=5, random_state=0), x / 16, y)
    logits = copied(theirs, 64, 10)(torch.from_numpy(x / 16))
    np.testing.assert_allclose(logits.softmax(1).detach().numpy(), theirs.predict_proba(x / 16), atol=1e-10)


def test_fnn_predicts_what_scikit_learn_does_with_one_logistic_output() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    theirs = fitted(MLPClassifier((64, 32), max_iter=5, random_state=0), x, y)
    ours = copied(theirs, 30, 1)
    assert sum(p.numel() for p in ours.parameters()) == 4097
    probability = ours(torch.from_numpy(x)).sigmoid()[:, 0]
    np.testing.assert_allclose(probability.detach().numpy(), theirs.predict_proba(x)[:, 1], atol=1e-10)


def test_fnn_predicts_what_scikit_learn_does_for_numbers() -> None:
    x = np.random.default_rng(0).normal(size=(60, 5))
    theirs = fitted(MLPRegressor(hidden_layer_sizes=(8,), max_iter=20, random_state=0), x, x @ np.arange(5))
    found = copied(theirs, 5, 1)(torch.from_numpy(x))[:, 0]
    np.testing.assert_allclose(found.detach().numpy(), theirs.predict(x), atol=1e-10)


def test_perceptron_decides_as_scikit_learn_does() -> None:
    x, y = load_digits(return_X_y=True)
    theirs = TheirPerceptron(random_state=0).fit(x, y)
    ours = Perceptron(features=64, outputs=10).double()
    with torch.no_grad():
        ours.layer.weight.copy_(torch.from_numpy(theirs.coef_))
        ours.layer.bias.copy_(torch.from_numpy(theirs.intercept_))
    sums = ours(torch.from_numpy(x).view(-1, 1, 8, 8)).detach().numpy()
    np.testing.assert_allclose(sums, theirs.decision_function(x), rtol=1e-12, atol=1e-9)
    assert (sums.argmax(1) == theirs.predict(x)).all()


def test_an_image_is_read_channel_by_channel_and_row_by_row() -> None:
    network = FNN(features=2 * 3 * 4, outputs=2, widths=(5,))
    pixels = torch.arange(24.0).view(1, 2, 3, 4)
    torch.testing.assert_close(network(pixels), network(torch.arange(24.0)[None]))


def test_series_are_cut_padded_and_masked() -> None:
    flat = FlatSeries(length=3)
    values = torch.arange(1.0, 9.0).view(1, 4, 2)
    assert flat(values, torch.tensor([4])).tolist() == [[1, 2, 3, 4, 5, 6]]
    assert flat(values, torch.tensor([2])).tolist() == [[1, 2, 3, 4, 0, 0]]
    assert flat(values[:, :2], torch.tensor([1])).tolist() == [[1, 2, 0, 0, 0, 0]]
    broken = values.clone()
    broken[0, 2:] = torch.nan
    assert flat(broken, torch.tensor([2])).tolist() == [[1, 2, 3, 4, 0, 0]]


@pytest.mark.parametrize("kind", [SeriesANN, SeriesFNN, SeriesMLP])
def test_series_networks_are_the_flat_ones_behind_flattening(kind: type[nn.Module]) -> None:
    network = kind(channels=2, length=5, outputs=3).eval()
    values, lengths = torch.randn(4, 5, 2), torch.tensor([5, 4, 2, 1])
    by_hand = torch.stack([torch.cat([v[:n].flatten(), torch.zeros(2 * (5 - n))]) for v, n in zip(values, lengths)])
    torch.testing.assert_close(network(values, lengths), network.network(by_hand))
