"""The model card: `README.md` of a model folder, what the model is, how good, on what, how to use it, where not to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bestiary import kinds, tasks
from bestiary.errors import InputError
from bestiary.judging.evidence import Standing, Verdict
from bestiary.judging.holdings import held_rows
from bestiary.printable import printable
from bestiary.report import board, words

LISTED = 40  # classes that are named


def model_card(
    verdict: Verdict, standing: Standing, notes: tuple[str, ...] = (), source: Mapping[str, object] | None = None
) -> str:
    """The text of a model card, in Markdown.

    Args:
        verdict: of the race that the model comes from.
        standing: the model's own line in it.
        notes: what else is to be said of its training, one line each.
        source: the words that the data were read with, as in the plan.

    Returns:
        Markdown that renders as it reads: names from a person's file cannot become markup in it.
    """
    parts = [
        f"# {_plain(standing.title or standing.name)}: {_plain(verdict.target, 80)}",
        _what(verdict, standing),
        "## How good it is\n\n" + _quality(verdict, standing),
        "## How to use it\n\n" + _use(verdict.problem, words.new_rows(verdict.kind, source or {})),
        "## What it was trained on\n\n" + _data(verdict, notes),
        "## What it keeps of the training data\n\n" + _holds(verdict, standing),
        "## Limits\n\n" + _limits(verdict, standing),
        "## Licence\n\nThe weights belong to the owner of the data they were trained on; Bestiary, which trained "
        "them, is under Apache-2.0.",
        "Made with " + ", ".join(f"{_plain(k)} {_plain(v)}" for k, v in verdict.versions.items()) + "."
        if verdict.versions
        else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(verdict: Verdict, standing: Standing) -> str:
    task = tasks.find(verdict.problem)
    job = task.job.format(target=_code(verdict.target), classes=f"{len(verdict.classes):,}")
    source = ""
    if standing.status == "ensemble":
        shares = ", ".join(f"`{_code(name)}` {_plain(str(share))}" for name, share in standing.settings.items())
        size = f" They have {standing.parameters:,} parameters together." if standing.parameters else ""
        made = (
            f"An ensemble that {job}, from {verdict.kind} data: the weighted mean of the predictions of its "
            f"models ({shares})."
        )
        chosen = " Weights were chosen on validation rows by greedy selection (Caruana et al. 2004)."
        return made + chosen + size
    if standing.network:
        from bestiary import catalogue

        try:
            row = catalogue.find(standing.name.partition("/")[0])
            source = f" {row.summary} Source: {row.paper}."
        except InputError:
            source = ""
    sort = (
        f"A neural network of the family *{standing.family}*"
        if standing.network
        else "A baseline, not a neural network,"
    )
    size = f" It has {standing.parameters:,} parameters." if standing.parameters else ""
    return f"{sort} (`{_code(standing.name)}`) that {job}, from {verdict.kind} data.{size}{source}"


def _quality(verdict: Verdict, standing: Standing) -> str:
    rows = verdict.rows.get("test", 0)
    if not standing.test:
        return "It was not scored on test rows."
    lines = ["| metric | test score | 95 % interval | constant predictor |", "|---|---|---|---|"]
    for metric, interval in standing.test.items():
        cells = (
            words.title(metric),
            words.score(metric, interval.value),
            board.bounds(metric, interval),
            words.score(metric, verdict.constant.get(metric)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    told = f"On {rows:,} test rows that were opened once, after training. {_plain(verdict.worth_sentence, 600)}"
    return told + "\n\n" + "\n".join(lines)


def _use(problem: str, new: str) -> str:
    task = tasks.find(problem)
    typed = f"```\n{task.next_command('THIS_FOLDER', new)}\n```"
    if not task.predicts:
        return typed
    return (
        f"{typed}\n\n"
        f'```python\nimport bestiary\n\nmodel = bestiary.load("THIS_FOLDER")\nprint(model.predict("{new}"))\n```'
    )


def _data(verdict: Verdict, notes: tuple[str, ...]) -> str:
    rows = ", ".join(f"{number:,} {split}" for split, number in verdict.rows.items())
    lines = [f"- rows: {rows}"]
    if verdict.classes:
        named = ", ".join(f"`{_code(name, 60)}`" for name in verdict.classes[:LISTED])
        more = f" and {len(verdict.classes) - LISTED:,} more" if len(verdict.classes) > LISTED else ""
        noun = "labels" if tasks.find(verdict.problem).target == "labels" else "classes"
        lines.append(f"- {noun}: {named}{more}")
    told = ("test rows were opened", "holds training rows", "did not take part")  # below, or of no use with the model
    kept = [note for note in verdict.notes if not any(part in note for part in told)]
    lines += [f"- {_plain(words.sentence(note), 400)}" for note in [*notes, *kept[:50]]]
    return "\n".join(lines)


def _holds(verdict: Verdict, standing: Standing) -> str:
    """Who gives the folder away should know which rows go with it."""
    names = list(standing.settings) if standing.status == "ensemble" else [standing.name]
    held = {name: held_rows(name, verdict.kind, verdict.problem) for name in names}
    rows = "; ".join(f"{text} (in {name})" if len(names) > 1 else text for name, text in held.items() if text)
    if rows:
        lines = [f"It holds training rows: {rows}. Anyone who gets this folder gets those rows."]
    elif standing.network:
        lines = ["It keeps no training row as such. How much of them the network has memorised was not measured."]
    else:
        lines = ["It keeps no training row, only numbers that were fitted to them."]
    kept = [kinds.find(verdict.kind).keeps, "the classes" if verdict.classes else ""]
    if any(kept):
        lines.append(f"Its encoder keeps {' and '.join(filter(None, kept))}.")
    return "\n".join(f"- {line}" for line in lines)


def _limits(verdict: Verdict, standing: Standing) -> str:
    lines = ["The scores hold for new rows from the same source as these; the model was not tested on others."]
    if verdict.crowned != standing.name:
        lines.append(f"It is not a proven winner. {_plain(words.sentence(verdict.reason), 600)}")
    if verdict.openings > 1:
        lines.append(
            f"The test rows of these data were opened for the {words.times(verdict.openings)} time: "
            "the scores may be slightly optimistic."
        )
    if tasks.find(verdict.problem).answers_classes:
        lines.append("It gives every row one of its classes, even a row that belongs to none of them.")
    return "\n".join(f"- {line}" for line in lines)


def _plain(text: str, limit: int = 200) -> str:
    """Text on one line in which no character is Markdown or HTML."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", words.shorten(printable(text), limit))


def _code(text: str, limit: int = 200) -> str:
    """Text that can stand between backticks, also in a table."""
    return words.shorten(printable(text), limit).replace("`", "ʼ").replace("|", "¦")
