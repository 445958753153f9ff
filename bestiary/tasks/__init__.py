"""From outputs to answers: predictions of a split, their scores, and looking during training."""

from bestiary.tasks.classification import Classification
from bestiary.tasks.judge import TrainingJudge
from bestiary.tasks.metrics import METRICS, Metric, by_name, choose, row_losses
from bestiary.tasks.predictions import read_predictions, write_predictions
from bestiary.tasks.regression import Regression

__all__ = [
    "METRICS",
    "Classification",
    "Metric",
    "Regression",
    "TrainingJudge",
    "by_name",
    "choose",
    "read_predictions",
    "row_losses",
    "write_predictions",
]
