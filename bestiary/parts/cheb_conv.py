"""Chebyshev graph convolution (Defferrard, Bresson & Vandergheynst 2016, Convolutional neural networks on graphs with
fast localized spectral filtering, arXiv 1606.09375).

A filter on the spectrum of a graph, without its spectrum: a polynomial of the Laplacian reaches as many edges far as
its degree, and Chebyshev's polynomials are computed one from the two before.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.layers.messages import gather, scatter_sum

# N nodes, E edges, F features, W width


class ChebyshevConvolution(nn.Module):
    """Features times learned matrices, one for each polynomial of the rescaled Laplacian; equations (4) and (5).

    Args:
        features: of every node.
        width: of what comes out.
        order: K, polynomials: nodes see neighbours up to K - 1 edges away.

    Example:
        >>> layer = ChebyshevConvolution(features=3, width=5, order=2)
        >>> layer(torch.randn(4, 3), torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])).shape
        torch.Size([4, 5])
    """

    def __init__(self, *, features: int, width: int, order: int) -> None:
        super().__init__()
        self.filters = nn.ModuleList(nn.Linear(features, width, bias=False) for _ in range(order))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, features: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"]) -> Float[Tensor, "N W"]:
        before, now = features, features
        made = self.filters[0](features)
        for degree, layer in enumerate(self.filters[1:], 1):
            following = laplacian_times(now, edges) if degree == 1 else 2 * laplacian_times(now, edges) - before
            before, now = now, following
            made = made + layer(now)
        return made + self.bias


def laplacian_times(x: Float[Tensor, "N F"], edges: Int[Tensor, "2 E"]) -> Float[Tensor, "N F"]:
    """The rescaled Laplacian 2 L / 2 - I of L = I - D^-1/2 A D^-1/2, whose eigenvalues are at most 2, times x.

    Edges from a node to itself do not count.
    """
    counts = (edges[0] != edges[1]).to(x.dtype)[:, None]  # [E, 1]
    degrees = scatter_sum(counts, edges, len(x))  # [N, 1]
    root = degrees.rsqrt().masked_fill(degrees == 0, 0.0)
    return -root * scatter_sum(counts * gather(root * x, edges), edges, len(x))
