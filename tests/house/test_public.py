"""What a person sees of the package from Python, and how soon a command says that something is not there."""

import inspect
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import bestiary
from bestiary.cli.main import main
from bestiary.errors import InputError


def test_names_are_shown_and_a_race_has_a_signature() -> None:
    assert {"create", "data", "list", "load", "open_run", "race", "show", "train"} <= set(dir(bestiary))
    assert all(hasattr(bestiary, name) for name in dir(bestiary))
    taken = inspect.signature(bestiary.race).parameters
    assert list(taken)[:2] == ["source", "target"] and "budget" in taken and "words" not in taken


def test_a_finished_training_is_opened_and_shown_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["train", "perceptron", "iris", "--epochs", "2", "--out", str(tmp_path / "run")])
    told = capsys.readouterr()
    assert code == 0, told.err
    for word in ("fold", "contender", "rung", "round"):  # of races
        assert word not in (told.out + told.err).replace("--contender", "")
    assert not list((tmp_path / "run" / "data").glob("fold*"))
    outcome = bestiary.open_run(tmp_path / "run")
    assert outcome.winner.model.predict("iris").shape[0] == 150
    shown = repr(outcome)
    assert len(shown) < 300 and "\n" not in shown and "perceptron" in shown
    nobody = replace(outcome.verdict, standings=[])
    assert "nothing was tested" in repr(replace(outcome, verdict=nobody))


def test_what_is_no_finished_run_is_not_opened(tmp_path: Path) -> None:
    for place, told in ((tmp_path / "gone", "no file"), (tmp_path, "has no plan.json")):
        with pytest.raises(InputError, match=told):
            bestiary.open_run(place)


@pytest.mark.parametrize(
    "words",
    [
        "race gone.csv --target y",
        "train mlp gone.csv",
        "predict gone new.csv",
        "encode gone new.csv",
        "inspect gone",
        "sample gone",
        "play gone",
        "report gone",
    ],
)
def test_what_is_not_there_is_said_before_anything_heavy_is_imported(words: str, tmp_path: Path) -> None:
    code = (
        "import sys; from bestiary.cli.main import main; code = main(sys.argv[1:]); "
        "print({'torch', 'pandas', 'numpy', 'sklearn'} & set(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2 and done.stdout.strip() == "set()"
    assert done.stderr.startswith("error: no f") and done.stderr.count("\n") == 1
