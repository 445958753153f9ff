"""Parts: gains, biases, tables and kernels."""

COUNTS = {"layer_norm": 2 * 768}
