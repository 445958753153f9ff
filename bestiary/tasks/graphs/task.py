"""Which class a whole graph has."""

from bestiary.tasks.classes import METRICS, ranking
from bestiary.tasks.descriptor import TaskDescriptor

TASK = TaskDescriptor(
    name="graphs",
    summary="Which class a whole graph has.",
    kinds=("graphs",),
    told=False,
    target="classes",
    labels="needed",
    reading="",
    verb="predicts",
    job="predicts which of {classes} classes of `{target}` a row has",
    judged="graphs",
    ignorance="Predicting the same for every row",
    metrics=METRICS,
    ranking=ranking,
    unit="log loss",
    scoring="bestiary.tasks.graphs.scoring:Graphs",
    baselines={"graphs": "bestiary.tasks.graphs.baselines"},
    report="bestiary.tasks.graphs.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=False,
    endless=False,
)
