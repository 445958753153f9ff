"""What the report shows of tables: how each column was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bestiary.errors import InputError
from bestiary.judging import importance
from bestiary.judging.sentences import number
from bestiary.kinds.table.relations import Relations, relations
from bestiary.report.gather import Evidence
from bestiary.report.sections import Section
from bestiary.report.words import shorten
from bestiary.rows.columns import Column
from bestiary.tasks import metric_named
from bestiary.tasks.metric import Metric

WORDS, MOST = 4, 60  # words of a category, and columns, that are shown


def sections(evidence: Evidence) -> list[Section]:
    """A table of the columns, those that are left out at its end; nothing where they were not kept."""
    try:
        encoder = evidence.encoder
    except InputError:
        return []
    columns: Sequence[Column] = getattr(encoder, "columns", ())
    if not columns:
        return []
    ordered = sorted(columns, key=lambda column: column.role == "left out")
    used = sum(column.role != "left out" for column in columns)
    text = (
        f"{used:,} of {len(columns):,} columns were learned from, read as below; ranges and words are of training "
        "rows. --keep, --drop and --dates read them otherwise, and bestiary data shows it before a race."
    )
    if len(columns) > MOST:
        text += f" The first {MOST} are shown."
    found = _relations(evidence, encoder)
    goes = f"goes with {shorten(evidence.verdict.target, 24)}"
    heads = ("column", "read as", "values", "missing", *([goes] if found and found.target else []), "remark")
    rows = [
        (shorten(one.name, 40), one.role, _values(one), *_figures(one, found), one.reason) for one in ordered[:MOST]
    ]
    if found and found.target:
        text += f" “{goes[0].upper()}{goes[1:]}” is Spearman’s rank correlation, from −1 to 1."
    if found and found.alike:
        pairs = ", ".join(f"{shorten(a, 40)} and {shorten(b, 40)} ({_correlation(r)})" for a, b, r in found.alike)
        text += f" Columns that say nearly the same: {pairs}."
    table = Section("How the columns were read", text, heads=heads, rows=rows, anchors=[("data", "Data")])
    return [table, *_rests(evidence)]


def _relations(evidence: Evidence, encoder: Any) -> Relations | None:
    try:
        return relations(encoder, evidence.run / "data", len(evidence.verdict.classes))
    except (InputError, OSError, ValueError):
        return None


def _figures(column: Column, found: Relations | None) -> tuple[str, ...]:
    """The share of missing cells, and how the column goes with the target."""
    if found is None:
        return ("yes" if column.gaps else "",)
    missing = f"{100 * found.missing.get(column.name, 0.0):.1f} %" if column.gaps else ""
    goes = found.target.get(column.name)
    return (missing, *(["–" if goes is None else _correlation(goes)] if found.target else []))


def _correlation(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _rests(evidence: Evidence) -> list[Section]:
    """How much worse the answers get without each column."""
    found = importance.read(evidence.run)
    verdict = evidence.verdict
    if found is None or not found["weights"] or (found["model"], found["metric"]) != (verdict.chosen, verdict.metric):
        return []
    metric = metric_named(verdict.metric, verdict.problem)
    unit = " points" if metric.percent else ""
    text = (
        f"How much worse the {metric.title} of {shorten(verdict.chosen, 60)} gets when the cells of a column are "
        f"shuffled, on {found['rows']:,} test rows, with 95 % intervals. A column counts for what the model cannot "
        "find in the others: of two that say the same, neither may seem to matter. It says nothing about causes."
    )
    shown = found["weights"][:MOST]
    if len(shown) < found["columns"]:
        text += f" There was time for {len(found['weights']):,} of {found['columns']:,} columns."
    rows = [(shorten(one["column"], 40), number(metric, one["value"]) + unit, _bounds(metric, one)) for one in shown]
    heads = ("column", "worse by", "95 % interval")
    return [Section("What the answers rest on", text, heads=heads, rows=rows, anchors=[("importance", "Importance")])]


def _bounds(metric: Metric, weight: importance.Weight) -> str:
    low, high = weight["low"], weight["high"]
    if low is None or high is None:
        return "too few rows"
    return f"{number(metric, low)} to {number(metric, high)}"


def _values(column: Column) -> str:
    if column.extent:
        return column.extent
    words = [shorten(word, 20) for word in column.known[:WORDS]]
    more = len(column.known) - len(words)
    return ", ".join(words) + (f" and {more:,} more" if more > 0 else "")
