"""Temporal convolutional network: its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_NETWORK = f"{HERE}.tcn:TCN"
_TESTS = "tests/references/test_series_networks.py::"


ROW = Row(
    name="tcn",
    title="Temporal convolutional network",
    family="convolution",
    paper="Bai, Kolter, Koltun 2018, An empirical evaluation of generic convolutional and recurrent networks for "
    "sequence modeling, arXiv 1803.01271",
    year=2018,
    summary="Filters that see no later step, each block's twice as far apart as the one's before, with shortcuts: it "
    "reads a long series as a recurrent network does, but all steps at once.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "tcn",
            _NETWORK,
            {"channels": 1, "outputs": 10, "widths": (25,) * 8, "size": 7, "dropout": 0.05},
            66_910,
            "closed form: blocks 4,700 + 7 x 8,850, output 260; the paper's sequential MNIST (it says about 70,000)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _NETWORK, {"widths": (25,) * 6, "size": 3}),
            Contender("large", _NETWORK, {"widths": (25,) * 8, "size": 7}, rows=1000),
        ),
    },
    tiny={"series": (_NETWORK, {"channels": 2, "outputs": 3, "widths": (4, 4, 5), "size": 3})},
    settings=RATES,
    reference=(
        Reference("pytorch_tcn.TCN", f"{_TESTS}test_tcn_is_pytorch_tcn_read_at_the_last_step"),
        Reference(
            "the equation of dilated convolution, one series and one step at a time",
            f"{_TESTS}test_tcn_is_the_papers_equation",
            "rewritten_tcn",
        ),
    ),
    departs="Weights begin as torch's convolutions do, rather than from N(0, 0.01); dropout takes single numbers, as "
    "in the authors' code, where the paper says whole channels.",
)
