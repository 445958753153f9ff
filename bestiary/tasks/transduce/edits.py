"""How far two sequences are apart: insertions, deletions and replacements (Levenshtein 1966), many pairs at once."""

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Tokens = NDArray[np.integer]


def edits(
    first: Int[Tokens, "N A"], first_lengths: Int[Tokens, " N"], second: Int[Tokens, "N B"], second_lengths: Tokens
) -> NDArray[np.int64]:
    """The edit distance of each pair of rows, [N].

    The table of Wagner & Fischer 1974 is filled row by row for all pairs together; a row's insertions, each of which
    depends on the one before, are a running minimum.

    Args:
        first, second: tokens, padded with anything.
        first_lengths, second_lengths: real tokens of each row, 0 or more.

    Example:
        >>> kitten, sitting = (np.frombuffer(word, np.uint8)[None] for word in (b"kitten", b"sitting"))
        >>> edits(kitten, np.array([6]), sitting, np.array([7])).tolist()
        [3]
    """
    columns = np.arange(second.shape[1] + 1)
    row = np.broadcast_to(columns, (len(first), len(columns)))
    found = row[np.arange(len(first)), second_lengths].astype(np.int64)
    for place in range(first.shape[1]):
        replaced = row[:, :-1] + (first[:, place, None] != second)
        row = np.concatenate([row[:, :1] + 1, np.minimum(row[:, 1:] + 1, replaced)], 1)
        row = np.minimum.accumulate(row - columns, 1) + columns
        ends = first_lengths == place + 1
        found[ends] = row[ends, second_lengths[ends]]
    return found
