"""Q-networks. Mnih et al. 2015, Extended Data table 1: 84 -> 20 -> 9 -> 7 pixels a side."""

from tests.conformance.counts.forms import convolution, dense

FRAMES = convolution(4, 32, 8, 8) + convolution(32, 64, 4, 4) + convolution(64, 64, 3, 3)

COUNTS = {
    "dqn_atari": FRAMES + dense(64 * 7 * 7, 512, 6),
    "dqn_atari_18": FRAMES + dense(64 * 7 * 7, 512, 18),
    "dqn_cartpole": dense(4, 128, 128, 2),
    "dueling_dqn": dense(4, 128) + dense(128, 128, 1) + dense(128, 128, 2),
}
