"""Attention: each query takes a weighted mean of values, weighted by how well their keys match it.

Source: Vaswani et al. 2017, Attention is all you need, sections 3.2.1 and 3.2.2:

    Attention(Q, K, V) = softmax(Q K^T / sqrt(d)) V

`attend_written_out` is that formula; `attend` computes the same with torch's fused kernels. True in a mask = may
attend; a query that may attend to nothing gets zeros (a plain softmax would give NaN). A `Memory` keeps the keys and
values of what has been read, so that a sequence is carried on without reading it again.

Axes: B batch, h heads, Q queries, K keys, d width of a head, D width, C width of the context.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.errors import InputError
from bestiary.layers.masks import Mask, causal
from bestiary.weights.maps import NameMap, joined, same

PUBLISHED = (
    NameMap(
        "torch",
        "torch.nn.MultiheadAttention",
        ("Attention",),
        (
            joined(("query.{*}", "key.{*}", "value.{*}"), "in_proj_{*}"),
            same("output.{*}", "out_proj.{*}"),
        ),
    ),
)


def attend_written_out(
    queries: Float[Tensor, "B h Q d"],
    keys: Float[Tensor, "B g K d"],
    values: Float[Tensor, "B g K v"],
    mask: Bool[Tensor, ...] | None = None,
    bias: Float[Tensor, ...] | None = None,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "B h Q v"], Float[Tensor, "B h Q K"]]:
    """The formula, and the weights it uses.

    Args:
        queries: of each head.
        keys: of each head, or of fewer heads that are shared: h must be a multiple of g.
        values: as many as keys.
        mask: True = may attend; broadcasts to [B, h, Q, K].
        bias: added to the scores; broadcasts likewise.
        dropout: share of the weights that is dropped.
    """
    shared = queries.shape[-3] // keys.shape[-3]
    keys, values = keys.repeat_interleave(shared, -3), values.repeat_interleave(shared, -3)
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
    if bias is not None:
        scores = scores + bias
    if mask is None:
        weights = scores.softmax(-1)
    else:
        # the second factor matters only where everything is masked: zeros rather than equal weights
        weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1) * mask
    return F.dropout(weights, dropout) @ values, weights


def attend(
    queries: Float[Tensor, "B h Q d"],
    keys: Float[Tensor, "B g K d"],
    values: Float[Tensor, "B g K v"],
    mask: Bool[Tensor, ...] | None = None,
    bias: Float[Tensor, ...] | None = None,
    dropout: float = 0.0,
    causal: bool = False,
) -> Float[Tensor, "B h Q v"]:
    """As `attend_written_out`, by torch's fused kernels; the weights are never laid out.

    `causal` stands for a mask under which no query sees a later key, as many queries as keys: half the work.
    """
    if bias is not None and mask is not None:
        mask, bias = None, bias.masked_fill(~mask, float("-inf"))
    grouped = queries.shape[-3] != keys.shape[-3]
    return F.scaled_dot_product_attention(
        queries,
        keys,
        values,
        attn_mask=mask if bias is None else bias,
        dropout_p=dropout,
        is_causal=causal,
        enable_gqa=grouped,
    )


class Memory:
    """The keys and values that one attention layer has made so far: a key-value cache.

    Args:
        length: the most that it can hold; room for them is taken at once, so that adding one copies one.

    Example:
        >>> attention, memory, sequence = Attention(width=8, heads=2), Memory(5), torch.randn(1, 5, 8)
        >>> first = attention(sequence[:, :3], mask=causal(), memory=memory)
        >>> rest = attention(sequence[:, 3:], mask=causal(), memory=memory)
        >>> torch.allclose(torch.cat([first, rest], 1), attention(sequence, mask=causal()), atol=1e-6)
        True
    """

    def __init__(self, length: int) -> None:
        self.length, self.count = length, 0
        self._keys = self._values = torch.empty(0)

    def add(
        self, keys: Float[Tensor, "B g N d"], values: Float[Tensor, "B g N v"]
    ) -> tuple[Float[Tensor, "B g K d"], Float[Tensor, "B g K v"]]:
        """Takes N more in; returns all K that it has now.

        Raises:
            InputError: when they do not fit in.
        """
        start, self.count = self.count, self.count + keys.shape[2]
        if self.count > self.length:
            raise InputError(f"the memory holds {self.length} steps; received {self.count}; begin a new one")
        if not start:
            self._keys, self._values = (t.new_empty(*t.shape[:2], self.length, t.shape[3]) for t in (keys, values))
        self._keys[:, :, start : self.count] = keys
        self._values[:, :, start : self.count] = values
        return self._keys[:, :, : self.count], self._values[:, :, : self.count]

    def pick(self, rows: Int[Tensor, " B"]) -> Memory:
        """The same of these rows, in this order; a row may come more than once."""
        picked = Memory(self.length)
        picked.count, picked._keys, picked._values = self.count, self._keys[rows], self._values[rows]
        return picked


class ScaledDotProductAttention(nn.Module):
    """Attention without parameters.

    Example:
        >>> attention = ScaledDotProductAttention()
        >>> attention(torch.randn(1, 4, 64), torch.randn(1, 6, 64), torch.randn(1, 6, 64)).shape
        torch.Size([1, 4, 64])
    """

    def __init__(self) -> None:
        super().__init__()

    def forward(
        self,
        queries: Float[Tensor, "B Q d"],
        keys: Float[Tensor, "B K d"],
        values: Float[Tensor, "B K v"],
        mask: Mask | None = None,
    ) -> Float[Tensor, "B Q v"]:
        laid = None if mask is None else mask(queries.shape[-2], keys.shape[-2], queries.device)
        return attend(queries[:, None], keys[:, None], values[:, None], laid)[:, 0]


class Attention(nn.Module):
    """Multi-head attention: several attentions side by side, each in a projection of its own.

    Args:
        width: D, of queries and of what comes out.
        heads: must divide the width.
        key_value_heads: fewer heads of keys and values, each shared by several of queries (Ainslie et al. 2023, GQA);
            as many as heads unless given.
        context_width: C, for cross-attention; the width unless given.
        bias: whether the four projections have one.
        dropout: of the attention weights, in training.
        rotary: turns queries and keys by their positions: [B, h, T, d] -> the same shape.
        norm: makes the norm of queries, and of keys, from the width of a head (Henry et al. 2020).

    Raises:
        InputError: when the numbers do not divide.

    Example:
        >>> from bestiary.layers.masks import causal, padding
        >>> attention = Attention(width=8, heads=2)
        >>> mask = causal() & padding(torch.tensor([5, 3]))
        >>> attention(torch.randn(2, 5, 8), mask=mask).shape
        torch.Size([2, 5, 8])
    """

    def __init__(
        self,
        *,
        width: int,
        heads: int,
        key_value_heads: int | None = None,
        context_width: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        rotary: nn.Module | None = None,
        norm: Callable[[int], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        key_value_heads, context_width = key_value_heads or heads, context_width or width
        if heads < 1 or width % heads:
            raise InputError(
                f"heads must divide width: width={width}, heads={heads}; try heads={_divisor(width, heads)}"
            )
        if heads % key_value_heads:
            raise InputError(f"key_value_heads must divide heads: heads={heads}, key_value_heads={key_value_heads}")
        self.heads, self.key_value_heads, self.dropout = heads, key_value_heads, dropout
        size = width // heads
        self.query = nn.Linear(width, width, bias=bias)
        self.key = nn.Linear(context_width, key_value_heads * size, bias=bias)
        self.value = nn.Linear(context_width, key_value_heads * size, bias=bias)
        self.output = nn.Linear(width, width, bias=bias)
        self.rotary = rotary
        self.query_norm, self.key_norm = (norm(size), norm(size)) if norm else (nn.Identity(), nn.Identity())

    def forward(
        self,
        sequence: Float[Tensor, "B Q D"],
        context: Float[Tensor, "B K C"] | None = None,
        mask: Mask | None = None,
        bias: Float[Tensor, ...] | None = None,
        memory: Memory | None = None,
    ) -> Float[Tensor, "B Q D"]:
        """Attends from `sequence` to `context`, or to itself.

        Args:
            sequence: where queries come from.
            context: where keys and values come from; the sequence unless given.
            mask: who may attend to whom.
            bias: added to the scores, of a shape that broadcasts to [B, h, Q, K].
            memory: of earlier parts of the sequence, which are attended to as well; this part is added. Without
                gradients, and not with rotary positions, which would begin anew.
        """
        queries, keys, values = self.project(sequence, context)
        if memory is not None:
            keys, values = memory.add(keys, values)
        dropout = self.dropout if self.training else 0.0
        plain = mask == causal() and bias is None
        if plain and memory is None and context is None:  # as many queries as keys, however many
            attended = attend(queries, keys, values, dropout=dropout, causal=True)
        elif plain and queries.shape[2] == 1:  # the last of all sees all
            attended = attend(queries, keys, values, dropout=dropout)
        else:
            laid = None if mask is None else mask(queries.shape[2], keys.shape[2], queries.device)
            attended = attend(queries, keys, values, laid, bias, dropout)
        return self.output(attended.transpose(1, 2).flatten(2))

    def weights(
        self,
        sequence: Float[Tensor, "B Q D"],
        context: Float[Tensor, "B K C"] | None = None,
        mask: Mask | None = None,
        bias: Float[Tensor, ...] | None = None,
    ) -> Float[Tensor, "B h Q K"]:
        """How much each query attends to each key, to look at; each row sums to 1, or is 0 where all is masked."""
        queries, keys, values = self.project(sequence, context)
        laid = None if mask is None else mask(queries.shape[2], keys.shape[2], queries.device)
        return attend_written_out(queries, keys, values, laid, bias)[1]

    def project(self, sequence: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries [B, h, Q, d], keys and values [B, g, K, d]."""
        context = sequence if context is None else context
        queries = self.query_norm(_split(self.query(sequence), self.heads))
        keys = self.key_norm(_split(self.key(context), self.key_value_heads))
        values = _split(self.value(context), self.key_value_heads)
        if self.rotary is not None:
            queries, keys = self.rotary(queries), self.rotary(keys)
        return queries, keys, values


def _split(sequence: Float[Tensor, "B T D"], heads: int) -> Float[Tensor, "B h T d"]:
    return sequence.unflatten(-1, (heads, -1)).transpose(1, 2)


def _divisor(width: int, heads: int) -> int:
    """The divisor of the width that is nearest to `heads`."""
    return min((n for n in range(1, width + 1) if width % n == 0), key=lambda n: abs(n - heads))
