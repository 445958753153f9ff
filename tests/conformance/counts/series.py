"""Networks for series, layer by layer as their papers list them."""

from tests.conformance.counts.forms import convolution, linear, lstm, norm


def fcn_without_dense(channels: int) -> int:
    """Wang et al. 2017, section II.B: 128, 256 and 128 filters of 8, 5 and 3 steps, each with a norm."""
    filters = convolution(channels, 128, 8) + convolution(128, 256, 5) + convolution(256, 128, 3)
    return filters + norm(128) + norm(256) + norm(128)


def inception_module(before: int, bottleneck: int) -> int:
    """Figure 2 of Ismail Fawaz et al. 2020: no biases, filters of 40, 20 and 10 steps, one after the pooling."""
    narrow = convolution(before, bottleneck, 1, bias=False) if bottleneck else 0
    seen = bottleneck or before
    filters = sum(convolution(seen, 32, size, bias=False) for size in (40, 20, 10))
    return narrow + filters + convolution(before, 32, 1, bias=False) + norm(128)


def shortcut(before: int) -> int:
    return convolution(before, 128, 1, bias=False) + norm(128)


def normed(before: int, after: int, size: int) -> int:
    """A convolution whose filters have a length beside their direction: Salimans & Kingma 2016."""
    return convolution(before, after, size) + after


COUNTS = {
    "inception_time": inception_module(1, 0)
    + 5 * inception_module(128, 32)
    + shortcut(1)
    + shortcut(128)
    + linear(128, 2),
    "lstm_fcn": fcn_without_dense(1) + lstm(100, 8, biases=1) + linear(8 + 128, 2),
    # Bai et al. 2018, appendix A: sequential MNIST, 8 levels of 25 channels, filters of 7 steps
    "tcn": normed(1, 25, 7) + 15 * normed(25, 25, 7) + convolution(1, 25, 1) + linear(25, 10),
}
