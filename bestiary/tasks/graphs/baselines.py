"""Baselines of the task: classes of whole graphs without a network."""

from bestiary.baselines.graphs import CONSTANT, Estimated, logistic, penalties, tree_settings, trees
from bestiary.baselines.rivals import Rival

BASELINES: tuple[Rival, ...] = (
    CONSTANT,
    Rival("linear", "linear model without edges", Estimated, logistic("averages"), penalties),
    Rival(
        "boosting",
        "boosted trees on degrees and features",
        Estimated,
        trees("shape", "shape and averages"),
        tree_settings,
    ),
)
