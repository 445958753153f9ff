"""Files written whole or not at all, under names that nobody can guess, and opened only where they are no links.

Modes follow the umask everywhere: a library that makes its own files for their owner alone does not change that.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from bestiary.errors import InputError

TEMPORARY = re.compile(r"\.[^/]+\.[0-9a-f]{16}\.part")
_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)  # not on every system
_BINARY: int = getattr(os, "O_BINARY", 0)
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file to write in the place of `path`; synced and renamed at the end, removed when anything goes wrong.

    Args:
        path: of the file; a link there is replaced, not followed. Its folder is made if missing.

    Yields:
        The temporary path, an empty file beside `path`. It may be written to, or replaced, by name.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replacing(folder / "a.txt") as temporary:
        ...     _ = temporary.write_text("whole")
        >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
        ('whole', 1)
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:180].removeprefix('.')}.{secrets.token_hex(8)}.part")
    handle = _create(temporary)
    mode = stat.S_IMODE(os.fstat(handle).st_mode)
    os.close(handle)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        if stat.S_IMODE(temporary.stat().st_mode) != mode:
            temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Writes a file whole or not at all: temporary name, sync, rename."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """The same for text, in UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sha256_of(file: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def create_text(path: Path, text: str) -> None:
    """Makes a file, its content in it from the first moment on; one that is there already is left alone."""
    if os.path.lexists(path):
        return
    temporary = path.with_name(f".{path.name[:180].removeprefix('.')}.{secrets.token_hex(8)}.part")
    try:
        os.close(_create(temporary))
        temporary.write_text(text, encoding="utf-8", newline="\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            with contextlib.suppress(FileExistsError), os.fdopen(_create(path), "w", encoding="utf-8") as file:
                file.write(text)
    finally:
        temporary.unlink(missing_ok=True)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY, 0o666)


def open_plain(path: Path, flags: int) -> int:
    """Opens a file by the flags of `os.open`, made if missing with the mode that the umask gives.

    Returns:
        The file descriptor.

    Raises:
        InputError: when there is a link, a folder or a device in its place; what a link leads to is not touched.
    """
    try:
        handle = os.open(path, flags | os.O_CREAT | _NOFOLLOW | _NONBLOCK | _BINARY, 0o666)
    except OSError as reason:
        if reason.errno in (errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO):
            raise InputError(_not_plain(path)) from reason
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(_not_plain(path))
    return handle


def append_text(path: Path, text: str) -> None:
    """Adds text at the end of a file, in one write.

    Raises:
        InputError: when there is a link, a folder or a device in its place.
    """
    with os.fdopen(open_plain(path, os.O_WRONLY | os.O_APPEND), "a", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _not_plain(path: Path) -> str:
    return f"expected a plain file at {path}; found a link, a folder or a device; remove it"
