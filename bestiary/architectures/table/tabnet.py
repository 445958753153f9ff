"""TabNet: step by step it picks a few features of a row to look at, and what it saw decides where it looks next.

Source: Arik & Pfister 2021 (AAAI), TabNet: attentive interpretable tabular learning, arXiv 1908.07442, section 3 and
figure 4.

    M[i] = sparsemax(P[i-1] * BN(W a[i-1]))       which features are let through
    P[i] = (gamma - M[i]) * P[i-1]                 what was used is used less
    [d[i], a[i]] = f_i(M[i] * x)                   two layers shared by all steps, two of its own
    answer = W sum_i ReLU(d[i])

Its loss is that of the answers plus a small weight times the entropy of the masks. Norms are taken over ghost batches
of at most 128 rows (Hoffer et al. 2017).

Departs from the paper: a word of a category is one learned number, as there, and one that training rows did not have
has its own; columns of text are the mean of the vectors of their n-grams, whose numbers are features like others. It
is not pre-trained.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.errors import InputError
from bestiary.layers.columns import CategoryEmbeddings, JoinedColumns, PlainNumbers, WordBag
from bestiary.layers.sparsemax import sparsemax

# B batch, P numbers, C categories, X columns of text, T n-grams, F features, W width (d and a together), K outputs

GHOST = 128  # rows of a ghost batch
BAG = 4  # width of an n-gram's vector


class GhostNorm(nn.Module):
    """Batch norm over parts of a batch, at most 128 rows each; the running statistics see every part.

    Args:
        width: of what is normed.
        momentum: of the running statistics.
    """

    def __init__(self, width: int, momentum: float = 0.02) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width, momentum=momentum)

    def forward(self, x: Float[Tensor, "B W"]) -> Float[Tensor, "B W"]:
        if not self.training:
            return self.norm(x)
        return torch.cat([self.norm(part) for part in x.chunk(math.ceil(len(x) / GHOST))])


class GatedLayer(nn.Module):
    """Linear, ghost norm, gated linear unit. The linear part may be shared with the same layer of other steps.

    Args:
        linear: from what comes in to twice the width, without bias.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.norm = GhostNorm(linear.out_features)

    def forward(self, x: Float[Tensor, "B V"]) -> Float[Tensor, "B W"]:
        return F.glu(self.norm(self.linear(x)))


def _gated_linear(before: int, width: int) -> nn.Linear:
    linear = nn.Linear(before, 2 * width, bias=False)
    nn.init.xavier_normal_(linear.weight, gain=math.sqrt((before + 2 * width) / math.sqrt(before)))
    return linear


def _plain_linear(before: int, width: int) -> nn.Linear:
    linear = nn.Linear(before, width, bias=False)
    nn.init.xavier_normal_(linear.weight, gain=math.sqrt((before + width) / math.sqrt(4 * before)))
    return linear


class FeatureTransformer(nn.Module):
    """Gated layers with residuals, each sum scaled by sqrt(1/2): first the shared ones, then its own.

    Args:
        shared: the linear parts that all steps have in common.
        width: of what comes out.
        own: further layers.
    """

    def __init__(self, *, shared: Sequence[nn.Linear], width: int, own: int) -> None:
        super().__init__()
        linears = [*shared, *(_gated_linear(width, width) for _ in range(own))]
        self.layers = nn.ModuleList(GatedLayer(linear) for linear in linears)

    def forward(self, x: Float[Tensor, "B F"]) -> Float[Tensor, "B W"]:
        first, *others = self.layers
        x = first(x)
        for layer in others:
            x = (x + layer(x)) * math.sqrt(0.5)
        return x


class AttentiveTransformer(nn.Module):
    """Which features the next step sees: a mask that sums to 1.

    Args:
        attention: width of what it decides from.
        features: of a row.
    """

    def __init__(self, *, attention: int, features: int) -> None:
        super().__init__()
        self.linear = _plain_linear(attention, features)
        self.norm = GhostNorm(features)

    def forward(self, prior: Float[Tensor, "B F"], seen: Float[Tensor, "B A"]) -> Float[Tensor, "B F"]:
        return sparsemax(self.norm(self.linear(seen)) * prior)


class TabNet(nn.Module):
    """TabNet, the encoder with a head.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        decision: width of what a step adds to the answer (N_d).
        attention: width of what decides where the next step looks (N_a).
        steps: how many.
        reuse: gamma; at 1 a feature is used by one step alone, larger ones let it come again.
        shared: layers that all steps share.
        own: layers of each step.

    Example:
        >>> network = TabNet(numbers=4, categories=(3,), outputs=2)
        >>> row = torch.randn(5, 4), torch.zeros(5, 1, dtype=torch.long), torch.zeros(5, 0, 0).long()
        >>> answers, masks = network.look(*row)
        >>> answers.shape, masks.shape
        (torch.Size([5, 2]), torch.Size([3, 5, 5]))
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
        decision: int = 8,
        attention: int = 8,
        steps: int = 3,
        reuse: float = 1.3,
        shared: int = 2,
        own: int = 2,
    ) -> None:
        super().__init__()
        if shared < 1 or steps < 1:
            raise InputError(f"shared and steps must be 1 or more; received {shared} and {steps}; try 2 and 3")
        self.columns = JoinedColumns(
            PlainNumbers(numbers), CategoryEmbeddings(categories, 1), WordBag(vocabulary, texts, BAG)
        )
        features, width = sum(self.columns.widths), decision + attention
        self.decision, self.reuse = decision, reuse
        self.norm = nn.BatchNorm1d(features, momentum=0.01)
        common = [_gated_linear(features if not number else width, width) for number in range(shared)]
        self.first = FeatureTransformer(shared=common, width=width, own=own)
        self.steps = nn.ModuleList(FeatureTransformer(shared=common, width=width, own=own) for _ in range(steps))
        self.attention = nn.ModuleList(
            AttentiveTransformer(attention=attention, features=features) for _ in range(steps)
        )
        self.head = _plain_linear(decision, outputs)

    def look(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, "S B F"]]:
        """The answers, and the mask of each step."""
        row = self.norm(self.columns(numbers, categories, words))  # [B, F]
        seen = self.first(row)[:, self.decision :]
        prior, total, masks = torch.ones_like(row), 0.0, []
        for step, attention in zip(self.steps, self.attention):
            mask = attention(prior, seen)  # [B, F]
            prior = (self.reuse - mask) * prior
            decided, seen = step(mask * row).tensor_split([self.decision], dim=1)
            total = total + F.relu(decided)
            masks.append(mask)
        return self.head(total), torch.stack(masks)

    def forward(self, numbers: Tensor, categories: Tensor, words: Tensor) -> Float[Tensor, "B K"]:
        return self.look(numbers, categories, words)[0]
