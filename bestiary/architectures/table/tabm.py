"""TabM: many small networks in one, that share nearly all weights and are trained side by side.

Source: Gorishniy, Kotelnikov & Babenko 2025 (ICLR), TabM: advancing tabular deep learning with parameter-efficient
ensembling, arXiv 2410.24210. Each linear layer has one matrix W for all members, and for each member vectors r, s and b
(BatchEnsemble; Wen, Tran & Ba 2020):

    l(x_i) = s_i * (W (r_i * x_i)) + b_i

At first all r and s are 1 but the very first r, so that members differ by how they look at the row alone (section 3.3).
The output layers are the members' own. Members are trained by the mean of their losses, and answer by the mean of
their probabilities, or values.

Departs from the paper: members learn from the same batches (its "shared batches", a little worse and faster); a code
of its own for words that training rows did not have; columns of text as the mean of the vectors of their n-grams.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.columns import JoinedColumns, OneHot, PiecewiseNumbers, PlainNumbers, WordBag

# B batch, M members, P numbers, C categories, X columns of text, T n-grams, F features, W width, K outputs

BAG = 32  # width of an n-gram's vector


class EnsembleLinear(nn.Module):
    """One matrix for all members, scaled before and after by vectors of each member's own.

    Args:
        members: M.
        before: width of what comes in.
        width: of what comes out.
        first: the scales of the inputs at first, [M, before]; 1 unless given.
    """

    def __init__(self, *, members: int, before: int, width: int, first: Tensor | None = None) -> None:
        super().__init__()
        bound = before**-0.5
        self.weight = nn.Parameter(torch.empty(width, before).uniform_(-bound, bound))
        self.before = nn.Parameter(torch.ones(members, before) if first is None else first)  # r
        self.after = nn.Parameter(torch.ones(members, width))  # s
        self.bias = nn.Parameter(torch.empty(width).uniform_(-bound, bound).repeat(members, 1))

    def forward(self, x: Float[Tensor, "B M V"]) -> Float[Tensor, "B M W"]:
        return (x * self.before) @ self.weight.T * self.after + self.bias


class MemberHeads(nn.Module):
    """A linear layer for each member.

    Args:
        members: M.
        width: of what comes in.
        outputs: of what comes out.
    """

    def __init__(self, *, members: int, width: int, outputs: int) -> None:
        super().__init__()
        bound = width**-0.5
        self.weight = nn.Parameter(torch.empty(members, width, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(members, outputs).uniform_(-bound, bound))

    def forward(self, x: Float[Tensor, "B M W"]) -> Float[Tensor, "B M K"]:
        return torch.einsum("bmw,mwk->bmk", x, self.weight) + self.bias


def _signs(members: int, widths: Sequence[int]) -> Tensor:
    """+1 or -1 at random for each member and column: one for all numbers that a column became."""
    return torch.cat([(2 * torch.randint(0, 2, (members, 1)) - 1).float().expand(-1, w) for w in widths], dim=1)


def _normal(members: int, widths: Sequence[int]) -> Tensor:
    """Normal numbers, likewise."""
    return torch.cat([torch.randn(members, 1).expand(-1, w) for w in widths], dim=1)


class Members(nn.Module):
    """The body and heads of TabM, from a flat row to the answers of all members.

    Args:
        first: scales of the inputs of the first layer, [M, F].
        outputs: classes, or 1 for regression.
        width: of the layers.
        depth: layers.
        dropout: after each.
    """

    def __init__(self, *, first: Tensor, outputs: int, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        self.members, features = first.shape
        self.layers = nn.ModuleList(
            EnsembleLinear(
                members=self.members,
                before=width if number else features,
                width=width,
                first=None if number else first.contiguous(),
            )
            for number in range(depth)
        )
        self.dropout = nn.Dropout(dropout)
        self.heads = MemberHeads(members=self.members, width=width, outputs=outputs)

    def forward(self, row: Float[Tensor, "B F"]) -> Float[Tensor, "B M K"]:
        x = row[:, None].expand(-1, self.members, -1)  # [B, M, F]
        for layer in self.layers:
            x = self.dropout(F.relu(layer(x)))  # [B, M, W]
        return self.heads(x)


def together(answers: Float[Tensor, "B M K"]) -> Float[Tensor, "B K"]:
    """One answer of all members: the logarithm of their mean probability, or their mean value where K is 1."""
    if answers.shape[-1] == 1:
        return answers.mean(1)
    return answers.log_softmax(-1).logsumexp(1) - torch.tensor(float(answers.shape[1])).log().item()


class TabM(nn.Module):
    """TabM on numbers as they are.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        members: networks in one.
        width: of the layers.
        depth: layers before the heads.
        dropout: after each layer.

    Example:
        >>> network = TabM(numbers=4, categories=(3,), outputs=2, members=5, width=8)
        >>> row = torch.randn(7, 4), torch.zeros(7, 1, dtype=torch.long), torch.zeros(7, 0, 0).long()
        >>> network(*row).shape, network.answers(*row).shape
        (torch.Size([7, 2]), torch.Size([7, 5, 2]))
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
        members: int = 32,
        width: int = 512,
        depth: int = 3,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.columns = JoinedColumns(PlainNumbers(numbers), OneHot(categories), WordBag(vocabulary, texts, BAG))
        first = _signs(members, self.columns.widths)
        self.body = Members(first=first, outputs=outputs, width=width, depth=depth, dropout=dropout)

    def answers(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B M K"]:
        """Of every member."""
        return self.body(self.columns(numbers, categories, words))

    def forward(self, numbers: Tensor, categories: Tensor, words: Tensor) -> Float[Tensor, "B K"]:
        return together(self.answers(numbers, categories, words))


class TabMPiecewise(nn.Module):
    """TabM with a dagger: the same on piecewise-linear embeddings of numbers.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        members: networks in one.
        width: of the layers.
        depth: layers before the heads.
        dropout: after each layer.
        bins: of a number, at most.
        embedding: width of a number's vector.

    Example:
        >>> network = TabMPiecewise(numbers=4, outputs=1, members=5, width=8)
        >>> network(torch.randn(7, 4), torch.zeros(7, 0).long(), torch.zeros(7, 0, 0).long()).shape
        torch.Size([7, 1])
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
        members: int = 32,
        width: int = 512,
        depth: int = 2,
        dropout: float = 0.1,
        bins: int = 48,
        embedding: int = 16,
    ) -> None:
        super().__init__()
        embedded = PiecewiseNumbers(numbers, embedding, bins)
        self.columns = JoinedColumns(embedded, OneHot(categories), WordBag(vocabulary, texts, BAG))
        first = _normal(members, self.columns.widths)
        self.body = Members(first=first, outputs=outputs, width=width, depth=depth, dropout=dropout)

    def answers(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B M K"]:
        """Of every member."""
        return self.body(self.columns(numbers, categories, words))

    def forward(self, numbers: Tensor, categories: Tensor, words: Tensor) -> Float[Tensor, "B K"]:
        return together(self.answers(numbers, categories, words))
