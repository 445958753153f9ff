"""RealMLP: a multi-layer perceptron in which every detail was chosen by what works on many tables.

Source: Holzmüller, Grinsztajn & Steinwart 2024, Better by default: strong pre-tuned MLPs and boosted trees on tabular
data (RealMLP-TD, section 4 and figure 1.c):

    numbers      -> robust scale, smooth clip x / sqrt(1 + (x/3)^2) -> PBLD: [W2 cos(2 pi w1 x + b1) + b2, x]
    categories   -> one-hot, scaled likewise, up to 8 words; a vector of 8 learned numbers beyond
    all          -> a learned scale for each feature -> three times: linear, parametric activation, dropout -> linear

Linear layers have the neural-tangent parametrisation, x W / sqrt(inputs) + b. Their first weights are drawn so that
every unit has variance 1 over training rows, their biases so that each unit bends inside of the data. The activation
is SELU for classes and Mish for numbers, mixed with the identity by a learned slope. Answers for numbers stay within
the range of training targets.

Departs from the paper: the vector of a word that training rows did not have starts as zeros (there: at random);
columns of text join as the mean of the vectors of their n-grams; the range of targets and the first weights are
measured on up to 20,000 training rows.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.columns import WordBag

# B batch, P numbers, C categories, X columns of text, T n-grams, F features, W width, K outputs

MOST_ONE_HOT = 9  # codes of a category, 0 included, up to which it is one-hot
EMBEDDING = 8  # width of the vectors of larger categories
SIMPLEX = 5  # training rows whose mixture a unit's bias is drawn from


class RobustSmoothClip(nn.Module):
    """Minus the median, over the distance of the quartiles, then x / sqrt(1 + (x/3)^2), which stays within -3 and 3.

    Where the quartiles are equal half of the range takes their place; what never varies becomes 0.

    Args:
        features: of a row.
    """

    centre: Tensor
    factor: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("factor", torch.ones(features))

    @torch.no_grad()
    def measure(self, rows: Float[Tensor, "N F"]) -> None:
        """Takes median and quartiles from training rows."""
        if not rows.shape[1]:
            return
        low, middle, high = torch.quantile(
            rows.double(), torch.tensor([0.25, 0.5, 0.75]).to(rows.device).double(), dim=0
        )
        span = torch.where(high > low, high - low, (rows.amax(0) - rows.amin(0)).double() / 2)
        self.centre.copy_(middle)
        self.factor.copy_(torch.where(span > 0, 1 / span, 0.0))

    def forward(self, rows: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        scaled = (rows - self.centre) * self.factor
        return scaled / torch.sqrt(1 + (scaled / 3) ** 2)


class Waves(nn.Module):
    """PBLD: periodic with a learned phase (bias), linear, and the number itself (dense).

    Args:
        numbers: P.
        frequencies: of each number.
        width: of each number's vector, the number itself included.
        scale: standard deviation of the frequencies at first.
    """

    def __init__(self, *, numbers: int, frequencies: int, width: int, scale: float) -> None:
        super().__init__()
        bound = frequencies**-0.5
        self.frequency = nn.Parameter(scale * torch.randn(numbers, frequencies))
        self.phase = nn.Parameter(torch.empty(numbers, frequencies).uniform_(-math.pi, math.pi))
        self.weight = nn.Parameter(torch.empty(numbers, frequencies, width - 1).uniform_(-bound, bound))
        self.shift = nn.Parameter(torch.empty(numbers, width - 1).uniform_(-bound, bound))

    def forward(self, numbers: Float[Tensor, "B P"]) -> Float[Tensor, "B F"]:
        waves = torch.cos(2 * math.pi * numbers[:, :, None] * self.frequency + self.phase)
        vectors = torch.einsum("bpf,pfw->bpw", waves, self.weight) + self.shift
        return torch.cat([vectors.flatten(1), numbers], dim=1)


class Categories(nn.Module):
    """Small categories one-hot, scaled and clipped as numbers are; large ones by learned vectors.

    Of two words one is 1 and the other -1. A word that was never seen is 0, or a vector of zeros at first.

    Args:
        categories: codes of each column, 0 included.
    """

    def __init__(self, categories: Sequence[int]) -> None:
        super().__init__()
        self.small = [(i, size) for i, size in enumerate(categories) if size <= MOST_ONE_HOT]
        large = [(i, size) for i, size in enumerate(categories) if size > MOST_ONE_HOT]
        self.large = [i for i, _ in large]
        self.tables = nn.ModuleList(nn.Embedding(size, EMBEDDING) for _, size in large)
        for table in self.tables:
            nn.init.zeros_(table.weight[0].detach())  # pyright: ignore[reportIndexIssue, reportArgumentType]
        places = sum(1 if size == 3 else size - 1 for _, size in self.small)
        self.scale = RobustSmoothClip(places)
        self.width = places + EMBEDDING * len(large)

    def one_hot(self, codes: Int[Tensor, "B C"]) -> Float[Tensor, "B N"]:
        """Of the small ones."""
        parts = [codes.new_zeros((len(codes), 0))]
        for column, size in self.small:
            places = F.one_hot(codes[:, column], size)[:, 1:]
            parts.append(places[:, :1] - places[:, 1:] if size == 3 else places)
        return torch.cat(parts, dim=1).to(torch.get_default_dtype())

    def forward(self, codes: Int[Tensor, "B C"]) -> Float[Tensor, "B F"]:
        vectors = [table(codes[:, i]) for i, table in zip(self.large, self.tables)]
        return torch.cat([self.scale(self.one_hot(codes)), *vectors], dim=1)


class TangentLinear(nn.Module):
    """x W / sqrt(inputs) + b.

    Args:
        before: inputs.
        width: outputs.
    """

    def __init__(self, *, before: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(before, width))
        self.bias = nn.Parameter(torch.randn(width))

    @torch.no_grad()
    def begin(self, rows: Float[Tensor, "N V"]) -> None:
        """Draws weights that give every unit variance 1 over these rows, and biases that are minus what the unit
        answers to a random mixture of a few of them."""
        drawn = torch.randn_like(self.weight)
        spread = (rows @ drawn / math.sqrt(len(drawn))).std(0, correction=0)
        self.weight.copy_(drawn / torch.where(spread > 0, spread, 1.0))
        self.bias.zero_()
        answers = self(rows)  # [N, W]
        chosen = torch.randint(0, len(rows), (SIMPLEX, answers.shape[1]), device=rows.device)
        shares = torch.empty(chosen.shape, device=rows.device).exponential_()
        self.bias.copy_(-(answers.gather(0, chosen) * shares / shares.sum(0)).sum(0))

    def forward(self, x: Float[Tensor, "B V"]) -> Float[Tensor, "B W"]:
        return x @ self.weight / math.sqrt(len(self.weight)) + self.bias


class ParametricActivation(nn.Module):
    """Between the identity and an activation, by a learned slope for each unit: x + slope (f(x) - x).

    Args:
        width: units.
        function: f.
    """

    def __init__(self, width: int, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function
        self.slope = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "B W"]) -> Float[Tensor, "B W"]:
        return x + self.slope * (self.function(x) - x)


class RealMLP(nn.Module):
    """The network of RealMLP-TD.

    Args:
        numbers: plain numbers of a row.
        categories: codes of each column of words.
        texts: columns of text.
        vocabulary: different n-grams of text.
        outputs: classes, or 1 for regression.
        widths: units of each layer.
        dropout: after each layer.
        frequencies: of each number.
        embedding: width of a number's vector, the number itself included.
        scale: standard deviation of the frequencies at first.

    Example:
        >>> network = RealMLP(numbers=4, categories=(3, 12), outputs=2, widths=(8, 8))
        >>> network(torch.randn(5, 4), torch.zeros(5, 2, dtype=torch.long), torch.zeros(5, 0, 0).long()).shape
        torch.Size([5, 2])
    """

    takes = "straight_columns"
    low: Tensor
    high: Tensor

    def __init__(
        self,
        *,
        numbers: int,
        outputs: int,
        categories: Sequence[int] = (),
        texts: int = 0,
        vocabulary: int = 0,
        widths: Sequence[int] = (256, 256, 256),
        dropout: float = 0.15,
        frequencies: int = 16,
        embedding: int = 4,
        scale: float = 0.1,
    ) -> None:
        super().__init__()
        self.numbers = RobustSmoothClip(numbers)
        self.waves = Waves(numbers=numbers, frequencies=frequencies, width=embedding, scale=scale)
        self.categories = Categories(categories)
        self.words = WordBag(vocabulary, texts, EMBEDDING)
        features = numbers * embedding + self.categories.width + texts * EMBEDDING
        self.front = nn.Parameter(torch.ones(features))
        sizes = (features, *widths)
        self.layers = nn.ModuleList(TangentLinear(before=before, width=after) for before, after in pairwise(sizes))
        function = F.mish if outputs == 1 else F.selu
        self.activations = nn.ModuleList(ParametricActivation(width, function) for width in widths)
        self.dropout = nn.Dropout(dropout)
        self.head = TangentLinear(before=sizes[-1], width=outputs)
        widest = torch.finfo(torch.float32).max  # no bounds, until targets are measured
        self.register_buffer("low", torch.tensor(-widest))
        self.register_buffer("high", torch.tensor(widest))

    @torch.no_grad()
    def begin(self, columns: tuple[Tensor, Tensor, Tensor], target: Tensor) -> None:
        """Measures training rows and draws the first weights.

        Args:
            columns: of training rows.
            target: of the same rows; numbers, in the units of a batch, bound the answers.
        """
        numbers, categories, _ = columns
        self.numbers.measure(numbers)
        self.categories.scale.measure(self.categories.one_hot(categories))
        x = self.joined(*columns)
        for layer, activation in zip(self.layers, self.activations):
            layer.begin(x)  # pyright: ignore[reportCallIssue]
            x = activation(layer(x))
        self.head.begin(x)
        if target.is_floating_point():
            self.low.copy_(target.min())
            self.high.copy_(target.max())

    def joined(self, numbers: Tensor, categories: Tensor, words: Tensor) -> Float[Tensor, "B F"]:
        """All columns side by side, each feature at its learned scale."""
        parts = (self.waves(self.numbers(numbers)), self.categories(categories), self.words(words).flatten(1))
        return torch.cat([part.to(self.front.dtype) for part in parts], dim=1) * self.front

    def forward(
        self,
        numbers: Float[Tensor, "B P"],
        categories: Int[Tensor, "B C"],
        words: Int[Tensor, "B X T"],
    ) -> Float[Tensor, "B K"]:
        x = self.joined(numbers, categories, words)
        for layer, activation in zip(self.layers, self.activations):
            x = self.dropout(activation(layer(x)))  # [B, W]
        answers = self.head(x)
        return answers if self.training else answers.clamp(self.low, self.high)
