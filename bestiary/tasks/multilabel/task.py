"""Which labels a row has: any number of them, also none."""

from bestiary.tasks.classes import METRICS
from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import AVERAGE_PRECISION, Metric

TASK = TaskDescriptor(
    name="multilabel",
    summary="Which labels a row has, any number of them.",
    kinds=("table",),
    told=True,
    target="labels",
    labels="needed",
    reading="",
    verb="predicts",
    job="predicts which of {classes} labels of `{target}` a row has",
    judged="rows",
    ignorance="Predicting the same for every row",
    metrics=(
        AVERAGE_PRECISION,
        next(metric for metric in METRICS if metric.name == "macro_f1"),
        Metric("micro_f1", "micro F1", True, "labels", 0.0, 1.0, meaning=(
            "harmonic mean of precision and recall over all labels of all rows; common labels weigh most"
        )),
        Metric("subset_accuracy", "subset accuracy", True, "labels", 0.0, 1.0, True, (
            "share of rows whose labels are all right and complete"
        )),
        Metric("hamming_loss", "Hamming loss", False, "labels", 0.0, 1.0, True, (
            "share of labels that are wrong: given to a row that lacks them, or missing where it has them"
        )),
    ),
    ranking=always("average_precision", "rows have several labels: average precision judges how well the rows of each "
                   "label are ranked, rare labels as much as common ones, independent of the thresholds"),
    unit="binary cross-entropy",
    scoring="bestiary.tasks.multilabel.scoring:Multilabel",
    baselines={},
    report="bestiary.tasks.multilabel.report:sections",
    recipes={
        "bestiary.recipes.supervised:classifier": "bestiary.tasks.multilabel.recipes:classifier",
        "bestiary.recipes.tables:classifier": "bestiary.tasks.multilabel.recipes:columns",
        "bestiary.recipes.tables:members_classifier": "bestiary.tasks.multilabel.recipes:members",
        "bestiary.recipes.tables:choosing_classifier": "bestiary.tasks.multilabel.recipes:choosing",
        "bestiary.recipes.realmlp:classifier": "bestiary.tasks.multilabel.recipes:realmlp",
    },
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=True,
    endless=False,
)  # fmt: skip
