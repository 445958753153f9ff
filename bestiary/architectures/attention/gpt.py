"""GPT: a Transformer decoder alone, which reads a text and says of each place what comes next.

Source: Radford et al. 2019, Language models are unsupervised multitask learners (GPT-2), after Radford et al. 2018,
Improving language understanding by generative pre-training. What is notable: no position sees a later one, so that
every position of a text is a question at once; norms stand before each sublayer and once at the end (2018: after each);
positions are learned; the matrix that embeds tokens also reads the answer out (Press & Wolf 2017).

    x = embed(token) + position
    x = x + attention(norm(x))          depth times
    x = x + feed_forward(norm(x))
    logits = norm(x) embed^T

Departs from the paper: three matrices project queries, keys and values, where the authors' code has one of all three
(`PUBLISHED` translates). The unit between is GELU in the authors' approximation by tanh. The paper counts 117 million
parameters in the smallest size, whose released weights are 124 million.

Axes: B batch, T time, D width, V vocabulary.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.attention import Attention, Memory
from bestiary.layers.masks import causal
from bestiary.layers.positions import LearnedPositions
from bestiary.weights.maps import NameMap, joined, same, turned

PUBLISHED = (
    NameMap(
        "transformers",
        "transformers.GPT2LMHeadModel",
        ("GPT",),
        (  # Conv1D there: a matrix is [inputs, outputs]
            same("embed.weight", "transformer.wte.weight"),
            same("positions.table", "transformer.wpe.weight"),
            same("layers.{layer}.attention_norm.{*}", "transformer.h.{layer}.ln_1.{*}"),
            joined(
                tuple(f"layers.{{layer}}.attention.{part}.{{*}}" for part in ("query", "key", "value")),
                "transformer.h.{layer}.attn.c_attn.{*}",
                turned=True,
            ),
            turned("layers.{layer}.attention.output.{*}", "transformer.h.{layer}.attn.c_proj.{*}"),
            same("layers.{layer}.feedforward_norm.{*}", "transformer.h.{layer}.ln_2.{*}"),
            turned("layers.{layer}.feedforward.widen.{*}", "transformer.h.{layer}.mlp.c_fc.{*}"),
            turned("layers.{layer}.feedforward.narrow.{*}", "transformer.h.{layer}.mlp.c_proj.{*}"),
            same("norm.{*}", "transformer.ln_f.{*}"),
        ),
        copies=(("embed.weight", "lm_head.weight"),),
        ignored=("transformer.h.{layer}.attn.bias", "transformer.h.{layer}.attn.masked_bias"),
        prefix="transformer.",
    ),
)


class FeedForward(nn.Module):
    """Two linear layers at each position, GELU between (Hendrycks & Gimpel 2016).

    Args:
        width: of the sequence.
        feedforward: units between.
    """

    def __init__(self, *, width: int, feedforward: int) -> None:
        super().__init__()
        self.widen = nn.Linear(width, feedforward)
        self.narrow = nn.Linear(feedforward, width)

    def forward(self, sequence: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        return self.narrow(F.gelu(self.widen(sequence), approximate="tanh"))


class Layer(nn.Module):
    """Attention to what came before, then a small network at each position; both see normalised input.

    Args:
        width: of the sequence.
        heads: of the attention.
        feedforward: units of the small network.
        dropout: of attention weights and of what each sublayer adds.
    """

    def __init__(self, *, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width=width, heads=heads, dropout=dropout)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = FeedForward(width=width, feedforward=feedforward)
        self.dropout = nn.Dropout(dropout)

    def forward(self, sequence: Float[Tensor, "B T D"], memory: Memory | None = None) -> Float[Tensor, "B T D"]:
        attended = self.attention(self.attention_norm(sequence), mask=causal(), memory=memory)
        sequence = sequence + self.dropout(attended)
        return sequence + self.dropout(self.feedforward(self.feedforward_norm(sequence)))


class GPT(nn.Module):
    """A decoder-only language model.

    Args:
        vocabulary: V, number of different tokens.
        length: the most tokens that it sees at once.
        width: D, of each token's vector.
        depth: layers.
        heads: of each attention; must divide the width.
        feedforward: units of each feed-forward layer; four times the width unless given.
        dropout: of embedded tokens, attention weights and what sublayers add, in training.

    Raises:
        InputError: when heads do not divide the width; in `forward`, for more than `length` tokens.

    Example:
        >>> import torch
        >>> network = GPT(vocabulary=20, length=16, width=8, depth=2, heads=2)
        >>> network(torch.randint(0, 20, (3, 7))).shape
        torch.Size([3, 7, 20])
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        length: int,
        width: int,
        depth: int,
        heads: int,
        feedforward: int | None = None,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.length = length
        self.embed = nn.Embedding(vocabulary, width)
        self.positions = LearnedPositions(length=length, width=width)
        self.dropout = nn.Dropout(dropout)
        words = {"width": width, "heads": heads, "feedforward": feedforward or 4 * width, "dropout": dropout}
        self.layers = nn.ModuleList(Layer(**words) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        initialise(self)

    def forward(self, tokens: Int[Tensor, "B T"], memory: list[Memory] | None = None) -> Float[Tensor, "B T V"]:
        """Logits of the token that follows each of these.

        Args:
            tokens: of a text from its beginning, or those that follow what is in memory.
            memory: from `remember`; these tokens are added to it.
        """
        return F.linear(self.features(tokens, memory), self.embed.weight)

    def features(self, tokens: Int[Tensor, "B T"], memory: list[Memory] | None = None) -> Float[Tensor, "B T D"]:
        """What the logits are read from: a vector for each token that knows all before it."""
        sequence = self.dropout(self.positions(self.embed(tokens), memory[0].count if memory else 0))
        for layer, kept in zip(self.layers, memory or [None] * len(self.layers)):
            sequence = layer(sequence, kept)
        return self.norm(sequence)

    def look(self, tokens: Int[Tensor, "B T"]) -> list[Float[Tensor, "B h T T"]]:
        """How much each token attends to each earlier one, in every head of each layer: to look at."""
        sequence, found = self.positions(self.embed(tokens)), []
        for layer in self.layers:
            attention, norm = layer.attention, layer.attention_norm
            found.append(attention.weights(norm(sequence), mask=causal()))  # pyright: ignore
            sequence = layer(sequence)
        return found

    def remember(self) -> list[Memory]:
        """An empty memory for one batch of texts: the keys and values of each layer."""
        return [Memory(self.length) for _ in self.layers]


def initialise(network: GPT) -> None:
    """All matrices and tables normal with deviation 0.02; those that add to the sum of residuals divided by the root of
    how many there are (section 2.3); biases zero."""
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    for name, weight in network.named_parameters():
        if name.endswith(("attention.output.weight", "feedforward.narrow.weight")):
            nn.init.normal_(weight, std=0.02 / (2 * len(network.layers)) ** 0.5)
