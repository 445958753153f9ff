"""Columns of a table as vectors: numbers embedded, categories looked up, bags of words.

Sources: Gorishniy, Rubachev, Khrulkov & Babenko 2021, Revisiting deep learning models for tabular data (linear
embeddings of numbers, embeddings of categories); Gorishniy, Rubachev & Babenko 2022, On embeddings for numerical
features in tabular deep learning (periodic and piecewise-linear ones); Joulin et al. 2017, Bag of tricks for efficient
text classification (a text is the mean of its words' and n-grams' vectors).

Every layer takes whatever table there is: without columns of its sort it gives nothing, and has no parameters.

Axes: B batch, P numbers, C categories, X columns of text, T n-grams of a text, W width of a vector, Q bins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F


class OneHot(nn.Module):
    """A one for each category's code; a word that was never seen (code 0) has none.

    Args:
        categories: codes of each column, 0 included.

    Example:
        >>> OneHot((3, 2))(torch.tensor([[2, 1], [0, 1]])).tolist()
        [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    """

    def __init__(self, categories: Sequence[int]) -> None:
        super().__init__()
        self.categories = tuple(categories)
        self.widths = tuple(size - 1 for size in categories)

    def forward(self, codes: Int[Tensor, "B C"]) -> Float[Tensor, "B N"]:
        places = [F.one_hot(codes[:, i], size)[:, 1:] for i, size in enumerate(self.categories)]
        none = codes.new_zeros((len(codes), 0))
        return torch.cat([none, *places], dim=1).to(torch.get_default_dtype())


class CategoryEmbeddings(nn.Module):
    """A learned vector for each word of each column; that of a word that was never seen starts as zeros.

    Args:
        categories: codes of each column, 0 included.
        width: of each vector.
    """

    def __init__(self, categories: Sequence[int], width: int) -> None:
        super().__init__()
        self.width = width
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size in categories)
        for table in self.tables:
            weight = cast("Tensor", table.weight)
            nn.init.uniform_(weight, -(width**-0.5), width**-0.5)
            nn.init.zeros_(weight[0].detach())

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.width,) * len(self.tables)

    def forward(self, codes: Int[Tensor, "B C"]) -> Float[Tensor, "B C W"]:
        if not len(self.tables):
            return torch.zeros((len(codes), 0, self.width), device=codes.device)
        return torch.stack([table(codes[:, i]) for i, table in enumerate(self.tables)], dim=1)


class WordBag(nn.Module):
    """The mean of the vectors of a text's n-grams, for each column of text; an empty text is zeros.

    Args:
        vocabulary: different n-grams, 0 (no more) included.
        texts: columns of text, which share the vectors.
        width: of each vector.

    Example:
        >>> bag = WordBag(10, 1, 4)
        >>> both = bag(torch.tensor([[[3, 5, 0]]]))
        >>> torch.allclose(both, (bag(torch.tensor([[[3]]])) + bag(torch.tensor([[[5]]]))) / 2)
        True
    """

    def __init__(self, vocabulary: int, texts: int, width: int) -> None:
        super().__init__()
        self.texts, self.width = texts, width
        self.vectors = nn.Embedding(vocabulary, width, padding_idx=0) if texts else None

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.width,) * self.texts

    def forward(self, words: Int[Tensor, "B X T"]) -> Float[Tensor, "B X W"]:
        if self.vectors is None:
            return torch.zeros((len(words), 0, self.width), device=words.device)
        count = (words > 0).sum(-1, keepdim=True).clamp(min=1)
        return self.vectors(words).sum(-2) / count


class PlainNumbers(nn.Module):
    """Numbers as they are, a vector of one each.

    Args:
        numbers: P.
    """

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.widths = (1,) * numbers

    def forward(self, numbers: Float[Tensor, "B P"]) -> Float[Tensor, "B P 1"]:
        return numbers[:, :, None]


class LinearNumbers(nn.Module):
    """Each number times a vector of its own, plus another: x_j w_j + b_j.

    Args:
        numbers: P.
        width: of each vector.
    """

    def __init__(self, numbers: int, width: int) -> None:
        super().__init__()
        self.widths = (width,) * numbers
        self.weight = nn.Parameter(torch.empty(numbers, width).uniform_(-(width**-0.5), width**-0.5))
        self.bias = nn.Parameter(torch.empty(numbers, width).uniform_(-(width**-0.5), width**-0.5))

    def forward(self, numbers: Float[Tensor, "B P"]) -> Float[Tensor, "B P W"]:
        return numbers[:, :, None] * self.weight + self.bias


class SeparateLinear(nn.Module):
    """A linear layer for each column by itself.

    Args:
        columns: how many.
        before: width of what comes in.
        width: of what comes out.
        bias: whether there is one.
    """

    def __init__(self, columns: int, before: int, width: int, bias: bool = True) -> None:
        super().__init__()
        bound = before**-0.5
        self.weight = nn.Parameter(torch.empty(columns, before, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(columns, width).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Float[Tensor, "B P V"]) -> Float[Tensor, "B P W"]:
        product = torch.einsum("bpv,pvw->bpw", x, self.weight)
        return product if self.bias is None else product + self.bias


class PeriodicNumbers(nn.Module):
    """PLR: cosines and sines of learned frequencies, then a linear layer and a rectifier for each number.

    v_j = 2 pi c_j x_j;  z_j = ReLU(W_j [cos v_j, sin v_j] + b_j)   (Gorishniy et al. 2022, section 3.3)

    Args:
        numbers: P.
        width: of each vector.
        frequencies: of each number.
        scale: standard deviation of the frequencies at first; the larger, the finer are the steps that are seen.
    """

    def __init__(self, numbers: int, width: int, frequencies: int, scale: float) -> None:
        super().__init__()
        self.widths = (width,) * numbers
        drawn = nn.init.trunc_normal_(torch.empty(numbers, frequencies), std=scale, a=-3 * scale, b=3 * scale)
        self.frequencies = nn.Parameter(drawn)
        self.linear = SeparateLinear(numbers, 2 * frequencies, width)

    def forward(self, numbers: Float[Tensor, "B P"]) -> Float[Tensor, "B P W"]:
        angles = 2 * math.pi * self.frequencies * numbers[:, :, None]  # [B, P, frequencies]
        return F.relu(self.linear(torch.cat([angles.cos(), angles.sin()], dim=-1)))


class PiecewiseLinearEncoding(nn.Module):
    """Where a number lies among the quantiles of its column: 1 for every bin below it, a share of its own bin, 0 above.

    Equation 1 and section 3.2.1 of Gorishniy et al. 2022. The first bin goes on below the least training value, the
    last one above the greatest. A column with few different values has fewer bins, and zeros after them. The edges are
    measured on training rows before the first update and saved with the weights.

    Args:
        numbers: P.
        bins: Q, at most.

    Example:
        >>> encoding = PiecewiseLinearEncoding(1, 2)
        >>> encoding.measure(torch.tensor([[0.0], [1.0], [3.0]]))
        >>> encoding(torch.tensor([[0.5], [2.0], [5.0], [-1.0]]))[:, 0].tolist()
        [[0.5, 0.0], [1.0, 0.5], [1.0, 2.0], [-1.0, 0.0]]
    """

    edges: Tensor

    def __init__(self, numbers: int, bins: int) -> None:
        super().__init__()
        self.numbers, self.bins = numbers, bins
        self.register_buffer("edges", torch.linspace(-2.0, 2.0, bins + 1).repeat(numbers, 1))

    @torch.no_grad()
    def measure(self, values: Float[Tensor, "N P"]) -> None:
        """Puts the edges at the different quantiles of training rows; what is left over repeats the last one."""
        if not self.numbers:
            return
        shares = torch.linspace(0.0, 1.0, self.bins + 1).to(values)
        for column, quantiles in enumerate(torch.quantile(values, shares, dim=0).T):
            different = quantiles.unique()
            self.edges[column] = different[-1]
            self.edges[column, : len(different)] = different

    def forward(self, numbers: Float[Tensor, "B P"]) -> Float[Tensor, "B P Q"]:
        low, span = self.edges[:, :-1], self.edges.diff(dim=1)
        real = span > 0
        last = real & ~F.pad(real[:, 1:], (0, 1))
        share = torch.where(real, (numbers[:, :, None] - low) / torch.where(real, span, 1.0), 0.0)
        above = torch.cat([share[..., :1], share[..., 1:].clamp(min=0.0)], dim=-1)
        return torch.where(last, above, above.clamp(max=1.0))


class PiecewiseNumbers(nn.Module):
    """A piecewise-linear function of each number, learned on top of a linear one.

    z_j = w_j x_j + b_j + V_j PLE(x_j), with V zero at first, so that it begins as a linear embedding: the form that
    Gorishniy, Kotelnikov & Babenko 2025 (TabM, appendix D) use; that of 2022 is V_j PLE(x_j) + b_j.

    Args:
        numbers: P.
        width: of each vector.
        bins: at most.
    """

    def __init__(self, numbers: int, width: int, bins: int) -> None:
        super().__init__()
        self.widths = (width,) * numbers
        self.straight = LinearNumbers(numbers, width)
        self.encoding = PiecewiseLinearEncoding(numbers, bins)
        self.linear = SeparateLinear(numbers, bins, width, bias=False)
        nn.init.zeros_(self.linear.weight)

    def forward(self, numbers: Float[Tensor, "B P"]) -> Float[Tensor, "B P W"]:
        return self.straight(numbers) + self.linear(self.encoding(numbers))


class JoinedColumns(nn.Module):
    """All columns of a row as one flat vector: numbers, then categories, then texts.

    Args:
        numbers: [B P] -> [B P W].
        categories: [B C] -> [B N] or [B C W].
        words: [B X T] -> [B X W].
    """

    def __init__(self, numbers: nn.Module, categories: OneHot | CategoryEmbeddings, words: WordBag) -> None:
        super().__init__()
        self.numbers, self.categories, self.words = numbers, categories, words

    @property
    def widths(self) -> tuple[int, ...]:
        """Of every column's part, in order."""
        return (*cast("Any", self.numbers).widths, *self.categories.widths, *self.words.widths)

    def forward(self, numbers: Tensor, categories: Tensor, words: Tensor) -> Float[Tensor, "B F"]:
        first = self.numbers(numbers)
        parts = (first, self.categories(categories), self.words(words))
        return torch.cat([part.flatten(1).to(first.dtype) for part in parts], dim=1)
