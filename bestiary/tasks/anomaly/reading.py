"""Rows made ready for the search for anomalies: which classes are normal, and the rest kept out of training."""

from __future__ import annotations

from typing import cast

from bestiary.data.anomalies import AnomalySource
from bestiary.data.unlabelled import check_code, without_target
from bestiary.rows.source import Source
from bestiary.tasks.anomaly.task import TASK


def read(source: Source, *, code: object = None, normal: object = None, anomaly: object = None) -> Source:
    """The same rows; their classes say which are anomalies.

    Args:
        source: of tables or images.
        code: numbers in a code; from the number of features unless given.
        normal: the class that is normal, or several of them.
        anomaly: instead, the class or classes that are not.

    Raises:
        InputError: for other kinds of data, and words that name no classes.
    """
    check_code(code)
    plain = without_target(source, TASK.name)
    return cast("Source", AnomalySource(plain, normal, anomaly, cast("int | None", code)))
