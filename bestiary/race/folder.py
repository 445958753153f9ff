"""The folder of a run: made new, owned by one race at a time, and clear words when it cannot be written."""

from __future__ import annotations

import contextlib
import datetime
import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from bestiary.errors import InputError

_DISK = {
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "it is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EFBIG: "a file would be larger than allowed",
    errno.ENOTDIR: "a part of the path is a file",
    errno.ENOENT: "it cannot be made there",
}


def new_folder(out: str | Path | None, source: object) -> Path:
    """A new, empty folder for a run.

    Args:
        out: where; `runs/<data>-<time>` when None.
        source: the data, for the name.

    Raises:
        InputError: when there is something in it already, or it cannot be made.
    """
    if out is None:
        stem = Path(source).stem if isinstance(source, str | Path) else "data"
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-.") or "data"
        folder = Path("runs") / f"{stem}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
        while folder.exists():
            folder = folder.with_name(folder.name + "x")
    else:
        folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"expected a new or empty folder for the run; {folder} has something in it; choose another with --out, "
            "or carry it on with --resume"
        )
    with writing(folder):
        (folder / "contenders").mkdir(parents=True, exist_ok=True)
    return folder.resolve()


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what the file system refuses into one line for people."""
    try:
        yield
    except OSError as reason:
        if reason.errno not in _DISK:
            raise
        raise InputError(
            f"expected to write the run to {folder}; {_DISK[reason.errno]}; make room, or choose another with --out"
        ) from reason


@contextlib.contextmanager
def removed_on_failure(folder: Path) -> Iterator[None]:
    """Leaves nothing half-written behind when a race cannot begin."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent.name == "runs":
            with contextlib.suppress(OSError):  # other runs are in it
                folder.parent.rmdir()
        raise


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """One race at a time works in a folder.

    Raises:
        InputError: when another process is at it.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    with writing(folder), (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise InputError(f"another race is running in {folder}; wait for it, or stop it first") from reason
        yield
