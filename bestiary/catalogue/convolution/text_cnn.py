"""Convolutional network for sentences: its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_TEXT = f"{HERE}.text_cnn:TextCNN"


ROW = Row(
    name="text_cnn",
    title="Convolutional network for sentences",
    family="convolution",
    paper="Kim 2014, Convolutional neural networks for sentence classification, arXiv 1408.5882",
    year=2014,
    summary="Filters over three, four and five neighbouring words look for telling phrases; of each filter only the "
    "strongest response in the whole text counts, wherever it is. One dense layer weighs the evidence.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "text_cnn",
            _TEXT,
            {"vocabulary": 18_766, "outputs": 2, "embedding": 300, "windows": (3, 4, 5), "width": 100, "dropout": 0.5},
            5_990_702,
            "closed form: (18,765 words of the paper's MR data + padding) x 300 + 12 x 300 x 100 + 300 + 602",
            "text",
        ),
    ),
    races={
        "text": (
            Contender("small", _TEXT, {"embedding": 64, "width": 32}),
            Contender("medium", _TEXT, {"embedding": 128, "width": 64}, rows=2000),
            Contender("large", _TEXT, {"embedding": 300, "width": 100}, rows=10_000),
        ),
    },
    tiny={"text": (_TEXT, {"vocabulary": 20, "outputs": 3, "embedding": 6, "windows": (2, 3), "width": 4})},
    settings=tuple({**setting, "max_norm": 3.0} for setting in (*RATES, {"rate": 1e-3, "decay": 0.1})),
    reference=(
        Reference(
            "the paper's equations 2 to 4, one sentence at a time",
            "tests/references/test_convolution_sequences.py::test_text_cnn_is_what_kim_says",
            "rewritten_text",
        ),
    ),
    departs="Word vectors are learned from random ones (the paper's CNN-rand). Output weights are scaled back to a "
    "norm of 3 as in the paper; Adam stands for Adadelta, in one setting with weight decay. Filters look only where "
    "they lie inside the text (shorter texts are filled up with zeros to one window), so padding changes nothing.",
)
