"""Words of networks and recipes in files: plain values, and none so large that building it would take all memory."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bestiary.errors import InputError

LARGEST = 10_000_000  # of a size; the largest vocabulary of the catalogue has 50,257
LONGEST = 1_000  # values of one word


def check_keywords(words: Mapping[str, object], owner: str) -> None:
    """Refuses what no network or recipe takes.

    Args:
        words: of a network or a recipe.
        owner: whose, for the message.

    Raises:
        InputError: for values that are no numbers, words, truths or lists of these, or are too large.

    Example:
        >>> check_keywords({"widths": [64, 32], "dropout": 0.1}, "mlp/small")
    """
    for word, value in words.items():
        values = value if isinstance(value, list | tuple) else [value]
        if len(values) > LONGEST:
            raise InputError(f"{owner}: {word[:100]} has {len(values):,} values; at most {LONGEST:,} are taken")
        for one in values:
            if not isinstance(one, int | float | str | None):
                raise InputError(
                    f"{owner}: {word[:100]} must be a number, a word or a list of these; received {one!r:.100}"
                )
            if isinstance(one, int) and abs(one) > LARGEST:
                raise InputError(f"{owner}: {word[:100]} must be at most {LARGEST:,}; received {one!r:.100}")
            if isinstance(one, float) and not math.isfinite(one):
                raise InputError(f"{owner}: {word[:100]} must be a finite number; received {one!r}")
            if isinstance(one, str) and len(one) > LONGEST:
                raise InputError(f"{owner}: {word[:100]} must have at most {LONGEST:,} letters; received {len(one):,}")
