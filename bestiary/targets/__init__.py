"""What is asked of rows: one file for each target, named as the descriptors of tasks name it (`tasks.descriptor`).

A file has a class `TARGET`, a `batches.Target`. To ask something new of the inputs of any kind is to add a file here
and a task that names it; no kind changes. These files import torch alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from torch import Tensor

from bestiary.batches import Target
from bestiary.targets.classes import Classes
from bestiary.targets.labels import Labels
from bestiary.targets.steps import Steps
from bestiary.targets.tokens import Following, Written
from bestiary.targets.value import Value
from bestiary.targets.values import Values

__all__ = ["Classes", "Following", "Labels", "Steps", "Value", "Values", "Written", "find", "of"]


def find(name: str) -> type[Target]:
    """The target of a name.

    Example:
        >>> find("classes").__name__
        'Classes'
    """
    return importlib.import_module(f"bestiary.targets.{name}").TARGET


def of(name: str, stored: Mapping[str, Tensor], facts: Mapping[str, object]) -> Target | None:
    """The target of rows; None where its arrays are not among those that are stored.

    Args:
        name: of the target.
        stored: arrays by name, some rows of each.
        facts: of the data.
    """
    target = find(name)
    return target.of(stored, facts) if all(array in stored for array in target.arrays) else None
