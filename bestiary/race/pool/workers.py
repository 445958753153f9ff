"""Processes of a race: as many at a time as cores, each alone with its job. What they have to say is in their files."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import connection, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path

from bestiary.records import names

_PRELOAD = ["bestiary.race.pool.preloaded"]
LOST = 255  # what `multiprocessing` says of a process whose server was killed
_ONE_THREAD: dict[str, str] = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Call:
    """A function of `bestiary.race.pool.worker` to be called in a process of its own, with strings alone.

    Attributes:
        id: of the job, for whoever waits for it.
        function: its name.
        arguments: of the function; the first is the folder that the process may write to.
    """

    id: str
    function: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """A process that has ended; `code` is 0, what it exited with, `LOST`, or minus the signal that killed it."""

    call: Call
    code: int
    seconds: float


class Pool:
    """Runs calls, so many at a time.

    Args:
        workers: processes at a time.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        self._running: dict[int, tuple[Call, BaseProcess, float]] = {}
        self.busy = 0.0  # seconds of all processes that have ended

    def warm(self) -> None:
        """Starts the server that processes are forked from, which imports in the background; returns at once."""
        if sys.platform == "linux":
            self._context.set_forkserver_preload(_PRELOAD)
            resource_tracker.ensure_running()  # which unblocks signals when it is started
            with _environment(_ONE_THREAD), _interrupted_later():
                importlib.import_module("multiprocessing.forkserver").ensure_running()

    def ready(self, folder: Path) -> None:
        """Starts the server and waits until a process of it has run; what that one says goes into the folder."""
        self.warm()
        folder.mkdir(parents=True, exist_ok=True)
        deque(self.run(deque([Call("nothing", "nothing", (str(folder),))])), maxlen=0)

    @property
    def running(self) -> list[Call]:
        """What runs now."""
        return [call for call, _, _ in self._running.values()]

    def run(self, queue: deque[Call], tick: Callable[[], None] = lambda: None) -> Iterator[Ended]:
        """Runs a queue until it is empty and nothing runs, one item a process that has ended.

        The queue may be added to, or cut, by whoever iterates, and by `tick`, which is called about 4 times a second.
        """
        last = 0.0
        while queue or self._running:
            while queue and len(self._running) < self.workers:
                self._start(queue.popleft())
            connection.wait(list(self._running), timeout=0.25)
            yield from self._ended()
            if time.monotonic() - last >= 0.25:
                last = time.monotonic()
                tick()

    def stop(self, grace: float = 0.0) -> list[Ended]:
        """Asks every process to end, and kills those that have not after `grace` seconds."""
        for _, process, _ in self._running.values():
            if grace and process.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGTERM)
        until, ended = time.monotonic() + grace, []
        while self._running and time.monotonic() < until:
            connection.wait(list(self._running), timeout=0.1)
            ended += self._ended()
        for _, process, _ in self._running.values():
            process.kill()
        for _, process, _ in self._running.values():
            process.join(5)
        return [*ended, *self._ended()]

    def _start(self, call: Call) -> None:
        process = self._context.Process(target=_enter, args=(call.function, call.arguments, names.given()), daemon=True)
        with _environment(_ONE_THREAD), _nobodys_main(), _interrupted_later():  # it may start the server once more
            process.start()
            self._running[process.sentinel] = (call, process, time.monotonic())

    def _ended(self) -> list[Ended]:
        over = [key for key, (_, process, _) in self._running.items() if not process.is_alive()]
        ended = []
        for key in over:
            call, process, began = self._running.pop(key)
            process.join()
            seconds = time.monotonic() - began
            self.busy += seconds
            ended.append(Ended(call, process.exitcode or 0, seconds))
        return ended


def _enter(function: str, arguments: tuple[str, ...], given: tuple[str, ...] = ()) -> None:
    """The first thing that runs in a new process; files may name there what the person has named in this one."""
    names.give(given)
    worker = importlib.import_module("bestiary.race.pool.worker")
    worker.enter(function, arguments)


@contextlib.contextmanager
def _environment(words: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in words}
    os.environ.update(words)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _interrupted_later() -> Iterator[None]:
    """Ctrl-C waits until this is over. What is started here never hears it: it is for the race to answer."""
    if sys.platform == "win32":  # where signals cannot wait
        yield
        return
    heard: list[int] = []
    main = threading.current_thread() is threading.main_thread()  # which alone answers, whichever the signal comes to
    answer = signal.signal(signal.SIGINT, lambda number, _: heard.append(number)) if main else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which a new process inherits
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if answer is not None:
            signal.signal(signal.SIGINT, answer)
        if heard:
            signal.raise_signal(signal.SIGINT)


@contextlib.contextmanager
def _nobodys_main() -> Iterator[None]:
    """A new process would import the script that was started, and race again where that has no `__main__` guard."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
