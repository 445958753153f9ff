"""Recipes that go wrong on purpose; a contender's process imports them by name."""

import errno
import os
import signal
from pathlib import Path

from torch import nn

from bestiary.contracts import Spec
from bestiary.recipes.supervised import Learner, classifier


def hungry(network: nn.Module, spec: Spec, *, rate: float = 1e-3, parts: int = 1) -> Learner:
    """Needs more memory than there is, unless batches are halved."""
    if parts == 1:
        raise MemoryError("expected 1 GB; found less")
    return classifier(network, spec, rate=rate, parts=parts)


def hungry_once(network: nn.Module, spec: Spec, *, rate: float = 1e-3, marker: str = "") -> Learner:
    """Cannot accumulate; needs more memory than there is until it has left its marker."""
    if not Path(marker).exists():
        Path(marker).touch()
        raise MemoryError("expected 1 GB; found less")
    return classifier(network, spec, rate=rate)


def wild(network: nn.Module, spec: Spec, *, rate: float = 1e-3) -> Learner:
    """Cannot accumulate, and diverges."""
    return classifier(network, spec, rate=1e30)


def insatiable(network: nn.Module, spec: Spec, *, rate: float = 1e-3, parts: int = 1) -> Learner:
    """Needs more memory than there is, whatever one does."""
    raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 GB")


def broken(network: nn.Module, spec: Spec, *, rate: float = 1e-3, parts: int = 1) -> Learner:
    """Has a bug."""
    raise ZeroDivisionError("division by zero")


def without_disk(network: nn.Module, spec: Spec, *, rate: float = 1e-3, parts: int = 1) -> Learner:
    """Meets a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def without_files(network: nn.Module, spec: Spec, *, rate: float = 1e-3, parts: int = 1) -> Learner:
    """Meets the limit of open files."""
    raise OSError(errno.EMFILE, "Too many open files")


def killed(network: nn.Module, spec: Spec, *, rate: float = 1e-3, parts: int = 1, marker: str = "") -> Learner:
    """Is killed from outside until its marker is gone."""
    if Path(marker).exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return classifier(network, spec, rate=rate, parts=parts)
