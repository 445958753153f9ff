"""The facts of texts in files; see `rows.facts`."""

from __future__ import annotations

from bestiary.rows.facts import Facts, Text


class TextFacts(Facts):
    """Of texts."""

    text: Text
