"""The folder of one training: log, checkpoint, best answer; everything written whole or not at all."""

from __future__ import annotations

import io
import json
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from bestiary.contracts import Algorithm, Logs
from bestiary.errors import Diverged


class RunFolder:
    """Implements `contracts.Run` on a folder: `log.jsonl`, `checkpoint.pt`, `best.pt`.

    A checkpoint holds the step, every stateful attribute of the algorithm, the state of torch's random numbers, the
    best score and how long it has not improved. It is read with `weights_only=True`: nothing in it is executed.

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
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write("\n".join(self._lines) + "\n")
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
            self.folder / "checkpoint.pt",
            {
                "step": step,
                "stateful": {name: getattr(algorithm, name).state_dict() for name in algorithm.stateful},
                "random": torch.get_rng_state(),
                "random_device": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
                "judge": {
                    "best": self.best,
                    "best_step": self.best_step,
                    "waited": self.waited,
                    "scores": self.scores,
                    "best_scores": self.best_scores,
                },
                "best_state": self._best_state,
                "log": {"losses": [float(loss) for loss in self._losses], "seconds": self.seconds},
            },
        )
        self._saved = time.monotonic()

    def restore(self, algorithm: Algorithm) -> int:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            (self.folder / "log.jsonl").unlink(missing_ok=True)
            return 0
        held = read_tensors(path)
        for name in algorithm.stateful:
            getattr(algorithm, name).load_state_dict(held["stateful"][name])
        torch.set_rng_state(held["random"])
        if held["random_device"]:
            torch.cuda.set_rng_state_all(held["random_device"])
        for name, value in held["judge"].items():
            setattr(self, name, value)
        self._best_state = held["best_state"]
        self._losses = list(held["log"]["losses"])
        self._seconds, self._began = held["log"]["seconds"], time.monotonic()
        self._forget_after(held["step"])
        return int(held["step"])

    def _forget_after(self, step: int) -> None:
        """Lines that were written after the checkpoint will be written again."""
        path = self.folder / "log.jsonl"
        if path.exists():
            lines = read_log(self.folder)
            kept = [json.dumps(line) for line in lines if cast("int", line["step"]) <= step]
            path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def load_best(self, algorithm: Algorithm) -> None:
        """Puts the best answer that was seen into `algorithm.answer`, when one was kept."""
        if self._best_state is not None:
            algorithm.answer.load_state_dict(self._best_state)


def write_tensors(path: Path, content: Mapping[str, object]) -> None:
    """Saves tensors and plain values: temporary name, sync, rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    try:
        with temporary.open("wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_tensors(path: Path) -> dict[str, Any]:
    """What `write_tensors` wrote; nothing in the file is executed."""
    return torch.load(path, map_location="cpu", weights_only=True)


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log; a last line cut short by a crash is left out."""
    path = folder / "log.jsonl"
    lines: list[dict[str, Any]] = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                break
    return lines
