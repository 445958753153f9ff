"""Several numbers for each row."""

from __future__ import annotations

from dataclasses import dataclass

from bestiary.targets.value import Value


@dataclass(frozen=True)
class Values(Value):
    """The values of each row [B T], each column standardised by those of the training rows."""


TARGET = Values
