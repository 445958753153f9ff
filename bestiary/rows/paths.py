"""Paths that people give: one clear message for each way in which a file cannot be used."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bestiary.errors import InputError, nearest


def checked_path(given: str | Path, folder: bool = False) -> Path:
    """The path, when it names a regular file (or folder) that can be read.

    Args:
        given: as the person wrote it; `~` is understood.
        folder: whether a folder is expected.

    Raises:
        InputError: when nothing is there (with the nearest name), it is of the other sort, empty, a loop of links, or
            may not be read.
    """
    try:
        path = Path(given).expanduser()
        found = path.stat()
    except FileNotFoundError:
        raise InputError(f"no file {str(given)!r}{_near(Path(given))}") from None
    except (OSError, ValueError, RuntimeError) as reason:
        text = getattr(reason, "strerror", None) or str(reason)
        raise InputError(
            f"cannot open {str(given)[:200]!r}: {text}; give the path of a file that can be read"
        ) from None
    if folder != stat.S_ISDIR(found.st_mode):
        expected, received = ("a folder", "a file") if folder else ("a file", "a folder")
        if not folder or not stat.S_ISREG(found.st_mode):
            received = received if stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode) else "a device or pipe"
        raise InputError(f"expected {expected}; {str(given)!r} is {received}")
    if not folder and not stat.S_ISREG(found.st_mode):
        raise InputError(f"expected a file; {str(given)!r} is a device or pipe; write it to a file first")
    if not os.access(path, os.R_OK):
        raise InputError(f"{str(given)!r} may not be read by this user; change its permissions")
    if not folder and not found.st_size:
        raise InputError(f"{path.name} is empty (0 bytes); give a file with something in it")
    return path


def stays(link: Path, root: Path) -> bool:
    """Whether a link leads to something inside a folder.

    Args:
        link: as it was found.
        root: the folder, without links in its own path.

    Example:
        >>> stays(Path("/"), Path("/tmp"))
        False
    """
    try:
        return Path(os.path.realpath(link, strict=True)).is_relative_to(root)
    except OSError:  # in circles, or nowhere
        return False


def there(given: str | Path) -> bool:
    """Whether something has this name; False for what can be no name at all."""
    try:
        return Path(given).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def unicode_of(name: str) -> str:
    r"""The name of a file in Unicode, as tables and reports must have it: a byte that is no UTF-8 is written out.

    Example:
        >>> unicode_of("\udce9t\udce9.png"), unicode_of("été.png")
        ('\\xe9t\\xe9.png', 'été.png')
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _near(path: Path) -> str:
    try:
        return nearest(path.name, (p.name for p in path.parent.iterdir()))
    except (OSError, ValueError):
        return "; its folder does not exist either" if not path.parent.exists() else ""
