"""Trees of scikit-learn as plain arrays in a saved baseline, checked before a tree is made of them again.

scikit-learn follows the children of a node without looking whether there are such nodes: a foreign file could crash the
process or keep it busy for ever. So the nodes of all trees of a model are saved as one array; when they are read, each
child must come after its parent, each feature must be one of the model's, and only then are trees built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import NODE_DTYPE, Tree

from bestiary.baselines import several
from bestiary.errors import InputError

Saved = dict[str, Any]
MOST_VALUES = 100_000  # answers in a node: classes
NONE = np.zeros((0, 8), np.uint32)  # no split is on categories: tables reach trees as numbers


def planted(content: Any) -> list[Any]:
    """The estimators in a saved baseline that are made of trees, in a fixed order.

    Args:
        content: what is saved: dicts, lists, pipelines, estimators.
    """
    return list(_planted(content))


def _planted(thing: Any) -> Iterator[Any]:
    if isinstance(thing, dict):
        for value in thing.values():
            yield from _planted(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from _planted(value)
    elif isinstance(thing, Pipeline):
        for _, step in thing.steps:
            yield from _planted(step)
    elif hasattr(thing, "_predictors") or _is_forest(thing):
        yield thing
    else:
        yield from _planted(several.parts(thing))


def _is_forest(thing: Any) -> bool:
    trees = getattr(thing, "estimators_", None)
    return isinstance(trees, list) and bool(trees) and all(hasattr(tree, "tree_") for tree in trees)


def taken_out(estimator: Any) -> tuple[Saved, Any]:
    """The trees of an estimator as arrays, and what `put_back` needs to undo it; the estimator has none afterwards."""
    if hasattr(estimator, "_predictors"):
        held, estimator._predictors = estimator._predictors, []
        flat = [tree.nodes for trees in held for tree in trees]
        shape = [len(trees) for trees in held]
        return {"nodes": _joined(flat), "sizes": _sizes(flat), "rounds": np.array(shape, np.int64)}, held
    held = [tree.tree_ for tree in estimator.estimators_]
    for tree in estimator.estimators_:
        tree.tree_ = None
    states = [tree.__getstate__() for tree in held]
    saved = {
        "nodes": _joined([state["nodes"] for state in states]),
        "sizes": _sizes([state["nodes"] for state in states]),
        "values": np.concatenate([state["values"] for state in states]),
        "depths": np.array([state["max_depth"] for state in states], np.int64),
    }
    return saved, held


def put_back(estimator: Any, held: Any) -> None:
    """Undoes `taken_out`."""
    if hasattr(estimator, "_predictors"):
        estimator._predictors = held
        return
    for tree, grown in zip(estimator.estimators_, held, strict=True):
        tree.tree_ = grown


def grow(estimator: Any, saved: Saved) -> None:
    """Makes trees of checked arrays and gives them to their estimator.

    Args:
        estimator: as it was saved, without trees.
        saved: what `taken_out` gave.

    Raises:
        InputError: for nodes that no training has made.
    """
    features = estimator.n_features_in_
    _check(type(features) is int and 0 < features <= 50_000_000, "a model has features")
    if hasattr(estimator, "_predictors"):
        return _grow_boosted(estimator, saved, features)
    return _grow_forest(estimator, saved, features)


def _grow_boosted(estimator: Any, saved: Saved, features: int) -> None:
    nodes = _array(saved, "nodes", PREDICTOR_RECORD_DTYPE)
    rounds = _array(saved, "rounds", np.dtype(np.int64))
    trees = []
    for part in _split(nodes, saved):
        leaf, inner = part["is_leaf"] > 0, part["is_leaf"] == 0
        _check(not (part["is_categorical"] > 0).any(), "no split is on categories")
        _check_children(part["left"][inner], part["right"][inner], np.flatnonzero(inner), len(part))
        _check(bool((part["feature_idx"][inner] < features).all()), "splits are on features of the model")
        _check(bool((part["feature_idx"][inner] >= 0).all() and leaf.any()), "splits are on features of the model")
        trees.append(TreePredictor(part, NONE, NONE))
    _check(bool((rounds > 0).all()) and int(rounds.sum()) == len(trees), "each round has its trees")
    _check(len(set(rounds.tolist())) == 1, "each round has as many trees")
    ends = np.cumsum(rounds).tolist()
    each = getattr(estimator, "n_trees_per_iteration_", None)
    _check(each == rounds[0], "each round has a tree for each class")
    _check(getattr(estimator, "_preprocessor", None) is None, "no column is a category")
    _check(getattr(estimator, "is_categorical_", None) is None, "no column is a category")
    estimator._predictors = [trees[end - each : end] for end in ends]


def _grow_forest(estimator: Any, saved: Saved, features: int) -> None:
    nodes = _array(saved, "nodes", NODE_DTYPE)
    values = _array(saved, "values", np.dtype(np.float64), 3)
    depths = _array(saved, "depths", np.dtype(np.int64))
    grown = estimator.estimators_
    _check(len(values) == len(nodes) and len(depths) == len(grown), "each node has its answer")
    outputs = getattr(estimator, "n_outputs_", 1)
    _check(type(outputs) is int and values.shape[1] == outputs, "a node has an answer for each target")
    _check(0 < values.shape[1] * values.shape[2] <= MOST_VALUES, "a node has an answer for each target")
    if isinstance(estimator, IsolationForest):
        whole = np.arange(features)
        _check(estimator._max_features == features, "each tree sees all features")
        seen = estimator.estimators_features_
        _check(len(seen) == len(grown) and all(np.array_equal(one, whole) for one in seen), "each tree sees all")
        _check(len(estimator._decision_path_lengths) == len(grown), "each tree has path lengths")
    parts = _split(nodes, saved)
    _check(len(parts) == len(grown), "each estimator has a tree")
    start, classes = 0, np.full(outputs, values.shape[2], np.intp)
    for tree, part, depth in zip(grown, parts, depths.tolist()):
        inner = part["left_child"] != -1
        _check(bool((part["right_child"][~inner] == -1).all()), "a leaf has no children")
        _check_children(part["left_child"][inner], part["right_child"][inner], np.flatnonzero(inner), len(part))
        named = part["feature"][inner]
        _check(bool(((named >= 0) & (named < features)).all()), "splits are on features of the model")
        _check(tree.n_features_in_ == features and 0 <= depth < len(part), "a tree fits its model")
        made = Tree(features, classes, outputs)
        answers = np.ascontiguousarray(values[start : start + len(part)])
        made.__setstate__({"max_depth": depth, "node_count": len(part), "nodes": part, "values": answers})
        tree.tree_, start = made, start + len(part)


def _check_children(left: Any, right: Any, parent: NDArray[np.int64], count: int) -> None:
    """Each child is a node that comes after its parent, so that every path ends."""
    for child in (left.astype(np.int64), right.astype(np.int64)):
        _check(bool(((child > parent) & (child < count)).all()), "a child comes after its parent")


def _split(nodes: NDArray[Any], saved: Saved) -> list[NDArray[Any]]:
    """The nodes of each tree."""
    sizes = _array(saved, "sizes", np.dtype(np.int64))
    _check(bool((sizes > 0).all()) and int(sizes.sum()) == len(nodes), "the trees have all nodes")
    return [np.ascontiguousarray(part) for part in np.split(nodes, np.cumsum(sizes)[:-1])]


def _array(saved: Saved, name: str, dtype: np.dtype[Any], axes: int = 1) -> NDArray[Any]:
    found = saved.get(name) if isinstance(saved, dict) else None
    if not isinstance(found, np.ndarray) or found.dtype != dtype or found.ndim != axes:
        raise InputError(f"expected the {name} of trees as {dtype.name}, {axes} axes; received something else")
    return found


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """As `numpy.concatenate`, which would pack the fields of a node closer than scikit-learn has them.

    The bytes between fields are zeros: they would hold whatever else the process had in memory.
    """
    whole = np.zeros(sum(map(len, parts)), parts[0].dtype)
    for name in whole.dtype.names or ():
        whole[name] = np.concatenate([part[name] for part in parts])
    return whole


def _sizes(parts: list[NDArray[Any]]) -> NDArray[np.int64]:
    return np.array([len(part) for part in parts], np.int64)


def _check(sound: bool, rule: str) -> None:
    if not sound:
        raise InputError(f"the trees of a saved model are damaged: expected that {rule}; train again")
