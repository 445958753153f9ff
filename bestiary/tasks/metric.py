"""What a metric is called, which way is better, and its range; no torch, so that listing and help know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One way of scoring predictions.

    Attributes:
        name: its key in `verdict.json` and on the command line; one name means the same in every task.
        title: for people.
        higher: whether more is better.
        needs: what it is computed from: "labels", "probabilities", "values", or "evidence" that each row gives.
        low, high: the range of its values.
        percent: whether people read it as a percentage.
        meaning: in a sentence, for people.
        classes: how many classes it is for; 0: any number.
        ordered: whether the order of the classes has to mean something.
        error: what recipes and baselines of numbers are told to make small where it ranks; "" for what is usual.
    """

    name: str
    title: str
    higher: bool
    needs: str
    low: float
    high: float
    percent: bool = False
    meaning: str = ""
    error: str = ""
    classes: int = 0
    ordered: bool = False


AVERAGE_PRECISION = Metric(
    "average_precision",
    "average precision",
    True,
    "probabilities",
    0.0,
    1.0,
    meaning="precision averaged over where each row of a class (the second of two; an anomaly) stands when rows are "
    "ranked by score; guessing gives the share of such rows",
)


def plain(name: str) -> str:
    """A metric's name as people may write it, in the form of its key.

    Example:
        >>> plain(" Log-Loss")
        'log_loss'
    """
    return name.strip().lower().replace("-", "_").replace(" ", "_")
