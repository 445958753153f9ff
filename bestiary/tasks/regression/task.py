"""Which number a row has."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import Metric

TASK = TaskDescriptor(
    name="regression",
    summary="Which number a row has.",
    kinds=(),
    told=True,
    target="value",
    labels="needed",
    reading="",
    verb="predicts",
    job="predicts a number, `{target}`",
    judged="rows",
    ignorance="Predicting the same for every row",
    metrics=(
        Metric("rmse", "RMSE", False, "values", 0.0, float("inf"), meaning=(
            "root of the mean squared error, in the unit of the target"
        )),
        Metric("mae", "MAE", False, "values", 0.0, float("inf"), error="absolute", meaning=(
            "mean absolute error, in the unit of the target"
        )),
        Metric("mape", "MAPE", False, "values", 0.0, float("inf"), True, error="absolute", meaning=(
            "mean absolute error as a share of the true value; rows whose true value is 0 are left out"
        )),
        Metric("r2", "R²", True, "values", float("-inf"), 1.0, meaning=(
            "share of the variance of the target that is explained: 0 is the mean, 1 perfect"
        )),
    ),
    ranking=always("rmse", "the target is a number: RMSE is in its own unit, and large errors weigh most"),
    unit="squared error of the standardised target",
    scoring="bestiary.tasks.regression.scoring:Regression",
    baselines={},
    report="bestiary.tasks.regression.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=True,
    endless=False,
)  # fmt: skip
