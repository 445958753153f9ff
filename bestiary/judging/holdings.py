"""Which training rows lie in the folder of a model: who gives it away gives them away too."""

from __future__ import annotations

from bestiary import catalogue
from bestiary.baselines import find
from bestiary.errors import InputError


def held_rows(name: str, kind: str, problem: str) -> str:
    """Which training rows lie in a trained model, for people; empty where it keeps numbers about them alone.

    Args:
        name: on the leaderboard.
        kind: of the data.
        problem: the task.

    Example:
        >>> held_rows("baseline/nearest", "pairs", "transduce"), held_rows("lstm/small", "text", "classification")
        ('every training pair', '')
    """
    family, _, baseline = name.partition("/")
    try:
        if family != "baseline":
            return catalogue.find(family).holds
        return find(kind, problem, baseline).holds
    except InputError:  # a name of another version
        return ""


def note(name: str, kind: str, problem: str) -> list[str]:
    """What a verdict says of it, where there is anything to say."""
    held = held_rows(name, kind, problem)
    if not held:
        return []
    return [f"{name}, the model that was kept, holds training rows: {held}; anyone who gets the model gets those rows"]
