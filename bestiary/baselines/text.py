"""Baselines on raw text: counts of words and of character n-grams, with a linear model or naive Bayes.

Sources: Salton and Buckley (1988), "Term-weighting approaches in automatic text retrieval"; Rennie, Shih, Teevan and
Karger (2003), "Tackling the poor assumptions of naive Bayes text classifiers" (complement naive Bayes).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from bestiary.baselines import tables
from bestiary.baselines.baseline import Arrays, Baseline, Inputs, Setting
from bestiary.baselines.spaces import near, pick
from bestiary.contracts import Spec

WORD = r"(?u)\b\w+\b"  # words of one letter count: they are whole words in many languages
MOST = 50_000  # features of each vocabulary


def texts(arrays: Arrays, spec: Spec) -> Inputs:
    """The raw texts, N strings.

    Example:
        >>> from bestiary.contracts import TokenSpec
        >>> raw = {"bytes": np.frombuffer("née dog".encode(), np.uint8), "offsets": np.array([0, 4, 8])}
        >>> texts(raw, TokenSpec(10, 10, 2))
        ['née', ' dog']
    """
    raw, offsets = np.asarray(arrays["bytes"], dtype=np.uint8).tobytes(), np.asarray(arrays["offsets"]).tolist()
    return [raw[a:b].decode("utf-8", errors="replace") for a, b in pairwise(offsets)]


def linear(target: str, setting: Setting, seed: int) -> Pipeline:
    """TF-IDF of words (one and two in a row) and of characters (three to five), then logistic or ridge regression.

    With `balanced`, rows of rare classes count more, so that every class counts the same.
    """
    words = TfidfVectorizer(token_pattern=WORD, ngram_range=(1, 2), sublinear_tf=True, max_features=MOST)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=MOST)
    known = {"words": words, "characters": characters}
    counts = list(known.items()) if setting["counts"] == "both" else [(setting["counts"], known[setting["counts"]])]
    if target == "classes":
        weights = "balanced" if setting.get("balanced") else None
        model = LogisticRegression(C=1 / setting["penalty"], class_weight=weights, max_iter=200, tol=1e-3)
        return make_pipeline(FeatureUnion(counts), model)
    return make_pipeline(FeatureUnion(counts), Ridge(alpha=setting["penalty"], solver="lsqr", random_state=seed))


def linear_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """Less shrinkage than for tables: the features are many and small. Words alone first, they are quick."""
    tried = [("words", 0.1), ("both", 0.1), ("words", 0.01), ("both", 0.01), ("characters", 0.1), ("both", 1.0)]
    settings: list[Setting] = [{"counts": counts, "penalty": penalty} for counts, penalty in tried]
    if target == "classes":
        settings[2:2] = [{**setting, "balanced": True} for setting in settings[:2]]
    return settings


def linear_space(target: str, rows: int, outputs: int, rng: np.random.Generator) -> Setting:
    """Any shrinkage, on words, characters or both; every row counting the same, or every class."""
    setting = {"counts": pick(rng, ("both", "words", "characters")), "penalty": near(rng, 1e-3, 10.0)}
    return {**setting, "balanced": bool(rng.random() < 0.5)} if target == "classes" else setting


def bayes(target: str, setting: Setting, seed: int) -> Pipeline:
    """Complement naive Bayes on counts of words."""
    counts = CountVectorizer(token_pattern=WORD, ngram_range=(1, setting["words"]), max_features=MOST)
    return make_pipeline(counts, ComplementNB(alpha=setting["smoothing"], norm=False))


def bayes_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """One word or two in a row, more and less smoothing."""
    return [{"words": words, "smoothing": smoothing} for smoothing in (1.0, 0.1) for words in (1, 2)]


WORDS = "words and pairs of words of the training texts, also those that occur in one of them alone"
BASELINES: tuple[Baseline, ...] = (
    tables.BASELINES[0],
    Baseline(
        "linear",
        "linear model on TF-IDF",
        texts,
        linear,
        linear_settings,
        lambda setting: {"words": 1.0, "characters": 3.0, "both": 4.0}[setting["counts"]],
        holds=WORDS,
        space=linear_space,
    ),
    Baseline("bayes", "naive Bayes on words", texts, bayes, bayes_settings, targets=("classes",), holds=WORDS),
)
