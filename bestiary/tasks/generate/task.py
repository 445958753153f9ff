"""New rows that look like those that were learned from."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import Metric

TASK = TaskDescriptor(
    name="generate",
    summary="Make new rows that look like those that were learned from.",
    kinds=("table", "image"),
    told=False,
    target="none",
    labels="judging",
    reading="bestiary.tasks.generate.reading:read",
    verb="generates",
    job="was trained for the task *generate*",
    judged="rows",
    ignorance="Making the mean training row again and again",
    metrics=(
        Metric("kernel_distance", "kernel distance", False, "evidence", float("-inf"), float("inf")),
        Metric("coverage", "coverage", True, "evidence", 0.0, 1.0, True),
        Metric("density", "density", True, "evidence", 0.0, float("inf")),
        Metric("precision", "precision", True, "evidence", 0.0, 1.0, True),
        Metric("recall", "recall", True, "evidence", 0.0, 1.0, True),
        Metric("class_coverage", "rows whose class is made", True, "evidence", 0.0, 1.0, True),
        Metric("memorised", "copies of training rows", False, "evidence", 0.0, 1.0, True),
    ),
    ranking=always("kernel_distance", "it notices both what is made badly and what is never made"),
    unit="kernel distance to validation rows",
    scoring="bestiary.tasks.generate.scoring:Generate",
    baselines=dict.fromkeys(("table", "image"), "bestiary.tasks.generate.baselines"),
    report="bestiary.tasks.generate.report:sections",
    recipes={},
    following="bestiary sample {run} --count 64",
    predicts=False,
    any_model=True,
    verbs=("sample",),
    folds=False,
    endless=False,
)
