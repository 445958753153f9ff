"""First weights that keep signals and gradients of one size across linear layers.

Source: Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
"""

from torch import nn


def glorot(network: nn.Module) -> None:
    """Matrices of linear layers uniform within +- sqrt(6 / (inputs + outputs)); their biases zero.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> glorot(layer)
        >>> float(layer.weight.abs().max()) <= 1, layer.bias.tolist()
        (True, [0.0, 0.0, 0.0])
    """
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
