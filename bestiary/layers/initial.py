"""First weights that several architectures share."""

from torch import nn


def glorot_uniform(network: nn.Module) -> None:
    """Draws matrices of linear layers uniformly within +- sqrt(6 / (inputs + outputs)) and sets their biases to 0.

    So signals and gradients keep one size across linear layers.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".

    Args:
        network: changed in place.

    Example:
        >>> layer = nn.Linear(3, 3)
        >>> glorot_uniform(layer)
        >>> float(layer.weight.abs().max()) <= 1, layer.bias.tolist()
        (True, [0.0, 0.0, 0.0])
    """
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def he_normal(network: nn.Module) -> None:
    """Draws the weights of all convolutions and dense layers with variance 2 / fan-in and sets their biases to 0.

    So rectified units pass signals of one size on, however many layers there are.

    Source: He, Zhang, Ren, Sun 2015, "Delving deep into rectifiers", arXiv 1502.01852, equation 10.

    Args:
        network: changed in place.

    Example:
        >>> layer = nn.Linear(800, 100)
        >>> he_normal(layer)
        >>> round(float(layer.weight.std()), 2), float(layer.bias.abs().max())
        (0.05, 0.0)
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
