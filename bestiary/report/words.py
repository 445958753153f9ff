"""Figures as people read them: one way of writing a score, a duration, a size, for the report and the model card."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from bestiary import kinds, tasks
from bestiary.judging.evidence import Verdict

_TIMES = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh"}


def title(metric: str) -> str:
    """The name of a metric for people.

    Example:
        >>> title("balanced_accuracy")
        'balanced accuracy'
    """
    known = tasks.metric_of(metric)
    return known.title if known else metric.replace("_", " ")


def score(metric: str, value: float | None, sign: bool = False, unit: bool = True) -> str:
    r"""A score: a percentage with one decimal, or three significant digits.

    Args:
        metric: its key in `verdict.json`.
        value: None and NaN are a dash.
        sign: whether it is a difference: with its sign, and in points where scores are percentages.
        unit: whether to write "%" or "points".

    Example:
        >>> score("accuracy", 0.97222), score("rmse", 53217.4), score("accuracy", 0.004, sign=True)
        ('97.2\xa0%', '53,200', '+0.4 points')
    """
    if value is None or not math.isfinite(value):
        return "–"
    known = tasks.metric_of(metric)
    if not (known and known.percent):
        return number(value, sign, digits=3, keep=True)
    text = f"{100 * value:+.1f}" if sign else f"{100 * value:.1f}"
    text = "0.0" if text.strip("-+0.") == "" else text.replace("-", "−")
    return text + ((" points" if sign else "\N{NO-BREAK SPACE}%") if unit else "")


def number(value: float, sign: bool = False, digits: int = 4, keep: bool = False) -> str:
    """Any number in a few significant digits.

    Args:
        value: NaN and infinities are a dash.
        sign: whether to write a plus as well.
        digits: how many are significant.
        keep: whether zeros at the end stay.

    Example:
        >>> number(0.00012345), number(53217.4), number(-2.5)
        ('0.0001234', '53,220', '−2.5')
    """
    if not math.isfinite(value):
        return "–"
    plus = "+" if sign and value > 0 else ""
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-5:
        return plus + f"{value:.{digits - 1}g}".replace("-", "−")
    places = digits - 1 - math.floor(math.log10(size)) if size else 0
    text = f"{round(value, places):,.{max(places, 0)}f}"
    if "." in text and not keep:
        text = text.rstrip("0").rstrip(".")
    return plus + text.replace("-", "−")


def share(value: float) -> str:
    r"""A share of one as a percentage with one decimal; a dash for NaN.

    Example:
        >>> share(0.5), share(float("nan"))
        ('50.0\xa0%', '–')
    """
    return f"{100 * value:.1f}\N{NO-BREAK SPACE}%" if math.isfinite(value) else "–"


def seconds(value: float) -> str:
    """A duration.

    Example:
        >>> seconds(0.0042), seconds(7.25), seconds(245), seconds(7300)
        ('4.2 ms', '7.2 s', '4 min 5 s', '2 h 1 min')
    """
    if value <= 0:
        return "–"
    if value < 0.9995:
        return f"{value * 1000:.2g} ms" if value < 0.0995 else f"{value * 1000:.0f} ms"
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(value: float) -> str:
    """Bytes, in powers of 1,000.

    Example:
        >>> size(0), size(812), size(1_234_567)
        ('–', '812 B', '1.2 MB')
    """
    if value <= 0:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def count(value: int) -> str:
    """A count with separators; a dash for none.

    Example:
        >>> count(61706), count(0)
        ('61,706', '–')
    """
    return f"{value:,}" if value else "–"


def times(value: int) -> str:
    """How often something has happened, this time included.

    Example:
        >>> times(3), times(12)
        ('third', '12th')
    """
    if value in _TIMES:
        return _TIMES[value]
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"


def shorten(text: str, limit: int) -> str:
    """A text cut to `limit` characters on one line, with an ellipsis where something is missing.

    Example:
        >>> shorten("a very   long name", 10)
        'a very lo…'
    """
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def sentence(text: str) -> str:
    """A remark as a sentence: a capital letter, a full stop.

    Example:
        >>> sentence("no other model")
        'No other model.'
    """
    text = text.strip()
    return (text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?" else ".")) if text else ""


def ranked(metric: str, reason: str) -> str:
    """Which metric ranks and why, in short sentences.

    Example:
        >>> ranked("log_loss", "one class is rare; log loss judges every probability")
        'Models are ranked by log loss: one class is rare. Log loss judges every probability.'
    """
    told = f"Models are ranked by {title(metric)}: {reason}."
    return re.sub(r"; (\w)", lambda found: f". {found[1].upper()}", told)


def next_command(verdict: Verdict, run: str, new: str) -> str:
    """What is typed next, with what a race kept.

    Args:
        verdict: of the race.
        run: its folder, quoted.
        new: a name for new rows.
    """
    task = tasks.find(verdict.problem)
    unable = verdict.chosen.startswith("baseline/") and not task.any_model  # a baseline neither writes nor plays
    return task.next_command(run, new, verdict.networks_best if unable else "")


def new_rows(kind: str, source: Mapping[str, object]) -> str:
    """A name for new rows, of the form that was trained on.

    Args:
        kind: of the data.
        source: the words that the data were read with, as in a plan.

    Example:
        >>> new_rows("image", {"source": "digits"}), new_rows("table", {})
        ('new_images/', 'new.csv')
    """
    given = source.get("source")
    path = Path(given) if isinstance(given, str) and len(given) < 4_096 else None
    if path and path.is_file() and re.fullmatch(r"\.\w+", path.suffix):
        return f"new{path.suffix}"
    about = kinds.find(kind)
    return about.file_of_folder if about.file_of_folder and path and path.is_dir() else about.file
