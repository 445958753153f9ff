"""The folder of a run: made new, owned by one race at a time, and nothing removed that the race did not make."""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from bestiary.errors import InputError
from bestiary.files import TEMPORARY, create_text, open_plain

LOCK = ".lock"
MARK = "the run folder of a race of bestiary; one race at a time holds this file\n"
PLAN = "plan.json"
_PREPARED = re.compile(  # what a race writes before its plan, and nothing else
    r"""\.lock | digests\.json
    | (data|sealed)/(fold\d+/)?((train|validation|test|graph|lines)\.\w+\.npy | (spec|names)\.json | judge\.safetensors)
    | data/(fold\d+/)?encoder/(nodes/)?\w+\.(json|npz|skops) | data/encoder/(pieces\.txt|sentence\.safetensors)
    | weights/[0-9a-f]{16}\.safetensors
    | probes/[\w.-]+/((job|probe|failure)\.json | worker\.log)
    """,
    re.VERBOSE,
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,200}")

_DISK = {
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "the quota is used up",
    errno.EROFS: "it is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EFBIG: "a file would be larger than allowed",
    errno.ENOTDIR: "a part of the path is a file",
    errno.ENOENT: "it cannot be made there",
    errno.EEXIST: "a part of the path is a file or a broken link",
    errno.ELOOP: "links lead in a circle",
    errno.ENAMETOOLONG: "the path is too long",
}


# ------------------------------------------------------------------------------------------------- a new run


@contextlib.contextmanager
def new_run(out: str | Path | None, source: object) -> Iterator[Path]:
    """A new folder for a run, owned as long as the `with` lasts.

    When the race fails before its plan is written, what it has made there goes again, and nothing else. A race that was
    killed before that leaves a folder in which another can begin: what the killed one had written is replaced.

    Args:
        out: where; `runs/<data>-<time>` when None.
        source: the data, for the name.

    Yields:
        The folder.

    Raises:
        InputError: when there is something else in it already, another race is running in it, or it cannot be made.
    """
    made: list[Path] = []
    begun: Path | None = None
    try:
        with _made(out, source, made) as folder, owned(folder):
            refuse_used(folder)
            begun = folder
            try:
                remove_prepared(folder)
                yield folder
            except BaseException:
                if not (folder / PLAN).exists():
                    remove_prepared(folder)
                    (folder / LOCK).unlink(missing_ok=True)  # while it is still held: nobody else can have taken it
                raise
    except BaseException:
        if begun is None or not (begun / PLAN).exists():
            for place in reversed(made):
                with contextlib.suppress(OSError):  # others have put something into it
                    place.rmdir()
        raise


@contextlib.contextmanager
def _made(out: str | Path | None, source: object, made: list[Path]) -> Iterator[Path]:
    """The folder, which is made with its parents; `made` is told what was."""
    folder = Path(out) if out is not None else _usual(source)
    with writing(folder):
        while True:
            try:
                _make(folder, made, new=out is None)
                break
            except FileExistsError:
                if out is not None:
                    raise
                folder = folder.with_name(folder.name + "x")  # another race began in the same second
    if out is not None:
        refuse_used(folder)  # before anything, even a lock, is written into a person's folder
    yield folder.resolve()


def _usual(source: object) -> Path:
    stem = Path(source).stem if isinstance(source, str | Path) else "data"
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-.")[:100] or "data"
    return Path("runs") / f"{stem}-{datetime.datetime.now():%Y%m%d-%H%M%S}"


def _make(folder: Path, made: list[Path], new: bool) -> None:
    """Makes a folder and its parents, one by one.

    Raises:
        FileExistsError: when it must be new and is not, or is no folder.
    """
    missing = [place for place in (folder, *folder.parents) if not place.is_dir()]
    for place in reversed(missing):
        try:
            place.mkdir()
            made.append(place.absolute())
        except FileExistsError:
            if (new and place == folder) or not place.is_dir():
                raise
    if new and not missing:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))


# --------------------------------------------------------------------------------- what a race made, and others


def refuse_used(folder: Path) -> None:
    """Refuses a folder that holds anything but what a race of ours wrote before it had a plan.

    Raises:
        InputError: with what to do.
    """
    if not any(folder.iterdir()):
        return
    if (folder / PLAN).exists() or not _marked(folder):
        raise InputError(
            f"expected a new or empty folder for the run; {folder} has something in it; choose another with --out, "
            "or continue it with --resume"
        )
    foreign = next((name for name, ours in _files(folder) if not ours), None)
    if foreign is not None:
        raise InputError(
            f"expected a new or empty folder for the run; {folder} has something in it: a race that was ended before "
            f"its plan was written, and {foreign!r}, which does not belong to it; move that away, or choose "
            "another with --out"
        )


def unfinished(folder: Path) -> bool:
    """Whether a race began here and was ended before its plan was written."""
    return not (folder / PLAN).exists() and _marked(folder)


def _marked(folder: Path) -> bool:
    path = folder / LOCK
    if os.path.lexists(path):  # asked once: another race may write or remove it between two looks
        try:
            plain = not path.is_symlink() and path.is_file() and path.stat().st_size == len(MARK.encode())
            return plain and path.read_text(encoding="utf-8", errors="replace") == MARK
        except FileNotFoundError:
            return _marked(folder)
    left = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    if LOCK in left:  # it was written just now
        return _marked(folder)
    return bool(left) and all(map(TEMPORARY.fullmatch, left))  # killed while it wrote its mark


def _files(folder: Path) -> Iterator[tuple[str, bool]]:
    """Everything in a folder that is not a folder, and whether a race writes such a file before its plan."""
    for place, folders, files in os.walk(folder):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*files, *links):
            path = here / name
            relative = path.relative_to(folder).as_posix()
            ours = _PREPARED.fullmatch(relative) or TEMPORARY.fullmatch(name)
            sound = bool(ours) and path.is_file() and not path.is_symlink()
            if ours and not sound and not os.path.lexists(path):  # what another race wrote has its own name by now
                continue
            yield relative, sound


def remove_prepared(folder: Path) -> None:
    """Removes what a race writes before its plan, but for the lock, and the folders that are empty then."""
    for name, ours in list(_files(folder)):
        if ours and name != LOCK:
            (folder / name).unlink(missing_ok=True)
    for place, _, _ in os.walk(folder, topdown=False):
        if Path(place) != folder:
            with contextlib.suppress(OSError):  # a person's own
                Path(place).rmdir()


# -------------------------------------------------------------------------------------------------- any run


def training_folder(folder: Path, name: str) -> Path:
    """Where a training or a baseline of a run keeps its files.

    Args:
        folder: of the run.
        name: of the training, as the plan has it.

    Raises:
        InputError: for a name that would lead anywhere else.

    Example:
        >>> training_folder(Path("run"), "mlp.small.0").as_posix()
        'run/contenders/mlp.small.0'
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"expected the name of a training in the plan; received {name!r}; give a plan as it was written"
        )
    return folder / "contenders" / name


def refuse_links(folder: Path) -> None:
    """Refuses a run that holds a link or a device, and removes what writers that were killed had begun.

    Raises:
        InputError: naming the first one.
    """
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place) / name
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise InputError(
                    f"expected a run without links, as it was written; {path} is a link or not a plain file; "
                    "put what it leads to in its place"
                )
            if TEMPORARY.fullmatch(name) and stat.S_ISREG(mode):
                path.unlink(missing_ok=True)


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
def owned(folder: Path) -> Iterator[None]:
    """One race at a time works in a folder.

    Raises:
        InputError: when another process is at it, or there is a link in the place of the lock.
    """
    with writing(folder):
        handle = _locked(folder)
    try:
        yield
    finally:
        os.close(handle)


def _locked(folder: Path) -> int:
    """The open lock of a folder; one that was removed by who held it before is made again."""
    path = folder / LOCK
    while True:
        create_text(path, MARK)  # a race that was killed early is known by it
        handle = open_plain(path, os.O_RDWR)
        try:
            _lock(handle)
            if os.path.samestat(os.fstat(handle), os.lstat(path)):
                return handle
        except BlockingIOError as reason:
            os.close(handle)
            raise InputError(f"another race is running in {folder}; wait for it, or stop it first") from reason
        except FileNotFoundError:
            pass
        os.close(handle)


def _lock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
