"""A run folder in which every field of every file is hostile: nothing runs, nothing outside changes, one clear line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bestiary.race import race as races
from bestiary.race.mending import mend
from bestiary.records.digests import RESULT, _of_words
from bestiary.report import figures
from bestiary.rows.source import Target
from tests.doors.folders import judged_race
from tests.doors.hostile import CANARY, VALUES, Steps, Trial, again, fields, get, plant_canary, put, whole

TRAINING, RIVAL = "contenders/ann.64.0", "contenders/baseline.linear"
FILES = {
    "plan.json": ("resume", "plan", "train", "report"),
    "verdict.json": ("resume", "report"),
    "data/spec.json": ("resume", "report", "contender"),
    f"{TRAINING}/job.json": ("resume", "report", "contender"),
    f"{TRAINING}/result.json": ("resume", "report", "contender"),
    f"{TRAINING}/status.json": ("resume", "report"),
    f"{TRAINING}/answered.json": ("resume", "report"),
    f"{RIVAL}/job.json": ("resume", "report"),
    f"{RIVAL}/result.json": ("resume", "report"),
    f"{RIVAL}/answered.json": ("resume", "report"),
}
"""file -> the verbs that read it."""
FREE = {
    "plan.json": {"source", "keywords", "settings", "left_out", "shares", "versions", "constant", "written", "pace"},
    "verdict.json": {"settings", "selection", "versions", "seconds", "constant", "test"},
    "data/spec.json": {"columns"},
    f"{TRAINING}/job.json": {"keywords", "setting"},
    f"{RIVAL}/job.json": {"written"},
    f"{RIVAL}/result.json": {"setting"},
}
"""file -> words below which everything is the person's own, so that a value of another sort may be meant."""
NO_PLAIN_FILES = ("folder", "pipe", "itself")
"""The last words of what is no file to be read: such a run is refused before anything is mended."""
WRONG = ("a list", "words", "a huge number", "a truth")


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged_race(tmp_path_factory.mktemp("race") / "run")


@pytest.fixture
def trial(
    race: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Trial]:
    """A copy of the race, and a world around it that is watched; a race that begins ends where training would."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "loot").write_text("mine")
    shutil.copytree(race, tmp_path / "home" / "run")
    mark = plant_canary(tmp_path / "home", monkeypatch)
    monkeypatch.chdir(tmp_path / "home")
    prepared = races.Plan.read(race)

    def prepare(source: object, arguments: object, folder: Path, *more: object) -> Any:
        shutil.copytree(race / "data", folder / "data")
        return prepared

    class Digested:
        digest, kind, notes, reason = prepared.digest, prepared.kind, (), ""
        target = Target("", prepared.problem, "", (), np.zeros(569))

        def __len__(self) -> int:
            return 569

    monkeypatch.setattr(races, "read_source", lambda source, words: Digested())
    monkeypatch.setattr(races, "prepare", prepare)
    outcome = races.Outcome(race, races.Verdict.read(race / "verdict.json"))
    monkeypatch.setattr(races, "follow", lambda *words: outcome)
    monkeypatch.setattr(figures, "draw", lambda *words, **more: "")
    made = Trial(tmp_path / "outside", capsys)
    yield made
    assert not mark.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "outside"]


def verbs(run: Path) -> dict[str, list[str]]:
    """name -> the words of a command that reads a run."""
    shutil.rmtree("again", ignore_errors=True)
    return {
        "resume": ["race", "--resume", str(run), "--quiet"],
        "train": ["train", "--resume", str(run), "--quiet"],
        "plan": ["race", "--plan", str(run / "plan.json"), "--out", "again", "--quiet"],
        "report": ["report", str(run)],
        "inspect": ["inspect", str(run), "--out", "page.html"],
        "contender": ["inspect", str(run), "--contender", "ann", "--out", "page.html"],
        "predict": ["predict", str(run), "breast_cancer", "--out", "answers.csv"],
        "sample": ["sample", str(run), "--out", "samples.csv"],
        "encode": ["encode", str(run), "breast_cancer", "--out", "codes.csv"],
        "play": ["play", str(run), "--out", "episode.gif"],
    }


def test_an_unaltered_run_is_read_by_all_verbs(trial: Trial) -> None:
    unable = ["sample", "encode", "play"]  # a classifier does none of these; one network alone can be looked into
    if json.loads(Path("run/verdict.json").read_text())["chosen"].startswith(("baseline/", "ensemble/")):
        unable.append("inspect")
    for name, words in verbs(Path("run")).items():
        assert trial.run(words, name) == (2 if name in unable else 0), name


@pytest.mark.parametrize("file", FILES)
def test_every_field_of_a_run_may_be_hostile(file: str, trial: Trial, record_property: Any) -> None:
    path = Path("run") / file
    text = path.read_text()
    words, loose = json.loads(text), FREE.get(file, set())
    for place in fields(words):
        for what, value in VALUES.items():
            if type(get(words, place)) is type(value) and what in ("a number with a point", "a truth"):
                continue  # it may be meant
            again(path, signed(put(words, place, value), place))
            code = trial.run(verbs(Path("run"))[FILES[file][0]], f"{file} {place} = {what}")
            if RESULT in file and (place == ("digest",) or what == "a huge number"):
                assert code == 0, (file, what)  # a number that is rounded fits no digest
            elif what in WRONG and not loose & set(map(str, place)) and not _same(get(words, place), value):
                assert code == 2, (file, place, what)
            if code == 0 or what == "another module":  # what one verb takes, the other must take or refuse in a line
                trial.run(verbs(Path("run"))[FILES[file][1]], f"{file} {place} = {what}")
    path.write_text(text)
    record_property("runs", trial.runs)
    print(f"{file}: {trial.runs} commands, {trial.refused} refused")


def signed(words: Any, place: Steps) -> Any:
    """With the digest that fits the words of a result, as a stranger would write it: without, it counts as damaged."""
    if "digest" not in words or "files" not in words or place[0] == "digest":
        return words
    plain = {word: value for word, value in words.items() if word != "digest"}
    return {**plain, "digest": _of_words(plain)}


def _same(before: object, value: object) -> bool:
    """Whether a field of this sort may have that value: an empty list where there is a list, or none where null is."""
    return type(before) is type(value) and not isinstance(value, int | str)


@pytest.mark.parametrize("file", FILES)
def test_every_file_of_a_run_may_be_something_else(file: str, trial: Trial, tmp_path: Path) -> None:
    path = Path("run") / file
    content = path.read_bytes()
    for what, change in whole(tmp_path / "outside").items():
        change(path)
        trial.before = _digests(trial)
        mended = RESULT in file and path.is_file() and not path.is_symlink()  # see the test of damaged results
        for verb in FILES[file]:
            code = trial.run(verbs(Path("run"))[verb], f"{file} is {what}")
            assert code == 2 or (mended and code == 0), (file, what, verb)
        _remove(path)
        path.write_bytes(content)
        (tmp_path / "outside" / path.name).unlink(missing_ok=True)


@pytest.mark.parametrize("file", [f"{TRAINING}/{RESULT}", f"{RIVAL}/{RESULT}"])
def test_a_result_that_is_not_as_it_was_written_is_made_again_and_said(file: str, trial: Trial, tmp_path: Path) -> None:
    """Damaged in any way, one word changed included, it is removed, so that it is made again; the plan says so."""
    path = Path("run") / file
    content = path.read_bytes()
    ways = {
        what: change for what, change in whole(tmp_path / "outside").items() if what.split()[-1] not in NO_PLAIN_FILES
    }
    ways["another loss"] = lambda path: again(path, {**json.loads(content), "loss": 0.0})
    ways["another digest"] = lambda path: again(path, {**json.loads(content), "digest": "0" * 32})
    for what, change in ways.items():
        change(path)
        plan = races.Plan.read(Path("run"))
        mend(Path("run"), plan)
        assert not path.exists(), what
        assert plan.mended == [f"{path.parent.name}: its files were damaged, so it was trained again"], what
        path.write_bytes(content)


def _digests(trial: Trial) -> dict[str, str]:
    from tests.doors.hostile import digests

    return digests(trial.outside)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def test_every_verb_meets_a_run_that_names_foreign_code(trial: Trial) -> None:
    plan = json.loads(Path("run/plan.json").read_text())
    for word in ("network", "recipe"):
        again(Path("run/plan.json"), put(plan, ("entrants", 0, word), f"{CANARY}:run"))
        codes = {name: trial.run(words, f"plan {word}") for name, words in verbs(Path("run")).items()}
        assert [codes[name] for name in ("resume", "train", "plan", "report")] == [2] * 4
    again(Path("run/plan.json"), plan)
    job = json.loads(Path(f"run/{TRAINING}/job.json").read_text())
    for word in ("network", "recipe"):
        again(Path(f"run/{TRAINING}/job.json"), {**job, word: f"{CANARY}:run"})
        codes = {name: trial.run(words, f"job {word}") for name, words in verbs(Path("run")).items()}
        assert [codes[name] for name in ("resume", "train", "report", "contender")] == [2] * 4


@pytest.mark.parametrize(
    "link", ["data", "contenders", "contenders/ann.64.0", "sealed", ".lock", "winner", "report.html"]
)
def test_links_out_of_a_run_are_refused(link: str, trial: Trial, tmp_path: Path) -> None:
    path = Path("run") / link
    away = tmp_path / "outside" / Path(link).name
    if path.exists():
        path.rename(away)
    else:
        away.write_text("mine")
    path.symlink_to(away)
    trial.before = _digests(trial)
    for verb in ("resume", "train", "report", "inspect"):
        assert trial.run(verbs(Path("run"))[verb], f"a link {link}") == 2
