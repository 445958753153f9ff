"""Autoencoders: an encoder, a code, a decoder."""

from tests.conformance.counts.forms import convolution, dense, linear

# 28 -> 14 -> 7 pixels a side, 32 maps
FLAT = 32 * 7 * 7
# Kulkarni et al. 2015: 150 -> 73 -> 34 -> 15 pixels a side, 32 maps
SCENE = 32 * 15 * 15

COUNTS = {
    "autoencoder": dense(784, 256, 64, 32) + dense(32, 64, 256, 784),
    "autoencoder_deep": dense(784, 64, 64, 64, 64, 784),
    "autoencoder_linear": dense(784, 64, 784),
    "convolutional_autoencoder": convolution(1, 16, 3, 3)
    + convolution(16, 32, 3, 3)
    + dense(FLAT, 32, FLAT)
    + convolution(32, 16, 3, 3)
    + convolution(16, 1, 3, 3),
    "denoising_autoencoder": convolution(1, 32, 3, 3) + 3 * convolution(32, 32, 3, 3) + convolution(32, 1, 3, 3),
    "vae": linear(784, 256) + 2 * linear(256, 20) + dense(20, 256, 784),
    "dcign": convolution(1, 96, 5, 5)
    + convolution(96, 64, 5, 5)
    + convolution(64, 32, 5, 5)
    + 2 * linear(SCENE, 200)
    + linear(200, SCENE)
    + convolution(32, 64, 7, 7)
    + convolution(64, 96, 7, 7)
    + convolution(96, 1, 7, 7),
}
