"""Which numbers a row has: several targets at once, by one model."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import Metric

TASK = TaskDescriptor(
    name="multitarget",
    summary="Which numbers a row has, several at once.",
    kinds=("table",),
    told=True,
    target="values",
    labels="needed",
    reading="",
    verb="predicts",
    job="predicts several numbers, `{target}`",
    judged="rows",
    ignorance="Predicting the same for every row",
    metrics=(
        Metric("relative_rmse", "relative RMSE", False, "values", 0.0, float("inf"), meaning=(
            "mean over targets of the RMSE divided by the target's spread: 0 is perfect, 1 is no better than the mean"
        )),
        Metric("relative_mae", "relative MAE", False, "values", 0.0, float("inf"), error="absolute", meaning=(
            "mean over targets of the mean absolute error divided by the target's spread"
        )),
        Metric("mean_r2", "mean R²", True, "values", float("-inf"), 1.0, meaning=(
            "mean over targets of the share of the variance that is explained: 0 is the mean, 1 perfect"
        )),
    ),
    ranking=always("relative_rmse", "several numbers are predicted: each error is divided by its target's spread, so "
                   "that every target counts as much"),
    unit="squared error of the standardised targets",
    scoring="bestiary.tasks.multitarget.scoring:Multitarget",
    baselines={},
    report="bestiary.tasks.multitarget.report:sections",
    recipes={
        "bestiary.recipes.supervised:regressor": "bestiary.tasks.multitarget.recipes:regressor",
        "bestiary.recipes.tables:regressor": "bestiary.tasks.multitarget.recipes:columns",
        "bestiary.recipes.tables:members_regressor": "bestiary.tasks.multitarget.recipes:members",
        "bestiary.recipes.tables:choosing_regressor": "bestiary.tasks.multitarget.recipes:choosing",
        "bestiary.recipes.realmlp:regressor": "bestiary.tasks.multitarget.recipes:realmlp",
    },
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=True,
    endless=False,
)  # fmt: skip
