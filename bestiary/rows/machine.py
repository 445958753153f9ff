"""What this machine and its limits leave to this process: free memory, and a limit that can be set for a while."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

UNKNOWN = 4 << 30  # bytes that are taken to be free where the system does not say
_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")


def free_memory() -> int:
    """Bytes of memory that this process can still take.

    The least of what the machine has free, what its control groups leave, and what the limits of the process leave
    (`ulimit -v` for addresses, `ulimit -d` for data).

    Example:
        >>> free_memory() > 0
        True
    """
    return max(0, min([_machine(), *_groups(), *_limits()]))


def _machine() -> int:
    found = _lines(Path("/proc/meminfo")).get("MemAvailable")
    if found is not None:
        return 1024 * int(found.split()[0])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


def _lines(path: Path) -> dict[str, str]:
    """A file of "name: value" lines; empty where there is none."""
    try:
        text = path.read_text()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def _groups() -> list[int]:
    """What each control group of this process, and those above it, leaves: both versions of the file system."""
    try:
        lines = _OWN_GROUPS.read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, limit, used = _GROUPS, "memory.max", "memory.current"
            root = root if (root / "cgroup.controllers").exists() else root / "unified"
        elif "memory" in controllers.split(","):
            root, limit, used = _GROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        place = root / path.lstrip("/")
        for folder in (place, *place.parents):
            if not folder.is_relative_to(root):
                break
            found += _left(folder, limit, used)
    return found


def _left(folder: Path, limit: str, used: str) -> list[int]:
    """What a group leaves: its limit minus its use, without the cached files, which the system takes back."""
    try:
        most, now = (folder / limit).read_text().strip(), int((folder / used).read_text())
        words = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return []
    if most == "max" or int(most) >= 1 << 60:
        return []
    cache = int(words.get("total_inactive_file", words.get("inactive_file", 0)))
    return [int(most) - max(0, now - cache)]


def _limits() -> list[int]:
    """What the limits of this process leave."""
    try:
        import resource
    except ImportError:  # not on this system
        return []
    status, found = _lines(Path("/proc/self/status")), []
    for limit, used in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        most = resource.getrlimit(limit)[0]
        if most != resource.RLIM_INFINITY and used in status:
            found.append(most - 1024 * int(status[used].split()[0]))
    return found


@contextlib.contextmanager
def data_limit(size: int) -> Iterator[None]:
    """While it lasts, the system refuses this process more than so many further bytes of data; Linux alone.

    It is the soft limit of data that is lowered, so that it can be raised again; files that are mapped do not count.
    """
    status = _lines(Path("/proc/self/status"))
    if "VmData" not in status:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = 1024 * int(status["VmData"].split()[0]) + size
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if soft < 0 else min(soft, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
