"""Additive attention: a small network says how well a key answers a query, where others take a dot product.

Source: Bahdanau, Cho, Bengio 2015, Neural machine translation by jointly learning to align and translate, appendix
A.1.2:

    e_j = v . tanh(W q + U k_j)        energy of key j for query q
    a   = softmax(e)                   weights
    c   = sum_j a_j k_j                context

Axes: B batch, S keys, Q width of queries, K width of keys, A width of the alignment.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """Weighs keys by a network of one hidden layer; what is weighed is the keys themselves.

    `U k` does not depend on the query, so it is computed once (`prepare`) for all the queries that follow.

    Args:
        query_width: Q.
        key_width: K.
        width: A, units of the hidden layer.

    Example:
        >>> attention = AdditiveAttention(query_width=4, key_width=6, width=5)
        >>> keys, real = torch.randn(2, 7, 6), torch.ones(2, 7, dtype=torch.bool)
        >>> context, weights = attention(torch.randn(2, 4), keys, real)
        >>> context.shape, weights.shape
        (torch.Size([2, 6]), torch.Size([2, 7]))
    """

    def __init__(self, *, query_width: int, key_width: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_width, width, bias=False)
        self.key = nn.Linear(key_width, width, bias=False)
        self.energy = nn.Linear(width, 1, bias=False)

    def prepare(self, keys: Float[Tensor, "B S K"]) -> Float[Tensor, "B S A"]:
        """What the keys contribute to the energies, whatever the query."""
        return self.key(keys)

    def forward(
        self,
        query: Float[Tensor, "B Q"],
        keys: Float[Tensor, "B S K"],
        real: Bool[Tensor, "B S"] | None = None,
        prepared: Float[Tensor, "B S A"] | None = None,
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B S"]]:
        """The context, and the weights that made it.

        Args:
            query: one a row.
            keys: padded with anything finite.
            real: which keys are no padding; all unless given.
            prepared: of `prepare`, when there are many queries.
        """
        prepared = self.prepare(keys) if prepared is None else prepared
        energies = self.energy(torch.tanh(self.query(query)[:, None] + prepared)).squeeze(-1)  # [B, S]
        return weigh(energies, keys, real)


def weigh(
    energies: Float[Tensor, "B S"], keys: Float[Tensor, "B S K"], real: Bool[Tensor, "B S"] | None = None
) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B S"]]:
    """The mean of the keys, weighted by the softmax of their energies; and the weights. Both are 0 without real keys.

    Example:
        >>> keys = torch.tensor([[[1.0], [3.0], [9.0]]])
        >>> weigh(torch.zeros(1, 3), keys, torch.tensor([[True, True, False]]))[0]
        tensor([[2.]])
    """
    if real is None:
        weights = energies.softmax(-1)
    else:  # the second factor matters only where nothing is real: zeros rather than equal weights
        weights = energies.masked_fill(~real, torch.finfo(energies.dtype).min).softmax(-1) * real
    return (weights[:, None] @ keys).squeeze(1), weights
