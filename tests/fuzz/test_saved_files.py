"""Damaged model folders and run folders: every verb does its work, or refuses it in one line with exit code 2."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from bestiary.cli.main import main
from bestiary.planning.plan import Plan
from bestiary.race.openings import count_opening, ledger
from bestiary.records.digests import check_data
from bestiary.runs.run import read_log
from bestiary.tasks.predictions import read_predictions
from tests.fuzz import saved
from tests.fuzz.judge import fault
from tests.fuzz.mutations import BYTES, JSON, TEXT, Mutation, in_npy, in_zip

MODELS = {
    "network on a table": lambda folder: saved.network(
        folder, "csv", "mlp", "bestiary.architectures.feedforward.mlp:MLP", {"widths": [4], "dropout": 0.1}
    ),
    "network on texts": lambda folder: saved.network(
        folder, "texts", "lstm", "bestiary.architectures.recurrence.lstm:LSTMText",
        {"embedding": 4, "width": 4, "depth": 1, "dropout": 0.0},
    ),
    "forest": lambda folder: saved.baseline(folder, "csv", "forest"),
    "nearest pair": lambda folder: saved.baseline(folder, "pairs", "nearest", task="transduce"),
    "isolation forest": lambda folder: saved.baseline(folder, "csv", "isolation_forest", task="anomaly"),
}  # fmt: skip
SAVED: dict[str, tuple[Mutation, ...]] = {".json": JSON, ".skops": (in_zip, *BYTES), ".safetensors": BYTES}


@pytest.fixture(scope="module", params=list(MODELS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model folder, and rows that it answers."""
    folder = tmp_path_factory.mktemp("model")
    rows = MODELS[request.param](folder)
    return folder / "model", rows


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a finished race, and rows that its winner answers."""
    folder = tmp_path_factory.mktemp("run")
    rows = saved.finished(folder)
    return folder / "run", rows


def test_what_is_whole_is_used(model: tuple[Path, Path]) -> None:
    assert saved.told("predict", *map(str, model)) == ""


def test_a_damaged_model_answers_or_is_refused(model: tuple[Path, Path]) -> None:
    folder, rows = model
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in SAVED]
    assert len(files) > 2
    words = ["predict", str(folder), str(rows)]
    wrong = []
    for file in files:
        wrong += [
            f"{case}: {found}"
            for case in saved.damages(file, SAVED[file.suffix], 40 if file.suffix == ".json" else 20)
            if (found := saved.told(*words))
        ]
    assert wrong == []


def test_a_damaged_model_with_digests_that_fit_answers_or_is_refused(model: tuple[Path, Path], tmp_path: Path) -> None:
    """What a stranger sends is in order: its digests are those of its files."""
    folder, rows = tmp_path / "model", model[1]
    wrong = []
    for whole in sorted(model[0].rglob("*")):
        if whole.suffix not in SAVED or whole.name == saved.MODEL:
            continue
        before = hashlib.sha256(whole.read_bytes()).hexdigest()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(model[0], folder)
        file = folder / whole.relative_to(model[0])
        words = (folder / saved.MODEL).read_bytes()
        for case in saved.damages(file, SAVED[file.suffix], 40, first=100):
            (folder / saved.MODEL).write_bytes(words)
            saved.signed(folder, file, before)
            wrong += [f"{case}: {found}" for found in [saved.told("predict", str(folder), str(rows))] if found]
    assert wrong == []


# ---------------------------------------------------------------------------------------------------- run folders


def test_a_damaged_plan_is_read_or_refused(run: tuple[Path, Path]) -> None:
    file = run[0] / "plan.json"
    wrong = [
        f"{case}: {found}" for case in saved.damages(file, JSON, 120) if (found := fault(lambda: Plan.read(run[0])))
    ]
    assert wrong == []


@pytest.mark.parametrize("verb", ["race --resume", "report", "inspect --contender ann", "encode", "sample"])
def test_a_damaged_run_is_used_or_refused(verb: str, run: tuple[Path, Path], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run[0], folder)
    files = ["plan.json", "verdict.json", "data/spec.json", "predictions/truth.parquet", "sealed/test.target.npy"]
    files += [str(path.relative_to(folder)) for path in sorted(folder.glob("contenders/*/*.json"))]
    words = verb.split()
    arguments = (
        [*words[:1], *words[1:2], str(folder)] if words[1:2] == ["--resume"] else [words[0], str(folder), *words[1:]]
    )
    if words[0] == "inspect":
        arguments += ["--out", str(tmp_path / "inspect.html")]
    if words[0] == "encode":
        arguments.append(str(run[1]))
    assert main(arguments) == (2 if verb in ("encode", "sample") else 0), (
        "a network that answers makes no rows or codes"
    )
    wrong = []
    for name in files:
        mutations = JSON if name.endswith(".json") else BYTES
        wrong += [
            f"{c}: {found}"
            for c in saved.damages(folder / name, mutations, 6, first=7)
            if (found := saved.told(*arguments))
        ]
    assert wrong == []


def test_damaged_predictions_are_read_or_refused(run: tuple[Path, Path]) -> None:
    wrong = []
    for file in sorted(run[0].glob("predictions/*.parquet"))[:2]:
        wrong += [
            f"{c}: {f}"
            for c in saved.damages(file, BYTES, 60)
            if (f := fault(lambda file=file: read_predictions(file)))
        ]
    assert wrong == []


def test_of_a_damaged_log_the_lines_that_are_whole_are_read(run: tuple[Path, Path]) -> None:
    file = next(run[0].glob("contenders/*/log.jsonl"))
    wrong = [f"{c}: {f}" for c in saved.damages(file, TEXT, 60) if (f := fault(lambda: read_log(file.parent)))]
    assert wrong == []


def test_damaged_counts_of_openings_end_no_race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert (count_opening("a"), count_opening("a"), count_opening("b")) == (1, 2, 1)
    wrong = [f"{c}: {f}" for c in saved.damages(ledger(), JSON, 120) if (f := fault(lambda: count_opening("a")))]
    assert wrong == []


def test_damage_to_any_array_is_seen(run: tuple[Path, Path]) -> None:
    assert check_data(run[0]) == ""
    wrong = []
    for file in sorted([*run[0].glob("data/*.npy"), *run[0].glob("sealed/*.npy")]):
        whole = file.read_bytes()
        for case in saved.damages(file, (in_npy, *BYTES), 20):
            if file.read_bytes() != whole:
                wrong += [f"{case}: {told}" for told in [unseen(run[0])] if told]
    assert wrong == []


def unseen(run: Path) -> str:
    """Nothing where damage is refused in a line, or told."""
    seen: list[object] = []
    told = fault(lambda: seen.append(check_data(run)))
    return told or ("it was not seen" if seen == [""] else "")


def test_a_damaged_checkpoint_is_refused_or_begun_again(run: tuple[Path, Path], tmp_path: Path) -> None:
    import json

    from bestiary.data.opening import open_data
    from bestiary.race.pool.worker import _learner
    from bestiary.runs.run import RunFolder

    here = tmp_path / "training"
    job = json.loads(next(run[0].glob("contenders/*/job.json")).read_text(encoding="utf-8"))
    learner = _learner(job, open_data(run[0] / "data", batch=job["batch"]))
    RunFolder(here).save(0, learner)
    wrong = []
    whole = (here / "checkpoint.pt").read_bytes()
    for case in saved.damages(here / "checkpoint.pt", (in_zip, *BYTES) if whole[:2] == b"PK" else BYTES, 80):
        wrong += [f"{case}: {f}" for f in [fault(lambda: RunFolder(here).restore(learner))] if f]
    assert wrong == []
