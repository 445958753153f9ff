"""Files packed with gzip, bzip2, xz, zstd or alone in a zip archive: unpacked as they are read, never beyond reason."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from bestiary.errors import InputError

UNPACKED = 200  # a packed file may grow by this factor: numbers as text shrink to a third, seldom below a fiftieth
LEAST = 64 << 20  # bytes that any file may unpack to
WINDOW = 256 << 20  # bytes that the decoder of xz may hold; its strongest usual setting takes 65 MB
_STARTS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
ENDINGS = (".gz", ".bz2", ".xz", ".zst")
TABLES = (".csv", ".tsv", ".tab", ".txt", ".data", ".json", ".jsonl", ".ndjson")
"""Endings of a file that is read where it lies alone in a zip archive."""
_PIECE = 1 << 18


def packing(path: Path) -> str:
    """How a file is packed, by its first bytes; empty where it is not.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "a.csv.bz2").write_bytes(bz2.compress(b"a"))
        ...     packing(Path(folder, "a.csv.bz2"))
        'bzip2'
    """
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"PK\x03\x04"):
        return "zip" if _alone(path) else ""
    return next((name for start, name in _STARTS.items() if head.startswith(start)), "")


def _alone(path: Path) -> str:
    """The one table in a zip archive; empty where there is none, or several."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one for one in archive.namelist() if not one.endswith("/") and not one.startswith("__MACOSX/")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    return names[0] if len(names) == 1 and names[0].lower().endswith(TABLES) else ""


def unpacked_name(path: Path) -> str:
    """The name of what is packed in a file, in small letters; the file's own where nothing is.

    Example:
        >>> unpacked_name(Path("Rows.TSV.gz"))
        'rows.tsv'
    """
    lower = path.name.lower()
    if lower.endswith(".zip") and path.exists():
        return _alone(path).lower() or lower
    return next((lower.removesuffix(ending) for ending in ENDINGS if lower.endswith(ending)), lower)


def opened(path: Path, raw: IO[bytes] | None = None) -> io.BufferedIOBase:
    """A file, unpacked as it is read.

    Args:
        path: of the file.
        raw: the same file, opened, for who wants to know how far it was read; it is closed with what is returned.
    """
    raw = raw or path.open("rb")
    how = packing(path)
    return io.BufferedReader(_Unpacked(path, raw, how), 1 << 20) if how else cast("io.BufferedIOBase", raw)


_DAMAGED = (
    EOFError, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
    pa.ArrowException,
)  # fmt: skip


class _Unpacked(io.RawIOBase):
    """A packed file that refuses to grow beyond reason."""

    def __init__(self, path: Path, raw: IO[bytes], how: str) -> None:
        self._raw, self._name, self._how = raw, path.name, how
        self._pieces, self._rest = _unpacked(raw, how, path), b""
        self._left = max(LEAST, UNPACKED * path.stat().st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast("bytearray", buffer))
        try:
            piece = self._rest or next(self._pieces, b"")
        except _DAMAGED as reason:
            if isinstance(reason, MemoryError):  # Arrow's is an exception of its own too
                raise
            text = " ".join(str(reason).split())[:120]
            if "Memory usage limit" in text:
                raise InputError(
                    f"{self._name} needs more than {WINDOW >> 20} MB to be unpacked; pack it again with xz -6"
                ) from None
            raise InputError(f"{self._name} is a damaged {self._how} file ({text}); pack it again") from None
        piece, self._rest = piece[: len(view)], piece[len(view) :]
        self._left -= len(piece)
        if self._left < 0:
            raise InputError(
                f"{self._name} unpacks to more than {UNPACKED} times its size; unpack it and look at it first"
            )
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _unpacked(raw: IO[bytes], how: str, path: Path) -> Iterator[bytes]:
    """The content, a quarter of a megabyte at a time."""
    if how in ("bzip2", "xz"):
        yield from _stream(raw, how)
        return
    if how == "gzip":
        file = gzip.open(raw)  # noqa: SIM115 (`raw` is closed by who opened it)
    elif how == "zip":
        file = zipfile.ZipFile(raw).open(_alone(path))  # noqa: SIM115
    else:
        again = os.fdopen(os.dup(raw.fileno()), "rb")  # stands where `raw` does; Arrow closes what it has read
        file = pa.CompressedInputStream(pa.PythonFile(again, "r"), how)
    while piece := file.read(_PIECE):
        yield piece


def _stream(raw: IO[bytes], how: str) -> Iterator[bytes]:
    """Of bzip2 or xz: one stream or several behind one another, with a bound on what a decoder holds.

    Raises:
        EOFError: when the last stream has no end.
    """
    packed = raw.read(_PIECE)
    while packed:
        decoder = bz2.BZ2Decompressor() if how == "bzip2" else lzma.LZMADecompressor(memlimit=WINDOW)
        while not decoder.eof:
            if decoder.needs_input and not packed:
                packed = raw.read(_PIECE)
                if not packed:
                    raise EOFError("it ends too early")
            piece = decoder.decompress(packed, _PIECE)
            packed = b""
            if piece:
                yield piece
        packed = _behind(raw, decoder.unused_data)


def _behind(raw: IO[bytes], rest: bytes) -> bytes:
    """What comes behind a stream and the zeros that fill it up; empty at the end of the file."""
    rest = rest.lstrip(b"\0")
    while not rest:
        more = raw.read(_PIECE)
        if not more:
            return b""
        rest = more.lstrip(b"\0")
    return rest
