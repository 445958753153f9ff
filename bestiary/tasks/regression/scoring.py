"""Numbers: the network's standardised output becomes a value in the target's own unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from sklearn import metrics as sk
from torch import Tensor, nn

from bestiary.contracts import Predictions
from bestiary.tasks.evidence import Combine, Floats, Truth
from bestiary.tasks.mixture import Mixture
from bestiary.tasks.predictions import outputs, told
from bestiary.tasks.scoring import Scoring


class ValueEvidence:
    """Evidence of `value`; implements `tasks.evidence.Evidence`.

    Example:
        >>> import torch
        >>> answers = Predictions({"row": torch.arange(2), "value": torch.tensor([1.0, 2.0])})
        >>> terms, combine = ValueEvidence().sums(answers, np.array([1.0, 4.0]))
        >>> combine(terms.sum(0))["rmse"].round(3)
        np.float64(1.414)
    """

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """The squared error of each row, in the target's unit squared, [N]; truth is values [N]."""
        return (values(predictions) - np.asarray(truth, dtype=np.float64)) ** 2

    def score(self, predictions: Predictions, truth: Truth) -> dict[str, float]:
        """All metrics; R² is left out where the truth does not vary."""
        guesses, known = values(predictions), np.asarray(truth, dtype=np.float64)
        scores = {
            "rmse": float(sk.root_mean_squared_error(known, guesses)),
            "mae": float(sk.mean_absolute_error(known, guesses)),
        }
        if (known != 0).any():
            scores["mape"] = float(sk.mean_absolute_percentage_error(known[known != 0], guesses[known != 0]))
        if np.ptp(known) > 0:
            scores["r2"] = float(sk.r2_score(known, guesses))
        return scores

    def sums(self, predictions: Predictions, truth: Truth) -> tuple[Floats, Combine]:
        """What each row adds to the sums [N, S], and all metrics as a function of sums [..., S]; NaN: undefined."""
        guesses, known = values(predictions), np.asarray(truth).astype(np.float64)
        error, centred = guesses - known, known - known.mean()
        some = known != 0
        share = np.abs(error) / np.where(some, np.abs(known), np.inf)
        terms = np.stack([np.ones_like(error), error**2, np.abs(error), centred**2, centred, share, some], axis=1)

        def combine(total: Floats) -> dict[str, Floats]:
            count, squared, absolute, square, plain, shares, nonzero = np.moveaxis(total, -1, 0)
            with np.errstate(divide="ignore", invalid="ignore"):
                spread = square - plain**2 / count
                r2 = np.where(spread > 1e-12 * (centred**2).sum(), 1 - squared / spread, np.nan)
                mape = np.where(nonzero > 0, shares / nonzero, np.nan)
                return {"rmse": np.sqrt(squared / count), "mae": absolute / count, "mape": mape, "r2": r2}

        return terms, combine


def values(predictions: Predictions) -> Floats:
    """The predicted values [N], in the target's own unit."""
    return predictions.columns["value"].double().numpy()


def _relative(error: Floats, known: Floats) -> Floats:
    """Errors as shares of the true values; 0 where those are 0, scaled so that the mean is over the others."""
    some = known != 0
    return np.where(some, error / np.where(some, np.abs(known), 1.0), 0.0) * (len(known) / max(1, int(some.sum())))


class Regression(Scoring):
    """Predicts a number.

    Args:
        mean: of the training targets, in their own unit.
        scale: their standard deviation: the network's output is (value - mean) / scale.

    Example:
        >>> import torch
        >>> answers = Regression(mean=100.0, scale=10.0).predictions(torch.tensor([[0.5]]), torch.arange(1))
        >>> answers.columns["value"]
        tensor([105.], dtype=torch.float64)
    """

    evidence = ValueEvidence()
    mixes = True

    def __init__(self, mean: float = 0.0, scale: float = 1.0) -> None:
        self.mean, self.scale = float(mean), float(scale)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From `mean` and `scale` among the facts."""
        return cls(facts["mean"], facts["scale"])

    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """Every row of a split: `row`, and `value` float64 in the target's own unit.

        Args:
            answer: a network, which is put into evaluation mode and back into the modes that it was found in; or a
                fitted baseline, whose `predict(arrays)` gives values [N] in the target's own unit.
            data: with the split.
            split: whose rows.
        """
        if isinstance(answer, Mixture):
            return answer.predict(self, data, split)
        if isinstance(answer, nn.Module):
            return self.predictions(*outputs(answer, data, split))
        value, row = told(answer, data, split)
        return Predictions({"row": row, "value": value.reshape(-1)})

    def predictions(self, answers: Tensor, row: Tensor) -> Predictions:
        """From standardised outputs [N 1] and row numbers [N]."""
        return Predictions({"row": row, "value": answers.double().squeeze(-1) * self.scale + self.mean})

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """The squared error of each row in units of `scale` squared [N]: what selection minimises."""
        return self.evidence.losses(predictions, truth) / self.scale**2

    def loss(self, predictions: Predictions, truth: Truth) -> float:
        """The mean of `losses`, divided once at the end: to the last digit what searches of earlier versions found."""
        return float(self.evidence.losses(predictions, truth).mean()) / self.scale**2

    def costs(self, metric: str, predictions: Predictions, truth: Truth) -> Floats:
        """What each row adds to the error that ranks: absolute, in units of `scale`; relative; or `losses`."""
        if metric not in ("mae", "mape"):
            return self.losses(predictions, truth)
        known = np.asarray(truth, dtype=np.float64)
        error = np.abs(values(predictions) - known)
        return error / self.scale if metric == "mae" else _relative(error, known)

    def deciding(self, metric: str, loss: float, scores: Mapping[str, float]) -> float:
        """The mean absolute error (in units of `scale`) or the mean relative error where they rank; else the loss."""
        if metric == "mape":
            return scores.get("mape", loss)
        return scores["mae"] / self.scale if metric == "mae" else loss

    def wanting(self, metric: str, answers: Floats, truth: Truth) -> float:
        """The error that ranks: absolute, relative, or squared; but for the relative one in units of `scale`."""
        known = np.asarray(truth, dtype=np.float64)
        error = np.abs(answers[:, 0] - known)
        if metric == "mape":
            return float(_relative(error, known).mean())
        return float((error / self.scale).mean() if metric == "mae" else ((error / self.scale) ** 2).mean())

    def ignorant(self, data: Any, split: str) -> Predictions:
        """Every row answered with the mean of the training rows."""
        rows = len(data.arrays(split)["target"])
        mean = float(data.arrays("train")["target"].numpy().astype(np.float64).mean())
        return Predictions({"row": torch.arange(rows), "value": torch.full((rows,), mean, dtype=torch.float64)})

    def table(self, answer: Any, data: Any, split: str) -> dict[str, Any]:
        """`row`, and `prediction` in the target's own unit."""
        columns = self.predict(answer, data, split).columns
        return {"row": columns["row"].numpy(), "prediction": columns["value"].numpy()}
