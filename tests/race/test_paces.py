"""What was measured on this machine is measured once."""

import dataclasses
import json
import time
from pathlib import Path

import pytest

from bestiary.planning.contenders import candidates
from bestiary.planning.plan import Entrant
from bestiary.race import measuring
from bestiary.race.measuring import measure
from bestiary.race.pool.workers import Pool
from bestiary.rows.store import read_spec
from tests.race.small import small_run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "bestiary" / "paces.json"


def entrants(folder: Path, rows: int = 0) -> tuple[list[Entrant], list[str]]:
    """Who enters, and who was measured for it."""
    plan = small_run(folder, stages=False, rivals=False)
    plan.entrants = []
    plan.rows["train"] += rows
    found, _ = candidates("table", "classification", read_spec(folder / "data")[0], plan.rows["train"], ["ann", "mlp"])
    pool = Pool(2)
    try:
        measure(folder, plan, found, pool)
    finally:
        pool.stop()
    probes = folder / "probes"
    return plan.entrants, sorted(path.name for path in probes.iterdir()) if probes.exists() else []


def test_a_second_race_measures_nothing_and_enters_the_same(tmp_path: Path, home: Path) -> None:
    first, measured = entrants(tmp_path / "first")
    assert measured == ["ann", "mlp"]
    second, none = entrants(tmp_path / "second")
    assert none == []
    assert [dataclasses.asdict(one) for one in second] == [dataclasses.asdict(one) for one in first]
    assert entrants(tmp_path / "more", rows=1)[1] == ["ann", "mlp"], "other rows have other paces"
    held = json.loads(home.read_text())
    assert len(held) == 4 and all(pace["step_seconds"] > 0 for pace in held.values())


@pytest.mark.parametrize("damage", ["cut", "old", "idle", "later", "stranger"])
def test_what_cannot_be_used_is_measured_again(tmp_path: Path, home: Path, damage: str) -> None:
    entrants(tmp_path / "first")
    held = json.loads(home.read_text())
    for pace in held.values():
        pace["when"] -= 8 * 24 * 3600 if damage == "old" else 0
        pace["when"] += 3600 if damage == "later" else 0
        pace["step_seconds"] *= damage != "idle"
        pace.update({"run": "os:system"} if damage == "stranger" else {})
    home.write_text(json.dumps(held)[: 100 if damage == "cut" else None])
    assert entrants(tmp_path / "second")[1] == ["ann", "mlp"]
    assert all(time.time() - pace["when"] < 3600 for pace in json.loads(home.read_text()).values())


def test_nothing_is_remembered_where_nothing_can_be_written(tmp_path: Path, home: Path) -> None:
    home.parent.parent.mkdir(parents=True)
    home.parent.write_text("a file where a folder should be")
    assert entrants(tmp_path / "run")[1] == ["ann", "mlp"]


def test_a_slower_need_takes_the_smaller_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache chooses sizes as the measuring does: the largest that can see the rows often enough."""
    entrants(tmp_path / "first")
    monkeypatch.setattr(measuring, "fair_share", lambda *words, **named: 1e-6)
    assert {one.name for one in entrants(tmp_path / "second")[0]} == {"ann/64", "mlp/small"}
    third, measured = entrants(tmp_path / "third")
    assert ({one.name for one in third}, measured) == ({"ann/64", "mlp/small"}, [])
