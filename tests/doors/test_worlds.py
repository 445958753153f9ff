"""An environment that a file names by "module:Class" is never imported, unless the person names it too."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bestiary.cli.main import main
from bestiary.files import sha256_of
from bestiary.race.train import train
from bestiary.records import names
from tests.doors.hostile import CANARY, plant_canary

WORLD = """
import pathlib
import gymnasium
from gymnasium.envs.classic_control import CartPoleEnv
pathlib.Path({mark!r}).write_text("imported")
class World(CartPoleEnv):
    def step(self, action):
        self.steps = getattr(self, "steps", 0) + 1
        observation, reward, ended, _, info = super().step(action)
        return observation, reward, ended, self.steps % 60 == 0, info
"""


@pytest.fixture(scope="module")
def pole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pole") / "run"
    train("dqn", "CartPole-v1", task="control", set={"batch": 64, "warmup": 64}, epochs=1, out=out)
    return out


@pytest.fixture
def foreign(pole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    """A copy whose every file names a foreign environment, and the mark that its module would leave."""
    mark = plant_canary(tmp_path, monkeypatch)
    (tmp_path / f"{CANARY}.py").write_text(WORLD.format(mark=str(mark)))
    run = tmp_path / "run"
    shutil.copytree(pole, run)
    for file in run.rglob("*.json"):
        file.write_text(file.read_text().replace("CartPole-v1", f"{CANARY}:World"))
    words = json.loads((run / "winner" / "model.json").read_text())
    words["files"]["encoder/encoder.json"] = sha256_of(run / "winner" / "encoder" / "encoder.json")
    (run / "winner" / "model.json").write_text(json.dumps(words))
    monkeypatch.chdir(tmp_path)
    yield run, mark
    sys.modules.pop(CANARY, None)
    names._given.discard(f"{CANARY}:World")


@pytest.mark.parametrize(
    "words",
    [
        ["race", "--resume", "run", "--add", "3s"],
        ["train", "--resume", "run", "--add", "3s"],
        ["race", "--plan", "run/plan.json", "--out", "again"],
        ["inspect", "run"],
        ["inspect", "run", "--contender", "dqn"],
        ["inspect", "run/winner"],
        ["play", "run"],
        ["play", "run/winner"],
        ["report", "run"],
    ],
)
def test_a_foreign_environment_is_not_imported(
    words: list[str], foreign: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words)
    err = capsys.readouterr().err
    assert not foreign[1].exists() and CANARY not in sys.modules
    assert code == 2 and err.count("\n") == 1
    assert f"--environment {CANARY}:World" in err


def test_what_is_compared_is_what_is_opened(foreign: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    run, mark = foreign
    for file in ("encoder/encoder.json", "model.json"):  # one of the two says what the person will say
        shutil.copytree(run / "winner", run.parent / "m", dirs_exist_ok=True)
        path = run.parent / "m" / file
        path.write_text(path.read_text().replace(f"{CANARY}:World", "CartPole-v1"))
        words = json.loads((run.parent / "m" / "model.json").read_text())
        words["files"]["encoder/encoder.json"] = sha256_of(run.parent / "m" / "encoder" / "encoder.json")
        (run.parent / "m" / "model.json").write_text(json.dumps(words))
        assert main(["predict", "m", "CartPole-v1", "--out", "answers.csv"]) == 2
        assert "is of another model" in capsys.readouterr().err
    assert not mark.exists()


def test_a_person_may_name_it(foreign: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["play", "run", "--environment", f"{CANARY}:World", "--no-frames"]
    assert main(words) == 0
    assert "return" in capsys.readouterr().out
    assert foreign[1].read_text() == "imported"
