"""Feedforward networks: linear layers by the sizes that their names stand for."""

from tests.conformance.counts.forms import dense, linear, norm

COUNTS = {
    "perceptron": linear(64, 10),
    "ann": dense(10, 64, 1),
    "fnn": dense(784, 256, 256, 10),
    "fnn_breast_cancer": dense(30, 64, 32, 1),
    "fnn_binary": dense(20, 64, 32, 1),
    "fnn_ten_classes": dense(100, 64, 10),
    "mlp": dense(30, 256, 128, 64, 2) + norm(256) + norm(128),  # the last hidden layer has no norm
    # Joulin et al. 2017, section 3.1: 10 hidden units, bigrams in 10M bins; neither matrix has a bias
    "fasttext": (30_000 + 10_000_000) * 10 + linear(10, 4, bias=False),
}
