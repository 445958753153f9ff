"""What a race says of itself while it goes on; the terminal draws it, `--json` prints it."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One contender (or baseline), now.

    Attributes:
        name: "resnet/small".
        status: "waiting", "running", "done" (with its rung), "eliminated", "failed", "retrying".
        rung: the rung it is in, from 1; 0 before.
        step: updates made in the present training; `steps`: planned at the end of this rung.
        score: validation score of the ranking metric, None before the first evaluation.
        loss: validation loss; `constant`: that of the constant predictor.
        speed: updates a second.
        left: seconds until its present part ends, as far as can be told.
        note: a reason, a setting.
    """

    name: str
    network: bool = True
    status: str = "waiting"
    rung: int = 0
    step: int = 0
    steps: int = 0
    score: float | None = None
    loss: float | None = None
    constant: float | None = None
    speed: float = 0.0
    left: float | None = None
    note: str = ""

    @property
    def learned(self) -> float | None:
        """How far below the constant predictor's its loss is, as a share of it; None before the first evaluation."""
        if self.loss is None or not self.constant:
            return None
        return (self.constant - self.loss) / abs(self.constant)


@dataclass
class Snapshot:
    """The whole race, now.

    Attributes:
        phase: "reading", "planning", "round 1", ..., "further settings", "saving", "judging", "reporting", "done".
        elapsed: wall-clock seconds; `budget`: asked for; `left`: expected.
        metric: the ranking metric, for people; `higher`: whether more is better.
        message: something to be told once (a line), or "".
    """

    phase: str
    elapsed: float
    budget: float
    left: float
    metric: str = ""
    higher: bool = True
    entries: list[Entry] = field(default_factory=list)
    message: str = ""


Listener = Callable[[Snapshot], None]
