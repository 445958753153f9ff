"""LSTM fully convolutional network: its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_NETWORK = f"{HERE}.lstm_fcn:LSTMFCN"
_TESTS = "tests/references/test_series_networks.py::"


ROW = Row(
    name="lstm_fcn",
    title="LSTM fully convolutional network",
    family="convolution",
    paper="Karim, Majumdar, Darabi, Chen 2018, LSTM fully convolutional networks for time series classification, "
    "arXiv 1709.05206",
    year=2018,
    summary="The fully convolutional network for series, and beside it a small LSTM that is given a whole channel, all "
    "times at once, at each step. It adds where in the series something stands to what the filters find.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "lstm_fcn",
            _NETWORK,
            {"channels": 1, "length": 100, "outputs": 2, "cells": 8, "widths": (128, 256, 128)},
            268_466,
            "closed form: convolutions and norms 264,704, LSTM 3,488, dense 274 (100 steps, two classes)",
            "series",
            {"length": 100},
        ),
    ),
    races={
        "series": (
            Contender("small", _NETWORK, {"cells": 8, "widths": (32, 64, 32)}),
            Contender("large", _NETWORK, {"cells": 64, "widths": (128, 256, 128)}, rows=1000),
        ),
    },
    tiny={"series": (_NETWORK, {"channels": 2, "length": 9, "outputs": 3, "cells": 4, "widths": (4, 6, 5)})},
    settings=RATES,
    reference=(
        Reference(
            "the layers written out, one series at a time",
            f"{_TESTS}test_lstm_fcn_treats_each_series_as_if_it_had_no_padding",
            "rewritten_lstm_fcn",
        ),
        Reference(
            "torch.nn.LSTM",
            f"{_TESTS}test_lstm_fcn_reads_a_channel_at_a_step_as_torch_does",
        ),
    ),
    departs="With several channels the LSTM reads one after the other (arXiv 1801.04503) without squeeze-and-excite "
    "blocks. It sees times up to the longest series of training, missing ones as 0. In the convolutions padded "
    "steps are held at zero and count in no mean.",
)
