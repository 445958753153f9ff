"""FT-Transformer: every column becomes a token, and a transformer lets the tokens look at each other.

Source: Gorishniy, Rubachev, Khrulkov & Babenko 2021, Revisiting deep learning models for tabular data, section 3.3. The
feature tokenizer turns number x_j into b_j + x_j w_j and category x_j into b_j + e_j[x_j]; a learned [CLS] token is put
before them. The transformer is of the pre-norm kind, the very first norm left out; its feed-forward part has the ReGLU
activation of Shazeer 2020. The answer is read from the last state of [CLS], so in the last block only it asks.

Departs from the paper: a code of its own for words that training rows did not have; a column of text is a token too,
the mean of the vectors of its n-grams, widened by a linear layer.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.attention import Attention
from bestiary.layers.columns import CategoryEmbeddings, LinearNumbers, WordBag

# B batch, P numbers, C categories, X columns of text, T n-grams, S tokens (1 + P + C + X), W width, K outputs

BAG = 32  # width of an n-gram's vector, before it is widened to that of a token


class FeatureTokenizer(nn.Module):
    """One token for each column, [CLS] first.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        width: of a token.
    """

    def __init__(self, *, numbers: int, categories: Sequence[int], texts: int, vocabulary: int, width: int) -> None:
        super().__init__()
        bound = width**-0.5
        self.start = nn.Parameter(torch.empty(width).uniform_(-bound, bound))
        self.numbers = LinearNumbers(numbers, width) if numbers else None
        self.categories = CategoryEmbeddings(categories, width)
        self.bias = nn.Parameter(torch.empty(len(categories), width).uniform_(-bound, bound)) if categories else None
        self.words = WordBag(vocabulary, texts, BAG)
        self.widen = nn.Linear(BAG, width) if texts else None

    def forward(self, numbers: Tensor, categories: Tensor, words: Tensor) -> Float[Tensor, "B S W"]:
        tokens = [self.start.expand(len(numbers), 1, -1)]
        if self.numbers is not None:
            tokens.append(self.numbers(numbers))  # [B, P, W]
        if self.bias is not None:
            tokens.append(self.categories(categories) + self.bias)  # [B, C, W]
        if self.widen is not None:
            tokens.append(self.widen(self.words(words)))  # [B, X, W]
        return torch.cat(tokens, dim=1)


class GatedFeedForward(nn.Module):
    """Two linear layers around ReGLU: one half of the hidden units is let through by the other half, rectified.

    Args:
        width: of a token.
        hidden: units after the gate.
        dropout: of them.
    """

    def __init__(self, *, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.widen = nn.Linear(width, 2 * hidden)
        self.dropout = nn.Dropout(dropout)
        self.narrow = nn.Linear(hidden, width)

    def forward(self, x: Float[Tensor, "B S W"]) -> Float[Tensor, "B S W"]:
        values, gate = self.widen(x).chunk(2, dim=-1)
        return self.narrow(self.dropout(values * F.relu(gate)))


class Block(nn.Module):
    """Attention and feed-forward, each added to what it was given and normalised before.

    Args:
        width: of a token.
        heads: of attention.
        hidden: units of the feed-forward part.
        attention_dropout: of the attention weights.
        dropout: of the hidden units.
        normed: whether tokens are normalised before attention: in all blocks but the first.
    """

    def __init__(
        self, *, width: int, heads: int, hidden: int, attention_dropout: float, dropout: float, normed: bool
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width) if normed else nn.Identity()
        self.attention = Attention(width=width, heads=heads, dropout=attention_dropout)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = GatedFeedForward(width=width, hidden=hidden, dropout=dropout)

    def forward(self, tokens: Float[Tensor, "B S W"], asking: int) -> Float[Tensor, "B A W"]:
        """Answers for the first `asking` tokens alone."""
        normed = self.attention_norm(tokens)
        x = tokens[:, :asking] + self.attention(normed[:, :asking], normed)
        return x + self.feedforward(self.feedforward_norm(x))


class FTTransformer(nn.Module):
    """Feature tokenizer, transformer blocks, and a head on the [CLS] token.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        width: of a token; a multiple of the heads.
        depth: blocks.
        heads: of attention.
        hidden: units of the feed-forward part; 4/3 of the width in the paper.
        attention_dropout: of the attention weights.
        dropout: of the feed-forward part's hidden units.

    Example:
        >>> network = FTTransformer(numbers=4, categories=(3,), outputs=2, width=16, depth=2, heads=2, hidden=20)
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
        depth: int = 3,
        heads: int = 8,
        hidden: int = 256,
        attention_dropout: float = 0.2,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.tokenizer = FeatureTokenizer(
            numbers=numbers, categories=tuple(categories), texts=texts, vocabulary=vocabulary, width=width
        )
        self.blocks = nn.ModuleList(
            Block(
                width=width,
                heads=heads,
                hidden=hidden,
                attention_dropout=attention_dropout,
                dropout=dropout,
                normed=number > 0,
            )
            for number in range(depth)
        )
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, outputs)

    def forward(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B K"]:
        tokens = self.tokenizer(numbers, categories, words)  # [B, S, W]
        for block in self.blocks[:-1]:
            tokens = block(tokens, asking=tokens.shape[1])
        for block in self.blocks[-1:]:
            tokens = block(tokens, asking=1)
        return self.head(F.relu(self.norm(tokens[:, 0])))  # [B, K]
