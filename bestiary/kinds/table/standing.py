"""Where the columns of a table stand in the arrays that are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from bestiary.kinds.table.decoder import width

if TYPE_CHECKING:
    from bestiary.kinds.table.encoder import TableEncoder

Standing = dict[str, list[int]]
"""Name of an array -> which of its second axis."""


def standing(encoder: TableEncoder) -> dict[str, Standing]:
    """Where each column that is learned from stands, by its name.

    Columns that are missing in the same rows share a feature that says so: it belongs to each of them.

    Args:
        encoder: fitted.
    """
    scaled, gaps = (cast("list[int]", encoder.parts[name]) for name in ("scaled", "gaps"))
    places = sum(map(width, encoder.used))
    told = cast("list[int]", encoder.parts.get("told") or [gaps.index(i) if i in gaps else -1 for i in range(places)])
    text = encoder.text
    widths = [] if text is None else [len(cast("Any", summary).components_) for summary in text.summaries]
    of_number = {number: place for place, number in enumerate(scaled)}
    found: dict[str, Standing] = {}
    number = category = word = 0
    at, behind = encoder.count, encoder.count + sum(size - 1 for size in encoder.categories)
    for column in encoder.used:
        if column.role == "category":
            size = encoder.categories[category] - 1
            plain = [of_number[i] for i in range(number, number + width(column)) if i in of_number]
            found[column.name] = {"features": [*range(at, at + size), *plain], "categories": [category]}
            found[column.name] |= {"numbers": plain} if plain else {}
            at, category, number = at + size, category + 1, number + width(column)
        elif column.role == "text":
            found[column.name] = {"features": list(range(behind, behind + widths[word])), "words": [word]}
            behind, word = behind + widths[word], word + 1
        else:
            own = range(number, number + width(column))
            plain = [of_number[i] for i in own if i in of_number]
            plain += sorted({len(scaled) + told[i] for i in own if told[i] >= 0})
            found[column.name] = {"features": plain, "numbers": plain}
            number += width(column)
    return found
