"""The honest non-neural competitors: every race has them, within the same core-seconds as a network."""

from bestiary.baselines import boosters, images, series, tables, text
from bestiary.baselines.baseline import Baseline, Fitted, fit, load_fitted
from bestiary.baselines.rivals import find_rival, load_rival, rivals, run_rival
from bestiary.baselines.search import run_baseline
from bestiary.errors import InputError, nearest

__all__ = [
    "CATALOGUE",
    "Baseline",
    "Fitted",
    "find",
    "find_rival",
    "fit",
    "for_kind",
    "left_out",
    "load_fitted",
    "load_rival",
    "rivals",
    "run_baseline",
    "run_rival",
]

CATALOGUE: dict[str, tuple[Baseline, ...]] = {
    "table": (*tables.BASELINES, *boosters.installed()),
    "image": images.BASELINES,
    "text": text.BASELINES,
    "series": series.BASELINES,
}
MOST_CLASSES = 200  # boosting grows a tree a class and iteration


def for_kind(kind: str, problem: str = "classification") -> list[str]:
    """Names of the baselines that race on a kind of data.

    Example:
        >>> for_kind("text")
        ['constant', 'linear', 'bayes']
    """
    fitted = [baseline.name for baseline in CATALOGUE.get(kind, ()) if problem in baseline.problems]
    return fitted or [rival.name for rival in rivals(kind, problem)]


def find(kind: str, name: str) -> Baseline:
    """The baseline of a name.

    Raises:
        InputError: for an unknown name, with the nearest known one.

    Example:
        >>> find("image", "linear").title
        'linear model on pixels'
    """
    known = {baseline.name: baseline for baseline in CATALOGUE[kind]}
    package = next((package for package, baseline in boosters.ALL if baseline.name == name), None)
    if name not in known and package and kind == "table":
        raise InputError(f"the baseline {name} needs {package}, which is not installed; pip install bestiary[trees]")
    if name not in known:
        raise InputError(f"baselines for {kind} data are {', '.join(known)}; received {name!r}{nearest(name, known)}")
    return known[name]


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
