"""A multi-layer perceptron on embedded numbers: MLP-PLR and MLP-PLE.

A plain perceptron sees a number as one straight direction and bends it slowly. Turned into a vector first, by waves of
learned frequencies or by where it lies among the quantiles of its column, small differences can matter at once.

Source: Gorishniy, Rubachev & Babenko 2022, On embeddings for numerical features in tabular deep learning: section 3.3
(PLR: periodic, linear, ReLU) and section 3.2 (PLE: piecewise-linear encoding by quantiles, then a linear layer for
each number).

Departs from the paper: categories are embedded where the paper has them one-hot, with a code of its own for words that
training rows did not have; columns of text are the mean of the vectors of their n-grams. The piecewise form adds to a
linear one, as its authors do since TabM.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.layers.columns import CategoryEmbeddings, JoinedColumns, PeriodicNumbers, PiecewiseNumbers, WordBag

# B batch, P numbers, C categories, X columns of text, T n-grams, F features, K outputs


class Body(nn.Module):
    """Linear layers with rectifier and dropout, then a linear head.

    Args:
        features: of a flat row.
        outputs: classes, or 1 for regression.
        widths: units of each layer.
        dropout: after each layer.
    """

    def __init__(self, *, features: int, outputs: int, widths: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise((features, *widths)))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1] if widths else features, outputs)

    def forward(self, x: Float[Tensor, "B F"]) -> Float[Tensor, "B K"]:
        for layer in self.layers:
            x = self.dropout(torch.relu(layer(x)))
        return self.head(x)


class PeriodicMLP(nn.Module):
    """MLP-PLR: each number by waves of learned frequencies.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        widths: units of each layer.
        dropout: after each layer.
        embedding: width of the vector of a number, category or text.
        frequencies: of each number.
        scale: standard deviation of the frequencies at first.

    Example:
        >>> network = PeriodicMLP(numbers=4, categories=(3,), outputs=2, widths=(8,))
        >>> network(torch.randn(5, 4), torch.zeros(5, 1, dtype=torch.long), torch.zeros(5, 0, 0).long()).shape
        torch.Size([5, 2])
    """

    takes = "columns"

    def __init__(
        self,
        *,
        numbers: int,
        outputs: int,
        categories: Sequence[int] = (),
        texts: int = 0,
        vocabulary: int = 0,
        widths: Sequence[int] = (256, 256, 256),
        dropout: float = 0.1,
        embedding: int = 24,
        frequencies: int = 48,
        scale: float = 0.01,
    ) -> None:
        super().__init__()
        self.columns = JoinedColumns(
            PeriodicNumbers(numbers, embedding, frequencies, scale),
            CategoryEmbeddings(categories, embedding),
            WordBag(vocabulary, texts, embedding),
        )
        self.body = Body(features=sum(self.columns.widths), outputs=outputs, widths=widths, dropout=dropout)

    def forward(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B K"]:
        return self.body(self.columns(numbers, categories, words))


class PiecewiseMLP(nn.Module):
    """MLP-PLE: each number by where it lies among the quantiles of its column.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        widths: units of each layer.
        dropout: after each layer.
        embedding: width of the vector of a number, category or text.
        bins: of a number, at most.

    Example:
        >>> network = PiecewiseMLP(numbers=4, categories=(3,), outputs=2, widths=(8,))
        >>> network(torch.randn(5, 4), torch.zeros(5, 1, dtype=torch.long), torch.zeros(5, 0, 0).long()).shape
        torch.Size([5, 2])
    """

    takes = "columns"

    def __init__(
        self,
        *,
        numbers: int,
        outputs: int,
        categories: Sequence[int] = (),
        texts: int = 0,
        vocabulary: int = 0,
        widths: Sequence[int] = (256, 256, 256),
        dropout: float = 0.1,
        embedding: int = 16,
        bins: int = 48,
    ) -> None:
        super().__init__()
        self.columns = JoinedColumns(
            PiecewiseNumbers(numbers, embedding, bins),
            CategoryEmbeddings(categories, embedding),
            WordBag(vocabulary, texts, embedding),
        )
        self.body = Body(features=sum(self.columns.widths), outputs=outputs, widths=widths, dropout=dropout)

    def forward(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B K"]:
        return self.body(self.columns(numbers, categories, words))
