"""Rows of networks for series: of the family `convolution`."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.convolution"
_INCEPTION, _LSTM_FCN, _TCN = (
    f"{_HERE}.{name}" for name in ("inception_time:InceptionTime", "lstm_fcn:LSTMFCN", "tcn:TCN")
)
_SUPERVISED = {
    "classification": "bestiary.recipes.supervised:classifier",
    "regression": "bestiary.recipes.supervised:regressor",
}
_GRADIENT = "By gradient descent on cross-entropy (squared error for numbers); gradients come from back-propagation."
_RATES = ({"rate": 1e-3}, {"rate": 3e-3})
_TESTS = "tests/references/test_series_networks.py::"

INCEPTION_TIME = Row(
    name="inception_time",
    title="Inception network for series (InceptionTime)",
    family="convolution",
    paper="Ismail Fawaz, Lucas, Forestier, Pelletier, Schmidt, Weber, Webb, Idoumghar, Muller, Petitjean 2020, "
    "InceptionTime: finding AlexNet for time series classification, arXiv 1909.04939",
    year=2020,
    summary="Short, middle and long filters look at each place of the series side by side, six modules deep, with "
    "shortcuts past every three; the mean over time of what they find is the answer. Among the most accurate "
    "networks for series.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "inception_time",
            _INCEPTION,
            {"channels": 1, "outputs": 2, "filters": 32, "depth": 6, "size": 40, "bottleneck": 32},
            420_450,
            "closed form: modules 2,528 + 5 x 80,128, shortcuts 384 + 16,640, dense 258 (one channel, two classes)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _INCEPTION, {"filters": 8, "depth": 3, "size": 40, "bottleneck": 8}),
            Contender("large", _INCEPTION, {"filters": 32, "depth": 6, "size": 40, "bottleneck": 32}, rows=300),
        ),
    },
    tiny={"series": (_INCEPTION, {"channels": 2, "outputs": 3, "filters": 2, "depth": 3, "size": 8, "bottleneck": 3})},
    settings=_RATES,
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

LSTM_FCN = Row(
    name="lstm_fcn",
    title="LSTM fully convolutional network",
    family="convolution",
    paper="Karim, Majumdar, Darabi, Chen 2018, LSTM fully convolutional networks for time series classification, "
    "arXiv 1709.05206",
    year=2018,
    summary="The fully convolutional network for series, and beside it a small LSTM that is given a whole channel, all "
    "times at once, at each step. It adds where in the series something stands to what the filters find.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "lstm_fcn",
            _LSTM_FCN,
            {"channels": 1, "length": 100, "outputs": 2, "cells": 8, "widths": (128, 256, 128)},
            268_466,
            "closed form: convolutions and norms 264,704, LSTM 3,488, dense 274 (100 steps, two classes)",
            "series",
            {"length": 100},
        ),
    ),
    races={
        "series": (
            Contender("small", _LSTM_FCN, {"cells": 8, "widths": (32, 64, 32)}),
            Contender("large", _LSTM_FCN, {"cells": 64, "widths": (128, 256, 128)}, rows=1000),
        ),
    },
    tiny={"series": (_LSTM_FCN, {"channels": 2, "length": 9, "outputs": 3, "cells": 4, "widths": (4, 6, 5)})},
    settings=_RATES,
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

TCN = Row(
    name="tcn",
    title="Temporal convolutional network",
    family="convolution",
    paper="Bai, Kolter, Koltun 2018, An empirical evaluation of generic convolutional and recurrent networks for "
    "sequence modeling, arXiv 1803.01271",
    year=2018,
    summary="Filters that see no later step, each block's twice as far apart as the one's before, with shortcuts: it "
    "reads a long series as a recurrent network does, but all steps at once.",
    learns=_GRADIENT,
    recipes=_SUPERVISED,
    sizes=(
        Size(
            "tcn",
            _TCN,
            {"channels": 1, "outputs": 10, "widths": (25,) * 8, "size": 7, "dropout": 0.05},
            66_910,
            "closed form: blocks 4,700 + 7 x 8,850, output 260; the paper's sequential MNIST (it says about 70,000)",
            "series",
        ),
    ),
    races={
        "series": (
            Contender("small", _TCN, {"widths": (25,) * 6, "size": 3}),
            Contender("large", _TCN, {"widths": (25,) * 8, "size": 7}, rows=1000),
        ),
    },
    tiny={"series": (_TCN, {"channels": 2, "outputs": 3, "widths": (4, 4, 5), "size": 3})},
    settings=_RATES,
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

ROWS: tuple[Row, ...] = (INCEPTION_TIME, LSTM_FCN, TCN)
