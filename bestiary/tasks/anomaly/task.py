"""Rows that are not like those that were trained on."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import AVERAGE_PRECISION, Metric

TASK = TaskDescriptor(
    name="anomaly",
    summary="Which rows are unlike those that were learned from.",
    kinds=("table", "image"),
    told=False,
    target="none",
    labels="judging",
    reading="bestiary.tasks.anomaly.reading:read",
    verb="predicts",
    job="was trained for the task *anomaly*",
    judged="rows",
    ignorance="Predicting the same for every row",
    metrics=(
        Metric("anomaly_auroc", "AUROC", True, "evidence", 0.0, 1.0, meaning=(
            "how often an anomaly gets a higher score than a normal row; 0.5 is guessing"
        )),
        AVERAGE_PRECISION,
    ),
    ranking=always("anomaly_auroc", "it does not depend on a threshold, nor on how rare anomalies are"),
    unit="share of pairs in the wrong order",
    scoring="bestiary.tasks.anomaly.scoring:Anomaly",
    baselines=dict.fromkeys(("table", "image"), "bestiary.tasks.anomaly.baselines"),
    report="bestiary.tasks.anomaly.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=False,
    endless=False,
)  # fmt: skip
