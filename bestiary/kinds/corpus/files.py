"""Files of running text: found, bounded, and read whatever encoding they are in."""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass
from pathlib import Path

from bestiary.errors import InputError
from bestiary.rows.limits import need, progress
from bestiary.rows.paths import checked_path, stays, unicode_of

MOST_FILES = 100_000
MOST_BYTES = 1 << 30  # of all files together
COPIES = 6  # times its bytes that a file takes while it is decoded; a character may take four
ENDINGS = (".txt", ".text", ".md")
_MARKS = (  # the longer ones first: UTF-32 begins like UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = bytes([*range(9), 11, *range(14, 27), *range(28, 32)])  # none of these is written in a text


@dataclass(frozen=True)
class Document:
    """A text in UTF-8, its lines ended by a newline alone."""

    name: str
    text: bytes


def documents(source: object, encoding: str | None) -> tuple[list[Document], list[str]]:
    """The texts of a file, of a folder and those below it, or of a list of strings; and notes for people.

    Raises:
        InputError: when there is none, they are too large, or no text.

    Example:
        >>> documents(["one\\r\\ntwo"], None)
        ([Document(name='text 1', text=b'one\\ntwo')], [])
    """
    if isinstance(source, list | tuple):
        if not all(isinstance(text, str) for text in source):
            raise InputError("expected a list of texts; received something else in it; give strings")
        found = [Document(f"text {n}", _plain(str(text))) for n, text in enumerate(source, 1)]
        return _kept(found, [])
    if not isinstance(source, str | Path):
        raise InputError(f"expected the path of a text file or folder, or a list of texts; received {type(source)}")
    folder = Path(source).expanduser().is_dir()
    path = checked_path(source, folder=folder)
    files, notes = _below(path) if folder else ([path], [])
    total = sum(file.stat().st_size for file in files)
    if total > MOST_BYTES:
        raise InputError(
            f"expected {MOST_BYTES >> 30} GB of text at most; {path.name} has {total:,} bytes; give a part"
        )
    need(COPIES * max(file.stat().st_size for file in files) + 2 * total, f"the text of {path.name}", "give a part")
    found, guessed = [], []
    for number, file in enumerate(files):
        progress("scan", number / len(files))
        text, how = decoded(file.read_bytes(), encoding, file.name)
        found.append(Document(unicode_of(str(file.relative_to(path)) if folder else file.name), _plain(text)))
        guessed += [file.name] if how else []
    if guessed:
        more = f" and {len(guessed) - 1} more" if guessed[1:] else ""
        notes.append(f"not UTF-8, so read as cp1252: {guessed[0]}{more}")
    return _kept(found, notes)


def decoded(raw: bytes, encoding: str | None, name: str) -> tuple[str, bool]:
    """The text of bytes, and whether its encoding had to be guessed.

    A byte order mark decides; else it is UTF-8 where that can be; else Windows-1252, in which any bytes are letters.

    Raises:
        InputError: when the encoding is unknown or does not fit, or the bytes are no text.

    Example:
        >>> decoded("naïve".encode("utf-16"), None, "a.txt"), decoded("naïve".encode("latin-1"), None, "b.txt")
        (('naïve', False), ('naïve', True))
    """
    for mark, word in _MARKS:
        if encoding is None and raw.startswith(mark):
            raw, encoding = raw[len(mark) :], word
            break
    try:
        if encoding is not None:
            return raw.decode(encoding).removeprefix("\ufeff"), False
        odd = len(raw) - len(raw.translate(None, _CONTROL))
        if odd > 0.001 * len(raw):
            raise InputError(f"{name} is not plain text: {odd:,} of its {len(raw):,} bytes are control characters")
        try:
            return raw.decode("utf-8"), False
        except UnicodeDecodeError:
            return raw.decode("cp1252", errors="replace"), True
    except LookupError:
        raise InputError(f"no encoding is called {encoding!r}; try utf-8, utf-16 or cp1252") from None
    except UnicodeDecodeError as reason:
        raise InputError(
            f"{name} is not written in {encoding} ({reason.reason} at byte {reason.start:,}); leave the encoding out"
        ) from None


def _plain(text: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", errors="replace")


def _below(folder: Path) -> tuple[list[Path], list[str]]:
    """The text files of a folder and of those below it, sorted, and a note on the links that are not followed.

    Links to folders are not followed, links to files only when they stay inside the folder.
    """
    found: list[Path] = []
    links, root = 0, Path(os.path.realpath(folder))
    for place, names, files in os.walk(folder):
        links += sum(Path(place, name).is_symlink() for name in names)
        names.sort()
        found += [Path(place) / name for name in sorted(files) if name.lower().endswith(ENDINGS)]
        if len(found) > MOST_FILES:
            raise InputError(f"expected {MOST_FILES:,} text files at most in {folder.name}; it has more; join some")
    inside = [file for file in found if not file.is_symlink() or stays(file, root)]
    links += len(found) - len(inside)
    said = f"{links:,} links that lead to folders, out of the folder, in circles or nowhere"
    found = [file for file in inside if file.is_file()]
    if not found:
        more = f" (passed over: {said})" if links else ""
        raise InputError(
            f"no text file ({', '.join(ENDINGS)}) lies in {folder.name}{more}; give a folder of them, or a file"
        )
    return found, [f"passed over: {said}"] if links else []


def _kept(found: list[Document], notes: list[str]) -> tuple[list[Document], list[str]]:
    """Without those that say nothing."""
    kept = [document for document in found if document.text.strip()]
    if not kept:
        raise InputError("expected text; all that was given is empty; check the path")
    empty = len(found) - len(kept)
    return kept, [*notes, f"{empty:,} empty texts are left out"] if empty else notes
