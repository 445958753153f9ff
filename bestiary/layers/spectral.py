"""Spectral normalisation: a layer whose largest gain is one.

Source: Miyato, Kataoka, Koyama, Yoshida 2018, "Spectral normalization for generative adversarial networks", algorithm
1. A linear map divided by its largest singular value stretches no input, so a network of such layers and rectifiers
cannot change faster than its input does (it is 1-Lipschitz, but for what kernels with overlap add). One step of power
iteration follows the singular value, because weights move little in between: one an update in the paper, one at each
forward in training here, as in torch, which makes three in adversarial training (real data, made ones, and the
generator's turn).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EPS = 1e-12


def power_iteration(weight: Tensor, left: Tensor, right: Tensor) -> None:
    """One step towards the leading singular vectors of a matrix [D F], in place: algorithm 1, step 1."""
    right.copy_(F.normalize(weight.T @ left, dim=0, eps=EPS))
    left.copy_(F.normalize(weight @ right, dim=0, eps=EPS))


class Spectral(nn.Module):
    """A linear layer or convolution without bias, divided by its spectral norm.

    The kernel counts as a matrix of outputs by all else, as in the paper. In training each forward makes one step of
    power iteration; in evaluation the vectors stay. Dividing the output is the same as dividing the weight.

    Args:
        layer: with `weight` and without bias.

    Raises:
        ValueError: when the layer has a bias, which must not be divided.

    Example:
        >>> layer = Spectral(nn.Linear(3, 3, bias=False))
        >>> _ = [layer(torch.eye(3)) for _ in range(100)]
        >>> torch.linalg.matrix_norm(layer(torch.eye(3)).detach(), 2).round(decimals=3)
        tensor(1.)
    """

    left: Tensor
    right: Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d) -> None:
        super().__init__()
        if layer.bias is not None:
            raise ValueError("Spectral takes a layer without bias; received one with; give bias=False")
        self.layer = layer
        rows, columns = layer.weight.flatten(1).shape
        self.register_buffer("left", F.normalize(torch.randn(rows), dim=0))
        self.register_buffer("right", F.normalize(torch.randn(columns), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.layer.weight.flatten(1)  # [D, F]
        if self.training:
            with torch.no_grad():
                power_iteration(weight, self.left, self.right)
        largest = self.left.clone() @ weight @ self.right.clone()  # kept for backward, while the buffers move on
        return self.layer(x) / largest
