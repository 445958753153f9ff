"""How several labels are learned: by the recipes of classes, with a binary cross-entropy for each label."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from bestiary.contracts import Algorithm, Objective, Spec
from bestiary.objectives.labels import BinaryCrossEntropy, MembersBinaryCrossEntropy, SparseLabels
from bestiary.recipes import realmlp as of_realmlp
from bestiary.recipes import supervised, tables


def _labels(recipe: Callable[..., Any], objective: Callable[[float], Objective], word: str) -> Callable[..., Algorithm]:
    """A recipe of classes with another objective; its settings stay the same.

    Args:
        recipe: whose learner has an `objective`.
        objective: that takes its place, of one setting.
        word: the name of that setting.
    """
    usual = inspect.signature(recipe).parameters[word].default

    @functools.wraps(recipe)
    def learner(network: nn.Module, spec: Spec, **settings: Any) -> Algorithm:
        made = recipe(network, spec, **settings)
        made.objective = objective(settings.get(word, usual))
        return made

    return learner


classifier = _labels(supervised.classifier, BinaryCrossEntropy, "smoothing")
columns = _labels(tables.classifier, BinaryCrossEntropy, "smoothing")
members = _labels(tables.members_classifier, MembersBinaryCrossEntropy, "smoothing")
choosing = _labels(tables.choosing_classifier, SparseLabels, "sparsity")
realmlp = _labels(of_realmlp.classifier, BinaryCrossEntropy, "smoothing")
