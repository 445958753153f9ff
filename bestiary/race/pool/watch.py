"""A training that says how far it is: `status.json`, twice a second, around the folder that does the work."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping

from bestiary.contracts import Algorithm, Judge, Logs
from bestiary.records.training import Job
from bestiary.rows.store import write_text
from bestiary.runs.run import RunFolder


class Stopped(Exception):  # noqa: N818 (a wish, not an error)
    """The race was asked to end; `step` updates had been made."""

    def __init__(self, step: int) -> None:
        super().__init__(f"stopped after {step} updates")
        self.step = step


class Watched:
    """A `contracts.Run` that keeps `status.json` fresh, counts the pace, and ends when it is told to.

    Args:
        folder: what does the work.
        job: rung and steps, for the status.
        stopping: set when training should end with what it has.
        judge: whose time is counted.
    """

    def __init__(self, folder: RunFolder, job: Job, stopping: threading.Event, judge: Judge) -> None:
        self.folder, self.job, self.stopping = folder, job, stopping
        self.judge = judge
        self.first = self._warm = self._last = time.monotonic()
        self._shown, self._from, self._step = 0.0, 0, 0
        self.looked = -1  # updates that had been made at the last look

    @property
    def pace(self) -> float:
        """Seconds an update in this process, looks between them included; 0 when it made none.

        The first update warms up, and is counted only where it is the only one.
        """
        made = self._step - self._from
        if made < 2:
            return self._last - self.first if made else 0.0
        return (self._last - self._warm) / (made - 1)

    def restore(self, algorithm: Algorithm) -> int:
        self._from = self._step = self.folder.restore(algorithm)
        self.first = time.monotonic()
        self._show()
        return self._from

    def log(self, step: int, logs: Logs) -> None:
        self._last = time.monotonic()
        if self._step == self._from:
            self._warm = self._last
        self._step = step
        self.folder.log(step, logs)
        if time.monotonic() - self._shown > 0.5:
            self._show()
        if self.stopping.is_set():
            raise Stopped(step)

    def judged(self, step: int, scores: Mapping[str, float], algorithm: Algorithm) -> bool:
        self.looked = step
        return self.folder.judged(step, scores, algorithm)

    def due(self, step: int) -> bool:
        return self.folder.due(step)

    def save(self, step: int, algorithm: Algorithm) -> None:
        self.folder.save(step, algorithm)

    def finish(self, algorithm: Algorithm) -> None:
        """The last word of the status, and the best answer in place of the last one."""
        self._show()
        self.folder.flush()
        self.folder.load_best(algorithm)

    def _show(self) -> None:
        self._shown = time.monotonic()
        words = {
            "pid": os.getpid(),
            "rung": self.job["rung"],
            "step": self._step,
            "steps": self.job["steps"],
            "loss": self.folder.best if self.folder.best < float("inf") else None,
            "scores": self.folder.best_scores,
            "speed": 1 / self.pace if self.pace else 0.0,
        }
        write_text(self.folder.folder / "status.json", json.dumps(words))


def peak_memory() -> int:
    """The most bytes that this process has held in memory; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
