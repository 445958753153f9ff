"""Ways to damage a file, as disks, transfers, editors and strangers do; the same number damages in the same way."""

from __future__ import annotations

import copy
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

Mutation = Callable[[bytes, Generator], bytes]

STRANGE = (
    b"\x00", b"\x00\x00\x00\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\xef\xbb\xbf", b"\x1b[2J", b"\xe2\x80\xae",
    b"\x85", b"\xe2\x80\xa8", b"\x0c", b"\r", b"\r\n", b"\n\n\n", b"\t", b",", b",,,,", b";", b'"', b"'", b"\\", b"{",
    b"}", b"[", b"]", b":", b"<!ENTITY a 'b'>", b"&a;", b"<", b"/>", b"nan", b"inf", b"-inf", b"1e999", b"1e-999",
    b"9" * 25, b"9" * 400, b"-9223372036854775809", b"18446744073709551616", b"4294967296", b"0x10", b"1_000", b"-0",
    b"null", b"true", b"None", b"=1+1", b"$$$$", b"@data", b"1970-01-01", b"9999-99-99", "٣".encode(), "½".encode(),
)  # fmt: skip
"""What turns up where it does not belong."""


def flip(content: bytes, draw: Generator) -> bytes:
    """One to eight bits."""
    changed = np.frombuffer(content, np.uint8).copy()
    for place in draw.integers(0, len(changed), draw.integers(1, 9)):
        changed[place] ^= np.uint8(1 << int(draw.integers(8)))
    return changed.tobytes()


def truncate(content: bytes, draw: Generator) -> bytes:
    """The beginning alone; rarely the end alone."""
    place = int(draw.integers(1, max(2, len(content))))
    return content[:place] if draw.random() < 0.8 else content[place:]


def delete(content: bytes, draw: Generator) -> bytes:
    """A piece is missing."""
    start, stop = _piece(content, draw)
    return content[:start] + content[stop:]


def repeat(content: bytes, draw: Generator) -> bytes:
    """A piece stands there several times."""
    start, stop = _piece(content, draw)
    return content[:stop] + content[start:stop] * int(draw.integers(1, 4)) + content[stop:]


def splice(content: bytes, draw: Generator) -> bytes:
    """A piece of the same file stands elsewhere."""
    start, stop = _piece(content, draw)
    place = int(draw.integers(0, len(content)))
    return content[:place] + content[start:stop] + content[place + (stop - start) * int(draw.integers(2)) :]


def insert(content: bytes, draw: Generator) -> bytes:
    """Something strange, in up to three places; in the place of what stood there every other time."""
    for _ in range(int(draw.integers(1, 4))):
        place, strange = int(draw.integers(0, len(content) + 1)), STRANGE[int(draw.integers(len(STRANGE)))]
        content = content[:place] + strange + content[place + len(strange) * int(draw.integers(2)) :]
    return content


def field(content: bytes, draw: Generator) -> bytes:
    """A whole word or number of a text gives way to something strange."""
    marks = [at for at, byte in enumerate(content) if byte in b',;\t\n": =<>[]{}|']
    if len(marks) < 2:
        return insert(content, draw)
    at = int(draw.integers(len(marks) - 1))
    return content[: marks[at] + 1] + STRANGE[int(draw.integers(len(STRANGE)))] + content[marks[at + 1] :]


def lines(content: bytes, draw: Generator) -> bytes:
    """Lines change places, are missing, or come twice: the first one more often than others."""
    found = content.split(b"\n")
    one = 0 if draw.random() < 0.3 else int(draw.integers(len(found)))
    other, way = int(draw.integers(len(found))), int(draw.integers(3))
    if way == 0:
        found[one], found[other] = found[other], found[one]
    elif way == 1:
        found.insert(other, found[one])
    else:
        del found[one]
    return b"\n".join(found)


def _piece(content: bytes, draw: Generator) -> tuple[int, int]:
    start = int(draw.integers(0, len(content)))
    return start, min(len(content), start + int(draw.integers(1, max(2, len(content) // 4))))


BYTES: tuple[Mutation, ...] = (flip, truncate, delete, repeat, splice, insert)
TEXT: tuple[Mutation, ...] = (*BYTES, field, lines)

# ------------------------------------------------------------------------------------ forms that check their bytes


def in_gzip(content: bytes, draw: Generator) -> bytes:
    """The packed text is damaged, and packed again."""
    changed = TEXT[int(draw.integers(len(TEXT)))](gzip.decompress(content), draw)
    return gzip.compress(changed, 1, mtime=0)


def in_zip(content: bytes, draw: Generator) -> bytes:
    """An entry is damaged, renamed, missing or there twice, and the archive is in order."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    which, way = int(draw.integers(len(entries))), int(draw.integers(6))
    name, held = entries[which]
    if way < 3:
        entries[which] = (name, BYTES[int(draw.integers(len(BYTES)))](held, draw))
    elif way == 3:
        entries[which] = (["../" + name, "/" + name, "y.npy", "X.NPY", "a" * 300][int(draw.integers(5))], held)
    elif way == 4:
        entries.append(entries[which])
    else:
        del entries[which]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, held) in enumerate(entries):
            info = zipfile.ZipInfo(name) if number else zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, held)
    return made.getvalue()


def in_npy(content: bytes, draw: Generator) -> bytes:
    """The header of an array says something else."""
    shapes = ("(40,)", "(0, 8)", "(-1,)", "(9223372036854775807, 4)", "()", "(2, 2, 2, 2, 2)", "40", "(4.0,)", "('a',)")
    types = ("'|O'", "'<f16'", "'<U9'", "'|S3'", "'<M8[s]'", "'|b1'", "'>c16'", "[('a','<f4')]", "3", "'<f99999999'")
    words = {
        "descr": types[int(draw.integers(len(types)))] if draw.random() < 0.6 else "'<f8'",
        "fortran_order": "True" if draw.random() < 0.3 else "False",
        "shape": shapes[int(draw.integers(len(shapes)))] if draw.random() < 0.6 else "(5, 8)",
    }
    if draw.random() < 0.2:
        del words[list(words)[int(draw.integers(3))]]
    text = ("{" + ", ".join(f"'{word}': {value}" for word, value in words.items()) + ", }").encode() + b"\n"
    version = bytes([int(draw.integers(1, 4)), 0])
    size = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + version + size + text + content[128:]


def in_npz(content: bytes, draw: Generator) -> bytes:
    """The same for an array in an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as out:
        which = int(draw.integers(len(archive.namelist())))
        for number, name in enumerate(archive.namelist()):
            held = archive.read(name)
            out.writestr(zipfile.ZipInfo(name), in_npy(held, draw) if number == which else held)
    return made.getvalue()


def in_png(content: bytes, draw: Generator) -> bytes:
    """A chunk is damaged, and its check sum fits."""
    chunks, place = [], 8
    while place + 12 <= len(content):
        size = struct.unpack(">I", content[place : place + 4])[0]
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + size]))
        place += 12 + size
    which = int(draw.integers(len(chunks)))
    kind, held = chunks[which]
    if draw.random() < 0.2:
        chunks.insert(int(draw.integers(len(chunks))), chunks[which])
    else:
        chunks[which] = kind, BYTES[int(draw.integers(len(BYTES)))](held or b"\x00", draw)
    parts = [struct.pack(">I", len(h)) + k + h + struct.pack(">I", zlib.crc32(k + h)) for k, h in chunks]
    return content[:8] + b"".join(parts)


# ----------------------------------------------------------------------------------------------------------- JSON

WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**63, 10**30, 1e308, float("nan"), float("inf"), 0.5, "", "a", "../../x",
    "/etc/passwd", "os:system", "\x00", "\x1b[31m", "\u202e", "9" * 400, [], {}, [[]], [None], {"": None}, ["a"] * 50,
    [-1], {"a": {"b": 1}},
)  # fmt: skip
"""Values of every type, and of every size."""


def in_json(content: bytes, draw: Generator) -> bytes:
    """A value of another type, a missing, a further or a double name, deep nesting; the file itself is JSON."""
    words = json.loads(content)
    way = int(draw.integers(12))
    if way == 0:
        return b'{"format": 1, ' + content.lstrip()[1:]  # a name that is there twice
    if way == 1:
        return b"[" * 100_000
    if way == 2:
        return json.dumps(WRONG[int(draw.integers(len(WRONG)))]).encode()
    changed = copy.deepcopy(words)
    parent, key = _place(changed, draw)
    if parent is None:
        return json.dumps([words]).encode()
    if way == 3 and isinstance(parent, dict):
        del parent[key]
    elif way == 4 and isinstance(parent, dict):
        parent[f"{key}_"] = parent.pop(key)
    elif way == 5 and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[key]))
    elif way == 6:
        other, name = _place(changed, draw)
        parent[key] = copy.deepcopy(other[name]) if other is not None else None
    elif way == 7 and isinstance(parent[key], int | float):
        parent[key] = str(parent[key])
    else:
        parent[key] = copy.deepcopy(WRONG[int(draw.integers(len(WRONG)))])
    return json.dumps(changed).encode()


def in_json_line(content: bytes, draw: Generator) -> bytes:
    """The same in one of many lines."""
    found = content.split(b"\n")
    at = int(draw.integers(len(found)))
    found[at] = in_json(found[at], draw) if found[at].strip() else b"{}"
    return b"\n".join(found)


def _place(words: Any, draw: Generator) -> tuple[Any, Any]:
    """Somewhere in the tree: what holds it, and its name or number there; near the root as often as deep inside."""
    parent, key, here = None, None, words
    while isinstance(here, dict | list) and here and (parent is None or draw.random() < 0.7):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        parent, key = here, keys[int(draw.integers(len(keys)))]
        here = parent[key]
    return parent, key


JSON: tuple[Mutation, ...] = (in_json, in_json, in_json, in_json, *TEXT)


def damaged(content: bytes, mutations: tuple[Mutation, ...], number: int) -> bytes:
    """Damage `number` of a file: its kind goes in turn, the rest is drawn."""
    draw = np.random.default_rng([number, len(content)])
    changed = mutations[number % len(mutations)](content, draw)
    return BYTES[int(draw.integers(len(BYTES)))](changed, draw) if changed and draw.random() < 0.1 else changed
