"""What each architecture is said to learn, on real data, by its own algorithm.

The tests hold it to the short form, with one seed; `make results` measures the full one, with three.

A floor is a claim about a sane implementation, not an estimate of skill: it was set below the worst of three seeds. The
twin learns from the same rows with the labels of other rows, and must stay below every floor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Claim:
    """One architecture, one kind of data, one stated result.

    Attributes:
        row: of the catalogue.
        kind: of data.
        contender: of the row, by name.
        data: a name of `tests.learning.learn.DATA`.
        metric: of the task.
        floor: what the score must reach; for errors (rmse) the negative of it.
        steps: updates.
        batch: rows an update.
        settings: words of the recipe.
        full: floor and steps of the full result; the short ones unless given.
    """

    row: str
    kind: str
    contender: str
    data: str
    metric: str
    floor: float
    steps: int
    batch: int = 64
    settings: Mapping[str, object] = field(default_factory=dict)
    full: tuple[float, int] | None = None

    @property
    def name(self) -> str:
        """Unique."""
        return f"{self.row}-{self.kind}-{self.data}"


CLAIMS: tuple[Claim, ...] = ()
