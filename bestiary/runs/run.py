"""The folder of one training: log, checkpoint, best answer; everything written whole or not at all."""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import xxhash
from torch import Tensor

from bestiary.contracts import Algorithm, Logs
from bestiary.errors import Diverged, InputError
from bestiary.files import append_text, replacing, write_text

JUDGED = ("best", "best_step", "waited", "scores", "best_scores")
LOG, CHECKPOINT = "log.jsonl", "checkpoint.pt"
HEAD = b"bestiary checkpoint 1\n"  # what such a file begins with; then the digest, then what torch saved
DAMAGED = "its checkpoint was damaged, so it was trained again from its first update"


class RunFolder:
    """Implements `contracts.Run` on a folder: `log.jsonl` and `checkpoint.pt`.

    A checkpoint holds the step, every stateful attribute of the algorithm, the state of torch's random numbers, the
    best score and how long it has not improved. It is read with `weights_only=True`: nothing in it is executed. Its
    digest is compared first; a damaged one is removed, training begins again, and `mended` says so.

    Args:
        folder: made if missing.
        save_every: seconds between checkpoints.
        log_every: updates between lines of the log; losses in between are averaged.
        patience: evaluations without a better `loss` before training ends; None never ends it.
        keep_best: whether the best answer is kept beside the last one.
    """

    def __init__(
        self,
        folder: Path,
        save_every: float = 20.0,
        log_every: int = 10,
        patience: int | None = None,
        keep_best: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.save_every, self.log_every, self.patience, self.keep_best = save_every, log_every, patience, keep_best
        self.best = math.inf
        self.best_step = 0
        self.waited = 0
        self.scores: dict[str, float] = {}
        self.best_scores: dict[str, float] = {}
        self.mended = ""
        self._best_state: dict[str, Any] | None = None
        self._losses: list[Tensor | float] = []
        self._lines: list[str] = []
        self._seconds = 0.0  # spent in earlier processes
        self._began = time.monotonic()
        self._saved = self._began
        self._flushed = self._began

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of training, those before a restart included."""
        return self._seconds + time.monotonic() - self._began

    # -------------------------------------------------------------------------------------------- logging

    def log(self, step: int, logs: Logs) -> None:
        self._losses.append(logs["loss"])
        if len(self._losses) < self.log_every:
            return
        mean = sum(float(loss) for loss in self._losses) / len(self._losses)
        self._losses = []
        if not math.isfinite(mean):
            self.flush()
            raise Diverged(f"the loss is {mean} at step {step}")
        self._line({"step": step, "loss": round(mean, 6), "seconds": round(self.seconds, 3)})

    def _line(self, words: Mapping[str, object]) -> None:
        self._lines.append(json.dumps(words))
        if time.monotonic() - self._flushed > 0.5:
            self.flush()

    def flush(self) -> None:
        """Writes the lines that are still held."""
        if self._lines:
            append_text(self.folder / LOG, "\n".join(self._lines) + "\n")
            self._lines = []
        self._flushed = time.monotonic()

    def judged(self, step: int, scores: Mapping[str, float], algorithm: Algorithm) -> bool:
        self.scores = dict(scores)
        loss = scores["loss"]
        if not math.isfinite(loss):
            self.flush()
            raise Diverged(f"the validation loss is {loss} at step {step}")
        if loss < self.best:
            self.best, self.best_step, self.waited, self.best_scores = loss, step, 0, dict(scores)
            if self.keep_best:
                self._best_state = {k: v.detach().clone() for k, v in algorithm.answer.state_dict().items()}
        else:
            self.waited += 1
        self._line({"step": step, "seconds": round(self.seconds, 3), "scores": dict(scores)})
        return self.patience is not None and self.waited >= self.patience

    # ---------------------------------------------------------------------------------------- checkpoints

    def due(self, step: int) -> bool:
        return time.monotonic() - self._saved >= self.save_every

    def save(self, step: int, algorithm: Algorithm) -> None:
        self.flush()
        write_tensors(
            self.folder / CHECKPOINT,
            {
                "step": step,
                "stateful": {name: getattr(algorithm, name).state_dict() for name in algorithm.stateful},
                "random": torch.get_rng_state(),
                "random_device": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
                "judge": {name: getattr(self, name) for name in JUDGED},
                "best_state": self._best_state,
                "log": {"losses": [float(loss) for loss in self._losses], "seconds": self.seconds},
            },
        )
        self._saved = time.monotonic()

    def restore(self, algorithm: Algorithm) -> int:
        held = self._held()
        if held is None:
            (self.folder / LOG).unlink(missing_ok=True)
            return 0
        try:
            return self._restore(algorithm, held)
        except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as reason:
            raise InputError(
                f"expected a checkpoint of this training at {self.folder / CHECKPOINT}; it holds another's; remove it"
            ) from reason

    def _restore(self, algorithm: Algorithm, held: Mapping[str, Any]) -> int:
        for name in algorithm.stateful:
            getattr(algorithm, name).load_state_dict(held["stateful"][name])
        torch.set_rng_state(held["random"])
        if held["random_device"]:
            torch.cuda.set_rng_state_all(held["random_device"])
        for name in JUDGED:
            setattr(self, name, held["judge"][name])
        self._best_state = held["best_state"]
        self._losses = list(held["log"]["losses"])
        self._seconds, self._began = held["log"]["seconds"], time.monotonic()
        self._forget_after(held["step"])
        return int(held["step"])

    def _held(self) -> dict[str, Any] | None:
        """What the checkpoint holds; None where there is none, or it is damaged."""
        path = self.folder / CHECKPOINT
        try:
            return read_tensors(path) if path.exists() else None
        except InputError:
            path.unlink(missing_ok=True)
            self.mended = DAMAGED
            return None

    def _forget_after(self, step: int) -> None:
        """Lines that were written after the checkpoint will be written again."""
        if (self.folder / LOG).exists():
            kept = [json.dumps(line) for line in read_log(self.folder) if line["step"] <= step]
            write_text(self.folder / LOG, "".join(line + "\n" for line in kept))

    def load_best(self, algorithm: Algorithm) -> None:
        """Puts the best answer that was seen into `algorithm.answer`, when one was kept."""
        if self._best_state is not None:
            algorithm.answer.load_state_dict(self._best_state)


def write_tensors(path: Path, content: Mapping[str, object]) -> None:
    """Saves tensors and plain values behind their digest: temporary name, sync, rename."""
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    saved = buffer.getbuffer()
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(HEAD + xxhash.xxh3_128_digest(saved))
        file.write(saved)


def check_tensors(path: Path) -> memoryview:
    """The bytes that `write_tensors` saved, compared with their digest.

    Raises:
        InputError: when the file is cut, or any bit of it has changed.
    """
    content = memoryview(path.read_bytes())
    start = len(HEAD) + 16  # bytes of the digest
    if content[: len(HEAD)] != HEAD or content[len(HEAD) : start] != xxhash.xxh3_128_digest(content[start:]):
        raise InputError(f"expected a checkpoint at {path}; it is damaged; remove it, and training begins again")
    return content[start:]


def read_tensors(path: Path) -> dict[str, Any]:
    """What `write_tensors` wrote; nothing in the file is executed.

    Raises:
        InputError: when the file is damaged.
    """
    saved = io.BytesIO(check_tensors(path))
    try:
        return torch.load(saved, map_location="cpu", weights_only=True)
    except (RuntimeError, ValueError, LookupError, EOFError, UnpicklingError) as reason:
        raise InputError(f"expected a checkpoint at {path}; it holds something else; remove it") from reason


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log up to the first that is cut short by a crash, or is no line of a log."""
    path = folder / LOG
    lines: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                words = json.loads(line)
            except ValueError:
                break
            if not isinstance(words, dict) or not isinstance(words.get("step"), int):
                break
            lines.append(words)
    return lines
