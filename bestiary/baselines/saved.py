"""Fitted baselines on disk: one skops file each, written whole or not at all, read without executing anything."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bestiary.errors import InputError
from bestiary.files import replacing

MOST_BYTES = 4_000_000_000  # of a file, unpacked


def write(path: Path, content: dict[str, Any]) -> int:
    """Writes arrays, scikit-learn estimators and plain words: temporary name, sync, rename.

    Returns:
        The size of the file in bytes.
    """
    import skops.io

    with replacing(path) as temporary:
        skops.io.dump(content, temporary, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    return path.stat().st_size


@contextmanager
def reading(path: Path, trusted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What `write` wrote, to be understood inside of the `with`: whatever goes wrong there is told in one line.

    Args:
        path: of the file.
        trusted: types that may be in it beside those that skops trusts.

    Raises:
        InputError: when the file is not a saved baseline, is too large or holds any other type.
    """
    import skops.io

    try:
        with zipfile.ZipFile(path) as file:
            size = sum(member.file_size for member in file.infolist())
        if size > MOST_BYTES:
            raise InputError(f"expected a saved baseline of at most {MOST_BYTES:,} bytes; {path} unpacks to {size:,}")
        foreign = sorted(set(skops.io.get_untrusted_types(file=path)) - set(trusted))
        if foreign:
            raise InputError(f"expected a saved baseline; {path} holds {foreign[0]}, which is not loaded")
        yield skops.io.load(path, trusted=list(trusted))
    except InputError:
        raise
    except Exception as reason:  # skops and zipfile raise whatever a broken file leads them to
        raise InputError(f"expected a saved baseline; {path} cannot be read ({type(reason).__name__})") from reason
