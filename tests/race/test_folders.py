"""A race writes into a folder that is its own, removes what it made and nothing else, and can begin again there."""

import json
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest

from bestiary.data.reading import read
from bestiary.errors import InputError
from bestiary.files import append_text, open_plain, replacing, write_text
from bestiary.race import openings
from bestiary.race import race as races
from bestiary.race.folder import LOCK, MARK, new_run, owned, refuse_links, remove_prepared, training_folder
from bestiary.race.prepare import Wishes, prepare
from bestiary.race.race import race, replay, resume

FIXTURES = Path(__file__).parents[1] / "fixtures"
WISHES = Wishes(budget=600.0, equal="time", metric=None, seed=3, workers=2, device="cpu")
KINDS = {
    "table": ("iris", {}),
    "mixed table": (FIXTURES / "penguins.csv", {"target": "Species"}),
    "image": ("digits", {}),
    "generate": ("digits", {"problem": "generate"}),
    "anomaly": ("digits", {"problem": "anomaly"}),
    "text": (FIXTURES / "verses.csv", {"target": "book"}),
    "pairs": (FIXTURES / "spelling.csv", {"target": "sound", "task": "transduce"}),
    "corpus": (FIXTURES / "genesis.txt", {"task": "continue"}),
    "graph": ("karate", {}),
    "graphs": ("digit_graphs", {}),
    "environment": ("CartPole-v1", {"task": "control"}),
}


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---------------------------------------------------------------------------------------- nothing but its own


def fail(out: Path | None) -> None:
    with pytest.raises(ZeroDivisionError), new_run(out, "digits") as folder:
        (folder / "data" / "encoder").mkdir(parents=True)
        (folder / "data" / "train.row.npy").write_bytes(b"rows")
        (folder / "data" / "encoder" / "encoder.json").write_text("{}")
        raise ZeroDivisionError


def test_a_race_that_fails_takes_back_all_that_it_made(there):
    fail(there / "deep" / "down" / "run")
    fail(None)
    assert not list(there.iterdir())


def test_a_failing_race_leaves_a_persons_own_folder(there):
    (there / "mine").mkdir()
    fail(there / "mine")
    assert not list((there / "mine").iterdir())
    fail(Path("mine"))
    (there / "runs").mkdir()
    fail(None)
    assert (there / "runs").is_dir()


def test_a_failing_race_leaves_the_working_folder(there):
    fail(Path())
    assert there.is_dir() and not list(there.iterdir())


def test_a_failing_race_leaves_what_others_put_there_meanwhile(there):
    with pytest.raises(ZeroDivisionError), new_run("run", "digits") as folder:
        (folder / "data").mkdir()
        (folder / "data" / "train.row.npy").write_bytes(b"rows")
        (folder / "data" / "measurements.csv").write_text("a,b")
        (folder / "thesis.txt").write_text("years of work")
        raise ZeroDivisionError
    left = sorted(p.relative_to(there).as_posix() for p in there.rglob("*") if p.is_file())
    assert left == ["run/data/measurements.csv", "run/thesis.txt"]


def test_a_race_that_is_refused_leaves_that_of_another_alone(there):
    with new_run("run", "digits") as folder:
        (folder / "data").mkdir()
        (folder / "data" / "train.row.npy").write_bytes(b"rows")
        with pytest.raises(InputError, match="another race is running"), new_run("run", "digits"):
            pass
        assert (folder / "data" / "train.row.npy").exists()


def test_races_that_begin_in_the_same_second_get_a_folder_each(there):
    folders, together = [], threading.Barrier(8)

    def begin() -> None:
        together.wait()
        with new_run(None, "digits") as folder:
            folders.append(folder)
            together.wait()

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(folders)) == 8


def test_of_races_that_begin_together_in_one_folder_one_is_let_in(there):
    """Many times over, since what is tested is what happens between two steps of another."""
    for number in range(20):
        came, together = [], threading.Barrier(4)

        def begin(out: str = f"run{number}", came: list[str] = came, together: threading.Barrier = together) -> None:
            together.wait()
            try:
                with new_run(out, "digits") as folder:
                    (folder / "data").mkdir()
                    (folder / "data" / "train.row.npy").write_bytes(b"rows")
                    came.append("in")
                    together.wait()
                    assert (folder / "data" / "train.row.npy").exists()
            except InputError as reason:
                came.append(str(reason))
                together.wait()

        threads = [threading.Thread(target=begin) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert came.count("in") == 1 and len(came) == 4
        assert all("another race is running" in word for word in came if word != "in"), came


# ---------------------------------------------------------------------------------------------- begun again


@pytest.mark.parametrize("name", KINDS)
def test_all_that_is_written_before_the_plan_is_known_as_the_races_own(name, tmp_path):
    """A kind that wrote a file of another name would leave folders that no race can begin in again."""
    source, words = KINDS[name]
    with new_run(tmp_path / "run", source) as folder:
        prepare(read(source, **words), {}, folder, WISHES)
        (folder / ".plan.json.0123456789abcdef.part").write_text("{")  # a writer that was killed
        remove_prepared(folder)
        assert [p.name for p in folder.iterdir()] == [LOCK]


def test_a_race_that_was_killed_early_can_be_begun_again_where_it_was(there):
    for killed in (["data/train.row.npy", "sealed/test.row.npy"], ["data/fold0/encoder/parts.skops"], []):
        run = there / "run"
        for name in killed:
            (run / name).parent.mkdir(parents=True, exist_ok=True)
            (run / name).write_bytes(b"half")
        run.mkdir(exist_ok=True)
        (run / LOCK).write_text(MARK)
        with pytest.raises(InputError, match="begin it again with --out"):
            resume(run)
        with new_run(run, "digits") as folder:
            assert [p.name for p in folder.iterdir()] == [LOCK]


@pytest.mark.parametrize(
    "foreign", ["notes.txt", "data/table.csv", "data/encoder/old/encoder.json", "data/train.row.npy.bak", "data/link"]
)
def test_what_a_person_put_into_an_unfinished_run_is_not_removed(foreign, there):
    run = there / "run"
    (run / foreign).parent.mkdir(parents=True)
    (run / LOCK).write_text(MARK)
    if foreign == "data/link":
        (run / foreign).symlink_to(there)
    else:
        (run / foreign).write_text("mine")
    with pytest.raises(InputError, match=f"'{foreign}', which does not belong to it"), new_run(run, "digits"):
        pass
    assert os.path.lexists(run / foreign)


def test_a_persons_folder_is_not_written_to(there):
    (there / "data").mkdir()
    (there / "data" / "train.row.npy").write_bytes(b"a person's own")
    with pytest.raises(InputError, match="has something in it"), new_run(there, "digits"):
        pass
    assert [p.name for p in there.iterdir()] == ["data"]


@pytest.mark.parametrize("again", ["race", "replay"])
def test_what_fails_before_the_plan_leaves_nothing(again, there, monkeypatch):
    def broken(*words: object) -> None:
        raise ZeroDivisionError

    if again == "replay":
        with new_run("first", "iris") as folder:
            prepare(read("iris"), {"source": "iris"}, folder, WISHES).write(folder)
    monkeypatch.setattr(races, "announce", broken)
    with pytest.raises(ZeroDivisionError):
        replay("first", out="run") if again == "replay" else race("iris", budget="10s", out="run")
    assert not (there / "run").exists()


# -------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize("name", [LOCK, "log.jsonl"])
def test_what_a_link_leads_to_is_not_touched(name, there):
    (there / "thesis.txt").write_text("years of work")
    (there / "run").mkdir()
    (there / "run" / name).symlink_to(there / "thesis.txt")
    with pytest.raises(InputError, match="found a link"):
        if name == LOCK:
            with owned(there / "run"):
                pass
        else:
            append_text(there / "run" / name, "a line")
    assert (there / "thesis.txt").read_text() == "years of work"
    write_text(there / "run" / name, "new")
    assert (there / "thesis.txt").read_text() == "years of work" and not (there / "run" / name).is_symlink()


def test_a_pipe_in_the_place_of_a_file_does_not_hang(there):
    os.mkfifo(there / "pipe")
    with pytest.raises(InputError, match="device"):
        open_plain(there / "pipe", os.O_WRONLY)


@pytest.mark.parametrize("place", ["contenders/ann.64.0", "data", "contenders/x/worker.log"])
def test_a_run_with_links_in_it_is_not_carried_on(place, there):
    (there / "elsewhere").mkdir()
    (there / "elsewhere" / ".a.0123456789abcdef.part").write_text("not ours")
    (there / "run" / place).parent.mkdir(parents=True)
    (there / "run" / place).symlink_to(there / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        refuse_links(there / "run")
    assert (there / "elsewhere" / ".a.0123456789abcdef.part").exists()


@pytest.mark.parametrize("name", ["../../home", "/etc", "a/b", "..", "", ".hidden", "a\0b", "a\nb", 7, None])
def test_no_name_of_a_training_leads_out_of_the_run(name):
    with pytest.raises(InputError, match="expected the name of a training"):
        training_folder(Path("run"), name)


# -------------------------------------------------------------------------------------------------- modes


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o002, 0o664)])
def test_files_have_the_mode_that_the_umask_gives(umask, mode, there):
    before = os.umask(umask)
    try:
        write_text(there / "a", "text")
        with replacing(there / "b") as temporary:  # as libraries do that make a file for its owner alone
            made = temporary.with_name("made")
            os.close(os.open(made, os.O_CREAT | os.O_WRONLY, 0o600))
            made.replace(temporary)
        append_text(there / "c", "line")
        with owned(there):
            pass
    finally:
        os.umask(before)
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in there.iterdir()} == dict.fromkeys("abc", mode) | {
        LOCK: mode
    }


# ------------------------------------------------------------------------------------------------ openings


def count(times: int) -> None:
    for _ in range(times):
        openings.count_opening("digest")


def test_races_that_end_together_lose_no_opening(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=count, args=(25,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert openings.count_opening("digest") == 101


@pytest.mark.parametrize(
    "content", ["[1, 2]", "{", '{"digest": "many", "other": 3}', "\x00", '{"digest": -4}', "[" * 5000]
)
def test_a_damaged_ledger_is_counted_on_and_kept(content, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = openings.ledger()
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert [openings.count_opening("digest") for _ in range(2)] == [1, 2]
    if "other" in content:
        assert json.loads(path.read_text())["other"] == 3
    elif not content.startswith('{"'):
        assert path.with_suffix(".damaged.json").read_text() == content


def test_a_link_beside_the_ledger_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    openings.ledger().parent.mkdir(parents=True)
    (tmp_path / "thesis.txt").write_text("years of work")
    openings.ledger().with_suffix(".lock").symlink_to(tmp_path / "thesis.txt")
    assert openings.count_opening("digest") == 1
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_run_that_was_never_begun_is_no_race(there):
    (there / "empty").mkdir()
    with pytest.raises(InputError, match=r"has no readable plan\.json"):
        resume(there / "empty")
    assert not list((there / "empty").iterdir())
