"""Machines: a weight for each link, a bias for each unit."""

import itertools


def machines(*widths: int) -> int:
    """A stack: every machine has the links between two layers and a bias for each unit of both."""
    return sum(below * above + below + above for below, above in itertools.pairwise(widths))


COUNTS = {
    "hopfield": 64 * 63 // 2,
    "rbm": machines(784, 500),
    "dbn": machines(784, 500, 500, 2000),
    "dbn_500_200": machines(784, 500, 200),
    # Hinton, Osindero & Teh 2006, figure 1: ten label units beside the top machine's 500
    "dbn_digits": machines(784, 500, 500) + machines(510, 2000),
    # appendix B: vishid and hidvis, hidpen and penhid are matrices of their own
    "dbn_digits_untied": machines(784, 500, 500) + machines(510, 2000) + 784 * 500 + 500 * 500,
}
