"""Which class a row has."""

from bestiary.tasks.classes import METRICS, ranking
from bestiary.tasks.descriptor import TaskDescriptor

TASK = TaskDescriptor(
    name="classification",
    summary="Which class a row has.",
    kinds=(),
    told=True,
    target="classes",
    labels="needed",
    reading="",
    verb="predicts",
    job="predicts which of {classes} classes of `{target}` a row has",
    judged="rows",
    ignorance="Predicting the same for every row",
    metrics=METRICS,
    ranking=ranking,
    unit="log loss",
    scoring="bestiary.tasks.classification.scoring:Classification",
    baselines={},
    report="bestiary.tasks.classification.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=True,
    endless=False,
)
