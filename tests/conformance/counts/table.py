"""Wide and deep on the columns of Adult: section 3 of Cheng et al. 2016, with vectors of 32 numbers."""

from itertools import combinations

from tests.conformance.counts.forms import linear

NUMBERS, OUTPUTS = 6, 2
CODES = (10, 17, 8, 16, 7, 6, 3, 43)  # words of each column, and one code for words that were never seen
WIDE = (NUMBERS + sum(codes - 1 for codes in CODES)) * OUTPUTS
CROSSED = (1 + sum(first * second for first, second in combinations(CODES, 2))) * OUTPUTS  # and one for no pair
VECTORS = 32 * sum(CODES)
DEEP = linear(NUMBERS + 32 * len(CODES), 1024) + linear(1024, 512) + linear(512, 256) + linear(256, OUTPUTS)

COUNTS = {"wide_deep": WIDE + CROSSED + VECTORS + DEEP}
