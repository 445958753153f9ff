"""MLP-Mixer: a matrix for each patch's pixels, two small networks and two norms a layer, a last norm, a head."""

from tests.conformance.counts.forms import convolution, dense, linear, norm


def mixer(patch: int, width: int, depth: int) -> int:
    """Tolstikhin et al. 2021, table 1: 224 x 224 pixels, units of half and of four times the width, 1,000 classes."""
    places = (224 // patch) ** 2
    layer = dense(places, width // 2, places) + dense(width, 4 * width, width) + 2 * norm(width)
    return convolution(3, width, patch, patch) + depth * layer + norm(width) + linear(width, 1000)


COUNTS = {
    "mlp_mixer_s32": mixer(32, 512, 8),
    "mlp_mixer_s16": mixer(16, 512, 8),
    "mlp_mixer_b32": mixer(32, 768, 12),
    "mlp_mixer_b16": mixer(16, 768, 12),
    "mlp_mixer_l32": mixer(32, 1024, 24),
    "mlp_mixer_l16": mixer(16, 1024, 24),
}
