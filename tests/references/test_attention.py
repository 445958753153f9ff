"""Attention against its formula, torch.nn and transformers, with equal weights."""

import math
import random

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

from bestiary.architectures.attention.transformer_classifier import (
    TransformerImage,
    TransformerSeries,
    TransformerText,
)
from bestiary.architectures.attention.transformer_encoder import PreNormTransformerEncoder, TransformerEncoder
from bestiary.errors import InputError
from bestiary.layers.attention import Attention, ScaledDotProductAttention, attend, attend_written_out
from bestiary.layers.masks import Mask, causal, padding, window
from bestiary.layers.pooling import mean_over_time
from bestiary.layers.positions import LearnedPositions, SinusoidalPositions, sinusoids
from tests.references.parity import assert_same, close
from tests.references.renaming import rename

SEEDS = range(6)
LINEARS = {"query": "0", "key": "1", "value": "2"}
PROJECTIONS = [(f"{ours}.{part}", f"in_proj_{part}.{n}") for ours, n in LINEARS.items() for part in ("weight", "bias")]
OUTPUT = [(f"output.{part}", f"out_proj.{part}") for part in ("weight", "bias")]
MULTI_HEAD = [*PROJECTIONS, *OUTPUT]
ENCODER = [
    *((f"layers.{{}}.attention.{ours}", f"layers.{{}}.self_attn.{theirs}") for ours, theirs in MULTI_HEAD),
    *(
        (f"layers.{{}}.{ours}.{part}", f"layers.{{}}.{theirs}.{part}")
        for ours, theirs in (
            ("attention_norm", "norm1"),
            ("feedforward_norm", "norm2"),
            ("feedforward.widen", "linear1"),
            ("feedforward.narrow", "linear2"),
        )
        for part in ("weight", "bias")
    ),
    ("norm.weight", "norm.weight"),
    ("norm.bias", "norm.bias"),
]


def packed(weights: dict[str, Tensor], table: list[tuple[str, str]]) -> dict[str, Tensor]:
    """Our weights under torch's names, where one matrix holds the projections of queries, keys and values."""
    theirs = {target: weights[name] for name, target in rename(weights, table).items()}
    whole = {name.removesuffix(".0") for name in theirs if name.endswith(".0")}
    thirds = {name: torch.cat([theirs.pop(f"{name}.{n}") for n in range(3)]) for name in whole}
    return theirs | thirds


def unpacked(weights: dict[str, Tensor], table: list[tuple[str, str]]) -> dict[str, Tensor]:
    """The way back."""
    theirs = dict(weights)
    for name in [name for name in weights if "in_proj" in name]:
        theirs |= {f"{name}.{n}": third for n, third in enumerate(theirs.pop(name).chunk(3))}
    return {target: theirs[name] for name, target in rename(theirs, table, back=True).items()}


def stirred(network: nn.Module, seed: int) -> nn.Module:
    """With random scales and shifts everywhere, so that nothing agrees because it is 1 or 0."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim < 2:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return network


class Function(nn.Module):
    """A function of tensors as a module without parameters."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


# ---------------------------------------------------------------------------------------------- the formula


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_fused_attention_is_the_written_out_softmax(seed: int, masked: bool, biased: bool) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    rows, groups, shared, queries, keys, width = (roll.randint(1, top) for top in (3, 3, 3, 5, 7, 6))
    inputs = [torch.randn(rows, groups * shared, queries, width)]
    inputs += [torch.randn(rows, groups, keys, width), torch.randn(rows, groups, keys, width)]
    mask = torch.rand(rows, 1, queries, keys) < 0.5 if masked else None  # some queries may see nothing
    if biased:
        inputs.append(torch.randn(groups * shared, queries, keys))
    fast = Function(lambda q, k, v, bias=None: attend(q, k, v, mask, bias))
    assert_same(fast, lambda q, k, v, bias=None: attend_written_out(q, k, v, mask, bias)[0], inputs)


def one_query_at_a_time(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Equation 1 of the paper."""
    rows = []
    for row in range(len(queries)):
        shares = [torch.stack([q @ k for k in keys[row]]) / queries.shape[-1] ** 0.5 for q in queries[row]]
        rows.append(torch.stack([(s.exp() / s.exp().sum()) @ values[row] for s in shares]))
    return torch.stack(rows)


def test_attention_without_parameters_is_the_formula_and_torchs() -> None:
    torch.manual_seed(0)
    given = (torch.randn(3, 4, 6), torch.randn(3, 5, 6), torch.randn(3, 5, 2))
    assert_same(ScaledDotProductAttention(), one_query_at_a_time, given)
    assert_same(ScaledDotProductAttention(), F.scaled_dot_product_attention, given)
    allowed = torch.tril(torch.ones(4, 5, dtype=torch.bool), 1)
    theirs = F.scaled_dot_product_attention(*given, attn_mask=allowed)
    close(ScaledDotProductAttention()(*given, causal()), theirs, "with a mask")


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("compute", [attend, lambda *given: attend_written_out(*given)[0]], ids=["fused", "written"])
def test_a_query_that_may_see_nothing_gets_zeros_and_no_gradient(compute, biased: bool) -> None:
    torch.manual_seed(0)
    given = [torch.randn(2, 2, 3, 4, requires_grad=True) for _ in range(3)]
    mask = torch.ones(2, 1, 3, 3, dtype=torch.bool)
    mask[0, 0, 1] = False
    bias = torch.randn(2, 3, 3) if biased else None
    result = compute(*given, mask, bias)
    assert not result[0, :, 1].any()
    gradients = torch.autograd.grad(result.square().sum(), given)
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert not gradients[0][0, :, 1].any()
    assert gradients[0][0, :, 0].abs().min() > 0


def test_attention_by_hand() -> None:
    """Two keys, scores 0 and ln 3 after scaling: weights of 1/4 and 3/4."""
    query, keys = torch.tensor([[[2.0, 0, 0, 0]]]), torch.tensor([[[0.0, 1, 0, 0], [math.log(3), 0, 0, 0]]])
    values = torch.tensor([[[4.0], [8.0]]])
    close(ScaledDotProductAttention()(query, keys, values), torch.tensor([[[7.0]]]), "weighted mean")
    blind = ScaledDotProductAttention()(query, keys, values, padding(torch.tensor([1])))
    close(blind, torch.tensor([[[4.0]]]), "with the second key masked")


def test_dropped_weights_are_made_up_for() -> None:
    torch.manual_seed(0)
    queries, keys, values = torch.zeros(1, 1, 4000, 2), torch.zeros(1, 1, 5, 2), torch.ones(1, 1, 5, 1)
    for result in (
        attend(queries, keys, values, dropout=0.4),
        attend_written_out(queries, keys, values, dropout=0.4)[0],
    ):
        kept = (result * 0.6 * 5).round()
        close(result * 0.6 * 5, kept, "multiples of a fifth, scaled")
        assert kept.unique().numel() > 3
        assert abs(result.mean() - 1) < 0.02


# ------------------------------------------------------------------------------------------------- masks


def brute(queries: int, keys: int, allowed) -> list[list[bool]]:
    return [[allowed(q + keys - queries, k) for k in range(keys)] for q in range(queries)]


@pytest.mark.parametrize(("queries", "keys"), [(5, 5), (2, 6), (1, 4), (1, 1)])
def test_masks_say_who_may_attend(queries: int, keys: int) -> None:
    for mask, allowed in (
        (causal(), lambda q, k: k <= q),
        (window(2), lambda q, k: abs(q - k) <= 2),
        (causal() & window(1), lambda q, k: k <= q and q - k <= 1),
        (causal() | window(1), lambda q, k: k <= q + 1),
        (~causal(), lambda q, k: k > q),
    ):
        assert mask(queries, keys).tolist() == brute(queries, keys, allowed)
    lengths = [3, 1]
    laid = (causal() & padding(torch.tensor(lengths)))(queries, keys)
    assert laid.shape == (2, 1, queries, keys)
    for row, length in enumerate(lengths):
        assert laid[row, 0].tolist() == brute(queries, keys, lambda q, k, n=length: k <= q and k < n)
    with pytest.raises(InputError, match="received -1"):
        window(-1)


def test_decoding_step_by_step_is_decoding_at_once() -> None:
    """With fewer queries than keys, the queries are the last."""
    torch.manual_seed(0)
    attention, sequence = Attention(width=8, heads=2), torch.randn(2, 6, 8)
    whole = attention(sequence, mask=causal())
    for step in range(6):
        part = attention(sequence[:, step : step + 1], sequence[:, : step + 1], mask=causal())
        close(part[:, 0], whole[:, step], "step")


# -------------------------------------------------------------------------------------------- multi-head


MASKS: list[Mask | None] = [
    None,
    causal(),
    padding(torch.tensor([4, 2, 5])),
    causal() & padding(torch.tensor([4, 2, 5])),
]


@pytest.mark.parametrize("mask", MASKS, ids=["none", "causal", "padding", "both"])
@pytest.mark.parametrize("seed", SEEDS)
def test_self_attention_is_torchs(seed: int, mask: Mask | None) -> None:
    roll = random.Random(seed)
    heads = roll.randint(1, 4)
    width = heads * roll.randint(1, 5)
    ours = stirred(Attention(width=width, heads=heads), seed)
    theirs = nn.MultiheadAttention(width, heads, batch_first=True)
    state = ours.state_dict()
    assert packed(state, MULTI_HEAD).keys() == theirs.state_dict().keys()
    back = unpacked(packed(state, MULTI_HEAD), MULTI_HEAD)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)
    blocked = None
    if mask is not None:
        blocked = ~mask(5, 5).expand(3, heads, 5, 5).flatten(0, 1)

    def reference(x: Tensor) -> Tensor:
        words = {"attn_mask": blocked, "need_weights": False}
        return functional_call(theirs, packed(dict(ours.named_parameters()), MULTI_HEAD), (x, x, x), words)[0]

    layer = Function(lambda x: ours(x, mask=mask))
    layer.add_module("attention", ours)
    assert_same(layer, reference, (torch.randn(3, 5, width),))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_cross_attention_is_torchs(seed: int, bias: bool) -> None:
    roll = random.Random(seed)
    heads, context = roll.randint(1, 4), roll.randint(1, 9)
    width = heads * roll.randint(1, 5)
    if context == width:
        context += 1  # torch packs the matrices where the widths agree
    ours = stirred(Attention(width=width, heads=heads, context_width=context, bias=bias), seed)
    theirs = nn.MultiheadAttention(width, heads, kdim=context, vdim=context, bias=bias, batch_first=True)
    separate = [(f"{n}.weight", f"{n[0]}_proj_weight") for n in LINEARS]
    table = [*separate, *(line for line in PROJECTIONS if "bias" in line[0]), *OUTPUT]

    def reference(x: Tensor, y: Tensor) -> Tensor:
        return functional_call(theirs, packed(dict(ours.named_parameters()), table), (x, y, y))[0]

    assert_same(ours, reference, (torch.randn(3, 4, width), torch.randn(3, 6, context)))


def test_weights_are_those_that_torch_reports() -> None:
    torch.manual_seed(0)
    ours, theirs = Attention(width=12, heads=3), nn.MultiheadAttention(12, 3, batch_first=True)
    theirs.load_state_dict(packed(ours.state_dict(), MULTI_HEAD))
    x = torch.randn(2, 5, 12)
    _, expected = theirs(x, x, x, average_attn_weights=False)
    close(ours.weights(x), expected, "weights")
    masked = ours.weights(x, mask=padding(torch.tensor([5, 2])))
    close(masked.sum(-1), torch.ones(2, 3, 5), "sums")
    assert not masked[1, :, :, 2:].any()


def test_shared_heads_are_equal_heads() -> None:
    """Grouped attention is full attention whose heads of keys and values come in equal copies."""
    torch.manual_seed(0)
    grouped, full = Attention(width=12, heads=6, key_value_heads=2), Attention(width=12, heads=6)
    state = grouped.state_dict()
    for name in ("key.weight", "key.bias", "value.weight", "value.bias"):
        state[name] = state[name].unflatten(0, (2, 2)).repeat_interleave(3, 0).flatten(0, 1)
    full.load_state_dict(state)
    x, mask = torch.randn(2, 5, 12), causal() & padding(torch.tensor([5, 3]))
    close(grouped(x, mask=mask), full(x, mask=mask), "outputs")
    close(grouped.weights(x, mask=mask), full.weights(x, mask=mask), "weights")


def test_a_bias_is_added_to_the_scores() -> None:
    torch.manual_seed(0)
    attention, x = Attention(width=8, heads=2), torch.randn(2, 5, 8)
    far = torch.where(causal()(5, 5), 0.0, float("-inf"))
    close(attention(x, bias=far), attention(x, mask=causal()), "minus infinity masks")
    slope = -torch.arange(5.0) * torch.tensor([0.5, 2.0])[:, None, None]  # [h, 1, K]
    plain, tilted = attention.weights(x), attention.weights(x, bias=slope)
    close(tilted, (plain.log() + slope).softmax(-1), "weights")


class Turn(nn.Module):
    """Rotary positions for heads of two numbers: the pair is turned by its position."""

    def forward(self, heads: Tensor) -> Tensor:
        angle = torch.arange(heads.shape[2]) * 0.7
        first, second = heads.unbind(-1)
        return torch.stack([first * angle.cos() - second * angle.sin(), first * angle.sin() + second * angle.cos()], -1)


def test_rotary_turns_queries_and_keys_so_that_distance_counts() -> None:
    torch.manual_seed(0)
    attention = Attention(width=4, heads=2, rotary=Turn())
    same = torch.randn(1, 1, 4).expand(1, 6, 4)
    queries, keys, values = attention.project(same)
    scores = queries @ keys.transpose(-2, -1)
    for offset in range(-5, 6):
        diagonal = scores.diagonal(offset, -2, -1)
        close(diagonal, diagonal[..., :1].expand_as(diagonal), "scores at one distance")
    assert scores[0].std(-1).min() > 1e-4
    close(values, values[:, :, :1].expand_as(values), "values are not turned")


def test_norms_of_queries_and_keys_make_their_scale_irrelevant() -> None:
    torch.manual_seed(0)
    norm = Attention(width=8, heads=2, bias=False, norm=lambda size: nn.RMSNorm(size, eps=0.0))
    plain = Attention(width=8, heads=2, bias=False)
    x = torch.randn(2, 5, 8)
    close(norm.weights(10 * x), norm.weights(x), "weights")
    assert (plain.weights(10 * x) - plain.weights(x)).abs().max() > 0.01


def test_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(InputError, match="width=100, heads=8; try heads=10"):
        Attention(width=100, heads=8)
    with pytest.raises(InputError, match="key_value_heads must divide heads"):
        Attention(width=12, heads=6, key_value_heads=4)


# -------------------------------------------------------------------------------------------- positions


@pytest.mark.parametrize("width", [2, 8, 512, 7])
def test_sinusoids_are_marians_after_reordering(width: int) -> None:
    marian = MarianSinusoidalPositionalEmbedding(50, width).create_weight()
    ours = SinusoidalPositions(width=width)(torch.zeros(1, 50, width))[0]
    halves = torch.cat([ours[:, 0::2], ours[:, 1::2]], 1)
    assert (halves - marian).abs().max() <= 1e-5


def test_sinusoids_are_the_formula() -> None:
    table = sinusoids(30, 6)
    for position in range(30):
        for place in range(6):
            angle = position / 10_000 ** ((place - place % 2) / 6)
            assert abs(float(table[position, place]) - (math.cos if place % 2 else math.sin)(angle)) < 1e-5
    sequence = torch.randn(2, 30, 6)
    close(SinusoidalPositions(width=6)(sequence) - sequence, table.expand(2, 30, 6), "what is added")


def test_learned_positions_add_their_table_and_have_an_end() -> None:
    positions, sequence = LearnedPositions(length=8, width=6), torch.randn(2, 5, 6)
    close(positions(sequence), sequence + positions.table[:5], "sum")
    with pytest.raises(InputError, match="may have 8 steps; received 9"):
        positions(torch.randn(1, 9, 6))


# ---------------------------------------------------------------------------------------------- encoder


def torch_encoder(width: int, depth: int, heads: int, feedforward: int, pre: bool = False) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(width, heads, feedforward, 0.0, batch_first=True, norm_first=pre)
    return nn.TransformerEncoder(layer, depth, nn.LayerNorm(width) if pre else None, enable_nested_tensor=False)


@pytest.mark.parametrize("pre", [True, False], ids=["pre-norm", "post-norm"])
@pytest.mark.parametrize("seed", SEEDS)
def test_encoder_is_torchs(seed: int, pre: bool) -> None:
    roll = random.Random(seed)
    heads, depth, feedforward = roll.randint(1, 3), roll.randint(1, 3), roll.randint(1, 9)
    width = heads * roll.randint(2, 5)
    kind = PreNormTransformerEncoder if pre else TransformerEncoder
    ours = stirred(kind(width=width, depth=depth, heads=heads, feedforward=feedforward, dropout=0.0), seed)
    theirs = torch_encoder(width, depth, heads, feedforward, pre)
    state = ours.state_dict()
    assert packed(state, ENCODER).keys() == theirs.state_dict().keys()
    back = unpacked(packed(state, ENCODER), ENCODER)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)
    lengths = torch.tensor([5, 2, 4])
    for given in (None, lengths):
        blocked = None if given is None else torch.arange(5) >= given[:, None]

        def reference(x: Tensor, *_: Tensor, blocked: Tensor | None = blocked) -> Tensor:
            weights = packed(dict(ours.named_parameters()), ENCODER)
            return functional_call(theirs, weights, (x,), {"src_key_padding_mask": blocked})

        inputs = (torch.randn(3, 5, width),) if given is None else (torch.randn(3, 5, width), given)
        assert_same(ours, reference, inputs)


def test_layers_start_independent_of_each_other() -> None:
    torch.manual_seed(0)
    first, second = TransformerEncoder(width=8, depth=2, heads=2, feedforward=16).layers
    theirs = torch_encoder(8, 2, 2, 16).layers
    for name, matrix in first.named_parameters():
        if matrix.ndim == 2:
            assert (matrix - second.get_parameter(name)).abs().max() > 0.1
    assert torch.equal(theirs[0].linear1.weight, theirs[1].linear1.weight), "torch's start as copies"


def test_without_positions_an_encoder_does_not_see_order() -> None:
    torch.manual_seed(0)
    encoder, x = TransformerEncoder(width=8, depth=2, heads=2, feedforward=16).eval(), torch.randn(2, 5, 8)
    order = torch.tensor([3, 0, 4, 1, 2])
    close(encoder(x[:, order]), encoder(x)[:, order], "outputs")
    network = TransformerSeries(channels=3, length=5, width=8, depth=2, heads=2, feedforward=16, outputs=2, dropout=0.0)
    values, lengths = torch.randn(2, 5, 3), torch.tensor([5, 5])
    assert (network(values[:, order], lengths) - network(values, lengths)).abs().max() > 1e-4


# -------------------------------------------------------------------------------------------- classifier

SIZES = {"width": 8, "depth": 2, "heads": 2, "feedforward": 12, "outputs": 3, "dropout": 0.0}


def encoded_mean(ours: TransformerText | TransformerSeries, entered: Tensor, lengths: Tensor) -> Tensor:
    """What torch.nn makes of a sequence with our weights, row by row and without padding."""
    weights = packed(dict(ours.encoder.named_parameters()), ENCODER)
    theirs, rows = torch_encoder(8, 2, 2, 12), []
    for row, length in zip(entered, lengths.tolist()):
        placed = row[:length] + ours.positions.table[:length]
        rows.append(functional_call(theirs, weights, (placed[None],))[0].mean(0))
    return F.linear(torch.stack(rows), ours.classify.weight, ours.classify.bias)


def test_text_classifier_is_torchs_encoder_on_each_text_alone() -> None:
    ours = stirred(TransformerText(vocabulary=11, length=9, **SIZES), 0)
    tokens, lengths = torch.randint(1, 11, (4, 7)), torch.tensor([7, 1, 5, 2])
    assert_same(ours, lambda t, n: encoded_mean(ours, ours.embed.weight[t], n), (tokens, lengths))


def test_series_classifier_is_torchs_encoder_on_each_series_alone() -> None:
    ours = stirred(TransformerSeries(channels=3, length=9, **SIZES), 0)
    values, lengths = torch.randn(4, 7, 3), torch.tensor([7, 1, 5, 2])

    def reference(values: Tensor, lengths: Tensor) -> Tensor:
        return encoded_mean(ours, F.linear(values, ours.project.weight, ours.project.bias), lengths)

    assert_same(ours, reference, (values, lengths))


def test_an_image_is_a_series_of_its_rows() -> None:
    torch.manual_seed(0)
    image = TransformerImage(channels=2, image_size=(6, 4), **SIZES)
    series = TransformerSeries(channels=8, length=6, **SIZES)
    series.load_state_dict(image.state_dict())
    pixels = torch.randn(3, 2, 6, 4)
    rows = torch.stack([torch.cat([pixels[:, 0, y], pixels[:, 1, y]], -1) for y in range(6)], 1)
    close(image(pixels), series(rows, torch.full((3,), 6)), "logits")


def test_the_mean_leaves_padding_out() -> None:
    sequence, lengths = torch.randn(3, 5, 2), torch.tensor([5, 1, 3])
    sequence[1, 1:] = float("nan")
    expected = torch.stack([row[:n].mean(0) for row, n in zip(sequence, lengths.tolist())])
    close(mean_over_time(sequence, lengths), expected, "mean")
    close(mean_over_time(sequence[:1]), sequence[:1].mean(1), "mean of all")
