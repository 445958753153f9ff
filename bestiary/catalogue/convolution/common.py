"""What rows of the family `convolution` have in common."""

HERE = "bestiary.architectures.convolution"
RATES = ({"rate": 1e-3}, {"rate": 3e-3})
