"""Residual network for series: its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_RESNET = f"{HERE}.resnet_series:SeriesResNet"


ROW = Row(
    name="resnet_series",
    title="Residual network for series",
    family="convolution",
    paper="Wang, Yan, Oates 2017, Time series classification from scratch with deep neural networks: a strong "
    "baseline, arXiv 1611.06455",
    year=2017,
    summary="Three residual blocks of three convolutions over time, then the mean over time. Deeper than the fully "
    "convolutional network, for series with more to tell.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "resnet_series",
            _RESNET,
            {"channels": 1, "outputs": 2, "widths": (64, 128, 128)},
            504_258,
            "closed form: blocks 34,112 + 206,336 + 263,552 (norms included), dense 258 (one channel, two classes)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _RESNET, {"widths": (16, 32, 32)}),
            Contender("large", _RESNET, {"widths": (64, 128, 128)}, rows=1000),
        ),
    },
    tiny={"series": (_RESNET, {"channels": 2, "outputs": 3, "widths": (4, 4)})},
    settings=RATES,
    reference=(
        Reference(
            "the layers written out, one series at a time",
            "tests/references/test_convolution_sequences.py::"
            "test_series_networks_treat_each_series_as_if_it_had_no_padding",
            "rewritten_series_resnet",
        ),
    ),
    departs="A shortcut of equal width carries a batch norm, as in the authors' code. Padded steps are held at zero "
    "and count neither in the mean nor in the statistics of batch norm, so that padding changes nothing.",
)
