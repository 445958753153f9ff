"""Every architecture, one row each: a file `FAMILY/NAME.py` that holds `ROW`, found by listing the folders; and in the
folder `parts` what they consist of and how they learn, a file each that holds `PART`.

Nothing here imports torch.
"""

import importlib
from pathlib import Path

from bestiary.catalogue import parts
from bestiary.catalogue.row import Contender, Keywords, Pretrained, Reference, Row, Size
from bestiary.errors import InputError, nearest

__all__ = [
    "FINE_TUNING",
    "ROWS",
    "Contender",
    "Keywords",
    "Pretrained",
    "Reference",
    "Row",
    "Size",
    "find",
    "names",
    "parts",
    "size",
    "sized",
]

FIRST = (
    "feedforward",
    "table",
    "convolution",
    "recurrence",
    "attention",
    "graph",
    "representation",
    "generative",
)
"""Families in the order of lists; others follow, by name."""


def _found() -> tuple[Row, ...]:
    """The rows of all families; in a family by year, then by name."""
    here = Path(__file__).parent
    families = sorted(path.name for path in here.iterdir() if path.is_dir() and not path.name.startswith("_"))
    families.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    rows: list[Row] = []
    for family in families:
        files = sorted(path.stem for path in (here / family).glob("[!_]*.py"))
        modules = [importlib.import_module(f"{__name__}.{family}.{name}") for name in files]
        found = [module.ROW for module in modules if hasattr(module, "ROW")]
        rows += sorted(found, key=lambda row: (row.year, row.name))
    return tuple(rows)


ROWS: tuple[Row, ...] = _found()
INTRODUCTIONS = 5
"""How many introductory texts to the field `Row.introductions` is about."""
FINE_TUNING = {
    f"bestiary.recipes.supervised:{name}": f"bestiary.recipes.fine_tuning:{name}"
    for name in ("classifier", "regressor")
}
"""A row's recipe -> the one in its place where a network begins with weights."""
_ROWS = {row.name: row for row in ROWS}
_SIZES = {name: (row, size) for row in ROWS for size in row.sizes for name in (*size.aliases, size.name)}


def names(
    family: str | None = None, kind: str | None = None, guide: str | None = None, *, taught: int | None = None
) -> list[str]:
    """Names of architectures; of parts or methods where they are asked for.

    Args:
        family: only those of this family; "part" or "method" for those.
        kind: only those that race on this kind of data.
        guide: former way to ask for those that one introductory text names, "G0" to "G4"; prefer `taught`.
        taught: only those that at least this many of five introductory texts to the field name, 1 to 5.

    Returns:
        Names in the order of the catalogue.

    Raises:
        InputError: for a family, kind or guide that no architecture has, or a number of texts outside 1 to 5.

    Example:
        >>> names(family="reinforcement")
        ['dqn', 'dueling_dqn']
        >>> names(family="generative", taught=5)
        ['gan']
        >>> names(family="method", taught=4)
        ['backpropagation']
    """
    if taught is not None and taught not in range(1, INTRODUCTIONS + 1):
        raise InputError(f"taught must be a whole number from 1 to {INTRODUCTIONS}; received {taught}; try taught=3")
    for word, given, known in (
        ("family", family, {row.family for row in ROWS} | set(parts.SORTS)),
        ("kind", kind, {k for row in ROWS for k in row.kinds}),
        ("guide", guide, {f"G{text}" for row in ROWS for text in row.introductions}),
    ):
        if given is not None and given not in known:
            expected = ", ".join(sorted(known))
            raise InputError(f"{word} must be one of {expected}; received {given!r}{nearest(given, known)}")
    rows = [one.row for one in parts.PARTS if one.sort == family] if family in parts.SORTS else ROWS
    return [
        row.name
        for row in rows
        if (family is None or row.family == family)
        and (kind is None or kind in row.kinds)
        and (guide is None or guide in {f"G{text}" for text in row.introductions})
        and len(row.introductions) >= (taught or 0)
    ]


def find(name: str) -> Row:
    """The row that has this name, or one of whose sizes has it.

    Raises:
        InputError: for an unknown name, with the nearest known one.

    Example:
        >>> find("resnet50").name
        'resnet'
    """
    if name in _ROWS:
        return _ROWS[name]
    if name in _SIZES:
        return _SIZES[name][0]
    other = parts.named(name)
    if other is not None:
        raise InputError(
            f"expected an architecture or a size; {name} is a {other.sort}: `bestiary show {name}` says what it is and "
            f'what uses it, bestiary.part("{name}") calls it'
        )
    known = [*_ROWS, *_SIZES, *parts.every_name()]
    raise InputError(f"no architecture or size is named {name!r}{nearest(name, known)}; `bestiary list` shows all")


def size(name: str) -> Size:
    """The size of this name; for the name of an architecture, or of a part that has sizes, its first size.

    Raises:
        InputError: for an unknown name, with the nearest known one.

    Example:
        >>> size("resnet50").parameters
        25557032
    """
    return sized(name)[1]


def sized(name: str) -> tuple[Row, Size]:
    """The size of this name as `size` finds it, and the row that it is of.

    Raises:
        InputError: for an unknown name, or a part or method that has no size.

    Example:
        >>> sized("layer_norm")[1].parameters
        1536
    """
    if name in _SIZES:
        return _SIZES[name]
    other = parts.named(name)
    if other is None or name in _ROWS:
        return find(name), find(name).sizes[0]
    if not other.sizes:
        raise InputError(
            f"expected something with a size; {name} is a {other.sort} without weights of its own: "
            f'`bestiary show {name}` says what it is, bestiary.part("{name}") calls it'
        )
    return other.row, next((one for one in other.sizes if one.name == name), other.sizes[0])
