"""What tasks whose answers are probabilities of classes have in common, without torch: metrics, and which one ranks."""

from __future__ import annotations

from collections.abc import Sequence

from bestiary.tasks.metric import AVERAGE_PRECISION, Metric

BALANCED = 3.0  # the largest class has at most this many times the rows of the smallest: accuracy ranks

METRICS: tuple[Metric, ...] = (
    Metric(
        "accuracy", "accuracy", True, "labels", 0.0, 1.0, True, "share of rows whose class is predicted correctly"
    ),
    Metric("balanced_accuracy", "balanced accuracy", True, "labels", 0.0, 1.0, True, (
        "mean over classes of the share of their rows that is found; rare classes weigh as much"
    )),
    Metric("log_loss", "log loss", False, "probabilities", 0.0, float("inf"), meaning=(
        "mean of −log of the probability given to the true class: 0 is perfect, confident mistakes cost most"
    )),
    Metric("macro_f1", "macro F1", True, "labels", 0.0, 1.0, meaning=(
        "mean over classes of the harmonic mean of precision and recall"
    )),
    Metric("auroc", "AUROC", True, "probabilities", 0.0, 1.0, meaning=(
        "probability that a row of a class is ranked above a row of another: 0.5 is chance, 1 perfect"
    )),
    Metric("f1", "F1", True, "labels", 0.0, 1.0, classes=2, meaning=(
        "harmonic mean of precision and recall of the second of two classes"
    )),
    AVERAGE_PRECISION,
    Metric("qwk", "quadratic weighted kappa", True, "labels", -1.0, 1.0, ordered=True, meaning=(
        "agreement of ordered classes, mistakes weighted by the square of their distance: 0 is chance, 1 perfect"
    )),
)  # fmt: skip


def ranking(counts: Sequence[int] = ()) -> tuple[str, str]:
    """Accuracy where classes are of similar size, else log loss; and why, in words for people.

    Args:
        counts: training rows of each class.

    Example:
        >>> metric, reason = ranking([900, 100])
        >>> metric
        'log_loss'
        >>> print(reason)
        the largest class has 90 % of the rows, so always answering it would look accurate; log loss judges the \
probability given to every row
    """
    present = [count for count in counts if count > 0]
    if not present or max(present) <= BALANCED * min(present):
        size = "similar sizes" if present and max(present) > min(present) else "equal size"
        return "accuracy", f"the classes are of {size}, so accuracy is fair to all of them"
    share = 100 * max(present) / sum(present)
    if share >= 50:
        return "log_loss", (
            f"the largest class has {share:.0f} % of the rows, so always answering it would look accurate; "
            "log loss judges the probability given to every row"
        )
    return "log_loss", (
        f"the largest class has {max(present) / min(present):.0f} times the rows of the smallest, which accuracy would "
        "hardly show; log loss judges the probability given to every row"
    )
