"""Elman recurrent network: its row."""

from bestiary.catalogue.recurrence.common import HERE, LAST, THROUGH_TIME, races, tiny
from bestiary.catalogue.row import Reference, Row, Size
from bestiary.catalogue.words import SUPERVISED

ROW = Row(
    name="rnn",
    title="Elman recurrent network",
    family="recurrence",
    introductions=(0, 1, 2, 3, 4),
    paper="Elman 1990, Finding structure in time",
    year=1990,
    summary="Reads a sequence one step at a time; its units see the new step and their own state one step before, so "
    "what came earlier can colour what comes now. It forgets within some ten steps, because gradients shrink or grow "
    "at each of them.",
    learns=THROUGH_TIME,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "rnn",
            f"{HERE}.rnn:RNN",
            {"channels": 10, "width": 64},
            4_864,
            "torch.nn.RNN: 10x64 + 64x64 + 2x64",
            "series",
            part=True,
        ),
        Size(
            "rnn_series",
            f"{HERE}.rnn:RNNSeries",
            {"channels": 10, "width": 64, "outputs": 2},
            4_994,
            "4,864 + linear 130",
            "series",
            aliases=("rnn_guide",),
        ),
        Size(
            "rnn_keras_50",
            f"{HERE}.rnn:RectifiedRNNSeries",
            {"channels": 5, "width": 50, "outputs": 1, "biases": 1},
            2_851,
            "Keras SimpleRNN, relu, one bias: 5x50 + 50x50 + 50 + 51",
            "series",
        ),
        Size(
            "rnn_keras_64",
            f"{HERE}.rnn:RectifiedRNNSeries",
            {"channels": 100, "width": 64, "outputs": 10, "biases": 1},
            11_210,
            "Keras SimpleRNN, relu, one bias: 100x64 + 64x64 + 64 + 650",
            "series",
        ),
    ),
    races=races("rnn:RNN"),
    tiny=tiny("rnn:RNN"),
    settings=({"rate": 1e-3, "clip": 1.0}, {"rate": 3e-3, "clip": 1.0}),
    reference=(
        Reference("torch.nn.RNN", "tests/references/test_recurrence.py::test_layers_alone_are_torchs"),
        Reference(
            "torch.nn.RNN", "tests/references/test_recurrence.py::test_series_classifier_is_recurrence_and_linear"
        ),
        Reference(
            "torch.nn.RNN",
            "tests/references/test_recurrence.py::test_text_classifier_is_embedding_recurrence_and_linear",
        ),
        Reference("torch.nn.RNN", "tests/references/test_recurrence.py::test_equals_torch"),
    ),
    departs="Units are squashed by tanh where Elman's have the logistic function, and have two biases as in torch's "
    "kernels (`biases=1` has one). Gradients go back through all steps; Elman stopped them after one. " + LAST,
)
