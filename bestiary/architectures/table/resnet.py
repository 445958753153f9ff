"""ResNet for tables: blocks of two linear layers that add to what they were given.

Source: Gorishniy, Rubachev, Khrulkov & Babenko 2021, Revisiting deep learning models for tabular data, section 3.2:

    ResNet(x)      = Prediction(Block(... Block(Linear(x))))
    Block(x)       = x + Dropout(Linear(Dropout(ReLU(Linear(BatchNorm(x))))))
    Prediction(x)  = Linear(ReLU(BatchNorm(x)))

Departs from the paper: a code of its own for words that training rows did not have, and columns of text as the mean of
the vectors of their n-grams, beside the other columns.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.columns import CategoryEmbeddings, JoinedColumns, PlainNumbers, WordBag

# B batch, P numbers, C categories, X columns of text, T n-grams, W width, K outputs


class Block(nn.Module):
    """Norm, linear, rectifier, dropout, linear, dropout, added to the input.

    Args:
        width: of input and output.
        hidden: units between the two linear layers.
        dropout: after the rectifier.
        residual_dropout: before what is added.
    """

    def __init__(self, *, width: int, hidden: int, dropout: float, residual_dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.widen = nn.Linear(width, hidden)
        self.dropout = nn.Dropout(dropout)
        self.narrow = nn.Linear(hidden, width)
        self.residual_dropout = nn.Dropout(residual_dropout)

    def forward(self, x: Float[Tensor, "B W"]) -> Float[Tensor, "B W"]:
        hidden = self.dropout(F.relu(self.widen(self.norm(x))))
        return x + self.residual_dropout(self.narrow(hidden))


class TabularResNet(nn.Module):
    """Columns side by side, residual blocks, and a linear head.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        width: of the blocks.
        hidden: units inside of a block.
        depth: blocks.
        dropout: inside of a block.
        residual_dropout: of what a block adds.
        embedding: width of the vector of a category, and of a text.

    Example:
        >>> network = TabularResNet(numbers=4, categories=(3,), outputs=2, width=8, hidden=16, depth=2)
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
        width: int = 192,
        hidden: int = 384,
        depth: int = 3,
        dropout: float = 0.15,
        residual_dropout: float = 0.0,
        embedding: int = 16,
    ) -> None:
        super().__init__()
        self.columns = JoinedColumns(
            PlainNumbers(numbers), CategoryEmbeddings(categories, embedding), WordBag(vocabulary, texts, embedding)
        )
        self.stem = nn.Linear(sum(self.columns.widths), width)
        self.blocks = nn.Sequential(
            *(
                Block(width=width, hidden=hidden, dropout=dropout, residual_dropout=residual_dropout)
                for _ in range(depth)
            )
        )
        self.norm = nn.BatchNorm1d(width)
        self.head = nn.Linear(width, outputs)

    def forward(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B K"]:
        x = self.blocks(self.stem(self.columns(numbers, categories, words)))  # [B, W]
        return self.head(torch.relu(self.norm(x)))  # [B, K]
