"""Networks for tables against their authors' packages, with equal weights; counts against the same packages."""

import functools
import random
import sys
import types
import warnings
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations, pairwise

import pytest
import rtdl_num_embeddings as embeddings
import rtdl_revisiting_models as rtdl
import tabm as reference_tabm
import torch
from pytorch_tabnet import tab_network as reference_tabnet
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary import catalogue
from bestiary.architectures.table.ft_transformer import FTTransformer
from bestiary.architectures.table.mlp_plr import PeriodicMLP, PiecewiseMLP
from bestiary.architectures.table.realmlp import RealMLP
from bestiary.architectures.table.resnet import TabularResNet
from bestiary.architectures.table.tabm import TabM, TabMPiecewise, together
from bestiary.architectures.table.tabnet import TabNet
from bestiary.architectures.table.wide_deep import WideAndDeep
from bestiary.layers.columns import PiecewiseLinearEncoding, WordBag
from bestiary.layers.sparsemax import sparsemax
from bestiary.optimisation.adamw import GroupedAdamW
from bestiary.optimisation.schedule import cosine_log, flat_cosine
from tests.references.parity import assert_same, close, stir

SEEDS = range(4)
ADULT = (10, 17, 8, 16, 7, 6, 3, 43)
"""Words of each column of Adult, and one code each for words that were never seen."""


def size_of(name: str) -> int:
    count = catalogue.size(name).parameters
    assert count is not None
    return count


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def columns(roll: random.Random, rows: int = 7) -> tuple[int, tuple[int, ...], Tensor, Tensor, Tensor]:
    """Numbers, categories, and random columns of that many; no text, which the references do not take."""
    numbers = roll.randint(1, 6)
    categories = tuple(roll.randint(2, 6) for _ in range(roll.randint(1, 3)))
    codes = torch.stack([torch.randint(1, size, (rows,)) for size in categories], dim=1)
    return numbers, categories, torch.randn(rows, numbers), codes, torch.zeros(rows, 0, 0, dtype=torch.long)


class Numbers(nn.Module):
    """A network of ours with its categories and words held still, so that numbers are its only input."""

    def __init__(self, network: nn.Module, codes: Tensor, words: Tensor, method: str = "forward") -> None:
        super().__init__()
        self.network, self.codes, self.words, self.method = network, codes, words, method

    def forward(self, numbers: Tensor) -> Tensor:
        found = getattr(self.network, self.method)(numbers, self.codes, self.words)
        return found[0] if isinstance(found, tuple) else found


class Theirs(nn.Module):
    """A reference whose categories are held still; `compute` turns numbers into its answers."""

    def __init__(self, network: nn.Module, compute) -> None:
        super().__init__()
        self.network, self.compute = network, compute

    def forward(self, numbers: Tensor) -> Tensor:
        found = self.compute(numbers)
        return found[0] if isinstance(found, tuple) else found


def paired(ours: nn.Module, theirs: nn.Module, table: dict[str, str]) -> dict[str, str]:
    """Copies weights by a table of names; returns it for wrapped modules."""
    source, target = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert set(table) == set(source) and set(table.values()) == set(target)
    with torch.no_grad():
        for mine, other in table.items():
            target[other].copy_(source[mine])
    return {f"network.{mine}": f"network.{other}" for mine, other in table.items()}


# ------------------------------------------------------------------------------------------------------- FT-Transformer


def ft_names(depth: int, categories: int) -> dict[str, str]:
    pairs = {"tokenizer.start": "cls_embedding.weight", "tokenizer.bias": "cat_embeddings.bias"}
    pairs |= {f"tokenizer.numbers.{part}": f"cont_embeddings.{part}" for part in ("weight", "bias")}
    pairs |= {
        f"tokenizer.categories.tables.{i}.weight": f"cat_embeddings.embeddings.{i}.weight" for i in range(categories)
    }
    inside = {"attention.query": "attention.W_q", "attention.key": "attention.W_k", "attention.value": "attention.W_v"}
    inside |= {"attention.output": "attention.W_out", "feedforward_norm": "ffn_normalization"}
    inside |= {"feedforward.widen": "ffn.linear1", "feedforward.narrow": "ffn.linear2"}
    for i in range(depth):
        here = inside | ({"attention_norm": "attention_normalization"} if i else {})
        pairs |= {
            f"blocks.{i}.{m}.{part}": f"backbone.blocks.{i}.{t}.{part}"
            for m, t in here.items()
            for part in ("weight", "bias")
        }
    pairs |= {f"norm.{part}": f"backbone.output.normalization.{part}" for part in ("weight", "bias")}
    return pairs | {f"head.{part}": f"backbone.output.linear.{part}" for part in ("weight", "bias")}


@pytest.mark.parametrize("seed", SEEDS)
def test_ft_transformer(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, categories, x, codes, words = columns(roll)
    heads, depth, hidden, outputs = roll.choice((2, 4)), roll.randint(1, 3), roll.randint(3, 9), roll.randint(1, 4)
    ours = FTTransformer(
        numbers=numbers,
        categories=categories,
        outputs=outputs,
        width=8,
        depth=depth,
        heads=heads,
        hidden=hidden,
        attention_dropout=0.0,
        dropout=0.0,
    )
    theirs = rtdl.FTTransformer(
        n_cont_features=numbers,
        cat_cardinalities=list(categories),
        d_out=outputs,
        n_blocks=depth,
        d_block=8,
        attention_n_heads=heads,
        attention_dropout=0.0,
        ffn_d_hidden=hidden,
        ffn_d_hidden_multiplier=None,
        ffn_dropout=0.0,
        residual_dropout=0.0,
    )
    names = paired(ours, theirs, ft_names(depth, len(categories)))
    assert_same(Numbers(ours, codes, words), Theirs(theirs, lambda n: theirs(n, codes)), (x,), names)


def test_ft_transformer_counts() -> None:
    usual = rtdl.FTTransformer.get_default_kwargs()
    houses = rtdl.FTTransformer(n_cont_features=8, cat_cardinalities=[], d_out=1, **usual)
    adult = rtdl.FTTransformer(n_cont_features=6, cat_cardinalities=list(ADULT), d_out=2, **usual)
    assert (size_of("ft_transformer"), size_of("ft_transformer_adult")) == (count(houses), count(adult))


# --------------------------------------------------------------------------------------------------------------- ResNet


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("training", [True, False])
def test_resnet(seed: int, training: bool) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, categories, x, codes, words = columns(roll)
    depth, hidden, outputs, embedding = roll.randint(1, 3), roll.randint(3, 9), roll.randint(1, 4), roll.randint(1, 4)
    ours = TabularResNet(
        numbers=numbers,
        categories=categories,
        outputs=outputs,
        width=6,
        hidden=hidden,
        depth=depth,
        dropout=0.0,
        embedding=embedding,
    )
    looked_up = rtdl.CategoricalEmbeddings(list(categories), embedding, bias=False)
    theirs = rtdl.ResNet(
        d_in=numbers + embedding * len(categories),
        d_out=outputs,
        n_blocks=depth,
        d_block=6,
        d_hidden=hidden,
        d_hidden_multiplier=None,
        dropout1=0.0,
        dropout2=0.0,
    )
    stir(ours)
    inside = {"norm": "normalization", "widen": "linear1", "narrow": "linear2"}
    table = {f"columns.categories.tables.{i}.weight": f"0.embeddings.{i}.weight" for i in range(len(categories))}
    for part in ("weight", "bias"):
        table |= {f"stem.{part}": f"1.input_projection.{part}"}
        table |= {f"norm.{part}": f"1.output.normalization.{part}", f"head.{part}": f"1.output.linear.{part}"}
        table |= {f"blocks.{i}.{m}.{part}": f"1.blocks.{i}.{t}.{part}" for i in range(depth) for m, t in inside.items()}
    whole = nn.Sequential(looked_up, theirs)
    names = paired(ours, whole, table)
    for i, block in enumerate([*ours.blocks, ours]):
        norm = theirs.blocks[i].normalization if i < depth else theirs.output.normalization
        norm.running_mean.copy_(block.norm.running_mean)
        norm.running_var.copy_(block.norm.running_var)
    compute = Theirs(whole, lambda n: theirs(torch.cat([n, looked_up(codes).flatten(1)], dim=1)))
    assert_same(Numbers(ours, codes, words).train(training), compute.train(training), (x,), names)


def test_resnet_count() -> None:
    usual = {"d_hidden_multiplier": 2.0, "dropout1": 0.15, "dropout2": 0.0}
    assert size_of("resnet_table") == count(rtdl.ResNet(d_in=8, d_out=1, n_blocks=2, d_block=192, **usual))


# ------------------------------------------------------------------------------------------------ embeddings of numbers


@pytest.mark.parametrize("seed", SEEDS)
def test_piecewise_linear_encoding(seed: int) -> None:
    """Columns with few different values, which have fewer bins, included."""
    torch.manual_seed(seed)
    rows = torch.randn(60, 4)
    rows[:, 1] = rows[:, 1].round()
    rows[:, 2] = (rows[:, 2] > 0).float()
    ours = PiecewiseLinearEncoding(4, 7)
    ours.measure(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a column has one bin
        bins = embeddings.compute_bins(rows, 7)
        theirs = embeddings.PiecewiseLinearEncoding(bins)
    given = torch.cat([rows, 3 * torch.randn(9, 4)])
    found = torch.cat([ours(given)[:, i, : len(edges) - 1] for i, edges in enumerate(bins)], dim=1)
    close(found, theirs(given), "encoding")
    assert all((ours(given)[:, i, len(edges) - 1 :] == 0).all() for i, edges in enumerate(bins))


@pytest.mark.parametrize("seed", SEEDS)
def test_mlp_on_periodic_numbers(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, outputs, width, frequencies = (roll.randint(1, 5) for _ in range(4))
    ours = PeriodicMLP(
        numbers=numbers,
        outputs=outputs,
        widths=(9, 9),
        dropout=0.0,
        embedding=width,
        frequencies=frequencies,
        scale=0.5,
    )
    embedded = embeddings.PeriodicEmbeddings(
        numbers, width, n_frequencies=frequencies, frequency_init_scale=0.5, lite=False
    )
    theirs = nn.Sequential(
        embedded, nn.Flatten(), rtdl.MLP(d_in=numbers * width, d_out=outputs, n_blocks=2, d_block=9, dropout=0.0)
    )
    table = {"columns.numbers.frequencies": "0.periodic.weight"}
    for part in ("weight", "bias"):
        table |= {f"columns.numbers.linear.{part}": f"0.linear.{part}", f"body.head.{part}": f"2.output.{part}"}
        table |= {f"body.layers.{i}.{part}": f"2.blocks.{i}.linear.{part}" for i in range(2)}
    names = paired(ours, theirs, table)
    none = torch.zeros(7, 0, dtype=torch.long)
    assert_same(Numbers(ours, none, none[:, :, None]), Theirs(theirs, theirs), (torch.randn(7, numbers),), names)


def measured(network: nn.Module, rows: Tensor) -> list[Tensor]:
    """Tells ours the quantiles of rows; returns the reference's bins of the same rows."""
    encoding = next(part for part in network.modules() if isinstance(part, PiecewiseLinearEncoding))
    encoding.measure(rows)
    return embeddings.compute_bins(rows, encoding.bins)


@pytest.mark.parametrize("seed", SEEDS)
def test_mlp_on_piecewise_numbers(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, outputs, width, bins = (roll.randint(2, 5) for _ in range(4))
    ours = PiecewiseMLP(numbers=numbers, outputs=outputs, widths=(9, 9), dropout=0.0, embedding=width, bins=bins)
    nn.init.normal_(ours.columns.numbers.linear.weight)
    edges = measured(ours, torch.randn(50, numbers))
    theirs = nn.Sequential(
        embeddings.PiecewiseLinearEmbeddings(edges, width, activation=False, version="B"),
        nn.Flatten(),
        rtdl.MLP(d_in=numbers * width, d_out=outputs, n_blocks=2, d_block=9, dropout=0.0),
    )
    table = {"columns.numbers.linear.weight": "0.linear.weight"}
    for part in ("weight", "bias"):
        table |= {f"columns.numbers.straight.{part}": f"0.linear0.{part}", f"body.head.{part}": f"2.output.{part}"}
        table |= {f"body.layers.{i}.{part}": f"2.blocks.{i}.linear.{part}" for i in range(2)}
    names = paired(ours, theirs, table)
    none = torch.zeros(7, 0, dtype=torch.long)
    assert_same(Numbers(ours, none, none[:, :, None]), Theirs(theirs, theirs), (torch.randn(7, numbers),), names)


def test_embedded_counts() -> None:
    bins = [torch.linspace(0, 1, 49)] * 8
    piecewise = embeddings.PiecewiseLinearEmbeddings(bins, 16, activation=False, version="B")
    usual = {"d_out": 1, "n_blocks": 3, "d_block": 256, "dropout": 0.1}
    assert size_of("mlp_plr") == count(embeddings.PeriodicEmbeddings(8, lite=False)) + count(
        rtdl.MLP(d_in=192, **usual)
    )
    assert size_of("mlp_ple") == count(piecewise) + count(rtdl.MLP(d_in=128, **usual))


# ----------------------------------------------------------------------------------------------------------------- TabM


def tabm_names(depth: int) -> dict[str, str]:
    inside = {"weight": "weight", "before": "r", "after": "s", "bias": "bias"}
    pairs = {f"body.layers.{i}.{m}": f"backbone.blocks.{i}.0.{t}" for i in range(depth) for m, t in inside.items()}
    return pairs | {f"body.heads.{part}": f"output.{part}" for part in ("weight", "bias")}


@pytest.mark.parametrize("seed", SEEDS)
def test_tabm(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, categories, x, codes, words = columns(roll)
    members, depth, outputs = roll.randint(1, 5), roll.randint(1, 3), roll.randint(1, 4)
    ours = TabM(
        numbers=numbers,
        categories=categories,
        outputs=outputs,
        members=members,
        width=6,
        depth=depth,
        dropout=0.0,
    )
    theirs = reference_tabm.TabM.make(
        n_num_features=numbers,
        cat_cardinalities=[size - 1 for size in categories],
        d_out=outputs,
        n_blocks=depth,
        d_block=6,
        k=members,
        dropout=0.0,
    )
    for layer in ours.body.layers:
        nn.init.normal_(layer.after)
    names = paired(ours, theirs, tabm_names(depth))
    other = Theirs(theirs, lambda n: theirs(n, codes - 1))
    assert_same(Numbers(ours, codes, words, "answers"), other, (x,), names)
    answers = theirs(x, codes - 1)
    expected = answers.mean(1) if outputs == 1 else answers.softmax(-1).mean(1).log()
    close(ours(x, codes, words), expected, "the members' mean")


@pytest.mark.parametrize("seed", SEEDS)
def test_tabm_on_piecewise_numbers(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, members, width, bins = (roll.randint(2, 5) for _ in range(4))
    ours = TabMPiecewise(numbers=numbers, outputs=2, members=members, width=6, dropout=0.0, bins=bins, embedding=width)
    nn.init.normal_(ours.columns.numbers.linear.weight)
    edges = measured(ours, torch.randn(50, numbers))
    theirs = reference_tabm.TabM.make(
        n_num_features=numbers,
        d_out=2,
        d_block=6,
        k=members,
        dropout=0.0,
        num_embeddings=embeddings.PiecewiseLinearEmbeddings(edges, width, activation=False, version="B"),
    )
    table = tabm_names(2) | {"columns.numbers.linear.weight": "num_module.linear.weight"}
    table |= {f"columns.numbers.straight.{part}": f"num_module.linear0.{part}" for part in ("weight", "bias")}
    names = paired(ours, theirs, table)
    none = torch.zeros(7, 0, dtype=torch.long)
    mine, x = Numbers(ours, none, none[:, :, None], "answers"), torch.randn(7, numbers)
    assert_same(mine, Theirs(theirs, theirs), (x,), names)
    close(ours(x, none, none[:, :, None]), theirs(x).softmax(-1).mean(1).log(), "the members' mean")


def test_members_differ_at_first_by_the_signs_of_whole_columns() -> None:
    """Section 3.3: all scales are 1 but the very first, which is drawn once for each member and column."""
    network = TabM(numbers=2, categories=(5,), outputs=3, members=6, width=4, depth=2)
    first, second = network.body.layers
    assert (first.before.abs() == 1).all() and (first.before[:, 2:] == first.before[:, 2:3]).all()
    assert 0 < (first.before == 1).sum() < first.before.numel()
    for scale in (first.after, second.before, second.after):
        assert (scale == 1).all()
    assert (first.bias == first.bias[:1]).all()


def test_the_members_answer_is_the_logarithm_of_their_mean_probability() -> None:
    answers = torch.randn(5, 3, 4)
    torch.testing.assert_close(together(answers).exp(), answers.softmax(-1).mean(1))
    torch.testing.assert_close(together(answers[..., :1]), answers[..., :1].mean(1))


def test_tabm_counts() -> None:
    bins = [torch.linspace(0, 1, 49)] * 8
    embedded = embeddings.PiecewiseLinearEmbeddings(bins, 16, activation=False, version="B")
    make = reference_tabm.TabM.make
    assert size_of("tabm") == count(make(n_num_features=8, d_out=1))
    adult = make(n_num_features=6, cat_cardinalities=[size - 1 for size in ADULT], d_out=2)
    assert size_of("tabm_adult") == count(adult)
    assert size_of("tabm_piecewise") == count(make(n_num_features=8, d_out=1, num_embeddings=embedded))


# --------------------------------------------------------------------------------------------------------------- TabNet


def tabnet_names(steps: int, shared: int, own: int) -> dict[str, str]:
    parts = {"first": "encoder.initial_splitter"} | {
        f"steps.{i}": f"encoder.feat_transformers.{i}" for i in range(steps)
    }
    pairs = {}
    for mine, other in parts.items():
        for layer in range(shared + own):
            place = f"shared.glu_layers.{layer}" if layer < shared else f"specifics.glu_layers.{layer - shared}"
            if layer >= shared or mine == "first":  # shared layers are listed once
                pairs[f"{mine}.layers.{layer}.linear.weight"] = f"{other}.{place}.fc.weight"
            pairs |= {f"{mine}.layers.{layer}.norm.norm.{p}": f"{other}.{place}.bn.bn.{p}" for p in ("weight", "bias")}
    for i in range(steps):
        pairs[f"attention.{i}.linear.weight"] = f"encoder.att_transformers.{i}.fc.weight"
        pairs |= {f"attention.{i}.norm.norm.{p}": f"encoder.att_transformers.{i}.bn.bn.{p}" for p in ("weight", "bias")}
    pairs |= {f"norm.{p}": f"encoder.initial_bn.{p}" for p in ("weight", "bias")}
    return pairs | {"head.weight": "final_mapping.weight"}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("training", [True, False])
def test_tabnet(seed: int, training: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ghost batches too: 150 rows are two of them."""
    monkeypatch.setattr(torch, "FloatTensor", torch.DoubleTensor)  # their sqrt(1/2) in the precision of all the rest
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, outputs, decision, attention, steps, shared, own = (roll.randint(1, 4) for _ in range(7))
    words = {"numbers": numbers + 2, "outputs": outputs, "decision": decision, "attention": attention, "steps": steps}
    ours = TabNet(**words, shared=shared, own=own, reuse=1.5)
    theirs = reference_tabnet.TabNetNoEmbeddings(
        numbers + 2, outputs, decision, attention, steps, 1.5, n_independent=own, n_shared=shared
    )
    stir(ours)
    del theirs.initial_bn  # the encoder has the one that is used
    table = tabnet_names(steps, shared, own)
    source, target = dict(ours.named_parameters()), dict(theirs.named_parameters())
    listed = {
        name: {id(p): n for n, p in theirs.named_parameters()}[id(_at(theirs, other))] for name, other in table.items()
    }
    assert set(listed) == set(source) and set(listed.values()) == set(target)
    with torch.no_grad():
        for mine, other in listed.items():
            target[other].copy_(source[mine])
        for mine, other in table.items():
            if mine.endswith("norm.weight"):
                here, there = _at(ours, mine.rpartition(".")[0]), _at(theirs, other.rpartition(".")[0])
                there.running_mean.copy_(here.running_mean)
                there.running_var.copy_(here.running_var)
    rows = 150 if training else 9
    none, x = torch.zeros(rows, 0, dtype=torch.long), torch.randn(rows, numbers + 2, dtype=torch.float64)
    ours, theirs = ours.double(), theirs.double()  # norms over few rows enlarge the rounding of single precision
    theirs.encoder.group_attention_matrix = theirs.encoder.group_attention_matrix.double()
    names = {f"network.{mine}": f"network.{other}" for mine, other in listed.items()}
    mine, other = Numbers(ours, none, none[:, :, None]), Theirs(theirs, theirs)
    assert_same(mine.train(training), other.train(training), (x,), names)
    masks = ours.look(x, none, none[:, :, None])[1]
    entropy = (masks * torch.log(masks + 1e-15)).sum(-1).mean()
    close(entropy, theirs(x)[1], "entropy of the masks")


def _at(module: nn.Module, path: str):
    for part in path.split("."):
        module = getattr(module, part)
    return module


def test_tabnet_count() -> None:
    theirs = reference_tabnet.TabNetNoEmbeddings(54, 7, n_d=64, n_a=64, n_steps=5, gamma=1.5)
    assert size_of("tabnet") == count(theirs) - count(theirs.initial_bn)


@pytest.mark.parametrize("seed", SEEDS)
def test_sparsemax_is_the_nearest_point_of_the_simplex(seed: int) -> None:
    """Against a bisection for the threshold at which what is left over sums to 1."""
    torch.manual_seed(seed)
    scores = 2 * torch.randn(20, 9, dtype=torch.float64)
    low, high = scores.min(-1, keepdim=True).values - 1, scores.max(-1, keepdim=True).values
    for _ in range(80):
        middle = (low + high) / 2
        over = (scores - middle).clamp(min=0).sum(-1, keepdim=True) > 1
        low, high = torch.where(over, middle, low), torch.where(over, high, middle)
    torch.testing.assert_close(sparsemax(scores), (scores - low).clamp(min=0), atol=1e-12, rtol=0)


# -------------------------------------------------------------------------------------------------------- wide and deep


@pytest.mark.parametrize("seed", SEEDS)
def test_wide_and_deep_is_its_formula(seed: int) -> None:
    """logits = w_wide [x, phi(x)] + w_deep a + b, with every pair of words written out as a feature of its own."""
    roll = random.Random(seed)
    torch.manual_seed(seed)
    numbers, categories, x, codes, words = columns(roll)
    codes[0, 0] = 0  # a word that was never seen is in no pair
    outputs = roll.randint(1, 4)
    ours = WideAndDeep(numbers=numbers, categories=categories, outputs=outputs, widths=(6, 5), embedding=3)
    weights = dict(ours.named_parameters())
    if len(categories) > 1:
        nn.init.normal_(weights["crosses.weights.weight"][1:].detach())  # the first is that of no pair
    pairs = [
        (i, j, u, v)
        for i, j in combinations(range(len(categories)), 2)
        for u in range(categories[i])
        for v in range(categories[j])
    ]

    def formula(numbers: Tensor) -> Tensor:
        places = [F.one_hot(codes[:, i], size)[:, 1:].float() for i, size in enumerate(categories)]
        wide = torch.cat([numbers, *places], dim=1) @ weights["wide.weight"].T
        if pairs:
            phi = torch.stack([(codes[:, i] == u) & (codes[:, j] == v) & (u > 0) & (v > 0) for i, j, u, v in pairs], 1)
            table = weights["crosses.weights.weight"]
            wide = wide + phi.float() @ table[[1 + (1 + number) % len(pairs) for number in range(len(pairs))]]
        looked_up = [weights[f"columns.categories.tables.{i}.weight"][codes[:, i]] for i in range(len(categories))]
        deep = torch.cat([numbers, *looked_up], dim=1)
        for layer in range(2):
            deep = torch.relu(deep @ weights[f"deep.{layer}.weight"].T + weights[f"deep.{layer}.bias"])
        return wide + deep @ weights["narrow.weight"].T + weights["narrow.bias"]

    mine = Numbers(ours, codes, words)
    assert_same(mine, formula, (x,), parameters={f"network.{name}": weight for name, weight in weights.items()})


def test_wide_and_deep_count() -> None:
    """Section 3.3 and figure 4 on the columns of Adult: vectors of 32 numbers, layers of 1024, 512 and 256 units."""
    words, pairs = sum(size - 1 for size in ADULT), sum(a * b for a, b in combinations(ADULT, 2))
    wide = nn.Linear(6 + words, 2, bias=False)
    crossed = 2 * (1 + pairs)  # and one place for no pair
    vectors = sum(32 * size for size in ADULT)
    sizes = (6 + 32 * len(ADULT), 1024, 512, 256, 2)
    deep = [nn.Linear(before, after) for before, after in pairwise(sizes)]
    assert size_of("wide_deep") == count(wide) + crossed + vectors + sum(map(count, deep))


# -------------------------------------------------------------------------------------------------------------- RealMLP


@functools.cache
def pytabkit() -> types.SimpleNamespace:
    """The package's modules without its front door, which asks for training frameworks that are not needed here."""
    found = find_spec("pytabkit")
    assert found is not None
    package = types.ModuleType("pytabkit")
    package.__path__ = list(found.submodule_search_locations or ())
    sys.modules["pytabkit"] = package
    place = "pytabkit.models"
    try:
        return types.SimpleNamespace(
            DictDataset=import_module(f"{place}.data.data").DictDataset,
            TensorInfo=import_module(f"{place}.data.data").TensorInfo,
            TrainContext=import_module(f"{place}.nn_models.base").TrainContext,
            NNFactory=import_module(f"{place}.nn_models.models").NNFactory,
            DefaultParams=import_module(f"{place}.sklearn.default_params").DefaultParams,
            HyperparamManager=import_module(f"{place}.training.coord").HyperparamManager,
            get_schedule=import_module(f"{place}.training.scheduling").get_schedule,
        )
    finally:
        sys.modules.pop("pytabkit")


def their_realmlp(numbers: Tensor, codes: Tensor, categories: tuple[int, ...], target: Tensor, classes: int):
    """RealMLP-TD as its package builds and fits it on these rows, narrow; rows go in as a dict of tensors."""
    usual = pytabkit().DefaultParams.RealMLP_TD_CLASS if classes else pytabkit().DefaultParams.RealMLP_TD_REG
    config = {**usual, "hidden_sizes": [7, 6], "clamp_output": False, "normalize_output": False, "plr_hidden_1": 5}
    info = pytabkit().TensorInfo
    infos = {
        "x_cont": info(feat_shape=[numbers.shape[1]]),
        "x_cat": info(cat_sizes=torch.tensor(categories)),
        "y": info(cat_sizes=torch.tensor([classes])),
    }
    pytabkit().TrainContext.get_global_context().hp_manager = pytabkit().HyperparamManager(**config)
    fitter, _ = pytabkit().NNFactory(**config).create_transform(infos)
    rows = {"x_cont": numbers, "x_cat": codes, "y": target[:, None]}
    return fitter.fit(pytabkit().DictDataset(rows, infos)).eval()


LEARNED = {
    "front": "tfms.2.tfms.0.tfms.0.scale",
    "waves.frequency": "tfms.1.layers.0.tfms.2.weight_1",
    "waves.phase": "tfms.1.layers.0.tfms.2.bias_1",
    "waves.weight": "tfms.1.layers.0.tfms.2.weight_2",
    "waves.shift": "tfms.1.layers.0.tfms.2.bias_2",
    "categories.tables.0.weight": "tfms.1.layers.1.tfms.1.tfms.5.emb_layers.0.emb",
    "layers.0.weight": "tfms.2.tfms.0.tfms.1.weight",
    "layers.0.bias": "tfms.2.tfms.0.tfms.2.bias",
    "activations.0.slope": "tfms.2.tfms.0.tfms.3.weight",
    "layers.1.weight": "tfms.2.tfms.1.tfms.0.weight",
    "layers.1.bias": "tfms.2.tfms.1.tfms.1.bias",
    "activations.1.slope": "tfms.2.tfms.1.tfms.2.weight",
    "head.weight": "tfms.2.tfms.2.tfms.0.weight",
    "head.bias": "tfms.2.tfms.2.tfms.1.bias",
}
"""Ours -> theirs; classes move what is theirs by one place, for their smoothing of labels."""


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("seed", range(2))
def test_realmlp(seed: int, classes: int) -> None:
    """Clipped numbers, waves, small and large categories, scaled one-hots, activations: outputs and gradients."""
    torch.manual_seed(seed)
    categories = (3, 5, 12)
    numbers = torch.randn(40, 3) * torch.tensor([1.0, 50.0, 0.1]) + 3
    numbers[:, 2] = (numbers[:, 2] > 3.1).float()  # its quartiles are equal
    codes = torch.stack([torch.randint(0, size, (40,)) for size in categories], dim=1)
    target = torch.randint(0, classes, (40,)) if classes else torch.randn(40)
    theirs = their_realmlp(numbers, codes, categories, target, classes)
    ours = RealMLP(numbers=3, categories=categories, outputs=classes or 1, widths=(7, 6), frequencies=5).eval()
    words = torch.zeros(40, 0, 0, dtype=torch.long)
    ours.begin((numbers, codes, words), torch.zeros(40, dtype=torch.long))
    known, mine = dict(theirs.named_parameters()), dict(ours.named_parameters())
    listed = {
        name: known[f"tfms.3.{other[7:]}" if classes and other.startswith("tfms.2.") else other]
        for name, other in LEARNED.items()
    }
    assert set(listed) == set(mine) and len(known) == len(mine)
    with torch.no_grad():
        for name, parameter in listed.items():
            parameter.copy_(mine[name].view_as(parameter))
    given = [numbers.clone().requires_grad_() for _ in range(2)]
    found = ours(given[0], codes, words)
    wanted = theirs({"x_cont": given[1], "x_cat": codes})["x_cont"]
    close(found, wanted, "outputs")
    direction = torch.randn(found.shape)
    found_gradients = torch.autograd.grad((found * direction).sum(), [given[0], *mine.values()])
    wanted_gradients = torch.autograd.grad((wanted * direction).sum(), [given[1], *(listed[name] for name in mine)])
    for name, one, other in zip(("numbers", *mine), found_gradients, wanted_gradients):
        close(one, other.view_as(one), f"gradient of {name}")


def test_realmlp_count() -> None:
    """RealMLP-TD as its package builds it for eight numbers."""
    config = {**pytabkit().DefaultParams.RealMLP_TD_REG, "clamp_output": False, "normalize_output": False}
    infos = {"x_cont": pytabkit().TensorInfo(feat_shape=[8]), "y": pytabkit().TensorInfo(cat_sizes=torch.tensor([0]))}
    infos["x_cat"] = pytabkit().TensorInfo(cat_sizes=torch.zeros(0, dtype=torch.long))
    pytabkit().TrainContext.get_global_context().hp_manager = pytabkit().HyperparamManager(**config)
    fitter, _ = pytabkit().NNFactory(**config).create_transform(infos)
    rows = {"x_cont": torch.randn(50, 8), "x_cat": torch.zeros(50, 0, dtype=torch.long), "y": torch.randn(50, 1)}
    assert size_of("realmlp") == count(fitter.fit(pytabkit().DictDataset(rows, infos)))


def test_realmlp_schedules() -> None:
    waves, fading = pytabkit().get_schedule("coslog4"), pytabkit().get_schedule("flat_cos")
    for step in range(0, 100, 7):
        assert cosine_log(4)(step, 100) == pytest.approx(waves.call_time_(step / 100), abs=1e-12)
        assert flat_cosine(step, 100) == pytest.approx(fading.call_time_(step / 100), abs=1e-12)


def test_realmlp_begins_as_the_data_are() -> None:
    """Every unit has variance 1 over the rows before its bias, and is 0 somewhere inside of what they span."""
    torch.manual_seed(0)
    network = RealMLP(numbers=4, categories=(4,), outputs=1, widths=(9, 8)).eval()
    rows = 5 + 20 * torch.randn(300, 4), torch.randint(0, 4, (300, 1)), torch.zeros(300, 0, 0, dtype=torch.long)
    network.begin(rows, torch.linspace(-2.0, 3.0, 300))
    x = network.joined(*rows)
    for layer, activation in zip(network.layers, network.activations):
        unbiased = layer(x) - layer.bias
        torch.testing.assert_close(unbiased.std(0, correction=0), torch.ones(unbiased.shape[1]), atol=1e-4, rtol=0)
        assert ((unbiased.amin(0) < -layer.bias) & (-layer.bias < unbiased.amax(0))).all()
        x = activation(layer(x))
    far = 1e6 * torch.ones(2, 4), torch.zeros(2, 1, dtype=torch.long), torch.zeros(2, 0, 0, dtype=torch.long)
    with torch.no_grad():
        network.head.bias.fill_(1e6)
    assert network(*far).max() == 3.0  # within the range of training targets
    assert network.train()(*far).max() > 3.0


def test_rates_and_decays_of_groups_are_those_of_torch() -> None:
    torch.manual_seed(0)
    network, other = nn.Linear(3, 2), nn.Linear(3, 2)
    other.load_state_dict(network.state_dict())
    mine = GroupedAdamW([([network.weight], 1.0, 0.1), ([network.bias], 0.1, 0.0)], 0.05, (0.9, 0.95))
    groups = [
        {"params": [other.weight], "lr": 0.05, "weight_decay": 0.1},
        {"params": [other.bias], "lr": 0.005, "weight_decay": 0.0},
    ]
    theirs = torch.optim.AdamW(groups, betas=(0.9, 0.95))
    for step in range(5):
        share = 1 - step / 5
        mine.fade(share)
        theirs.param_groups[0]["weight_decay"] = 0.1 * share
        x = torch.randn(4, 3)
        for module in (network, other):
            module.zero_grad()
            module(x).square().sum().backward()
        mine.update(1.0)
        theirs.step()
    for found, wanted in zip(network.parameters(), other.parameters()):
        torch.testing.assert_close(found, wanted)


# ----------------------------------------------------------------------------------------------------------------- text


def test_a_text_is_the_mean_of_its_n_grams() -> None:
    """As torch's own bag with padding."""
    bag = WordBag(12, 2, 5)
    words = torch.randint(0, 12, (6, 2, 4))
    words[0] = 0  # an empty text
    assert bag.vectors is not None
    theirs = F.embedding_bag(words.flatten(0, 1), bag.vectors.weight, mode="mean", padding_idx=0).view(6, 2, 5)
    close(bag(words), theirs, "bag")
    assert (bag(words)[0] == 0).all()


def test_a_word_that_was_never_seen_is_zeros_at_first() -> None:
    for network in (
        TabularResNet(numbers=2, categories=(4,), outputs=2),
        FTTransformer(numbers=2, categories=(4,), outputs=2, width=8, heads=2, hidden=9),
        RealMLP(numbers=2, categories=(12,), outputs=2),
    ):
        tables = [part.weight for part in network.modules() if isinstance(part, nn.Embedding)]
        assert tables and all((table[0] == 0).all() and (table[1:] != 0).all() for table in tables)
