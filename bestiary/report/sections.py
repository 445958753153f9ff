"""What the report shows of a task: confusions, samples, reconstructions, attention, graphs, returns.

A task names a function (evidence) -> sections. Whatever it shows comes from the run folder.
"""

from __future__ import annotations

import base64
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bestiary import kinds, tasks
from bestiary.report.gather import Evidence
from bestiary.sampling.pictures import Picture

FIGURE = re.compile(r"[+−-]?\d[\d,.]*(e[+−-]?\d+)?(\s?%| times)?|–(?!.)")
"""A number with its unit, or the dash that stands for none."""


@dataclass(frozen=True)
class Section:
    """One part of the report.

    Attributes:
        title: a few words.
        text: what is to be seen, in a paragraph; escaped when it is shown.
        pictures: drawings with their captions.
        heads, rows: a table, where there is one; cells are text.
        template: drawn instead of all that, a path within the package; `words` are what it is given.
        anchors: (id, label) of places in the template that the head of the report leads to; else its title does.
    """

    title: str
    text: str = ""
    pictures: Sequence[Picture] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    template: str = ""
    words: Mapping[str, object] = field(default_factory=dict)
    anchors: Sequence[tuple[str, str]] = ()

    @property
    def figures(self) -> list[bool]:
        """Which columns of the table hold nothing but figures, and stand to the right for that reason.

        Example:
            >>> Section("Layers", rows=[("hidden", "1,024", "–"), ("out", "10", "3 %")]).figures
            [False, True, True]
        """
        columns = list(zip(*self.rows)) or [()] * len(self.heads)
        return [any(map(FIGURE.search, column)) and all(map(FIGURE.fullmatch, column)) for column in columns]


def sections_of(evidence: Evidence) -> list[Section]:
    """The sections of a race; what cannot be made is left out, and the report says why."""
    module, _, name = tasks.find(evidence.verdict.problem).report.partition(":")
    found = attempted(lambda: getattr(importlib.import_module(module), name)(evidence))
    kind = kinds.find(evidence.verdict.kind)
    return [*found, *(attempted(lambda: kind.part("reported")(evidence)) if kind.reported else [])]


def attempted(make: Callable[[], Section | list[Section]]) -> list[Section]:
    """One section or several; in their place the reason why they could not be made."""
    try:
        made = make()
    except Exception as reason:  # a report with a picture less is better than none
        return [Section("Pictures", f"They could not be made: {type(reason).__name__}: {reason}")]
    return made if isinstance(made, list) else [made]


def data_uri(png: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
