"""Feedforward neural network: its row."""

from bestiary.catalogue.feedforward.common import HERE, SMOOTH
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_FNN, _SERIES_FNN = f"{HERE}.fnn:FNN", f"{HERE}.fnn:SeriesFNN"

ROW = Row(
    name="fnn",
    title="Feedforward neural network",
    family="feedforward",
    introductions=(0, 1, 2, 3),
    paper="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors",
    year=1986,
    summary="Several hidden layers, each fed by all units of the layer before. Earlier layers learn features that "
    "later ones combine. It knows nothing of space or time: pixels or steps in another order would do as well.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size("fnn", _FNN, {"features": 784, "outputs": 10, "widths": (256, 256)}, 269_322, "784-256-256-10", "image"),
        Size(
            "fnn_breast_cancer",
            _FNN,
            {"features": 30, "outputs": 1, "widths": (64, 32)},
            4_097,
            "30-64-32-1, scikit-learn's MLPClassifier with one logistic output for two classes",
            "table",
            aliases=("fnn_guide_breast_cancer",),
        ),
        Size(
            "fnn_binary",
            _FNN,
            {"features": 20, "outputs": 1, "widths": (64, 32), "dropout": 0.3},
            3_457,
            "20-64-32-1 with dropout 0.3, Keras; all weights and biases are trainable, so counts agree",
            "table",
            aliases=("fnn_guide_binary",),
        ),
        Size(
            "fnn_ten_classes",
            _FNN,
            {"features": 100, "outputs": 10, "widths": (64,)},
            7_114,
            "100-64-10, Keras; all weights and biases are trainable, so counts agree",
            "table",
            aliases=("fnn_guide_classes",),
        ),
    ),
    races={
        "table": (
            Contender("small", _FNN, {"widths": (64, 32)}),
            Contender("medium", _FNN, {"widths": (256, 256)}, rows=1000),
            Contender("large", _FNN, {"widths": (512, 512, 512), "dropout": 0.1}, rows=10_000),
        ),
        "image": (
            Contender("small", _FNN, {"widths": (128, 64)}),
            Contender("medium", _FNN, {"widths": (256, 256)}, rows=1000),
            Contender("large", _FNN, {"widths": (1024, 512), "dropout": 0.2}, rows=10_000),
        ),
        "series": (
            Contender("small", _SERIES_FNN, {"widths": (64, 32)}),
            Contender("medium", _SERIES_FNN, {"widths": (256, 256)}, rows=1000),
            Contender("large", _SERIES_FNN, {"widths": (512, 512, 512), "dropout": 0.1}, rows=10_000),
        ),
    },
    tiny={
        "table": (_FNN, {"features": 6, "outputs": 3, "widths": (8, 5)}),
        "image": (_FNN, {"features": 12, "outputs": 3, "widths": (8, 5), "dropout": 0.2}),
        "series": (_SERIES_FNN, {"channels": 2, "length": 7, "outputs": 3, "widths": (8, 5)}),
    },
    settings=SMOOTH,
    reference=(
        Reference(
            "sklearn.neural_network.MLPClassifier",
            "tests/references/test_feedforward.py::test_fnn_predicts_what_scikit_learn_does_for_several_classes",
        ),
        Reference(
            "sklearn.neural_network.MLPRegressor",
            "tests/references/test_feedforward.py::test_fnn_predicts_what_scikit_learn_does_for_numbers",
        ),
        Reference("torch.nn.Sequential", "tests/references/test_feedforward.py::test_fnn_is_a_sequence"),
    ),
    departs="Hidden units are rectified, max(0, a), where the paper has logistic ones; Adam takes the place of "
    "gradient descent with momentum. Series are cut or padded to one length and read as one flat vector.",
)
