"""Curves and scatter plots as inline SVG, drawn by matplotlib.

Every colour is a stand-in that is replaced by a variable of the page's style sheet, so that one drawing serves the
light scheme, the dark one and paper; text stays text and takes the page's own font.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bestiary.report import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import RcKeyType

    from bestiary.report.answers import Bins

DEEPER = 4.0  # below the least validation loss a training loss is drawn down to this part of it
INK, SOFT, LINE, NETWORK, BASELINE, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
SERIES = tuple(f"#0{n}0a0{n}" for n in range(1, 7))
_VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    NETWORK: "--network",
    BASELINE: "--baseline",
    PAPER: "--paper",
    **{colour: f"--series-{n}" for n, colour in enumerate(SERIES, 1)},
}
_STYLE: dict[RcKeyType, str | float] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "lines.solid_capstyle": "round",
    "path.simplify_threshold": 0.5,
}


@dataclass(frozen=True)
class Curve:
    """One line of the learning curves: a name, whether it is a finalist, and (seconds, loss) of each of its seeds.

    `trained` is (seconds, loss) on the training rows, of the first seed.
    """

    name: str
    finalist: bool
    seeds: Sequence[tuple[Sequence[float], Sequence[float]]]
    trained: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Mark:
    """One point of a scatter plot: a name, where it is, its interval, whether a network, chosen, named in the plot."""

    name: str
    x: float
    y: float
    low: float
    high: float
    network: bool
    chosen: bool = False
    named: bool = True


def draw(name: str, size: tuple[float, float], paint: Callable[[Axes], None]) -> str:
    """One plot as an `<svg>` element.

    Args:
        name: unique on the page; identifiers inside are made from it.
        size: width and height in pixels at full scale.
        paint: draws on the axes.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the browser has the letters that are missing here
        figure = Figure(figsize=(size[0] / 72, size[1] / 72), layout="constrained")
        axes = figure.subplots()
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: words.number(value, digits=6))
        paint(axes)
        target = io.StringIO()
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    return _inline(target.getvalue(), size)


def _inline(svg: str, size: tuple[float, float]) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"<svg[^>]*>", f'<svg viewBox="0 0 {size[0]:g} {size[1]:g}" aria-hidden="true">', svg, count=1)
    svg = svg.replace("xlink:href", "href")
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    return re.sub(r"\n\s*", "\n", svg).strip()


# ---------------------------------------------------------------------------------------------- learning curves


def curves(lines: Sequence[Curve], constant: float | None, unit: str) -> str:
    """Validation loss by core-seconds, finalists in colour; the loss of the constant predictor as a dashed line."""

    def paint(axes: Axes) -> None:
        colours = iter(SERIES * 20)
        everything = [loss for line in lines for _, losses in line.seeds for loss in losses]
        for line in sorted(lines, key=lambda line: line.finalist):
            colour = next(colours) if line.finalist else SOFT
            width, alpha = (1.8, 0.9) if line.finalist else (0.8, 0.5)
            for seconds, losses in line.seeds:
                size = 1 if len(losses) > 1 and not line.finalist else 2.5
                axes.plot(seconds, losses, color=colour, linewidth=width, alpha=alpha, marker="o", markersize=size)
            if line.finalist and line.trained:
                axes.plot(*zip(*line.trained), color=colour, linewidth=1.1, alpha=0.8, linestyle=(0, (1, 1.6)))
        if constant is not None:
            axes.axhline(constant, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
        lowest, top = min(everything), max(everything)
        learned = [loss for line in lines if line.finalist for _, loss in line.trained if math.isfinite(loss)]
        if learned and lowest > 0:  # seen, as far as it is of the same size
            lowest = min(lowest, max(min(learned), lowest / DEEPER))
        if constant:  # always seen; what is far above it is not, but for the best of each finalist
            bests = [min(losses) for line in lines if line.finalist for _, losses in line.seeds if losses]
            top = max(constant, min(top, constant + 0.6 * abs(constant)), *bests)
            lowest = min(lowest, constant)
        if lowest > 0 and top / lowest > 5:
            axes.set_ylim(lowest * 0.85, top * 1.15)
            _logarithmic(axes, "y", top / lowest)
        else:
            axes.set_ylim(lowest - 0.06 * (top - lowest), top + 0.08 * (top - lowest) or 1)
        axes.set(xlabel="seconds of training on one core", xlim=(0, None))
        axes.set_title(unit, loc="left", fontsize=10.5, color=SOFT)  # beside the axis it lies over figures on phones

    return draw("curves", (520, 290), paint)


# --------------------------------------------------------------------------------------------------- calibration


def reliability(bins: Bins) -> str:
    """Confidence against accuracy; the area of a point is the number of its rows."""

    def paint(axes: Axes) -> None:
        share = bins.rows / bins.rows.max()
        axes.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        axes.vlines(bins.said, bins.said, bins.true, color=NETWORK, linewidth=1.2, alpha=0.6)
        axes.scatter(bins.said, bins.true, s=14 + 180 * share, color=NETWORK, alpha=0.75, linewidth=0)
        for said, true, rows in zip(bins.said, bins.true, bins.rows):
            above = true >= said
            axes.annotate(
                f"{rows:,}", (said, true), (0, 8 if above else -8), textcoords="offset points", fontsize=8.5,
                ha="center", va="bottom" if above else "top", color=INK,
            )  # fmt: skip
        axes.set(
            xlabel="confidence in the predicted class",
            ylabel="share that is correct",
            xlim=(0, 1.04),
            ylim=(-0.12, 1.12),
        )
        axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])

    return draw("reliability", (400, 320), paint)


def decile_calibration(bins: Bins, target: str) -> str:
    """Mean prediction against mean true value, rows gathered by their prediction."""

    def paint(axes: Axes) -> None:
        low, high = min(bins.said.min(), bins.true.min()), max(bins.said.max(), bins.true.max())
        axes.plot([low, high], [low, high], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        axes.vlines(bins.said, bins.said, bins.true, color=NETWORK, linewidth=1.2, alpha=0.6)
        axes.scatter(bins.said, bins.true, s=40, color=NETWORK, alpha=0.8, linewidth=0)
        axes.set(xlabel=f"mean predicted {target}", ylabel=f"mean true {target}")

    return draw("deciles", (400, 320), paint)


# ----------------------------------------------------------------------------------------------------- residuals


def predicted_true(
    truth: NDArray[np.float64], values: NDArray[np.float64], target: str, name: str = "predicted"
) -> str:
    """True against predicted value, a point a row; for `name` see `draw`."""

    def paint(axes: Axes) -> None:
        low, high = float(min(truth.min(), values.min())), float(max(truth.max(), values.max()))
        axes.plot([low, high], [low, high], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        alpha = float(np.clip(60 / len(truth) ** 0.7, 0.25, 0.8))
        axes.plot(truth, values, ".", color=NETWORK, alpha=alpha, markersize=5, markeredgewidth=0)
        axes.set(xlabel=f"true {target}", ylabel=f"predicted {target}")

    return draw(name, (400, 320), paint)


def residuals(errors: NDArray[np.float64], target: str) -> str:
    """How predictions minus true values are spread; the outermost bars gather what lies beyond."""

    def paint(axes: Axes) -> None:
        low, high = np.percentile(errors, [0.5, 99.5])
        reach = float(max(abs(low), abs(high))) or 1.0
        bars = int(np.clip(np.sqrt(len(errors)), 5, 31)) // 2 * 2 + 1
        axes.hist(
            np.clip(errors, -reach, reach),
            bins=np.linspace(-reach, reach, bars + 1).tolist(),
            color=NETWORK,
            alpha=0.75,
        )
        axes.axvline(0, color=INK, linewidth=1)
        axes.set(xlabel=f"predicted − true {target}", ylabel="rows")
        axes.grid(axis="x", visible=False)

    return draw("residuals", (400, 320), paint)


# ----------------------------------------------------------------------------------------------------------- cost


def cost(name: str, marks: Sequence[Mark], xlabel: str, ylabel: str) -> str:
    """Quality with its interval against a cost on a logarithmic axis."""

    def paint(axes: Axes) -> None:
        for mark in marks:
            colour = NETWORK if mark.network else BASELINE
            axes.vlines(mark.x, mark.low, mark.high, color=colour, linewidth=1.4, alpha=0.55)
            axes.scatter(
                mark.x, mark.y, s=70 if mark.chosen else 36, color=colour, marker="o" if mark.network else "s",
                edgecolor=INK if mark.chosen else colour, linewidth=1.6 if mark.chosen else 0, zorder=3,
            )  # fmt: skip
        xs = [mark.x for mark in marks]
        axes.set_xlim(min(xs) / 2, max(xs) * 6)
        _logarithmic(axes, "x", 12 * max(xs) / min(xs))
        _label(axes, [mark for mark in marks if mark.named])
        axes.set(xlabel=xlabel, ylabel=ylabel)

    return draw(name, (400, 320), paint)


def _label(axes: Axes, marks: Sequence[Mark]) -> None:
    """Names to the right of the points, pushed apart vertically where they would overlap."""
    bottom, top = axes.get_ylim()
    gap = 0.047 * (top - bottom)
    placed: list[float] = []
    for mark in sorted(marks, key=lambda mark: mark.y):
        at = max(mark.y, placed[-1] + gap) if placed else mark.y
        placed.append(at)
        axes.annotate(
            mark.name, (mark.x, mark.y), (mark.x * 1.22, at), fontsize=8.5, va="center", color=INK,
            weight="bold" if mark.chosen else "normal", annotation_clip=False, zorder=4,
            arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.5} if at > mark.y else None,
            bbox={"facecolor": PAPER, "alpha": 0.75, "linewidth": 0, "pad": 0.6},
        )  # fmt: skip


def _logarithmic(axes: Axes, axis: str, reach: float) -> None:
    """A logarithmic axis with plain numbers, more of them where it spans less."""
    from matplotlib.ticker import LogLocator, NullFormatter

    limits = axes.get_xlim() if axis == "x" else axes.get_ylim()
    (axes.set_xscale if axis == "x" else axes.set_yscale)("log")
    (axes.set_xlim if axis == "x" else axes.set_ylim)(limits)
    ticks = axes.xaxis if axis == "x" else axes.yaxis
    ticks.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if reach < 300 else (1.0,)))
    ticks.set_major_formatter(lambda value, _: words.number(value, digits=6))
    ticks.set_minor_formatter(NullFormatter())
