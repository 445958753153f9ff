"""Names that people give to the parts of their data: `train`, `Training Set`, `valid`, `seg_test`, `test2017`."""

from __future__ import annotations

import re

UNLABELLED = "unlabelled"
_WORDS = {
    "train": ("train", "training", "trn"),
    "validation": ("validation", "validate", "valid", "val", "dev", "development", "eval", "evaluation"),
    "test": ("test", "testing", "tst", "holdout", "heldout"),
    UNLABELLED: ("unlabelled", "unlabeled", "unsup", "unsupervised"),
}
_SPLITS = {word: split for split, words in _WORDS.items() for word in words}
_FILLER = r"(?:data)?sets?|data|images?|imgs?|pictures?|pics?|photos?|files?|folders?|splits?|seg|jpe?gs?|pngs?"
_JOINED = re.compile(rf"({'|'.join(sorted(_SPLITS, key=len, reverse=True))})(?:{_FILLER})*")


def split_of(name: str) -> str | None:
    """The part of the data that a name stands for: "train", "validation", "test", "unlabelled"; None for any other.

    Case, numbers, hyphens and underscores do not count, nor do words such as `set`, `data` and `images`.

    Example:
        >>> [split_of(name) for name in ("Training-Set", "val2017", "seg_test", "testimages", "unlabeled", "trainer")]
        ['train', 'validation', 'test', 'test', 'unlabelled', None]
    """
    telling = [word for word in _words(name) if not re.fullmatch(_FILLER, word)]
    if telling in (["hold", "out"], ["held", "out"]):
        return "test"
    found = _JOINED.fullmatch(telling[0]) if len(telling) == 1 else None
    return _SPLITS[found[1]] if found else None


def says_nothing(name: str) -> bool:
    """Whether a folder's name tells nothing about what is in it: `images`, `data_set`.

    Example:
        >>> says_nothing("JPEGImages"), says_nothing("cats")
        (True, False)
    """
    words = _words(name)
    return bool(words) and all(re.fullmatch(rf"(?:{_FILLER})+", word) for word in words)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
