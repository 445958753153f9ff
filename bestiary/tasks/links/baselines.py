"""Baselines of the task: edges without a network."""

from bestiary.baselines.graphs import CONSTANT, Estimated, logistic, penalties, tree_settings, trees
from bestiary.baselines.rivals import Rival

BASELINES: tuple[Rival, ...] = (
    CONSTANT,
    Rival("neighbours", "common neighbours (Adamic-Adar)", Estimated, logistic("common neighbours"), penalties),
    Rival("attachment", "preferential attachment", Estimated, logistic("degrees"), penalties),
    Rival("linear", "linear model without edges", Estimated, logistic("products of features"), penalties),
    Rival("boosting", "boosted trees on neighbours and degrees", Estimated, trees("pair counts"), tree_settings),
)
