"""Recurrent networks: gates times (inputs + state + biases), and what stands around them."""

from tests.conformance.counts.forms import gru, linear, lstm, recurrent

# Bahdanau, Cho & Bengio 2014, appendix A: 1,000 units, embeddings of 620, one bias a gate block of torch's two
READ = 2 * 30_000 * 620 + 2 * gru(620, 1000)  # two tables of words; both ways
WRITE = linear(1000, 1000) + gru(620 + 2000, 1000) + 1000 * 1000 + 2000 * 1000 + 1000  # start, state, alignment U, W, v
SEEN = 1000 + 620 + 2000  # what a word is written from: state, last word, context

# Luong, Pham & Manning 2015: 4 layers of 1,000, three tables of 50,000 words, input feeding, W_c
LUONG = 3 * 50_000 * 1000 + lstm(1000, 1000, 4) + lstm(2000, 1000) + lstm(1000, 1000, 3) + 2000 * 1000


def gnmt(vocabulary: int, width: int) -> int:
    """Wu et al. 2016, section 3: both ways, 7 layers above; 8 layers down, which all see the context; attention."""
    encoder = 2 * lstm(width, width) + lstm(2 * width, width) + lstm(width, width, 6)
    decoder = 8 * lstm(2 * width, width)
    attention = 2 * width * width + width
    return 2 * vocabulary * width + encoder + decoder + attention + linear(width, vocabulary)


COUNTS = {
    "rnn": recurrent(1, 10, 64),
    "rnn_series": recurrent(1, 10, 64) + linear(64, 2),
    "rnn_keras_50": recurrent(1, 5, 50, biases=1) + linear(50, 1),
    "rnn_keras_64": recurrent(1, 100, 64, biases=1) + linear(64, 10),
    "lstm": lstm(10, 128, 2),
    "lstm_series": lstm(10, 128, 2) + linear(128, 5),
    "lstm_encoder": lstm(100, 256, 2),
    "lstm_classifier": 10_000 * 128 + lstm(128, 256, 2) + linear(256, 2),
    "lstm_keras_text": 10_000 * 128 + lstm(128, 64, biases=1) + linear(64, 1),
    "lstm_keras_series": lstm(100, 64, biases=1) + linear(64, 10),
    "lstm_language_model": 10_000 * 650 + lstm(650, 650, 2) + linear(650, 10_000),
    "gru": gru(10, 128, 2),
    "gru_series": gru(10, 128, 2) + linear(128, 5),
    "gru_keras_text": 10_000 * 128 + gru(128, 64) + linear(64, 1),
    "gru_reset_first_text": 10_000 * 128 + gru(128, 64, biases=1) + linear(64, 1),
    "rnnsearch": READ + WRITE + linear(1000, 30_000),
    "rnnsearch_maxout": READ + WRITE + linear(SEEN, 2 * 500) + linear(500, 30_000),
    "luong": LUONG + 1000 * 1000,
    "luong_dot": LUONG,
    "luong_concat": LUONG + 2000 * 1000 + 1000,
    "gnmt": gnmt(32_000, 1024),
}
