"""What a race gives back: the leaderboard as a frame, the winner, and where everything is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bestiary.errors import InputError
from bestiary.judging.evidence import Verdict
from bestiary.rows.paths import checked_path

if TYPE_CHECKING:
    import pandas as pd

    from bestiary.runs.model import Model


@dataclass(frozen=True)
class Winner:
    """The model that a race hands back.

    Attributes:
        folder: that needs nothing else.
    """

    folder: Path

    @cached_property
    def model(self) -> Model:
        """Loaded when first used."""
        from bestiary.runs.model import load

        return load(self.folder)

    def predict(self, source: object) -> pd.DataFrame:
        """Predictions for new rows: a path, frame or arrays; see `bestiary.runs.model.Model.predict`."""
        return self.model.predict(source)

    def save(self, folder: str | Path) -> Path:
        """Copies the model to another folder, which must not exist yet or be empty."""
        where = Path(folder)
        if where.exists() and (not where.is_dir() or any(where.iterdir())):
            raise InputError(f"expected a new or empty folder; {where} has something in it; choose another")
        shutil.copytree(self.folder, where, dirs_exist_ok=True)
        return where


@dataclass(frozen=True)
class Outcome:
    """A finished race.

    Attributes:
        folder: of the run.
        verdict: what was found.
    """

    folder: Path
    verdict: Verdict

    def __repr__(self) -> str:
        """Which race it is, and what was found, in one line."""
        return f"Outcome({str(self.folder)!r}: {self.verdict.problem} of {self.verdict.target!r}, {self._best()})"

    def _best(self) -> str:
        tested = [standing for standing in self.verdict.standings if standing.test]
        if not tested:
            return "nothing was tested"
        metric = self.verdict.metric
        return f"{tested[0].name} first with {metric} {tested[0].test[metric].value:.4g} on test rows"

    @property
    def report(self) -> Path:
        """The report, one file that opens offline."""
        return self.folder / "report.html"

    @property
    def winner(self) -> Winner:
        """The crowned model; where nobody was crowned, what `prefer` asked for, as the verdict says."""
        return Winner(self.folder / "winner")

    @property
    def leaderboard(self) -> pd.DataFrame:
        """A line a model, best first: name, status, test scores with their intervals, cost.

        Columns `<metric>`, `<metric>_low`, `<metric>_high` are of the test rows, and missing for those that were not
        tested; `selection_<metric>` are of the validation rows.
        """
        import pandas as pd

        lines = []
        for standing in self.verdict.standings:
            line: dict[str, object] = {"name": standing.name, "status": standing.status, "reason": standing.reason}
            for metric, interval in standing.test.items():
                line |= {metric: interval.value, f"{metric}_low": interval.low, f"{metric}_high": interval.high}
            line |= {f"selection_{metric}": score for metric, score in standing.selection.items()}
            line |= {"learned": standing.learned, "parameters": standing.parameters, "bytes": standing.bytes}
            line |= {"train_seconds": standing.train_seconds, "predict_seconds": standing.predict_seconds}
            lines.append(line)
        return pd.DataFrame(lines)


def open_run(folder: str | Path) -> Outcome:
    """A race or training that has ended, as `bestiary.race` or `bestiary.train` gave it back.

    Args:
        folder: of the run.

    Raises:
        InputError: when it is no run, has not ended, or holds what no race would have written.
    """
    from bestiary.planning.plan import Plan
    from bestiary.planning.run_check import check_run, check_verdict

    path = checked_path(folder, folder=True)
    if not (path / "plan.json").exists():
        raise InputError(f"expected the folder of a race; {path} has no plan.json; for a model use bestiary.load")
    plan = Plan.read(path)
    check_run(path, plan)
    if not (path / "verdict.json").exists():
        raise InputError(f"the race in {path} has not ended; continue with `bestiary race --resume {path}`")
    verdict = Verdict.read(path / "verdict.json")
    check_verdict(verdict, plan)
    return Outcome(path, verdict)
