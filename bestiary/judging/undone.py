"""What time did not allow, as the verdict needs to know it: whoever was starved has not been refuted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Undone:
    """What a budget left undone.

    Attributes:
        improving: network -> seconds of a budget that would let it finish its training.
        idle: networks that had no time to learn anything.
        raced: how many networks did learn.
        missing: baselines that had no time to finish.
        compared: how many did, beside the one that knows nothing.
        entry: seconds of a budget in which every network would take part; 0 where that is not known.
    """

    improving: Mapping[str, float] = field(default_factory=dict)
    idle: Sequence[str] = ()
    raced: int = 0
    missing: Sequence[str] = ()
    compared: int = 0
    entry: float = 0.0

    @property
    def few_networks(self) -> bool:
        """Whether most networks never ran."""
        return len(self.idle) > self.raced

    @property
    def few_baselines(self) -> bool:
        """Whether half of the baselines or more are missing."""
        return bool(self.missing) and len(self.missing) >= self.compared


def about(seconds: float) -> str:
    """A budget for people, rounded up.

    Example:
        >>> about(41), about(700), about(7300)
        ('50 seconds', '12 minutes', '2.5 hours')
    """
    if seconds < 95:
        return f"{10 * math.ceil(seconds / 10)} seconds"
    if seconds < 5400:
        return f"{math.ceil(seconds / 60)} minutes"
    hours = math.ceil(seconds / 1800) / 2
    return f"{hours:g} hours"
