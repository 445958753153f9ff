"""Gated recurrent unit: its row."""

from bestiary.catalogue.recurrence.common import (
    HERE,
    KERAS_TEXT,
    LANGUAGE,
    LAST,
    SERIES_10,
    SETTINGS,
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
    name="gru",
    title="Gated recurrent unit",
    family="recurrence",
    introductions=(0, 1, 2),
    paper="Cho et al. 2014, Learning phrase representations using RNN encoder-decoder for statistical machine "
    "translation, arXiv 1406.1078",
    year=2014,
    summary="A lighter relative of the LSTM: two gates and no separate memory. One decides how much of the old state "
    "is kept, the other how much of it the new candidate may see. Three quarters of the LSTM's weights, often as good.",
    learns=THROUGH_TIME,
    recipes={**SUPERVISED, **LANGUAGE},
    sizes=(
        Size(
            "gru",
            f"{HERE}.gru:GRU",
            {"channels": 10, "width": 128, "depth": 2},
            152_832,
            "torch.nn.GRU",
            "series",
            part=True,
        ),
        Size(
            "gru_series",
            f"{HERE}.gru:GRUSeries",
            SERIES_10,
            153_477,
            "152,832 + linear 645",
            "series",
            aliases=("gru_guide",),
        ),
        Size(
            "gru_keras_text",
            f"{HERE}.gru:GRUText",
            KERAS_TEXT,
            1_317_313,
            "Keras GRU, reset after the product, two biases: 1,280,000 + 3 x (128 + 64 + 2) x 64 + 65",
            "text",
        ),
        Size(
            "gru_reset_first_text",
            f"{HERE}.gru:ResetFirstGRUText",
            {**KERAS_TEXT, "biases": 1},
            1_317_121,
            "Keras GRU, reset before the product, one bias: 1,280,000 + 3 x (128 + 64 + 1) x 64 + 65",
            "text",
        ),
    ),
    races={**races("gru:GRU"), **language("GRU")},
    tiny={**tiny("gru:GRU"), **tiny_language("GRU")},
    verbs=VERBS,
    settings=SETTINGS,
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
    "biases. " + LAST,
)
