"""Classes in an order that means something: low, medium, high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from bestiary.errors import InputError, nearest
from bestiary.rows.rows import Rows
from bestiary.rows.source import Source, Target
from bestiary.rows.written import finite, numbers
from bestiary.tasks.metric import Metric


def put_in_order(source: Source, order: str | Sequence[str]) -> None:
    """Numbers the classes of a source as a person orders them.

    Args:
        source: rows with classes.
        order: every class once, the least first; in one text with commas, or apart.

    Raises:
        InputError: for rows without classes, and names that are missing, unknown or there twice.
    """
    target = source.target
    names = [name.strip() for name in order.split(",")] if isinstance(order, str) else [str(name) for name in order]
    if not target.classes or target.several:
        raise InputError(
            f"order lists classes from lowest to highest; {target.name!r} has no such classes; leave it out"
        )
    shown = ", ".join(target.classes[:12]) + (", ..." if len(target.classes) > 12 else "")
    for name in names:
        if name not in target.classes:
            near = nearest(name, target.classes)
            raise InputError(f"no class of {target.name!r} is called {name!r} (order){near}; the classes are {shown}")
    gone = [name for name in target.classes if name not in names]
    if gone or len(names) > len(target.classes):
        fault = f"lacks {gone[0]!r}" if gone else "names a class twice"
        raise InputError(f"order {fault}; give every class once, from lowest to highest: {shown}")
    places = np.array([names.index(name) for name in target.classes], dtype=np.int64)
    _set(source, replace(target, classes=tuple(names), values=places[target.values.astype(np.int64)], ordered=True))


def suit(source: Source, metric: Metric) -> None:
    """Takes classes that are numbers in their order where a metric needs one.

    Raises:
        InputError: for a metric that is not for these classes.
    """
    target = source.target
    count = len(target.classes)
    if metric.classes and count != metric.classes:
        told = f"{metric.name} is for {metric.classes} classes; {target.name!r} has {count}"
        raise InputError(f"{told}; use macro_{metric.name}")
    if not metric.ordered or target.ordered:
        return
    if np.isnan(finite(numbers(pa.array(target.classes)))).any():
        shown = ",".join(target.classes[:6]) + (",..." if count > 6 else "")
        raise InputError(
            f"{metric.name} needs ordered classes; give the order of {shown} from lowest to highest with --order"
        )
    _set(source, replace(target, ordered=True))  # numbers stand in their order already
    source.notes.append(f"{metric.name} takes the classes of {target.name!r} in the order of their numbers")


def _set(source: Source, target: Target) -> None:
    source.target = target
    rows = getattr(source, "rows", None)
    if isinstance(rows, Rows):
        rows.target = target
