"""How several numbers are learned: as one is, the error being the mean over all of them.

Targets are standardised one by one, so each weighs as much. The objectives of regression take any shape of answers;
only the recipes refuse data with more than one output, since a class that is taken for a number is a mistake there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from torch import nn

from bestiary.contracts import Algorithm, Spec, TableSpec
from bestiary.recipes import realmlp as of_realmlp
from bestiary.recipes import supervised, tables


def _several(recipe: Callable[..., Any]) -> Callable[..., Algorithm]:
    """A recipe of one number, for a network with an output for each of several; its settings stay the same."""

    @functools.wraps(recipe)
    def learner(network: nn.Module, spec: Spec, **settings: Any) -> Algorithm:
        return recipe(network, replace(cast("TableSpec", spec), outputs=1), **settings)

    return learner


regressor = _several(supervised.regressor)
columns = _several(tables.regressor)
members = _several(tables.members_regressor)
choosing = _several(tables.choosing_regressor)
realmlp = _several(of_realmlp.regressor)
