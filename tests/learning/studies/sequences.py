"""From spelling to sound: what each network that writes sequences makes of 6,400 English words, and where it looks."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.architectures.recurrence.attention_network import AttentionNetwork
from bestiary.kinds.pairs.reader import PairData, read_pairs
from bestiary.rows.splits import assign
from bestiary.sampling.insides.alignments import align, diagonal_mass
from bestiary.sampling.looking import evaluating
from bestiary.tasks.transduce.scoring import Transduce, distances, write
from tests.learning.study import Study

SPELLING = Path(__file__).parents[2] / "fixtures" / "spelling.csv"
SHORT, LONG = 300, 2000  # updates
BATCH = 64
SETTINGS = {"transformer": {"warmup": 150, "rate": 0.4, "cooling": 0.3}}
CONTENDERS = ("64", "128")  # of the short form, of the full one


@functools.cache
def encoded(path: Path = SPELLING) -> tuple[Path, tempfile.TemporaryDirectory[str]]:
    """The encoded folder; the second item keeps it from being removed."""
    keep = tempfile.TemporaryDirectory(prefix="bestiary-sequences-")
    folder = Path(keep.name) / "data"
    source = read_pairs(path, text="spelling", target="sound")
    source.encode(assign(source), folder, 0)
    return folder, keep


def data_of(seed: int, shuffled: bool) -> PairData:
    """The words, or words with the sounds of others."""
    folder, _ = encoded()
    data = PairData(folder, batch=BATCH, seed=seed, sealed=folder.parent / "sealed")
    if not shuffled:
        return data
    train, test = data.arrays("train"), data.arrays("test")
    order = torch.randperm(len(train["source"]), generator=torch.Generator().manual_seed(seed))
    mixed = train | {name: train[name][order] for name in ("sequence", "sequence_lengths")}
    return PairData.of(data.spec, data.facts, {"train": mixed, "test": test}, batch=BATCH, seed=seed)


@functools.cache
def trained(name: str, seed: int, twin: str, full: bool) -> tuple[nn.Module, PairData]:
    """A network of a row after its training by the row's own recipe.

    Args:
        name: of the row.
        seed: of weights, order and dropout.
        twin: "shuffled" (learns the sounds of other words), "cut" (all places of the source weigh the same), or "".
        full: the long form.
    """
    row, data = catalogue.find(name), data_of(seed, twin == "shuffled")
    contender = next(c for c in row.races["pairs"] if c.name == CONTENDERS[full])
    network = build(contender.network, contender.keywords, data.spec, seed=seed)
    if twin == "cut":
        assert isinstance(network, AttentionNetwork)
        nn.init.zeros_(network.attention.energy.weight).requires_grad_(False)
    torch.manual_seed(seed)
    settings = SETTINGS.get(name, dict(row.settings[0]))
    learner = resolve(row.recipes["transduce"])(network, data.spec, **settings)
    for _ in learner.updates(data, 0, LONG if full else SHORT):  # type: ignore[attr-defined]
        pass
    return network, data


def right(name: str, broken: str = "shuffled"):
    """The score of a row: minus its edits per token of unseen words."""

    def run(seed: int, wrong: bool, full: bool) -> float:
        network, data = trained(name, seed, broken if wrong else "", full)
        task = Transduce(data.facts)
        return -task.score(task.predict(network, data, "test"), torch.empty(0))["token_error_rate"]

    return run


def right_words(name: str, broken: str = "shuffled"):
    """Minus the share of unseen words that are wrong anywhere, five beams followed."""

    def run(seed: int, wrong: bool, full: bool) -> float:
        network, data = trained(name, seed, broken if wrong else "", full)
        with evaluating(network):
            edits = [distances(write(network, batch, data.spec, beams=5), batch) for batch in data.batches("test")]
        return -float((np.concatenate(edits) > 0).mean())

    return run


def looking(seed: int, wrong: bool, full: bool) -> float:
    """How much of the attention lies within 1.5 letters of the diagonal, the mean over unseen words."""
    network, data = trained("attention_network", seed, "shuffled" if wrong else "", full)
    batch = data.take("test", torch.arange(200))
    with evaluating(network):
        found = align(network, batch, data.facts, data.spec.answer_length - 2)
    return sum(diagonal_mass(alignment.weights) for alignment in found) / len(found)


_METRIC = "minus the edits per token, in sounds of unseen words"
_WORDS = "minus the share of unseen words with any wrong sound, five beams followed"
_DATA = "6,400 words of the CMU dictionary, spelling to sound; judged on 2,000 others"
_TWIN = "learns the sounds of other words"
_HERE = (
    "objectives/sequences.py",
    "recipes/sequences.py",
    "sampling/beams.py",
    "kinds/pairs/reader.py",
    "tasks/transduce/scoring.py",
)

STUDIES: tuple[Study, ...] = (
    Study(
        "attention_network-spelling", "attention_network", _DATA, _METRIC, -0.28,
        right("attention_network", "cut"), -0.16, twin="all letters weigh the same", sources=_HERE,
    ),
    Study(
        "attention_network-diagonal", "attention_network", _DATA,
        "attention within 1.5 letters of the diagonal", 0.8, looking, twin=_TWIN,
        sources=("sampling/insides/alignments.py", *_HERE),
    ),
    Study("luong-spelling", "luong", _DATA, _METRIC, -0.35, right("luong"), -0.18, twin=_TWIN, sources=_HERE),
    Study("gnmt-spelling", "gnmt", _DATA, _METRIC, -0.35, right("gnmt"), twin=_TWIN, sources=_HERE),
    Study(
        "transformer-spelling", "transformer", _DATA, _METRIC, -0.35, right("transformer"), -0.16, twin=_TWIN,
        sources=_HERE,
    ),
    Study(
        "attention_network-words", "attention_network", _DATA, _WORDS, -0.47, right_words("attention_network", "cut"),
        only_full=True, twin="all letters weigh the same", sources=_HERE,
    ),
    Study(
        "transformer-words", "transformer", _DATA, _WORDS, -0.47, right_words("transformer"), only_full=True,
        twin=_TWIN, sources=_HERE,
    ),
)  # fmt: skip
