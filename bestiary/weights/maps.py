"""One language for names of weights: what a tensor is called here, and what a published file calls it.

A map stands beside each architecture, as `PUBLISHED` of its file, and is read both ways. A line of it pairs names:

    same("output.{*}", "fc.{*}")                                        another name, the same tensor
    turned("narrow.{*}", "mlp.c_proj.{*}")                              and the matrix transposed
    joined(("query.{*}", "key.{*}", "value.{*}"), "in_proj_{*}")        several here, stacked in one there
    parted("gates.{*}", ("reset.{*}", "update.{*}"))                    one here, equal parts there
    spread("scale", "layer_scale", 2)                                   [C] here, [C, 1, 1] there

`{layer}` is a number that both sides share, `{stage+1}` the same number counted from another start, `{*}` any one word
(weight, bias, running_mean). Imports no torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

OWN = "bestiary"
_HOLE = re.compile(r"\{(\*|[a-z]+)([+-]\d+)?\}")
_LARGEST = 6  # digits of a number in a name


@dataclass(frozen=True)
class Line:
    """Names here and there; one of the two sides has one name.

    Attributes:
        ours, theirs: patterns.
        turned: whether matrices are transposed; vectors are not changed.
        ones: how many axes of length 1 theirs has more, behind all others.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    turned: bool = False
    ones: int = 0


def same(ours: str, theirs: str) -> Line:
    """A tensor under another name."""
    return Line((ours,), (theirs,))


def turned(ours: str, theirs: str) -> Line:
    """A tensor under another name, a matrix transposed: [inputs, outputs] there."""
    return Line((ours,), (theirs,), turned=True)


def joined(ours: Sequence[str], theirs: str, *, turned: bool = False) -> Line:
    """Several tensors here, stacked along their first axis in one there, in this order; then perhaps transposed."""
    return Line(tuple(ours), (theirs,), turned)


def parted(ours: str, theirs: Sequence[str], *, turned: bool = False) -> Line:
    """One tensor here, cut along its first axis into equal parts there, in this order."""
    return Line((ours,), tuple(theirs), turned)


def spread(ours: str, theirs: str, ones: int) -> Line:
    """A tensor that has so many axes of length 1 more there, behind its own."""
    return Line((ours,), (theirs,), ones=ones)


@dataclass(frozen=True)
class NameMap:
    """How one library names the weights of some networks.

    Attributes:
        library: "torchvision".
        of: what it names so there: "torchvision.models.resnet50".
        networks: names of our classes, of the file that the map stands in; subclasses are not meant.
        lines: each of our names fits exactly one of them.
        copies: (ours, theirs) of tensors that are stored a second time there; left out of a file or equal in it.
        ignored: patterns of theirs that hold nothing learned, such as masks of old files.
        prefix: with which all names begin in some files and in others not.
    """

    library: str
    of: str
    networks: tuple[str, ...]
    lines: tuple[Line, ...]
    copies: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = field(default=())
    prefix: str = ""

    def plain(self, names: Iterable[str]) -> dict[str, str]:
        """Each name of a file -> the name that the map knows: with its prefix, where the file leaves that out."""
        listed = list(names)
        if not self.prefix or any(name.startswith(self.prefix) for name in listed):
            return {name: name for name in listed}
        whole = {theirs for _, theirs in self.copies} | {p for line in self.lines for p in line.theirs}
        free = [pattern for pattern in (*whole, *self.ignored) if not pattern.startswith(self.prefix)]
        return {name: name if any(fits(p, name) for p in free) else self.prefix + name for name in listed}


@dataclass(frozen=True)
class Pair:
    """Tensors that are one another: a line with its holes filled in."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    turned: bool
    ones: int = 0


def own_names(names: Iterable[str]) -> list[Pair]:
    """Every tensor under its own name: how bestiary saves."""
    return [Pair((name,), (name,), False) for name in names]


def pairs(names: Iterable[str], known: NameMap) -> tuple[list[Pair], list[str]]:
    """Our names and theirs.

    Args:
        names: of our network's tensors.
        known: the map.

    Returns:
        Pairs in the order of our names, and those of our names that the map has no line for.

    Raises:
        ValueError: for a map with two lines for one name.

    Example:
        >>> known = NameMap("torchvision", "", (), (same("stages.{stage}.{*}", "layer{stage+1}.{*}"),))
        >>> pairs(["stages.0.weight"], known)[0][0].theirs
        ('layer1.weight',)
    """
    found: dict[Pair, None] = {}
    without = []
    for name in names:
        fitting = {
            Pair(
                tuple(_filled(p, holes) for p in line.ours),
                tuple(_filled(p, holes) for p in line.theirs),
                line.turned,
                line.ones,
            )
            for line in known.lines
            for pattern in line.ours
            if (holes := fits(pattern, name)) is not None
        }
        if len(fitting) > 1:
            raise ValueError(f"{name} fits several lines of the map to {known.library}")
        if fitting:
            found[fitting.pop()] = None
        else:
            without.append(name)
    return list(found), without


def fits(pattern: str, name: str) -> dict[str, str] | None:
    """What stands in the holes of a pattern, where a name fits it; numbers as this side counts minus its shift.

    Example:
        >>> fits("layer{stage+1}.{*}", "layer3.weight")
        {'stage': '2', '*': 'weight'}
        >>> fits("layer{stage+1}.{*}", "layer3.conv.weight") is None
        True
    """
    compiled, holes = _compiled(pattern)
    found = compiled.fullmatch(name)
    if found is None:
        return None
    values: dict[str, str] = {}
    for (word, shift), text in zip(holes, found.groups()):
        value = text if word == "*" else str(int(text) - shift)
        if value.startswith("-") or values.setdefault(word, value) != value:
            return None
    return values


@cache
def _compiled(pattern: str) -> tuple[re.Pattern[str], tuple[tuple[str, int], ...]]:
    holes, text, place = [], "", 0
    for hole in _HOLE.finditer(pattern):
        word, shift = hole[1], int(hole[2] or 0)
        text += re.escape(pattern[place : hole.start()])
        text += r"([^.]+)" if word == "*" else rf"(0|[1-9]\d{{0,{_LARGEST - 1}}})"
        holes.append((word, shift))
        place = hole.end()
    return re.compile(text + re.escape(pattern[place:]), re.ASCII), tuple(holes)


def _filled(pattern: str, holes: Mapping[str, str]) -> str:
    def text(hole: re.Match[str]) -> str:
        return holes["*"] if hole[1] == "*" else str(int(holes[hole[1]]) + int(hole[2] or 0))

    return _HOLE.sub(text, pattern)
