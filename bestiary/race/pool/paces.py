"""How fast networks were when they were last measured on this machine, so that a second race need not measure again.

What was measured is kept in `paces.json`, in the person's own data folder, for a week. It decides how many updates the
first round plans; later rounds are reckoned from what trainings have shown.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, cast

from bestiary.errors import InputError
from bestiary.files import write_text
from bestiary.planning.plan import Plan
from bestiary.race.openings import ledger
from bestiary.records import door
from bestiary.records.shapes import Count, Line, Seconds
from bestiary.records.training import ProbeJob, Sized, Tried

WEEK = 7 * 24 * 3600.0
MOST = 4_000  # networks that are remembered, the latest first


class Pace(TypedDict):
    """What a network took: `when` it was measured, in seconds since 1970."""

    step_seconds: Seconds
    look_seconds: Seconds
    start_seconds: Seconds
    parameters: Count
    when: float


class Paces:
    """The paces of one race's networks.

    Args:
        plan: of the race, whose rows, workers and packages they depend on.
        spec: sizes of the data.
    """

    def __init__(self, plan: Plan, spec: Mapping[str, object]) -> None:
        machine = [platform.node(), platform.machine(), os.cpu_count(), plan.workers, plan.device, plan.threads]
        self._here = [machine, plan.versions, plan.problem, spec, plan.rows]
        self.path = ledger().with_name("paces.json")
        self._held, self._found = _read(self.path), dict[str, Pace]()

    def tried(self, words: ProbeJob) -> list[Tried] | None:
        """What measuring would come to, from the largest size on; None where a size has to be measured."""
        enough = words["fair"] / (words["epoch"] * words["least"])
        tried = list[Tried]()
        for size in words["sizes"]:
            pace = self._held.get(self._key(words, size))
            if pace is None or (words.get("optional") and pace["step_seconds"] > enough):
                return None
            known = {word: value for word, value in pace.items() if word != "when"}
            tried.append(cast("Tried", {"name": size["name"], **known}))
            if pace["step_seconds"] <= enough:
                break
        return tried

    def note(self, words: ProbeJob, tried: Sequence[Tried]) -> None:
        """What has been measured."""
        sizes = {size["name"]: size for size in words["sizes"]}
        for one in tried:
            known = {word: value for word, value in one.items() if word != "name"}
            if "step_seconds" in one:
                self._found[self._key(words, sizes[one["name"]])] = cast("Pace", {**known, "when": time.time()})

    def keep(self) -> None:
        """Writes what was noted beside what others have noted since; nothing where that cannot be written."""
        if not self._found:
            return
        together = {**_read(self.path), **self._found}
        latest = sorted(together.items(), key=lambda one: one[1]["when"], reverse=True)[:MOST]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path, json.dumps(dict(latest)))
        except OSError:
            return

    def _key(self, words: ProbeJob, size: Sized) -> str:
        what = [size["network"], size["keywords"], words["recipe"], words["settings"][:1], words["batch"], self._here]
        return hashlib.blake2b(json.dumps(what, sort_keys=True, default=list).encode(), digest_size=16).hexdigest()


def _read(path: Path) -> dict[str, Pace]:
    """What is not older than a week; nothing of a file that is damaged."""
    try:
        held = door.read(path, dict[Line, Pace], inside=path.parent)
    except (InputError, OSError):
        return {}
    now = time.time()
    return {key: pace for key, pace in held.items() if 0 <= now - pace["when"] < WEEK and pace["step_seconds"] > 0}
