"""Rows given back from a code that is smaller than they are."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import Metric

TASK = TaskDescriptor(
    name="reconstruct",
    summary="Give rows back from a code that is smaller than they are.",
    kinds=("table", "image"),
    told=False,
    target="none",
    labels="judging",
    reading="bestiary.tasks.reconstruct.reading:read",
    verb="reconstructs",
    job="was trained for the task *reconstruct*",
    judged="rows",
    ignorance="Giving the mean training row back for every row",
    metrics=(
        Metric("reconstruction_rmse", "RMSE", False, "evidence", 0.0, float("inf"), meaning=(
            "how far the given-back row is from the row, as a root mean square over its numbers: a share of the "
            "pixels' range, or of a feature's standard deviation"
        )),
        Metric("explained", "explained variance", True, "evidence", float("-inf"), 1.0, True, (
            "the share of the rows' squared distance from the mean training row that the code keeps"
        )),
        Metric("psnr", "PSNR", True, "evidence", float("-inf"), float("inf"), meaning=(
            "the same error in decibels below the pixels' range, or below a feature's variance; 10 dB are a tenth"
        )),
    ),
    ranking=always("reconstruction_rmse", "it is what is lost between a row and its code, in units that people know"),
    unit="squared error",
    scoring="bestiary.tasks.reconstruct.scoring:Reconstruct",
    baselines=dict.fromkeys(("table", "image"), "bestiary.tasks.reconstruct.baselines"),
    report="bestiary.tasks.reconstruct.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=("encode",),
    folds=False,
    endless=False,
)  # fmt: skip
