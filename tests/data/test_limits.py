"""What reading may take: asked of the machine, kept by every reader, and told in numbers that are true."""

import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from bestiary.errors import InputError
from bestiary.rows import limits, machine
from bestiary.rows.limits import Ration, Turns, Within, fitting, guarded, need, need_disk, progress, within

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of data are enforced by Linux")


def test_what_is_free_is_the_least_of_machine_groups_and_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_machine", lambda: 9_000)
    monkeypatch.setattr(machine, "_groups", lambda: [7_000, 8_000])
    monkeypatch.setattr(machine, "_limits", lambda: [5_000])
    assert machine.free_memory() == 5_000
    assert limits.room() == 2_500


@pytest.mark.parametrize(
    ("line", "folder", "names"),
    [
        ("0::/a/b", "a/b", ("memory.max", "memory.current", "inactive_file")),
        ("4:memory:/a/b", "memory/a/b", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")),
    ],
)
def test_control_groups_of_both_versions_are_asked(
    line: str, folder: str, names: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_GROUPS", tmp_path)
    (tmp_path / "cgroup.controllers").write_text("")
    lines = tmp_path / "lines"
    lines.write_text(f"9:cpu:/elsewhere\n{line}\n")
    monkeypatch.setattr(machine, "_OWN_GROUPS", lines)
    inner, outer = tmp_path / folder, (tmp_path / folder).parent
    inner.mkdir(parents=True)
    for place, most in ((inner, "max" if "max" in names[0] else str(1 << 62)), (outer, "1000")):
        (place / names[0]).write_text(most)
        (place / names[1]).write_text("700")
        (place / "memory.stat").write_text(f"anon 5\n{names[2]} 200\n")
    assert machine._groups() == [500]  # 1,000 minus 700, of which 200 are files that the system takes back


@linux
@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_limits_of_the_process_count(limit: str) -> None:
    code = f"""
import resource
from bestiary.rows import machine
before = machine._limits()
used = machine._lines(machine.Path("/proc/self/status"))
most = 3 << 30
resource.setrlimit(resource.{limit}, (most, most))
print(len(before), machine._limits()[0] < most, machine._limits()[0] > (1 << 30), machine.free_memory() < most)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "True", "True", "True"]


def test_a_ration_tells_what_it_knows() -> None:
    with pytest.raises(InputError, match=r"^a takes 2\.0 kB of memory; reading may take 1\.0 kB here; cut it$"):
        Ration("a", "cut it", allowed=1_000).take(2_000)
    ration = Ration("a", "cut it", allowed=1_000)
    ration.take(900)
    with pytest.raises(InputError, match=r"^a takes more than 1\.0 kB of memory"):
        ration.take(900)
    ration.give(900)
    with pytest.raises(InputError, match="of memory; reading may take"):
        need(1e18, "a", "cut it")


def test_a_disk_that_is_too_small_is_told(tmp_path: Path) -> None:
    need_disk(tmp_path / "not" / "there", 1, "a", "cut it")
    with pytest.raises(InputError, match=r"a takes 1,000,000\.0 TB on disk; .* are free in .*; cut it"):
        need_disk(tmp_path / "not" / "there", 1e18, "a", "cut it")


def test_threads_take_turns_where_both_would_be_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "room", lambda: 100)
    turns, inside, most = Turns(), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with turns.take(60, "a", "cut it"):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    with pytest.raises(InputError, match="takes 101 bytes"), turns.take(101, "a", "cut it"):
        pass


@linux
def test_what_no_reader_foresaw_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    monkeypatch.setattr(limits, "room", lambda: 100 << 20)
    with pytest.raises(InputError, match=r"^a\.csv takes more than 104\.9 MB of memory"), guarded("a.csv"):
        np.ones(1 << 30)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    with guarded("a.csv"):
        assert np.ones(1 << 20).sum() == 1 << 20


def test_a_reading_is_given_up_as_soon_as_it_is_clear_that_it_takes_too_long() -> None:
    def begun(seconds: float, budget: float = 60, share: float = 0.0) -> Within:
        wall, worked = limits._clocks()
        return Within(budget, first=(wall - seconds, worked - seconds, share))

    begun(25).tick(0.9)  # half of the minute is not over
    with pytest.raises(InputError, match=r"about 31 s here, more than half of the budget of 60 s.*give --budget 2m,"):
        begun(31).tick(1.0)
    with pytest.raises(InputError, match=r"about 100 s here.*give --budget 5m,"):
        begun(10).tick(0.1)  # early, for it is a tenth
    begun(10).tick(0.3)  # 33 s, but that is not sure
    begun(9, budget=4).tick(0.8)  # starting up on a busy machine is no fault of the data
    with pytest.raises(InputError, match=r"about 62 s"):
        begun(31, share=0.5).tick(0.75)


def test_a_busy_machine_is_no_fault_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before the first sign, imports above all, does not count, nor do seconds that others worked."""
    clocks = [(1_000.0, 50.0), (1_025.0, 52.0), (1_050.0, 54.0), (1_061.0, 55.0)]
    monkeypatch.setattr(limits, "_clocks", lambda: clocks.pop(0))
    watch = Within(60)
    watch.tick(0.1)
    watch.tick(0.2)
    watch.tick(0.3)
    with pytest.raises(InputError, match=r"about 3 min here"):
        watch.tick(0.4)  # the whole budget is over


def test_the_budget_that_is_named_is_one_in_which_that_reading_fits() -> None:
    for seconds in (11, 16, 40, 100, 299, 1_000, 5_000, 90_000):
        named = fitting(1.1 * seconds / limits.TIME)
        budget = int(named[:-1]) * {"s": 1, "m": 60, "h": 3600}[named[-1]]
        assert Within(budget).allowed >= seconds


def test_passes_are_told_to_whoever_watches() -> None:
    told: list[float | None] = []

    class Watch:
        def tick(self, share: float | None) -> None:
            told.append(share)

    progress("gather", 0.5)  # nobody watches
    with within(Watch()):
        progress("gather", 0.5)
        progress("write", 2.0)
        limits.tick()
    progress("write", 1.0)
    assert told == [pytest.approx(0.27), 1.0, None]
