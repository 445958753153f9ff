"""Long short-term memory: its row."""

from bestiary.catalogue.recurrence.common import (
    HERE,
    KERAS_TEXT,
    LANGUAGE,
    LAST,
    SERIES_10,
    SETTINGS,
    TEXT_10000,
    THROUGH_TIME,
    VERBS,
    language,
    races,
    tiny,
    tiny_language,
)
from bestiary.catalogue.row import Reference, Row, Size
from bestiary.catalogue.words import SUPERVISED

ROW = Row(
    name="lstm",
    title="Long short-term memory",
    family="recurrence",
    introductions=(0, 1, 2, 3, 4),
    paper="Hochreiter, Schmidhuber 1997, Long short-term memory; "
    "Gers, Schmidhuber, Cummins 2000, Learning to forget: continual prediction with LSTM",
    year=1997,
    summary="A recurrent network with a memory that is added to rather than overwritten. Three gates learn when to "
    "write to it, when to clear it and when to show it, so that an error can travel back over many steps without "
    "fading.",
    learns=THROUGH_TIME,
    recipes={**SUPERVISED, **LANGUAGE},
    sizes=(
        Size(
            "lstm",
            f"{HERE}.lstm:LSTM",
            {"channels": 10, "width": 128, "depth": 2},
            203_776,
            "torch.nn.LSTM",
            "series",
            part=True,
        ),
        Size(
            "lstm_series",
            f"{HERE}.lstm:LSTMSeries",
            SERIES_10,
            204_421,
            "203,776 + linear 645",
            "series",
            aliases=("lstm_guide",),
        ),
        Size(
            "lstm_classifier",
            f"{HERE}.lstm:LSTMText",
            {**TEXT_10000, "width": 256, "depth": 2, "outputs": 2},
            2_202_114,
            "V E + 4 H (E + H + 2) + 4 H (2 H + 2) + (H + 1) K with V 10000, E 128, H 256, K 2",
            "text",
        ),
        Size(
            "lstm_encoder",
            f"{HERE}.lstm:LSTM",
            {"channels": 100, "width": 256, "depth": 2},
            892_928,
            "torch.nn.LSTM",
            "series",
            part=True,
        ),
        Size(
            "lstm_keras_text",
            f"{HERE}.lstm:LSTMText",
            {**KERAS_TEXT, "biases": 1},
            1_329_473,
            "Keras LSTM, one bias: 1,280,000 + 4 x (128 + 64 + 1) x 64 + 65",
            "text",
        ),
        Size(
            "lstm_keras_series",
            f"{HERE}.lstm:LSTMSeries",
            {"channels": 100, "width": 64, "outputs": 10, "biases": 1},
            42_890,
            "Keras LSTM, one bias: 4 x (100 + 64 + 1) x 64 + 650",
            "series",
        ),
        Size(
            "lstm_language_model",
            f"{HERE}.language_model:LSTMLanguageModel",
            {"vocabulary": 10_000, "embedding": 650, "width": 650, "depth": 2, "dropout": 0.5},
            19_780_400,
            "Zaremba, Sutskever, Vinyals 2014, medium: V E + 2 x 4 H (2 H + 2) + (H + 1) V, V 10000, E = H 650",
            "corpus",
        ),
    ),
    races={**races("lstm:LSTM"), **language("LSTM")},
    tiny={**tiny("lstm:LSTM"), **tiny_language("LSTM")},
    verbs=VERBS,
    settings=SETTINGS,
    reference=(
        Reference("torch.nn.LSTM", "tests/references/test_recurrence.py::test_layers_alone_are_torchs"),
        Reference(
            "torch.nn.LSTM", "tests/references/test_recurrence.py::test_series_classifier_is_recurrence_and_linear"
        ),
        Reference(
            "torch.nn.LSTM",
            "tests/references/test_recurrence.py::test_text_classifier_is_embedding_recurrence_and_linear",
        ),
        Reference(
            "torch.nn.LSTM",
            "tests/references/test_recurrence.py::test_language_model_is_embedding_recurrence_and_linear",
        ),
        Reference("torch.nn.LSTM", "tests/references/test_recurrence.py::test_equals_torch"),
    ),
    departs="With the forget gate of 2000, without the peepholes that came with it; tanh where 1997 has scaled "
    "logistic functions; one memory cell a block; gradients are not truncated. Two biases as in torch's kernels "
    "(`biases=1` has one). Forget gates start open: their biases sum to 1 (Jozefowicz, Zaremba, Sutskever 2015); "
    "torch's start near 0. " + LAST,
)
