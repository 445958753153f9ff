"""Bounds that fields of files have: an annotation is the type and the bound at once."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

Count = Annotated[int, Meta(ge=0, le=10**15)]
"""Something counted: bytes, parameters, rows."""
Seed = Annotated[int, Meta(ge=0, le=2**31 + 1_000)]
"""Of random numbers; further seeds of a race follow the person's own."""
Steps = Annotated[int, Meta(ge=0, le=10**10)]
"""Updates."""
Batch = Annotated[int, Meta(ge=1, le=2**24)]
"""Rows at a time."""
Few = Annotated[int, Meta(ge=0, le=1_024)]
"""Threads, workers, rungs, parts, settings."""
Fold = Annotated[int, Meta(ge=-2, le=100)]
"""Which fold; -1 is the ordinary split, -2 are all rows together."""
Seconds = Annotated[float, Meta(ge=0, le=1e10)]
"""Of time; not NaN."""
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}\Z")]
"""A plain file name: no slash, and no dot at the beginning, so that it cannot climb out of its folder."""
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99})?\Z")]
"""Of a contender or a baseline: "resnet/small", "baseline/linear"."""
Target = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,199}:[A-Za-z_][A-Za-z0-9_.]{0,199}\Z")]
"""Of code, as "module:name"; `names` decides whether it may be used."""
Place = Annotated[str, Meta(pattern=r"^(contenders/[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199})?\Z")]
"""A training's folder, relative to the run; empty where there is none."""
Line = Annotated[str, Meta(max_length=20_000)]
"""For people."""
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""sha256, hexadecimal."""
Setting = dict[str, Any]
"""Words of a recipe or a network."""
