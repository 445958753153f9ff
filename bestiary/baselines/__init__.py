"""The honest non-neural competitors: every race has them, within the same core-seconds as a network."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from bestiary import kinds, tasks
from bestiary.contracts import Spec
from bestiary.errors import InputError, nearest
from bestiary.rows.store import read_spec

MOST_CLASSES = 200  # boosting grows a tree a class and iteration


class Competitor(Protocol):
    """What races beside networks: `baseline.Baseline`, a pipeline of scikit-learn's, or `rivals.Rival`."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def holds(self) -> str: ...

    def search(
        self,
        data: Path,
        out: Path,
        *,
        seconds: float,
        seed: int = 0,
        folds: Sequence[Path] | None = None,
        written: Mapping[str, Any] | None = None,
        **further: Any,
    ) -> dict[str, object]:
        """Finds its best setting in the time that it has; writes `model.skops` and `validation.parquet`."""
        ...

    def load(self, path: Path, kind: str, problem: str, spec: Spec | None = None) -> Any:
        """What `search` wrote: an answer that the task takes in the place of a network. Nothing in it is executed."""
        ...


def competitors(kind: str, problem: str) -> tuple[Competitor, ...]:
    """All of a kind of data and a task.

    Example:
        >>> [one.name for one in competitors("text", "classification")]
        ['constant', 'linear', 'bayes']
    """
    task, found = tasks.find(problem), getattr(_module(kind, problem), "BASELINES", ())
    return tuple(one for one in found if task.target in getattr(one, "targets", (task.target,)))


def _module(kind: str, problem: str) -> ModuleType | None:
    """That of the task for this kind, or that of the kind."""
    module = tasks.find(problem).baselines.get(kind) or kinds.find(kind).baselines
    return importlib.import_module(module) if module else None


def find(kind: str, problem: str, name: str) -> Competitor:
    """The one of a name.

    Raises:
        InputError: for an unknown name, with the nearest known one.

    Example:
        >>> find("image", "classification", "linear").title
        'linear model on pixels'
    """
    known = {one.name: one for one in competitors(kind, problem)}
    package = getattr(_module(kind, problem), "NEEDS", {}).get(name)
    if name not in known and package:
        raise InputError(f"the baseline {name} needs {package}, which is not installed; pip install bestiary[trees]")
    if name not in known:
        shown = ", ".join(known)
        raise InputError(f"baselines for {problem} on {kind} data are {shown}; received {name!r}{nearest(name, known)}")
    return known[name]


def run_baseline(
    name: str,
    data: Path,
    out: Path,
    *,
    seconds: float,
    seed: int = 0,
    folds: Sequence[Path] | None = None,
    written: Mapping[str, Any] | None = None,
    **further: Any,
) -> dict[str, object]:
    """Searches the settings of a baseline; writes `model.skops` and `validation.parquet`.

    Args:
        name: of the baseline, one for the kind and task of the data.
        data: folder of encoded training and validation rows.
        out: folder to write to.
        seconds: core-seconds for everything.
        seed: of random numbers.
        folds: folders of encoded rows like `data`, one a fold, for those that choose on folds.
        written: what an earlier search came to: it is followed, whatever the clock says.
        **further: `metric` that decides, and `before`, what an earlier search left, for those that can use them.

    Returns:
        `search.BaselineResult` as a dict of plain words and numbers.
    """
    spec, facts = read_spec(data)
    found = find(spec.kind, str(facts["problem"]), name)
    from bestiary.baselines.baseline import Baseline

    known = further if isinstance(found, Baseline) else {}
    return found.search(data, out, seconds=seconds, seed=seed, folds=folds, written=written, **known)


def load_baseline(path: Path, kind: str, problem: str, name: str, spec: Spec | None = None) -> Any:
    """A fitted baseline, as `run_baseline` left it: an answer that the task takes in the place of a network.

    Args:
        path: of the skops file.
        kind, problem, name: what it must be, from the words beside it.
        spec: of the data that it must be for, where that is known.

    Raises:
        InputError: when it is not such a baseline, or holds anything else.
    """
    return find(kind, problem, name).load(path, kind, problem, spec)


def left_out(name: str, outputs: int) -> str:
    """Why a baseline does not race on these data; empty when it does.

    Example:
        >>> left_out("boosting", 1000)
        'grows a tree for each class and round: 1000 classes are more than its 200'
        >>> left_out("forest", 1000)
        ''
    """
    if name in ("boosting", "lightgbm", "xgboost", "catboost") and outputs > MOST_CLASSES:
        return f"grows a tree for each class and round: {outputs} classes are more than its {MOST_CLASSES}"
    return ""
