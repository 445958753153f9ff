"""Baselines of the task: n-grams of bytes, and compressors."""

from bestiary.baselines.rivals import Rival, Setting
from bestiary.kinds.corpus.store import CorpusData
from bestiary.tasks.continuation.ngrams import LONGEST, METHODS, ORDERS, Compressor, KneserNey, training_texts


def _fit_ngram(data: CorpusData, setting: Setting, seed: int, seconds: float) -> KneserNey:
    return KneserNey.fit(training_texts(data), setting["order"])


def _fit_compressor(data: CorpusData, setting: Setting, seed: int, seconds: float) -> Compressor:
    return Compressor(b"".join(training_texts(data)), setting["method"])


BASELINES: tuple[Rival, ...] = (
    Rival(
        "ngram",
        "n-gram of bytes, Kneser-Ney",
        KneserNey,
        _fit_ngram,
        lambda data: [{"order": order} for order in ORDERS],
        holds=f"every stretch of up to {LONGEST} bytes of the training text, from which much of it can be put together",
    ),
    Rival(
        "compressor",
        "compressor that has seen the training text",
        Compressor,
        _fit_compressor,
        lambda data: [{"method": method} for method in METHODS],
        holds="the training text itself",
    ),
)
