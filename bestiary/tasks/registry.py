"""From the facts of the data to what predicts and scores, and from a task to how its metrics are made."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from bestiary.tasks import find
from bestiary.tasks.evidence import Evidence
from bestiary.tasks.scoring import Scoring


def task_for(facts: Mapping[str, Any]) -> Scoring:
    """How the outputs of a network for these data are read and scored."""
    return _scoring(facts["problem"]).of(facts)


def evidence_of(problem: str) -> Evidence:
    """How the predictions of a task and the truth make its metrics."""
    return _scoring(problem).evidence


def _scoring(problem: str) -> type[Scoring]:
    module, _, name = find(problem).scoring.partition(":")
    return getattr(importlib.import_module(module), name)
