"""Several numbers a row: standardised outputs become values in the units of their targets.

Axes: N rows, T targets, S sums, "..." resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from bestiary.contracts import Predictions
from bestiary.tasks.class_evidence import mean_of_defined
from bestiary.tasks.evidence import Combine, Floats, Truth
from bestiary.tasks.mixture import Mixture
from bestiary.tasks.predictions import by_member, outputs, told
from bestiary.tasks.scoring import Scoring

FLAT = 1e-12  # share of the spread of all rows below which a target does not vary in a resample


class ValuesEvidence:
    """Evidence of `value_0` ... `value_{T-1}`; implements `tasks.evidence.Evidence`.

    The spread of a target is its standard deviation over the rows that are scored.

    Example:
        >>> import torch
        >>> columns = {"value_0": torch.tensor([1.0, 3.0]), "value_1": torch.tensor([15.0, 15.0])}
        >>> answers = Predictions({"row": torch.arange(2), **columns})
        >>> ValuesEvidence().score(answers, np.array([[1.0, 10.0], [3.0, 20.0]]))["relative_rmse"]
        0.5
    """

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """The squared error of each row in units of the targets' spread, mean over targets, [N]; truth is [N T]."""
        known = np.asarray(truth, dtype=np.float64)
        return (((values(predictions) - known) / _spread(known)) ** 2).mean(1)

    def score(self, predictions: Predictions, truth: Truth) -> dict[str, float]:
        """All metrics; targets that do not vary are left out of the means."""
        terms, combine = self.sums(predictions, truth)
        return {name: float(value) for name, value in combine(terms.sum(0)).items() if np.isfinite(value)}

    def sums(self, predictions: Predictions, truth: Truth) -> tuple[Floats, Combine]:
        """What each row adds to the sums [N, S], and all metrics as a function of sums [..., S]; NaN: undefined."""
        known = np.asarray(truth).astype(np.float64)
        unit = _spread(known)
        error, centred = (values(predictions) - known) / unit, (known - known.mean(0)) / unit
        terms = np.concatenate([np.ones((len(known), 1)), error**2, np.abs(error), centred**2, centred], axis=1)
        edges = np.cumsum([1, *[known.shape[1]] * 3])
        whole = (centred**2).sum(0)

        def combine(total: Floats) -> dict[str, Floats]:
            count, squared, absolute, square, plain = np.split(total, edges, axis=-1)
            with np.errstate(divide="ignore", invalid="ignore"):
                spread = square - plain**2 / count
                spread = np.where(spread > FLAT * whole, spread, np.nan)
                return {
                    "relative_rmse": mean_of_defined(np.sqrt(squared / spread)),
                    "relative_mae": mean_of_defined(absolute / np.sqrt(spread * count)),
                    "mean_r2": mean_of_defined(1 - squared / spread),
                }

        return terms, combine


def values(predictions: Predictions) -> Floats:
    """The predicted values [N T], in the targets' own units."""
    count = sum(name.startswith("value_") for name in predictions.columns)
    return np.stack([predictions.columns[f"value_{k}"].double().numpy() for k in range(count)], axis=1)


def _spread(known: Floats) -> Floats:
    spread = known.std(0)
    return np.where(spread > 0, spread, 1.0)


class Multitarget(Scoring):
    """Predicts several numbers.

    Args:
        names: of the targets, in the order of the network's outputs.
        mean: of the training targets, [T], in their own units.
        scale: their standard deviations, [T]: the network's outputs are (value - mean) / scale.

    Example:
        >>> task = Multitarget(["height", "weight"], mean=[100.0, 50.0], scale=[10.0, 5.0])
        >>> answers = task.predictions(torch.tensor([[0.5, -1.0]]), torch.arange(1))
        >>> [answers.columns[f"value_{k}"].item() for k in range(2)]
        [105.0, 45.0]
    """

    evidence = ValuesEvidence()
    mixes = True

    def __init__(self, names: Sequence[str], mean: Sequence[float], scale: Sequence[float]) -> None:
        self.names = [str(name) for name in names]
        self.mean, self.scale = np.asarray(mean, dtype=np.float64), np.asarray(scale, dtype=np.float64)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From `targets`, `mean` and `scale` among the facts."""
        return cls(facts["targets"], facts["mean"], facts["scale"])

    def predict(self, answer: Any, data: Any, split: str) -> Predictions:
        """Every row of a split: `row`, and `value_0` ... `value_{T-1}` float64 in the targets' own units.

        Args:
            answer: a network, which is put into evaluation mode and back into the modes that it was found in; or a
                fitted baseline, whose `predict(arrays)` gives values [N T] in the targets' own units.
            data: with the split.
            split: whose rows.
        """
        if isinstance(answer, Mixture):
            return answer.predict(self, data, split)
        if isinstance(answer, nn.Module):
            return self.predictions(*outputs(answer, data, split, lambda net, batch: by_member(net, batch).mean(1)))
        return self._columns(*told(answer, data, split))

    def predictions(self, answers: Tensor, row: Tensor) -> Predictions:
        """From standardised outputs [N T] and row numbers [N]."""
        return self._columns(answers.double() * torch.from_numpy(self.scale) + torch.from_numpy(self.mean), row)

    def _columns(self, table: Tensor, row: Tensor) -> Predictions:
        return Predictions({"row": row, **{f"value_{k}": table[:, k].contiguous() for k in range(len(self.names))}})

    def losses(self, predictions: Predictions, truth: Truth) -> Floats:
        """The squared error of each row in units of `scale`, mean over targets, [N]: what selection minimises."""
        return (self._errors(values(predictions), truth) ** 2).mean(1)

    def costs(self, metric: str, predictions: Predictions, truth: Truth) -> Floats:
        """What each row adds to the error that ranks, in units of `scale`: absolute, or `losses`."""
        if metric != "relative_mae":
            return self.losses(predictions, truth)
        return np.abs(self._errors(values(predictions), truth)).mean(1)

    def deciding(self, metric: str, loss: float, scores: Mapping[str, float]) -> float:
        """The mean absolute error where it ranks; else the loss."""
        return scores.get("relative_mae", loss) if metric == "relative_mae" else loss

    def wanting(self, metric: str, answers: Floats, truth: Truth) -> float:
        """The error that ranks, in units of `scale`, mean over targets: absolute, squared, or its root."""
        errors = self._errors(answers, truth)
        if metric == "relative_mae":
            return float(np.abs(errors).mean())
        squared = (errors**2).mean(0)
        return float((np.sqrt(squared) if metric == "relative_rmse" else squared).mean())

    def _errors(self, answers: Floats, truth: Truth) -> Floats:
        return (answers - np.asarray(truth, dtype=np.float64)) / self.scale

    def ignorant(self, data: Any, split: str) -> Predictions:
        """Every row answered with the means of the training rows."""
        rows = len(data.arrays(split)["target"])
        means = data.arrays("train")["target"].double().mean(0)
        return self._columns(means.expand(rows, -1), torch.arange(rows))

    def table(self, answer: Any, data: Any, split: str) -> dict[str, Any]:
        """`row`, and `prediction_<target>` for each target, in its own unit."""
        columns = self.predict(answer, data, split).columns
        named = {f"prediction_{name}": columns[f"value_{k}"].numpy() for k, name in enumerate(self.names)}
        return {"row": columns["row"].numpy(), **named}
