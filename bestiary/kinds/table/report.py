"""What the report shows of tables: how each column was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bestiary.errors import InputError
from bestiary.report.gather import Evidence
from bestiary.report.sections import Section
from bestiary.report.words import shorten
from bestiary.rows.columns import Column
from bestiary.rows.encoder_files import read_encoder

WORDS, MOST = 4, 60  # words of a category, and columns, that are shown


def sections(evidence: Evidence) -> list[Section]:
    """A table of the columns, those that are left out at its end; nothing where they were not kept."""
    kept = _kept(evidence)
    columns = [Column(**{**column, "known": tuple(column["known"])}) for column in kept]
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
    rows = [
        (shorten(one.name, 40), one.role, _values(one), "yes" if one.gaps else "", one.reason) for one in ordered[:MOST]
    ]
    heads = ("column", "read as", "values", "missing cells", "remark")
    return [Section("How the columns were read", text, heads=heads, rows=rows, anchors=[("data", "Data")])]


def _kept(evidence: Evidence) -> Sequence[Mapping[str, Any]]:
    """The columns as the encoder of the training rows knows them; none where it is gone."""
    folder = evidence.run / "data" / "encoder"
    try:
        return read_encoder(folder, "table")[1]["columns"]
    except InputError:
        return ()


def _values(column: Column) -> str:
    if column.extent:
        return column.extent
    words = [shorten(word, 20) for word in column.known[:WORDS]]
    more = len(column.known) - len(words)
    return ", ".join(words) + (f" and {more:,} more" if more > 0 else "")
