"""A model folder of each kind of data in which every field of every file is hostile."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bestiary.files import sha256_of
from tests.doors.folders import SOURCES, baseline_folder, model_folder, rows_for
from tests.doors.hostile import CANARY, VALUES, Trial, again, fields, get, plant_canary, put, whole

BASELINES = {"forest": "table", "boosting": "numbers", "linear": "text"}
FREE = {"columns", "known", "written", "classes", "licence", "versions", "ids", "merges", "keywords"}
"""Words below which names are the person's, or where any of several types may be meant."""
PAIRED = ("spec", "facts")
"""Words that stand in the description and in the encoder, and must agree."""


@pytest.fixture(scope="module", params=[*SOURCES, *BASELINES])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The source of a model, and its folder."""
    folder = tmp_path_factory.mktemp("made")
    name = request.param
    if name in BASELINES:
        return BASELINES[name], baseline_folder(BASELINES[name], name, folder)
    return name, model_folder(name, folder)


@pytest.fixture
def trial(
    made: tuple[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[tuple[Trial, list[str]]]:
    """A copy of the folder as `m`, and the words that predict with it."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "loot").write_text("mine")
    (tmp_path / "home").mkdir()
    shutil.copytree(made[1], tmp_path / "home" / "m")
    rows = rows_for(made[0], tmp_path / "home")
    mark = plant_canary(tmp_path / "home", monkeypatch)
    monkeypatch.chdir(tmp_path / "home")
    yield Trial(tmp_path / "outside", capsys), ["predict", "m", rows, "--out", "answers.csv"]
    assert not mark.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "outside"]


def sign() -> None:
    """Makes the digests fit the files, as a stranger would."""
    words = json.loads(Path("m/model.json").read_text())
    words["files"] = {name: sha256_of(Path("m", name)) for name in words["files"]}
    again(Path("m/model.json"), words)


def test_an_unaltered_model_answers(trial: tuple[Trial, list[str]]) -> None:
    assert trial[0].run(trial[1], "nothing") == 0
    assert Path("answers.csv").stat().st_size > 10


def test_every_field_of_a_description_may_be_hostile(trial: tuple[Trial, list[str]]) -> None:
    walk(*trial, Path("m/model.json"))


def test_every_field_of_an_encoder_may_be_hostile(trial: tuple[Trial, list[str]]) -> None:
    for file in sorted(Path("m/encoder").rglob("encoder.json")):
        walk(*trial, file)


def walk(trial: Trial, command: list[str], file: Path) -> None:
    """Every field of a file, every hostile value; what two files say alike is changed in both."""
    texts = {path: path.read_text() for path in (Path("m/model.json"), Path("m/encoder/encoder.json"))}
    texts[file] = file.read_text()
    words = json.loads(texts[file])
    for place in fields(words):
        if place[0] == "files" and len(place) > 1:
            continue
        for what, value in VALUES.items():
            for path in texts:
                found = json.loads(texts[path])
                if path == file or (place[0] in PAIRED and path.name == "encoder.json" and path.parts[1] == "encoder"):
                    again(path, put(found, place, value) if holds(found, place) else found)
            if file.name == "encoder.json" and place[0] in PAIRED and file.parent.name == "encoder":
                again(Path("m/model.json"), put(json.loads(texts[Path("m/model.json")]), place, value))
            if place[0] != "files":
                sign()
            code = trial.run(command, f"{file} {place} = {what}")
            before = get(words, place)
            plain = not FREE & set(map(str, place)) and type(before) is not type(value)
            if plain and what in ("a list", "words", "a huge number"):
                assert code == 2, (file, place, what)
        for path, text in texts.items():
            path.write_text(text)
    print(f"{file}: {trial.runs} commands, {trial.refused} refused")


def holds(found: Any, place: tuple[str | int, ...]) -> bool:
    """Whether there is such a field."""
    try:
        get(found, place)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def test_every_file_of_a_model_may_be_something_else(trial: tuple[Trial, list[str]], tmp_path: Path) -> None:
    from tests.doors.hostile import digests

    files = [path for path in sorted(Path("m").rglob("*")) if path.is_file() and path.name != "README.md"]
    for file in files:
        content = file.read_bytes()
        for what, change in whole(tmp_path / "outside").items():
            change(file)
            trial[0].before = digests(trial[0].outside)
            assert trial[0].run(trial[1], f"{file} is {what}") == 2
            if file.is_dir() and not file.is_symlink():
                file.rmdir()
            else:
                file.unlink(missing_ok=True)
            file.write_bytes(content)
            (tmp_path / "outside" / file.name).unlink(missing_ok=True)


def test_a_file_that_was_added_or_taken_away_is_noticed(trial: tuple[Trial, list[str]]) -> None:
    Path("m/encoder/more.json").write_text("{}")
    assert trial[0].run(trial[1], "one file more") == 2
    Path("m/encoder/more.json").unlink()
    Path("m/README.md").write_text("my own words")  # the card is for people
    assert trial[0].run(trial[1], "another card") == 0


def test_two_categories_that_change_places_are_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = model_folder("table", tmp_path)
    file = folder / "encoder" / "encoder.json"
    words = json.loads(file.read_text())
    known = next(column["known"] for column in words["columns"] if column["role"] == "category")
    known[0], known[1] = known[1], known[0]
    again(file, words)
    trial = Trial(tmp_path / "outside", capsys)
    assert trial.run(["predict", str(folder), rows_for("table", tmp_path)], "categories") == 2


@pytest.mark.parametrize("written", [0, 1, 3, "2", None, 2.5, [2]])
def test_other_formats_are_refused_by_name(written: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = model_folder("numbers", tmp_path)
    words = json.loads((folder / "model.json").read_text())
    again(folder / "model.json", {**words, "format": written})
    from bestiary.cli.main import main

    assert main(["predict", str(folder), "diabetes"]) == 2
    err = capsys.readouterr().err
    assert "format" in err and err.count("\n") == 1


def test_foreign_code_in_a_model_is_not_imported(trial: tuple[Trial, list[str]]) -> None:
    words = json.loads(Path("m/model.json").read_text())
    for word in ("network", "architecture", "baseline"):
        again(Path("m/model.json"), {**words, word: f"{CANARY}:run"})
        for verb in (trial[1], ["inspect", "m"], ["sample", "m"], ["play", "m"], ["encode", "m", trial[1][2]]):
            assert trial[0].run(verb, word) == 2
