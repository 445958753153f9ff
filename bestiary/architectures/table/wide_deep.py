"""Wide and deep: a linear model that memorises pairs of words, beside a network that generalises, trained as one.

Source: Cheng et al. 2016, Wide & deep learning for recommender systems, arXiv 1606.07792, section 3:

    logits = w_wide [x, phi(x)] + w_deep a + b

The wide part sees each category one-hot, numbers as they are, and cross-products phi: one place for every pair of words
of two columns, found by hashing. The deep part sees a learned vector of 32 numbers for each category, numbers beside
them, then rectified layers of 1024, 512 and 256 units.

Departs from the paper: all pairs of columns are crossed, where its authors choose a few, and pairs may share a place;
both parts are trained by one optimiser (there: FTRL with L1 for the wide part, AdaGrad for the deep one); several
classes have a logit each (there: one); columns of text join the deep part as the mean of the vectors of their n-grams.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.layers.columns import CategoryEmbeddings, JoinedColumns, OneHot, PlainNumbers, WordBag

# B batch, P numbers, C categories, X columns of text, T n-grams, W width, K outputs


class CrossProducts(nn.Module):
    """A weight for each pair of words of two different columns.

    Pair (u, v) of columns i < j has the place (u * size_j + v + first place of the pair of columns), modulo the number
    of places. A word that was never seen makes no pair.

    Args:
        categories: codes of each column, 0 included.
        places: of the table of weights, at most; the first is that of no pair.
        outputs: numbers in a weight.
    """

    def __init__(self, *, categories: Sequence[int], places: int, outputs: int) -> None:
        super().__init__()
        self.pairs = list(combinations(range(len(categories)), 2))
        self.sizes = [categories[second] for _, second in self.pairs]
        firsts, needed = [], 1
        for first, second in self.pairs:
            firsts.append(needed)
            needed += categories[first] * categories[second]
        self.firsts, self.places = firsts, min(places, needed)
        self.weights = nn.Embedding(self.places, outputs, padding_idx=0) if self.pairs else None
        if self.weights is not None:
            nn.init.zeros_(self.weights.weight)

    def forward(self, codes: Int[Tensor, "B C"]) -> Float[Tensor, "B K"] | float:
        if self.weights is None:
            return 0.0
        found = []
        for (first, second), size, start in zip(self.pairs, self.sizes, self.firsts):
            place = 1 + (start + codes[:, first] * size + codes[:, second]) % (self.places - 1)
            found.append(torch.where((codes[:, first] > 0) & (codes[:, second] > 0), place, 0))
        return self.weights(torch.stack(found, dim=1)).sum(1)


class WideAndDeep(nn.Module):
    """Wide part and deep part, their logits added.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        widths: units of each deep layer.
        embedding: width of the vector of a category, and of a text.
        crosses: places for pairs of words, at most.
        dropout: after each deep layer; 0 in the paper.

    Example:
        >>> network = WideAndDeep(numbers=4, categories=(3, 5), outputs=2, widths=(8,))
        >>> network(torch.randn(5, 4), torch.ones(5, 2, dtype=torch.long), torch.zeros(5, 0, 0).long()).shape
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
        widths: Sequence[int] = (1024, 512, 256),
        embedding: int = 32,
        crosses: int = 10_000,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.places = OneHot(categories)
        self.wide = nn.Linear(numbers + sum(self.places.widths), outputs, bias=False)
        self.crosses = CrossProducts(categories=tuple(categories), places=crosses, outputs=outputs)
        self.columns = JoinedColumns(
            PlainNumbers(numbers), CategoryEmbeddings(categories, embedding), WordBag(vocabulary, texts, embedding)
        )
        sizes = (sum(self.columns.widths), *widths)
        self.deep = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))
        self.dropout = nn.Dropout(dropout)
        self.narrow = nn.Linear(sizes[-1], outputs)

    def forward(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B K"]:
        places = self.places(categories).to(numbers.dtype)
        wide = self.wide(torch.cat([numbers, places], dim=1)) + self.crosses(categories)
        x = self.columns(numbers, categories, words)
        for layer in self.deep:
            x = self.dropout(torch.relu(layer(x)))  # [B, W]
        return wide + self.narrow(x)  # [B, K]
