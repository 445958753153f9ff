"""Baselines on graphs: what edges say without learning, what features say without edges, and trees on counts.

Sources: Zhu & Ghahramani (2002), "Learning from labeled and unlabeled data with label propagation"; Adamic & Adar
(2003), "Friends and neighbors on the web"; Liben-Nowell & Kleinberg (2003), "The link prediction problem for social
networks" (common neighbours, preferential attachment).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from bestiary import kinds
from bestiary.baselines.rivals import Rival, Setting
from bestiary.baselines.saved import array, fits
from bestiary.contracts import Batch
from bestiary.errors import InputError
from bestiary.records.door import finite

ROUNDS, CLOSE = 200, 1e-4  # of propagation, and the change below which it is over
PATHS = 50_000_000  # pairs of edges that meet in a node, beyond which triangles are not counted
MOST_FEATURES = 100  # of nodes that trees look at: a tree grows as slowly as its features are many
SMALLEST = 1e-6  # probability
Matrix = NDArray[np.float64]


class LabelPropagation:
    """Every node takes the average of its neighbours' classes, again and again; those that are known keep theirs.

    Args:
        labels: class of each node by its number in training, -1 where unknown, [N].
        shares: of the classes among those known, [K].
        doubt: weight of `shares` in every average, in mean edge weights; it decides where no edge leads.

    Example:
        >>> LabelPropagation(np.array([0, -1, 1]), np.array([0.5, 0.5]), 0.1).state()["doubt"]
        0.1
    """

    def __init__(self, labels: NDArray[np.int64], shares: Matrix, doubt: float) -> None:
        self.labels, self.shares, self.doubt = labels, shares, float(doubt)

    def answer(self, batch: Any) -> Tensor:
        """Logarithms of the classes' shares at the nodes that are asked about, [M K]."""
        known = batch.inputs.known.cpu().numpy()
        labels = np.where(known >= 0, self.labels[known], -1)
        fixed = np.flatnonzero(labels >= 0)
        matrix = adjacency(batch)
        doubt = self.doubt * (matrix.data.mean() if matrix.nnz else 1.0)
        scale = 1 / (np.asarray(matrix.sum(1)).ravel() + doubt)
        shares = np.tile(self.shares, (len(labels), 1))
        for _ in range(ROUNDS):
            shares[fixed] = np.eye(len(self.shares))[labels[fixed]]
            following = scale[:, None] * (matrix @ shares + doubt * self.shares)
            change = np.abs(following - shares)[labels < 0].max(initial=0)
            shares = following
            if change < CLOSE:
                break
        return logits(shares[batch.inputs.where.cpu().numpy()])

    def state(self) -> dict[str, Any]:
        """For saving."""
        return {"labels": self.labels, "shares": self.shares, "doubt": self.doubt}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        labels, shares, doubt = array(state, "labels", "i", 1), array(state, "shares", "f", 1), state.get("doubt")
        fits(bool(((labels >= -1) & (labels < len(shares))).all()) and len(labels) > 0, "labels and shares")
        fits(finite(doubt) and len(shares) > 0, "doubt and shares")
        return cls(labels, shares, float(doubt or 0.0))


class Estimated:
    """A scikit-learn classifier on columns that are made from a batch.

    Args:
        view: name of how columns are made, a key of `VIEWS`.
        estimator: fitted.
        outputs: classes; those that were not trained on get almost nothing.
    """

    def __init__(self, view: str, estimator: Any, outputs: int) -> None:
        if view not in VIEWS:
            raise InputError(f"a baseline on graphs sees one of {', '.join(VIEWS)}; received {view!r}")
        self.view, self.estimator, self.outputs = view, estimator, int(outputs)

    def answer(self, batch: Batch) -> Tensor:
        """Logarithms of probabilities, [M K]."""
        table = np.zeros((len(batch), self.outputs))
        table[:, self.estimator.classes_] = self.estimator.predict_proba(VIEWS[self.view](batch))
        return logits(table)

    def state(self) -> dict[str, Any]:
        """For saving."""
        return {"view": self.view, "estimator": self.estimator, "outputs": self.outputs}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        estimator, outputs, view = state.get("estimator"), state.get("outputs"), state.get("view")
        fits(type(outputs) is int and 0 < outputs <= 65_536 and isinstance(view, str), "view and outputs")
        fits(isinstance(estimator, Pipeline | DummyClassifier), "estimator and view")
        if isinstance(estimator, Pipeline):  # fitted here as those that `RIVALS` make
            last = type(estimator[-1])
            fits(last in (LogisticRegression, HistGradientBoostingClassifier, DummyClassifier), "estimator and view")
        return cls(str(view), estimator, int(outputs or 0))


def logits(shares: Matrix) -> Tensor:
    """Logarithms of shares that need not sum to one."""
    return torch.from_numpy(np.log(np.maximum(shares, SMALLEST))).float()


# ------------------------------------------------------------------------------------------ what is looked at


def adjacency(batch: Any) -> Any:
    """The weights of edges as a sparse matrix [N N], both ways."""
    source, target = batch.inputs.edges.cpu().numpy()
    count = len(batch.inputs.features)
    matrix = sparse.csr_array(
        (batch.inputs.weights.cpu().numpy().astype(np.float64), (target, source)), shape=(count, count)
    )
    return matrix.maximum(matrix.T).tocsr()


def _counts(batch: Any) -> Matrix:
    """Degree, weight, degrees of the neighbours, and triangles of every node, [N 6]."""
    matrix = adjacency(batch)
    joined: Any = matrix.astype(bool).astype(np.float64)
    degree = np.asarray(joined.sum(1)).ravel()
    about = joined @ degree / np.maximum(degree, 1)
    most = (joined.multiply(degree[None, :])).tocsr().max(1).toarray().ravel()
    triangles = np.zeros(len(degree))
    if (degree**2).sum() <= PATHS:
        triangles = np.asarray((joined @ joined).multiply(joined).sum(1)).ravel() / 2
    closed = triangles / np.maximum(degree * (degree - 1) / 2, 1)
    strength = np.asarray(matrix.sum(1)).ravel()
    return np.column_stack([degree, strength, about, most, triangles, closed])


def _features(batch: Any) -> Matrix:
    return batch.inputs.features.cpu().numpy()[batch.inputs.where.cpu().numpy()].astype(np.float64)


def _node_counts(batch: Any) -> Matrix:
    return _counts(batch)[batch.inputs.where.cpu().numpy()]


def _both(batch: Any) -> Matrix:
    return np.column_stack([_node_counts(batch), _features(batch)])


def _common(batch: Any) -> Matrix:
    """How many neighbours a pair has in common, and the same with rare ones counting more, [M 2]."""
    joined = adjacency(batch).astype(bool).astype(np.float64)
    degree = np.asarray(joined.sum(1)).ravel()
    first, second = batch.inputs.pairs.cpu().numpy()
    shared = joined[first].multiply(joined[second]).tocsr()
    rare = 1 / np.log(np.maximum(degree, 2))
    return np.log1p(np.column_stack([np.asarray(shared.sum(1)).ravel(), shared @ rare]))


def _attachment(batch: Any) -> Matrix:
    """Logarithms of the degrees of both, their own edge not counted; summed they are those of the product, [M 2]."""
    joined = adjacency(batch).astype(bool).astype(np.float64)
    degree = np.asarray(joined.sum(1)).ravel()
    first, second = batch.inputs.pairs.cpu().numpy()
    own = np.asarray(joined[first, second]).ravel()
    ends = np.log1p(np.stack([degree[first] - own, degree[second] - own], 1))
    return np.column_stack([ends.sum(1), np.abs(ends[:, 0] - ends[:, 1])])


def _products(batch: Any) -> Matrix:
    """Products of the features of a pair, [M F]."""
    features = batch.inputs.features.cpu().numpy()
    first, second = batch.inputs.pairs.cpu().numpy()
    return (features[first] * features[second]).astype(np.float64)


def _pair_counts(batch: Any) -> Matrix:
    return np.column_stack([_common(batch), _attachment(batch)])


def _averages(batch: Any) -> Matrix:
    """Number of nodes, mean and spread of their features, edges ignored, [G 1+2F]."""
    features, part = batch.inputs.features.cpu().numpy().astype(np.float64), batch.inputs.graph.cpu().numpy()
    count = np.bincount(part, minlength=len(batch))[:, None]
    mean, square = (np.zeros((len(batch), features.shape[1])) for _ in range(2))
    np.add.at(mean, part, features)
    np.add.at(square, part, features**2)
    mean = mean / count
    return np.column_stack([np.log(count), mean, np.sqrt(np.maximum(square / count - mean**2, 0))])


def _shape(batch: Any) -> Matrix:
    """Nodes, edges, and mean, spread and greatest of the counts of `_counts`, graph by graph, [G 20]."""
    counts, part = _counts(batch), batch.inputs.graph.cpu().numpy()
    edges = np.bincount(part[batch.inputs.edges[1].cpu().numpy()], minlength=len(batch))
    cuts = np.searchsorted(part, np.arange(1, len(batch)))
    parts = np.split(counts, cuts)
    figures = [np.concatenate([[len(p)], p.mean(0), p.std(0), p.max(0)]) for p in parts]
    return np.column_stack([np.stack(figures), edges.astype(np.float64)])


def _shape_and_averages(batch: Any) -> Matrix:
    return np.column_stack([_shape(batch), _averages(batch)])


def _nothing(batch: Batch) -> Matrix:
    return np.zeros((len(batch), 1))


VIEWS: Mapping[str, Callable[[Any], Matrix]] = {
    "nothing": _nothing,
    "features": _features,
    "node counts": _node_counts,
    "node counts and features": _both,
    "common neighbours": _common,
    "degrees": _attachment,
    "products of features": _products,
    "pair counts": _pair_counts,
    "averages": _averages,
    "shape": _shape,
    "shape and averages": _shape_and_averages,
}

# ------------------------------------------------------------------------------------------------- how it is fitted


def propagation(data: Any, setting: Setting, seed: int, seconds: float) -> LabelPropagation:
    """Remembers the labels of training nodes."""
    arrays, graph = data.arrays("train"), data.graph("train")
    known = graph["known"].numpy()
    labels = np.full(max(int(known.max()) + 1, 1), -1)
    labels[known[arrays["where"].numpy()]] = arrays["target"].numpy()
    counts = np.bincount(arrays["target"].numpy(), minlength=data.spec.outputs) + 1e-9
    return LabelPropagation(labels, counts / counts.sum(), setting["doubt"])


def _everything(data: Any) -> Batch:
    """All training rows as one batch, the pairs without an edge those that were drawn once."""
    whole = kinds.find(data.spec.kind).updates == 1  # a batch of it has all
    return next(data.batches("train")) if whole else data.take("train", slice(None))


def _fitted(view: str, data: Any, estimator: Any) -> Estimated:
    batch = _everything(data)
    target = batch.truth.cpu().numpy()
    if len(np.unique(target)) < 2:
        estimator = DummyClassifier(strategy="prior")
    return Estimated(view, estimator.fit(VIEWS[view](batch), target), data.spec.outputs)


def logistic(view: str) -> Callable[[Any, Setting, int, float], Estimated]:
    """Fits logistic regression on a view."""

    def fitted(data: Any, setting: Setting, seed: int, seconds: float) -> Estimated:
        model = LogisticRegression(C=1 / setting["penalty"], max_iter=300, tol=1e-3)
        return _fitted(view, data, make_pipeline(StandardScaler(), model))

    return fitted


def trees(*views: str) -> Callable[[Any, Setting, int, float], Estimated]:
    """Fits boosted trees on the last of the views; on the first where nodes have no features of their own, or many."""

    def fitted(data: Any, setting: Setting, seed: int, seconds: float) -> Estimated:
        own = data.facts.get("features") == "columns" and data.spec.features <= MOST_FEATURES
        view = views[-1] if own else views[0]
        model: Any = HistGradientBoostingClassifier
        model = model(early_stopping=False, random_state=seed, **setting)
        return _fitted(view, data, Pipeline([("trees", model)]))

    return fitted


def constant(data: Any, setting: Setting, seed: int, seconds: float) -> Estimated:
    """The shares of the classes."""
    return _fitted("nothing", data, DummyClassifier(strategy="prior"))


def penalties(data: Any) -> Sequence[Setting]:
    """Weights of squared coefficients, the usual first."""
    return [{"penalty": penalty} for penalty in (1.0, 10.0, 100.0, 0.1)]


def doubts(data: Any) -> Sequence[Setting]:
    """How much a node doubts its neighbours, the usual first."""
    return [{"doubt": doubt} for doubt in (0.1, 1.0, 0.01)]


def tree_settings(data: Any) -> Sequence[Setting]:
    """Rates, rounds and sizes of trees, quick ones first."""
    leaf = 20 if data.rows("train") >= 500 else 5 if data.rows("train") >= 50 else 1
    tried = ((0.1, 40, 7), (0.1, 100, 15), (0.05, 200, 4))
    return [
        {"learning_rate": rate, "max_iter": rounds, "max_leaf_nodes": leaves, "min_samples_leaf": leaf}
        for rate, rounds, leaves in tried
    ]


CONSTANT = Rival("constant", "always the same answer", Estimated, constant)
