"""How many parameters a layer has, in arithmetic: what the counts of named sizes are built of."""

from itertools import pairwise


def linear(inputs: int, outputs: int, bias: bool = True) -> int:
    """A matrix and, unless without, a bias."""
    return (inputs + bias) * outputs


def dense(*sizes: int) -> int:
    """Linear layers with biases, one after the other."""
    return sum(linear(before, after) for before, after in pairwise(sizes))


def convolution(before: int, after: int, *kernel: int, bias: bool = True) -> int:
    """Filters of a kernel (height, width; one number: of a series) over all maps before, one for each map after."""
    places = 1
    for side in kernel:
        places *= side
    return (before * places + bias) * after


def norm(width: int) -> int:
    """A scale and a shift for each unit or map; running statistics are none."""
    return 2 * width


def recurrent(gates: int, inputs: int, width: int, depth: int = 1, biases: int = 2) -> int:
    """Layers of a cell with so many gates: from the input, from the state, one bias or two."""
    entering = [inputs] + [width] * (depth - 1)
    return sum(gates * width * (before + width + biases) for before in entering)


def lstm(inputs: int, width: int, depth: int = 1, biases: int = 2) -> int:
    """Input, forget and output gates, and the candidate."""
    return recurrent(4, inputs, width, depth, biases)


def gru(inputs: int, width: int, depth: int = 1, biases: int = 2) -> int:
    """Reset and update gates, and the candidate."""
    return recurrent(3, inputs, width, depth, biases)


def attention(width: int, context: int = 0, bias: bool = True) -> int:
    """Projections of queries and of what is attended to, keys and values, and of the result."""
    return 2 * linear(width, width, bias) + 2 * linear(context or width, width, bias)


def encoder_layer(width: int, feedforward: int) -> int:
    """Self-attention, two linear layers, two norms: section 3.1 of Vaswani et al. 2017."""
    return attention(width) + dense(width, feedforward, width) + 2 * norm(width)


def decoder_layer(width: int, feedforward: int) -> int:
    """The same with attention to the encoder, and its norm."""
    return encoder_layer(width, feedforward) + attention(width) + norm(width)
