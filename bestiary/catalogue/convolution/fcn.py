"""Fully convolutional network for series: its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_FCN = f"{HERE}.fcn:FCN"


ROW = Row(
    name="fcn",
    title="Fully convolutional network for series",
    family="convolution",
    paper="Wang, Yan, Oates 2017, Time series classification from scratch with deep neural networks: a strong "
    "baseline, arXiv 1611.06455",
    year=2017,
    summary="Three layers of filters slide over time and recognise shapes wherever they occur; the mean over time of "
    "what they find is the answer. Simple, and a strong baseline for series of any length.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "fcn",
            _FCN,
            {"channels": 1, "outputs": 2, "widths": (128, 256, 128), "sizes": (8, 5, 3)},
            264_962,
            "closed form: convolutions 1,152 + 164,096 + 98,432, norms 1,024, dense 258 (one channel, two classes)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _FCN, {"widths": (32, 64, 32)}),
            Contender("large", _FCN, {"widths": (128, 256, 128)}, rows=1000),
        ),
    },
    tiny={"series": (_FCN, {"channels": 2, "outputs": 3, "widths": (4, 6, 5)})},
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_convolution_sequences.py::test_fcn_is_the_published_sequence_on_whole_series",
        ),
        Reference(
            "the layers written out, one series at a time",
            "tests/references/test_convolution_sequences.py::"
            "test_series_networks_treat_each_series_as_if_it_had_no_padding",
            "rewritten_fcn",
        ),
    ),
    departs="The paper has series of one length. Here padded steps are held at zero and count neither in the mean nor "
    "in the statistics of batch norm, so that padding changes nothing.",
)
