"""The family `recurrence`, one row an architecture."""

from bestiary.catalogue import translation
from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.recurrence"
_SUPERVISED = {
    "classification": "bestiary.recipes.supervised:classifier",
    "regression": "bestiary.recipes.supervised:regressor",
}
_THROUGH_TIME = (
    "By gradient descent; gradients go back through all steps (back-propagation through time) and are clipped."
)
_LANGUAGE = {"continue": "bestiary.recipes.language:language_model"}
_VERBS = {"sample": "bestiary.sampling.texts:sample", "inspect": "bestiary.sampling.gates:inspect"}
_SETTINGS = ({"rate": 3e-3, "clip": 1.0}, {"rate": 1e-3, "clip": 1.0}, {"rate": 1e-2, "clip": 1.0})
_SERIES_10 = {"channels": 10, "width": 128, "depth": 2, "outputs": 5}
_TEXT_10000 = {"vocabulary": 10_000, "embedding": 128}
_KERAS_TEXT = {**_TEXT_10000, "width": 64, "outputs": 1}
_LAST = (
    "The state after the last real step answers; padding never enters, and the backward direction starts at the end."
)


def _races(architecture: str) -> dict[str, tuple[Contender, ...]]:
    text, series, image = (f"{_HERE}.{architecture}{kind}" for kind in ("Text", "Series", "Image"))
    both, tasks = {"bidirectional": True}, ("classification", "regression")
    return {
        "text": (
            Contender("32", text, {"embedding": 32, "width": 32, "dropout": 0.2}, tasks=tasks),
            Contender("64-both", text, {"embedding": 64, "width": 64, "dropout": 0.3, **both}, rows=1000, tasks=tasks),
            Contender(
                "128-both",
                text,
                {"embedding": 128, "width": 128, "depth": 2, "dropout": 0.3, **both},
                rows=10_000,
                tasks=tasks,
            ),
        ),
        "series": (
            Contender("64", series, {"width": 64}, tasks=tasks),
            Contender("64-both", series, {"width": 64, "depth": 2, "dropout": 0.2, **both}, rows=500, tasks=tasks),
            Contender("128-both", series, {"width": 128, "depth": 2, "dropout": 0.2, **both}, rows=5000, tasks=tasks),
        ),
        "image": (
            Contender("64", image, {"width": 64}, smallest=2, tasks=tasks),
            Contender(
                "128-both",
                image,
                {"width": 128, "depth": 2, "dropout": 0.2, **both},
                rows=1000,
                smallest=2,
                tasks=tasks,
            ),
        ),
    }


def _tiny(architecture: str) -> dict[str, tuple[str, dict[str, object]]]:
    text, series, image = (f"{_HERE}.{architecture}{kind}" for kind in ("Text", "Series", "Image"))
    words = {"width": 5, "depth": 2, "outputs": 3, "bidirectional": True, "dropout": 0.1}
    return {
        "text": (text, {**words, "vocabulary": 12, "embedding": 4}),
        "series": (series, {**words, "channels": 2}),
        "image": (image, {**words, "channels": 2, "image_size": (4, 3)}),
    }


def _language(cell: str) -> dict[str, tuple[Contender, ...]]:
    network = f"{_HERE}.language_model:{cell}LanguageModel"
    return {
        "corpus": tuple(
            Contender(
                str(width), network, {"embedding": width // 2, "width": width, "dropout": dropout}, tasks=("continue",)
            )
            for width, dropout in ((128, 0.0), (256, 0.0), (512, 0.1))
        )
    }


def _tiny_language(cell: str) -> dict[str, tuple[str, dict[str, object]]]:
    words = {"vocabulary": 11, "embedding": 4, "width": 5, "depth": 2, "dropout": 0.1}
    return {"corpus": (f"{_HERE}.language_model:{cell}LanguageModel", words)}


RNN = Row(
    name="rnn",
    title="Elman recurrent network",
    family="recurrence",
    introductions=(0, 1, 2, 3, 4),
    paper="Elman 1990, Finding structure in time",
    year=1990,
    summary="Reads a sequence one step at a time; its units see the new step and their own state one step before, so "
    "what came earlier can colour what comes now. It forgets within some ten steps, because gradients shrink or grow "
    "at each of them.",
    learns=_THROUGH_TIME,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "rnn",
            f"{_HERE}.rnn:RNN",
            {"channels": 10, "width": 64},
            4_864,
            "torch.nn.RNN: 10x64 + 64x64 + 2x64",
            "series",
            part=True,
        ),
        Size(
            "rnn_series",
            f"{_HERE}.rnn:RNNSeries",
            {"channels": 10, "width": 64, "outputs": 2},
            4_994,
            "4,864 + linear 130",
            "series",
            aliases=("rnn_guide",),
        ),
        Size(
            "rnn_keras_50",
            f"{_HERE}.rnn:RectifiedRNNSeries",
            {"channels": 5, "width": 50, "outputs": 1, "biases": 1},
            2_851,
            "Keras SimpleRNN, relu, one bias: 5x50 + 50x50 + 50 + 51",
            "series",
        ),
        Size(
            "rnn_keras_64",
            f"{_HERE}.rnn:RectifiedRNNSeries",
            {"channels": 100, "width": 64, "outputs": 10, "biases": 1},
            11_210,
            "Keras SimpleRNN, relu, one bias: 100x64 + 64x64 + 64 + 650",
            "series",
        ),
    ),
    races=_races("rnn:RNN"),
    tiny=_tiny("rnn:RNN"),
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
    "kernels (`biases=1` has one). Gradients go back through all steps; Elman stopped them after one. " + _LAST,
)

LSTM = Row(
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
    learns=_THROUGH_TIME,
    recipes={**_SUPERVISED, **_LANGUAGE},
    sizes=(
        Size(
            "lstm",
            f"{_HERE}.lstm:LSTM",
            {"channels": 10, "width": 128, "depth": 2},
            203_776,
            "torch.nn.LSTM",
            "series",
            part=True,
        ),
        Size(
            "lstm_series",
            f"{_HERE}.lstm:LSTMSeries",
            _SERIES_10,
            204_421,
            "203,776 + linear 645",
            "series",
            aliases=("lstm_guide",),
        ),
        Size(
            "lstm_classifier",
            f"{_HERE}.lstm:LSTMText",
            {**_TEXT_10000, "width": 256, "depth": 2, "outputs": 2},
            2_202_114,
            "V E + 4 H (E + H + 2) + 4 H (2 H + 2) + (H + 1) K with V 10000, E 128, H 256, K 2",
            "text",
        ),
        Size(
            "lstm_encoder",
            f"{_HERE}.lstm:LSTM",
            {"channels": 100, "width": 256, "depth": 2},
            892_928,
            "torch.nn.LSTM",
            "series",
            part=True,
        ),
        Size(
            "lstm_keras_text",
            f"{_HERE}.lstm:LSTMText",
            {**_KERAS_TEXT, "biases": 1},
            1_329_473,
            "Keras LSTM, one bias: 1,280,000 + 4 x (128 + 64 + 1) x 64 + 65",
            "text",
        ),
        Size(
            "lstm_keras_series",
            f"{_HERE}.lstm:LSTMSeries",
            {"channels": 100, "width": 64, "outputs": 10, "biases": 1},
            42_890,
            "Keras LSTM, one bias: 4 x (100 + 64 + 1) x 64 + 650",
            "series",
        ),
        Size(
            "lstm_language_model",
            f"{_HERE}.language_model:LSTMLanguageModel",
            {"vocabulary": 10_000, "embedding": 650, "width": 650, "depth": 2, "dropout": 0.5},
            19_780_400,
            "Zaremba, Sutskever, Vinyals 2014, medium: V E + 2 x 4 H (2 H + 2) + (H + 1) V, V 10000, E = H 650",
            "corpus",
        ),
    ),
    races={**_races("lstm:LSTM"), **_language("LSTM")},
    tiny={**_tiny("lstm:LSTM"), **_tiny_language("LSTM")},
    verbs=_VERBS,
    settings=_SETTINGS,
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
    "torch's start near 0. " + _LAST,
)

GRU = Row(
    name="gru",
    title="Gated recurrent unit",
    family="recurrence",
    introductions=(0, 1, 2),
    paper="Cho et al. 2014, Learning phrase representations using RNN encoder-decoder for statistical machine "
    "translation, arXiv 1406.1078",
    year=2014,
    summary="A lighter relative of the LSTM: two gates and no separate memory. One decides how much of the old state "
    "is kept, the other how much of it the new candidate may see. Three quarters of the LSTM's weights, often as good.",
    learns=_THROUGH_TIME,
    recipes={**_SUPERVISED, **_LANGUAGE},
    sizes=(
        Size(
            "gru",
            f"{_HERE}.gru:GRU",
            {"channels": 10, "width": 128, "depth": 2},
            152_832,
            "torch.nn.GRU",
            "series",
            part=True,
        ),
        Size(
            "gru_series",
            f"{_HERE}.gru:GRUSeries",
            _SERIES_10,
            153_477,
            "152,832 + linear 645",
            "series",
            aliases=("gru_guide",),
        ),
        Size(
            "gru_keras_text",
            f"{_HERE}.gru:GRUText",
            _KERAS_TEXT,
            1_317_313,
            "Keras GRU, reset after the product, two biases: 1,280,000 + 3 x (128 + 64 + 2) x 64 + 65",
            "text",
        ),
        Size(
            "gru_reset_first_text",
            f"{_HERE}.gru:ResetFirstGRUText",
            {**_KERAS_TEXT, "biases": 1},
            1_317_121,
            "Keras GRU, reset before the product, one bias: 1,280,000 + 3 x (128 + 64 + 1) x 64 + 65",
            "text",
        ),
    ),
    races={**_races("gru:GRU"), **_language("GRU")},
    tiny={**_tiny("gru:GRU"), **_tiny_language("GRU")},
    verbs=_VERBS,
    settings=_SETTINGS,
    reference=(
        Reference("torch.nn.GRU", "tests/references/test_recurrence.py::test_layers_alone_are_torchs"),
        Reference(
            "torch.nn.GRU", "tests/references/test_recurrence.py::test_series_classifier_is_recurrence_and_linear"
        ),
        Reference(
            "torch.nn.GRU",
            "tests/references/test_recurrence.py::test_text_classifier_is_embedding_recurrence_and_linear",
        ),
        Reference(
            "the paper's equations 5 to 8, one text and one token at a time",
            "tests/references/test_recurrence.py::test_the_papers_gru_reads_each_text_alone",
            "papers_step",
        ),
        Reference("torch.nn.GRU", "tests/references/test_recurrence.py::test_equals_torch"),
    ),
    departs="The reset gate acts after the product with the state's weights, where the paper has it before: so do "
    "fused kernels, for then one product serves all gates; `ResetFirstCell` is the paper's order. The paper has no "
    "biases. " + _LAST,
)

ROWS: tuple[Row, ...] = (RNN, LSTM, GRU, *translation.RECURRENCE)
