"""Which edges a graph has."""

from bestiary.tasks.classes import METRICS, ranking
from bestiary.tasks.descriptor import TaskDescriptor

TASK = TaskDescriptor(
    name="links",
    summary="Which edges a graph has.",
    kinds=("graph",),
    told=False,
    target="classes",
    labels="none",
    reading="",
    verb="predicts",
    job="predicts which of {classes} classes of `{target}` a row has",
    judged="pairs of nodes",
    ignorance="Predicting the same for every row",
    metrics=METRICS,
    ranking=ranking,
    unit="log loss",
    scoring="bestiary.tasks.links.scoring:Links",
    baselines={"graph": "bestiary.tasks.links.baselines"},
    report="bestiary.tasks.links.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=False,
    endless=False,
)
