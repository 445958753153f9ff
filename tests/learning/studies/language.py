"""Carrying text on: the King James Bible, bits per byte of chapters that nobody trained on."""

import functools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.baselines.language import KneserNey, training_texts
from bestiary.fit import fit
from bestiary.kinds.corpus.reader import read_corpus
from bestiary.kinds.corpus.store import CorpusData
from bestiary.rows.splits import assign
from bestiary.runs.run import RunFolder
from bestiary.tasks.continuation import Continue
from tests.learning.learn import FIXTURES, Never
from tests.learning.study import Study

TASK = Continue({})
BIBLE = "BESTIARY_BIBLE"  # names a file with the whole text, a verse a line; `bible -f` of Debian's bible-kjv prints it
ORDERS = (5, 6, 7, 8)  # of the n-gram


@dataclass(frozen=True)
class Form:
    """How long a training is."""

    units: str
    length: int
    contender: str
    batch: int
    steps: int
    rate: float
    warmup: int = 50
    words: tuple[tuple[str, object], ...] = ()  # of the network, in the place of the contender's


def encoded(text: Path, form: Form, seed: int) -> CorpusData:
    """Every window of every split, not only those that a race looks at."""
    source = read_corpus(text, units=form.units, length=form.length)
    splits = assign(source)
    encoder = source.fit(splits)
    parts = {
        name: encoder.arrays([source.text(run) for run in source.runs(splits == number)], train=name == "train")
        for number, name in enumerate(("train", "validation", "test"))
    }
    return CorpusData.of(encoder.spec, encoder.facts, parts, form.batch, seed)


def shuffled(data: CorpusData) -> CorpusData:
    """The same training tokens in an order that means nothing."""
    tokens = data.arrays("train")["tokens"].numpy()
    order = np.random.default_rng(0).permutation(len(tokens))
    return CorpusData.of(data.spec, data.facts, {"train": {"tokens": tokens[order]}}, data.size, data.seed)


def carried_on(row: str, form: Form, text: Path, seed: int, wrong: bool, steps: int) -> float:
    """Bits per byte on the test text after so many updates. The twin learns from shuffled text."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    found = catalogue.find(row)
    contender = next(c for c in found.races["corpus"] if c.name == form.contender)
    with tempfile.TemporaryDirectory() as place:
        data = encoded(text, form, seed)
        network = build(contender.network, {**contender.keywords, **dict(form.words)}, data.spec, seed=seed)
        algorithm = resolve(found.recipes["continue"])(network, data.spec, rate=form.rate, warmup=form.warmup)
        run = RunFolder(Path(place) / "run", keep_best=False, save_every=1e9)
        fit(algorithm, shuffled(data) if wrong else data, run, steps, Never())
        return TASK.score(TASK.predict(algorithm.answer, data, "test"), None)["bits_per_byte"]


def genesis(row: str, form: Form, seed: int, wrong: bool, full: bool) -> float:
    """Minus bits per byte, on the first book alone."""
    return -carried_on(row, form, FIXTURES / "genesis.txt", seed, wrong, form.steps)


def bible(row: str, form: Form, seed: int, wrong: bool, full: bool) -> float:
    """Bits per byte below those of the n-gram whose order is the best on the validation text."""
    steps = form.steps // 12 if wrong else form.steps  # what can be learned from shuffled text is learned at once
    text = Path(os.environ[BIBLE])
    return ngram(text, form) - carried_on(row, form, text, seed, wrong, steps)


@functools.cache
def ngram(text: Path, form: Form) -> float:
    """Bits per byte of Kneser-Ney on the test text, its order chosen on the validation text."""
    data = encoded(text, form, 0)  # the seed orders batches, of which an n-gram has none
    fitted = [KneserNey.fit(training_texts(data), order) for order in ORDERS]
    told = [TASK.score(TASK.predict(model, data, "validation"), None)["bits_per_byte"] for model in fitted]
    return TASK.score(TASK.predict(fitted[int(np.argmin(told))], data, "test"), None)["bits_per_byte"]


SOURCES = (
    "kinds/corpus/reader.py",
    "kinds/corpus/store.py",
    "kinds/corpus/units.py",
    "recipes/language.py",
    "objectives/next_token.py",
    "tasks/continuation.py",
)
SHORT = (
    ("gpt2", Form("bytes", 64, "64", 16, 400, 3e-3), -2.85),
    ("lstm", Form("bytes", 64, "128", 16, 400, 5e-3), -2.65),
    ("gru", Form("bytes", 64, "128", 16, 400, 5e-3), -2.5),
)
PIECES = (("depth", 4), ("heads", 4), ("dropout", 0.1))
BYTES = (("width", 192), ("depth", 4), ("heads", 4), ("dropout", 0.0))  # four times as many tokens as in pieces
LONG = (
    ("gpt2", Form("bytes", 256, "256", 16, 1_800, 2e-3, 100, BYTES)),
    ("gpt2", Form("bpe", 128, "256", 16, 1_500, 2e-3, 100, PIECES)),
)
STUDIES: tuple[Study, ...] = (
    *(
        Study(
            name=f"{row}-corpus-genesis",
            row=row,
            data="Genesis, King James Version, bytes",
            metric="minus bits per byte of test text",
            floor=floor,
            run=functools.partial(genesis, row, form),
            twin="learns from the same bytes in an order that means nothing",
            sources=SOURCES,
        )
        for row, form, floor in SHORT
    ),
    *(
        Study(
            name=f"{row}-corpus-bible-{form.units}",
            row=row,
            data=f"the whole King James Bible, {form.units}",
            metric="bits per byte below the Kneser-Ney n-gram of the best order",
            floor=0.0,
            run=functools.partial(bible, row, form),
            only_full=True,
            twin="learns from the same tokens in an order that means nothing, a twelfth as long",
            needs=BIBLE,
            sources=(*SOURCES, "baselines/language.py"),
        )
        for row, form in LONG
    ),
)
