"""Curves as SVG, drawn by matplotlib: text stays text, nothing is fetched from outside."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COLOURS = ("#1f6fb2", "#c2571a", "#3c8c40", "#8a4fa3")
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "text.parse_math": False,
}


@dataclass(frozen=True)
class Curve:
    """One line.

    Attributes:
        name: for the legend; no line of it when empty.
        x, y: points.
        low, high: a band around it, or empty.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def draw(
    curves: Sequence[Curve], across: str, up: str, marks: Sequence[tuple[float, str]] = (), points: bool = False
) -> str:
    """Curves in one plot.

    Args:
        curves: those with the same name share a colour.
        across, up: what the axes show, with units.
        marks: places on the horizontal axis that get a dashed line, each with its words.
        points: whether points are marked.

    Returns:
        An `<svg>` element.

    Example:
        >>> draw([Curve("line", [0, 1], [0, 1])], "x", "y").startswith("<svg")
        True
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": across + up}):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.subplots()
        names = list(dict.fromkeys(curve.name for curve in curves))
        told: set[str] = set()
        for curve in curves:
            colour = COLOURS[names.index(curve.name) % len(COLOURS)]
            label = curve.name if curve.name not in told else ""
            told.add(curve.name)
            axes.plot(
                curve.x, curve.y, color=colour, label=label or None, marker="o" if points else None, markersize=3.5
            )
            if curve.low:
                axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
        for place, words in marks:
            axes.axvline(place, color="#808080", linestyle="--", linewidth=1)
            axes.annotate(
                words, (place, 0.02), xycoords=("data", "axes fraction"), xytext=(4, 0), textcoords="offset points"
            )
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        if any(names) and len(names) > 1:
            axes.legend(frameon=False)
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata={"Date": None})
    svg = target.getvalue()
    return re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
