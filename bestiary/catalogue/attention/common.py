"""What rows of the family `attention` have in common."""

HERE = "bestiary.architectures.attention"
VASWANI = "Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762"
AS_HOST = "As part of a network that holds it, by gradient descent."
