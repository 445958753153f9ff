"""What the report shows of tasks beyond classes and values: samples, reconstructions, attention, graphs, returns.

A task's module has a function (evidence) -> sections; `SECTIONS` names it. Whatever it shows comes from the run folder.
"""

from __future__ import annotations

import base64
import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bestiary.report.gather import Evidence
from bestiary.sampling.pictures import Picture

SECTIONS: Mapping[str, str] = {
    "reconstruct": "bestiary.report.reconstruct:sections",
    "anomaly": "bestiary.report.anomaly:sections",
    "generate": "bestiary.report.generate:sections",
    "transduce": "bestiary.report.transduce:sections",
    "continue": "bestiary.report.language:sections",
    "nodes": "bestiary.report.graphs:sections",
    "links": "bestiary.report.graphs:sections",
    "graphs": "bestiary.report.graphs:sections",
    "control": "bestiary.report.control:sections",
}
"""task -> "module:function"."""
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
    """

    title: str
    text: str = ""
    pictures: Sequence[Picture] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()

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
    """The sections of a race; a picture that cannot be made is left out, and the report says why."""
    if evidence.verdict.problem not in SECTIONS:
        return []
    module, _, name = SECTIONS[evidence.verdict.problem].partition(":")
    try:
        return getattr(importlib.import_module(module), name)(evidence)
    except Exception as reason:  # a report with a picture less is better than none
        return [Section("Pictures", f"They could not be drawn: {type(reason).__name__}: {reason}")]


def data_uri(png: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
