"""Which class a node of a graph has."""

from bestiary.tasks.classes import METRICS, ranking
from bestiary.tasks.descriptor import TaskDescriptor

TASK = TaskDescriptor(
    name="nodes",
    summary="Which class a node of a graph has.",
    kinds=("graph",),
    told=False,
    target="classes",
    labels="needed",
    reading="",
    verb="predicts",
    job="predicts which of {classes} classes of `{target}` a row has",
    judged="nodes",
    ignorance="Predicting the same for every row",
    metrics=METRICS,
    ranking=ranking,
    unit="log loss",
    scoring="bestiary.tasks.nodes.scoring:Nodes",
    baselines={"graph": "bestiary.tasks.nodes.baselines"},
    report="bestiary.tasks.nodes.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=False,
    endless=False,
)
