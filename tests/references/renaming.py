"""Names of weights, translated by a table that goes both ways."""

import re
from collections.abc import Iterable, Sequence

Table = Sequence[tuple[str, str]]


def rename(names: Iterable[str], table: Table, back: bool = False) -> dict[str, str]:
    """Each name and its translation; every name must fit exactly one line of the table, and no two become one."""
    lines = [(theirs, ours) if back else (ours, theirs) for ours, theirs in table]
    renamed = {}
    for name in names:
        fits = [
            (match, target)
            for source, target in lines
            if (match := re.fullmatch(re.escape(source).replace(r"\{\}", r"([^.]+)"), name))
        ]
        assert len(fits) == 1, f"{name} fits {len(fits)} lines of the table"
        match, target = fits[0]
        renamed[name] = target.format(*match.groups())
    assert len(set(renamed.values())) == len(renamed)
    return renamed
