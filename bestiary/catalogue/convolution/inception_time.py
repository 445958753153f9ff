"""Inception network for series (InceptionTime): its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_NETWORK = f"{HERE}.inception_time:InceptionTime"
_TESTS = "tests/references/test_series_networks.py::"


ROW = Row(
    name="inception_time",
    title="Inception network for series (InceptionTime)",
    family="convolution",
    paper="Ismail Fawaz, Lucas, Forestier, Pelletier, Schmidt, Weber, Webb, Idoumghar, Muller, Petitjean 2020, "
    "InceptionTime: finding AlexNet for time series classification, arXiv 1909.04939",
    year=2020,
    summary="Short, middle and long filters look at each place of the series side by side, six modules deep, with "
    "shortcuts past every three; the mean over time of what they find is the answer. Among the most accurate "
    "networks for series.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "inception_time",
            _NETWORK,
            {"channels": 1, "outputs": 2, "filters": 32, "depth": 6, "size": 40, "bottleneck": 32},
            420_450,
            "closed form: modules 2,528 + 5 x 80,128, shortcuts 384 + 16,640, dense 258 (one channel, two classes)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _NETWORK, {"filters": 8, "depth": 3, "size": 40, "bottleneck": 8}),
            Contender("large", _NETWORK, {"filters": 32, "depth": 6, "size": 40, "bottleneck": 32}, rows=300),
        ),
    },
    tiny={"series": (_NETWORK, {"channels": 2, "outputs": 3, "filters": 2, "depth": 3, "size": 8, "bottleneck": 3})},
    settings=RATES,
    reference=(
        Reference(
            "the modules written out, one series at a time",
            f"{_TESTS}test_inception_time_treats_each_series_as_if_it_had_no_padding",
            "rewritten_inception",
        ),
    ),
    departs="One Inception network; the paper's InceptionTime is the mean of five that begin with other weights. "
    "Padded steps are 0 for filters, never the largest, and count neither in the mean nor in the statistics of batch "
    "norm, so that padding changes nothing.",
)
