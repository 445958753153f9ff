"""What a task is, in one object without torch: everything that the race, the report and the command line ask of it.

Each folder `tasks/<task>/` has a `task.py` with a `TASK`, a `TaskDescriptor`. It names the modules that compute
(scoring, baselines, sections of the report) as strings, which are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from bestiary.errors import InputError, nearest
from bestiary.tasks.metric import Metric, plain

LABELS = ("needed", "judging", "none")
EACH = {"values": "value", "labels": "classes"}
"""What is asked of the data where several things are asked -> what each of them is."""
Ranking = Callable[[Sequence[int]], tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class TaskDescriptor:
    """A task. Every field has to be given: one with a field that is missing does not load.

    Attributes:
        name: on the command line and in files.
        summary: what is asked, in a sentence for people.
        kinds: the kinds of data that it takes; empty: all that have no task of their own.
        told: whether it is meant when a person names no task and the target holds what it asks for.
        target: what is asked of the data: "classes", "value" (one number a row), "values" (several), "labels" (several
            of them a row, or none), "tokens" or "none". Networks and baselines of tasks with the same target give
            outputs of the same form.
        labels: whether a target column is "needed", used for "judging" alone, or there is "none".
        reading: "module:function", (source, **words) -> source, which makes rows that were read ready for the task; its
            keyword-only words are options of reading. Empty where nothing is to be done.
        verb: what a model does, in the third person: "predicts".
        job: the same for a model card; `{target}` and `{classes}` are filled in.
        judged: what is judged one by one, in the plural: "rows", "episodes".
        ignorance: what knowing nothing means, as the beginning of a sentence.
        metrics: all of them.
        ranking: counts of the training rows of each class (empty where there are no classes) -> name of the metric that
            ranks when a person names none, and why, for people.
        unit: what the loss is called below a learning curve.
        scoring: "module:Class" of a `tasks.scoring.Scoring`.
        baselines: kind of data -> module that has a tuple `BASELINES`; of other kinds, the kind names one.
        report: "module:function", (evidence) -> sections of the report.
        recipes: recipes of other tasks -> own ones, "module:function" both: an architecture that has such a recipe for
            the same kind of data takes part with the own one, and its row in the catalogue need not know the task.
        following: what a person types next: `{run}`, `{new}` (a name for new rows), `{contender}`.
        predicts: whether a model answers new rows; else it makes or does something, which a kept baseline cannot be
            asked for unless `following` works with it.
        any_model: whether `following` works with baselines too.
        verbs: of the command line, that a network can do after it and not after others: "sample".
        folds: whether folds choose among contenders where there are few rows.
        endless: whether the number of training rows says nothing about how many updates are of use.
    """

    name: str
    summary: str
    kinds: tuple[str, ...]
    told: bool
    target: str
    labels: str
    reading: str
    verb: str
    job: str
    judged: str
    ignorance: str
    metrics: tuple[Metric, ...]
    ranking: Ranking
    unit: str
    scoring: str
    baselines: Mapping[str, str]
    report: str
    recipes: Mapping[str, str]
    following: str
    predicts: bool
    any_model: bool
    verbs: tuple[str, ...]
    folds: bool
    endless: bool

    def __post_init__(self) -> None:
        may_be_empty = {
            "kinds",
            "told",
            "reading",
            "baselines",
            "recipes",
            "predicts",
            "any_model",
            "verbs",
            "folds",
            "endless",
        }
        empty = [f.name for f in fields(self) if f.name not in may_be_empty and not getattr(self, f.name)]
        if empty:
            raise ValueError(f"task {self.name!r}: expected something in {', '.join(empty)}; received nothing")
        if self.labels not in LABELS:
            raise ValueError(f"task {self.name!r}: labels must be one of {', '.join(LABELS)}; received {self.labels!r}")
        if not set(self.baselines) <= set(self.kinds):
            raise ValueError(f"task {self.name!r}: baselines name kinds that are not in kinds")

    @property
    def answers_classes(self) -> bool:
        """Whether its answers are probabilities of classes."""
        return self.target == "classes"

    @property
    def each(self) -> str:
        """Its target; where several things are asked of a row, that of each of them."""
        return EACH.get(self.target, self.target)

    def metric(self, name: str) -> Metric:
        """Its metric of a name; case, spaces and hyphens do not matter.

        Raises:
            InputError: for one that it does not have, with the nearest.
        """
        known = {metric.name: metric for metric in self.metrics}
        if plain(name) not in known:
            raise InputError(
                f"metric must be one of {', '.join(known)}; received {name!r}{nearest(plain(name), known)}"
            )
        return known[plain(name)]

    def next_command(self, run: str, new: str, contender: str = "") -> str:
        """What is typed next with a model.

        Args:
            run: the folder.
            new: a name for new rows.
            contender: the network to use where what was kept cannot do it.
        """
        which = f" --contender {contender}" if contender else ""
        return self.following.format(run=run, new=new, contender=which)


def always(metric: str, reason: str) -> Ranking:
    """A ranking that does not depend on the data.

    Args:
        metric: the name of the one that ranks.
        reason: why, for people.
    """
    return lambda counts: (metric, reason)
