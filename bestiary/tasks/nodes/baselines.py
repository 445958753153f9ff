"""Baselines of the task: classes of nodes without a network."""

from bestiary.baselines.graphs import (
    CONSTANT,
    Estimated,
    LabelPropagation,
    doubts,
    logistic,
    penalties,
    propagation,
    tree_settings,
    trees,
)
from bestiary.baselines.rivals import Rival

BASELINES: tuple[Rival, ...] = (
    CONSTANT,
    Rival(
        "propagation",
        "label propagation",
        LabelPropagation,
        propagation,
        doubts,
        holds="the class of every training node",
    ),
    Rival("linear", "linear model without edges", Estimated, logistic("features"), penalties),
    Rival(
        "boosting",
        "boosted trees on degrees and features",
        Estimated,
        trees("node counts", "node counts and features"),
        tree_settings,
    ),
)
