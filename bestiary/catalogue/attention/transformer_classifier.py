"""Transformer classifier: its row."""

from bestiary.catalogue.attention.common import HERE, VASWANI
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import SUPERVISED

_TEXT, _SERIES, _IMAGE = (f"{HERE}.transformer_classifier:Transformer{kind}" for kind in ("Text", "Series", "Image"))
_32 = {"width": 32, "depth": 2, "heads": 4, "feedforward": 64}
_64 = {"width": 64, "depth": 2, "heads": 4, "feedforward": 128}
_128 = {"width": 128, "depth": 4, "heads": 8, "feedforward": 256}
_TINY = {"width": 8, "depth": 2, "heads": 2, "feedforward": 12, "outputs": 3}

ROW = Row(
    name="transformer_classifier",
    title="Transformer classifier",
    family="attention",
    introductions=(0,),
    paper=VASWANI,
    year=2017,
    summary="A Transformer encoder reads the whole text or series at once; the mean of what it says about each step "
    "decides. An image is read as a sequence of its rows.",
    learns="By gradient descent with warm-up and clipped gradients; gradients come from back-propagation.",
    recipes=SUPERVISED,
    sizes=(
        Size(
            "transformer_classifier",
            _TEXT,
            {
                "vocabulary": 10_000,
                "length": 512,
                "width": 128,
                "depth": 2,
                "heads": 8,
                "feedforward": 256,
                "outputs": 2,
            },
            1_610_754,
            "1,280,000 tokens + 65,536 positions + 2 x 132,480 + 258",
            "text",
        ),
    ),
    races={
        "text": (
            Contender("32", _TEXT, {**_32, "dropout": 0.1}),
            Contender("64", _TEXT, {**_64, "dropout": 0.2}, rows=1000),
            Contender("128", _TEXT, {**_128, "dropout": 0.2}, rows=10_000),
        ),
        "series": (
            Contender("32", _SERIES, {**_32, "dropout": 0.1}),
            Contender("64", _SERIES, {**_64, "dropout": 0.1}, rows=500),
            Contender("128", _SERIES, {**_128, "dropout": 0.1}, rows=5000),
        ),
        "image": (
            Contender("32", _IMAGE, {**_32, "dropout": 0.1}, smallest=2),
            Contender("64", _IMAGE, {**_64, "dropout": 0.1}, rows=1000, smallest=2),
            Contender("128", _IMAGE, {**_128, "dropout": 0.1}, rows=10_000, smallest=2),
        ),
    },
    tiny={
        "text": (_TEXT, {**_TINY, "vocabulary": 12, "length": 9}),
        "series": (_SERIES, {**_TINY, "channels": 2, "length": 9}),
        "image": (_IMAGE, {**_TINY, "channels": 2, "image_size": (4, 3)}),
    },
    settings=(
        {"rate": 1e-3, "clip": 1.0, "warmup": 20},
        {"rate": 3e-3, "clip": 1.0, "warmup": 20},
    ),
    reference=(
        Reference(
            "torch.nn.TransformerEncoder",
            "tests/references/test_attention.py::test_text_classifier_is_torchs_encoder_on_each_text_alone",
        ),
        Reference(
            "torch.nn.TransformerEncoder",
            "tests/references/test_attention.py::test_series_classifier_is_torchs_encoder_on_each_series_alone",
        ),
    ),
    departs="An encoder alone, with a linear layer on the mean over real steps where the paper has a decoder. "
    "Positions are learned; the paper found them as good as sinusoids. Padding is masked in the attention and left out "
    "of the mean. Attention's projections have biases, which the paper does not write; counts include them. Layers "
    "start independent of each other.",
)
