"""Parts: gains, biases, tables and kernels."""

COUNTS = {
    "layer_norm": 2 * 768,
    "batch_norm": 2 * 64,
    "dropout": 0,
    "max_pooling": 0,
    "transposed_convolution": 64 * 1 * 5 * 5,
    "embedding": 10_000 * 128,
    "cheb_conv": 2 * 1_433 * 16 + 16,
    "pca": 8 * 64 + 64,
}
