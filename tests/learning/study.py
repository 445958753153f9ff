"""What an architecture is shown to learn where a supervised claim does not say it: by its own algorithm, on real data.

A family's studies are in `tests/learning/studies/<family>.py`, in a tuple `STUDIES`. The tests run the short form of
each with one seed, and its broken twin; `make results` runs the full form with three seeds.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from tests.learning import studies


@dataclass(frozen=True)
class Study:
    """One architecture, one stated result.

    Attributes:
        name: unique; of the file in docs/results.
        row: of the catalogue.
        data: what it learns from, in words.
        metric: what the score is, with its unit; higher is better (errors are given as negative numbers).
        floor: what the short form must reach; it stands below the worst of three measured seeds.
        run: (seed, wrong, full) -> score; `wrong` is the twin that is deliberately broken, `full` the long form.
        full: floor of the full form; that of the short one unless given.
        only_full: too long for the tests.
        twin: how the twin is broken, in words.
        needs: an environment variable without which the full form cannot run (data that no package here ships), or "".
        sources: files of the package, relative to `bestiary/`, that the result depends on beside networks and recipes.
        seeds: of the full form.
    """

    name: str
    row: str
    data: str
    metric: str
    floor: float
    run: Callable[[int, bool, bool], float]
    full: float | None = None
    only_full: bool = False
    twin: str = "learns from the labels of other rows"
    needs: str = ""
    sources: tuple[str, ...] = ()
    seeds: int = 3


def all_studies() -> tuple[Study, ...]:
    """Of every family, in the order of the file names."""
    found: list[Study] = []
    for module in sorted(info.name for info in pkgutil.iter_modules(studies.__path__)):
        if not module.startswith("_"):
            found += importlib.import_module(f"tests.learning.studies.{module}").STUDIES
    return tuple(found)
