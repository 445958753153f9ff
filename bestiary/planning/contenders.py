"""Who may race: the rows of the catalogue that take these data, narrowed by what a person asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from bestiary import catalogue, kinds, tasks
from bestiary.catalogue import Contender, Row
from bestiary.contracts import Spec
from bestiary.errors import InputError, nearest
from bestiary.planning.views import missing

FAMILY = "family:"


PRETRAINED = "-pretrained"
"""How the name of a contender ends that begins with weights."""
WHOLE: dict[str, object] = {"frozen": 0, "gradual": 0}
"""Words of fine-tuning with which everything learns from the first step, as it does for most of a training."""


@dataclass(frozen=True)
class Candidate:
    """An architecture with the sizes that could race, from large to small, and their recipe ("module:function").

    Attributes:
        row, sizes, recipe: of it.
        weights: file of the run that it begins with, "" where weights are drawn; `knows`: what these have seen.
        frozen: weights that read its rows and do not learn, and seconds in which they read a thousand.
        note: what the plan says when it enters.
    """

    row: Row
    sizes: tuple[Contender, ...]
    recipe: str
    weights: str = ""
    knows: str = ""
    frozen: tuple[int, float] = (0, 0.0)
    note: str = ""

    @property
    def id(self) -> str:
        """Its name among all that race: of one with weights, with its size."""
        own = self.weights or self.begins
        return f"{self.row.name}.{self.sizes[0].name}{self.ending}" if own else self.row.name

    @property
    def begins(self) -> bool:
        """Whether it begins with published weights without being told to."""
        return self.sizes[0].begins

    @property
    def ending(self) -> str:
        """How its name ends where a person has given it weights."""
        return PRETRAINED if self.weights and not self.begins else ""

    @property
    def whole(self) -> dict[str, object]:
        """Words with which it is measured: all of it learns."""
        return WHOLE if self.weights else {}


def candidates(
    kind: str,
    problem: str,
    spec: Spec,
    rows: int,
    only: Sequence[str] | str | None = None,
    exclude: Sequence[str] | str | None = None,
    catalogue_rows: Sequence[Row] | None = None,
) -> tuple[list[Candidate], dict[str, str]]:
    """Every architecture that can race on the data.

    Args:
        kind: of data.
        problem: the task.
        spec: of the data.
        rows: training rows.
        only: names ("lstm"), sizes ("resnet/small") or families ("family:convolution"); all when None.
        exclude: the same words, for those that stay out.
        catalogue_rows: instead of the catalogue's.

    Returns:
        The candidates, and name -> reason of those that the data leave out.

    Raises:
        InputError: for unknown words, with the nearest known one, or when nobody is left.
    """
    everyone = catalogue.ROWS if catalogue_rows is None else tuple(catalogue_rows)
    wanted, unwanted = split_words(only), split_words(exclude)
    check_words([*wanted, *unwanted], everyone)
    found, left_out = [], {}
    for row in everyone:
        named = [w for w in wanted if _names(w, row)]
        if (wanted and not named) or any(w in (row.name, FAMILY + row.family) for w in unwanted):
            continue
        sizes, reason = _sizes(row, kind, problem, spec, rows, named, unwanted)
        drawn = tuple(size for size in sizes if not size.begins)
        groups = ([drawn] if drawn else []) + [(size,) for size in sizes if size.begins]
        found += [Candidate(row, group, cast("tuple[str, str]", recipe_for(row, problem))[1]) for group in groups]
        if not sizes and reason and (named or _suited(row, kind, problem)):
            left_out[row.name] = reason
    if not found:
        why = "; ".join(f"{name}: {reason}" for name, reason in left_out.items()) or "all are excluded"
        raise InputError(f"expected at least one contender for {kind} {problem}; found none ({why}); name others")
    return found, left_out


def _suited(row: Row, kind: str, problem: str) -> bool:
    """Whether an architecture is meant for such data and task; others are not missed when they stay away."""
    contenders = row.races.get(kind, ())
    if tasks.find(problem).told:
        return bool(contenders) and any(tasks.find(task).told for task in row.recipes)
    return problem in row.recipes and any(not c.tasks or problem in c.tasks for c in contenders)


def recipe_for(row: Row, problem: str) -> tuple[str, str] | None:
    """By which recipe an architecture learns a task; None where it cannot.

    Returns:
        The task that its contenders are filed under, and "module:function": its own recipe, or one with which the task
        takes the place of a recipe that the row has for another task.

    Example:
        >>> recipe_for(catalogue.find("mlp"), "regression")
        ('regression', 'bestiary.recipes.supervised:regressor')
    """
    if problem in row.recipes:
        return problem, row.recipes[problem]
    instead = tasks.find(problem).recipes
    return next(((task, instead[recipe]) for task, recipe in row.recipes.items() if recipe in instead), None)


def split_words(given: Sequence[str] | str | None) -> list[str]:
    """Words of a line with commas, or of several.

    Example:
        >>> split_words("lstm, family:convolution"), split_words(["lstm", "gru,rnn"])
        (['lstm', 'family:convolution'], ['lstm', 'gru', 'rnn'])
    """
    parts = (given if isinstance(given, str) else ",".join(given or [])).split(",")
    return [part.strip().lower() for part in parts if part.strip()]


def _names(word: str, row: Row) -> bool:
    return word in (row.name, FAMILY + row.family) or word.startswith(row.name + "/")


def check_words(words: Sequence[str], rows: Sequence[Row] = catalogue.ROWS) -> None:
    """Refuses names, sizes and families that nobody has.

    Raises:
        InputError: with the nearest known one.
    """
    families = [FAMILY + family for family in sorted({row.family for row in rows})]
    sizes = [f"{row.name}/{c.name}" for row in rows for cs in row.races.values() for c in cs]
    known = [*(row.name for row in rows), *families, *dict.fromkeys(sizes)]
    for word in words:
        if word not in known:
            raise InputError(
                f"no contender or family is named {word!r}{nearest(word, known)}; `bestiary list` shows all"
            )


def _sizes(
    row: Row, kind: str, problem: str, spec: Spec, rows: int, named: list[str], unwanted: list[str]
) -> tuple[tuple[Contender, ...], str]:
    if kind not in row.races:
        return (), f"does not take {kind} data"
    recipe = recipe_for(row, problem)
    if recipe is None:
        return (), f"has no recipe for {problem}"
    asked = [w.partition("/")[2] for w in named if "/" in w]
    code = int(getattr(spec, "code", 0))
    suited = [coded(c, code) for c in row.races[kind] if not c.tasks or recipe[0] in c.tasks]
    if not suited:
        return (), f"has no size for {kind} data and the task {problem}"
    allowed = [c for c in suited if f"{row.name}/{c.name}" not in unwanted]
    if asked:
        chosen = [c for c in allowed if c.name in asked]
        if not chosen:
            return (), f"has no size {asked[0]} for {kind} data"
        return _seen(chosen, spec)
    if code and allowed and row.name not in named and all(c.code == "features" for c in allowed):
        return (), f"its codes are as large as a row, those of the others have {code} numbers; name it to race it"
    extent = spec.extent
    fitting = [c for c in allowed if rows >= c.rows and extent >= c.smallest]
    if not fitting:
        return (), f"needs larger inputs or more rows: sides of {extent}, {rows} training rows"
    return _seen(fitting, spec)


def _seen(fitting: Sequence[Contender], spec: Spec) -> tuple[tuple[Contender, ...], str]:
    """Those of the sizes, from large to small, for which the data were read as they need it; or why there are none."""
    reasons = {size.name: missing(size, spec) for size in fitting}
    found = tuple(size for size in reversed(fitting) if not reasons[size.name])
    return found, "" if found else next(iter(reasons.values()))


def coded(contender: Contender, code: int) -> Contender:
    """A contender whose codes are as large as those of the others; as it is where the data ask for no codes.

    Example:
        >>> machine = Contender("code", "m:C", {"widths": (200, 32)}, code="widths")
        >>> coded(machine, 8).keywords
        {'widths': (200, 8)}
    """
    word = contender.code
    if not code or word in ("", "features"):
        return contender
    usual = contender.keywords[word]
    size = (*cast("tuple[int, ...]", usual)[:-1], code) if isinstance(usual, tuple) else code
    return replace(contender, keywords={**contender.keywords, word: size})


def batch_size(kind: str, rows: int) -> int:
    """Rows in a training batch: small data need many updates, large data few calls.

    Example:
        >>> batch_size("table", 500), batch_size("table", 50_000), batch_size("image", 50_000)
        (32, 256, 128)
    """
    wanted = 32 if rows < 2_000 else 64 if rows < 10_000 else 128 if rows < 30_000 else 256
    return min(wanted, kinds.find(kind).rows)
