"""Following docs/contributing.md literally works: its code is put into a copy of the project and tested there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")


def blocks(page: str) -> list[tuple[str, str, str]]:
    """What stands after each `<!-- word: path -->`: word, path, code."""
    return re.findall(r"<!-- (\w+): (\S+) -->\n```python\n(.*?)```", page, flags=re.DOTALL)


def copied(folder: Path) -> dict[str, str]:
    """A copy of the project in a folder, and the environment in which it is the one that runs."""
    for part in ("bestiary", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "XDG_DATA_HOME": str(folder / "home")}


def run(folder: Path, environment: dict[str, str], *words: str) -> str:
    """What a Python command says, which must end well."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_architecture_works(tmp_path: Path) -> None:
    environment = copied(tmp_path)
    example = {word: (path, code) for word, path, code in blocks(PAGE)}
    for word in ("file", "row", "reference", "count"):
        path, code = example[word]
        (tmp_path / path).write_text(code, encoding="utf-8")
    path, code = example["claim"]
    with (tmp_path / path).open("a", encoding="utf-8") as file:
        file.write(f"\nCLAIMS += ({code.strip()},)\n")
    tests = ["tests/conformance", "tests/references/test_highway.py", "tests/learning", "tests/house/test_house.py"]
    tests += ["-k", "highway", "-q"]
    told = run(tmp_path, environment, "-m", "pytest", "-p", "no:cacheprovider", *tests)
    passed = re.search(r"(\d+) passed", told)
    assert passed is not None
    assert int(passed[1]) >= 15
    listing = "import bestiary; assert 'highway' in bestiary.list(family='feedforward'); print(bestiary.__file__)"
    assert str(tmp_path) in run(tmp_path, environment, "-c", listing), "the copy was tested, not the original"


# ------------------------------------------------------------------------------------------------------ a task


def searches(queries: int = 60, rows: int = 8) -> pd.DataFrame:
    """Offers that people were shown: the quick and cheap ones are liked, as compared with the others of the search."""
    draw = np.random.default_rng(0)
    search = np.repeat(np.arange(queries), rows)
    price, hours = draw.gamma(4.0, 50.0, queries * rows), draw.uniform(1, 9, queries * rows)
    liked = -(((price - 200) / 100) ** 2) - hours / 3 + 0.3 * draw.normal(size=len(search))
    place = pd.Series(liked).groupby(search).rank(ascending=False)
    grades = np.where(place == 1, 2, np.where(place <= 3, 1, 0))
    return pd.DataFrame({"search": search, "price": price, "hours": hours, "grade": grades})


PLAN = """
import sys
from pathlib import Path
from bestiary.data import read
from bestiary.planning.contenders import candidates
from bestiary.race.prepare import Wishes, prepare
from bestiary.planning.plan import Entrant, Job, Rival, Stage
from bestiary.rows.store import read_spec

words = {"target": "grade", "task": "rank", "group": "search"}
plan = prepare(read("shown.csv", **words), {"source": "shown.csv", **words}, Path("first"),
               Wishes(600.0, "time", None, 0, 1, "cpu"))
found, _ = candidates("table", "rank", read_spec(Path("first/data"))[0], plan.rows["train"])
assert {one.row.name for one in found} >= {"ann", "fnn", "mlp"}
mlp = next(one for one in found if one.row.name == "mlp")
size = mlp.sizes[-1]
plan.entrants = [Entrant("mlp/" + size.name, "MLP", "feedforward", "mlp", size.network, dict(size.keywords), mlp.recipe,
                         [{"rate": 0.003}], 64, 50, 1e-3, 1e-3, 0.01, 100)]
tried = {"constant": {}, "linear": {"penalty": 1.0}, "column": {}}
plan.rivals = [Rival(name, 1.0, written={"settings": [words], "limit": sys.maxsize}) for name, words in tried.items()]
plan.stages = [Stage(1, [Job("mlp.0", "mlp/" + size.name, 0, 0, -1, 300, 300)], {"mlp/" + size.name: 1e-3})]
plan.rungs, plan.folds = 1, 0
plan.shares["reserve"] = 1.0
plan.write(Path("."))
"""
LEARN = """
import sys, torch
from pathlib import Path
from bestiary.architectures.build import build
from bestiary.data.opening import open_data
from bestiary.tasks.rank.recipes import ranker
from bestiary.tasks.registry import task_for

def learned(wrong):
    data = open_data(Path(sys.argv[1]) / "data", batch=64)
    if wrong:
        target = data.arrays("train")["target"]
        target[:] = target[torch.randperm(len(target), generator=torch.Generator().manual_seed(0))]
    torch.manual_seed(0)
    network = build("bestiary.architectures.feedforward.mlp:MLP", {"widths": (32, 32)}, data.spec, seed=0)
    for _ in ranker(network, data.spec, rate=3e-3).updates(data, 0, 300):
        pass
    task = task_for(data.facts)
    return task.score(task.predict(network, data, "validation"), None)["ndcg"]

print(learned(False), learned(True))
"""


def test_the_task_works(tmp_path: Path) -> None:
    """A folder that touches no other file: it is raced, trained, asked and shown; a wrongly taught twin fails."""
    environment = copied(tmp_path)
    for word, path, code in blocks(PAGE):
        if word == "task":
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(code, encoding="utf-8")
    tests = ["tests/conformance/test_tasks.py", "tests/house/test_house.py", "-k", "rank", "-q"]
    passed = re.search(r"(\d+) passed", run(tmp_path, environment, "-m", "pytest", "-p", "no:cacheprovider", *tests))
    assert passed is not None and int(passed[1]) >= 15
    shown = searches()
    shown.to_csv(tmp_path / "shown.csv", index=False)
    run(tmp_path, environment, "-c", PLAN)  # on paper, so that no clock decides what there is to compare
    run(tmp_path, environment, "-m", "bestiary", "race", "--plan", "plan.json", "--out", "run")
    verdict: dict[str, Any] = json.loads((tmp_path / "run" / "verdict.json").read_text(encoding="utf-8"))
    assert (verdict["problem"], verdict["metric"]) == ("rank", "ndcg")
    tested = {
        standing["name"]: standing["test"]["ndcg"]["value"] for standing in verdict["standings"] if standing["test"]
    }
    assert set(tested) == {verdict["networks_best"], "baseline/constant", "baseline/linear", "baseline/column"}
    assert abs(tested["baseline/constant"] - verdict["constant"]["ndcg"]) < 1e-12
    assert tested["baseline/constant"] < tested["baseline/column"] - 0.05
    assert tested[verdict["networks_best"]] > tested["baseline/constant"] + 0.1
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "in perfect order" in page and "could not be made" not in page
    true, wrong = map(float, run(tmp_path, environment, "-c", LEARN, "run").split())
    assert true > 0.8 > verdict["constant"]["ndcg"] + 0.1 and true > wrong + 0.1
    new = shown[shown.search < 10].drop(columns="grade")
    new.to_csv(tmp_path / "new.csv", index=False)
    run(tmp_path, environment, "-m", "bestiary", "predict", "run", "new.csv", "--out", "scores.csv")
    given = pd.read_csv(tmp_path / "scores.csv").score.groupby(new.search.to_numpy()).idxmax()
    assert len(given) == 10 and (shown.grade[given] == 2).mean() > 0.4  # by chance it is one in eight


def test_what_cannot_be_ranked_is_refused_in_one_line(tmp_path: Path) -> None:
    environment = copied(tmp_path)
    for word, path, code in blocks(PAGE):
        if word == "task":
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(code, encoding="utf-8")
    searches(20).assign(grade=lambda rows: rows.grade - 1).to_csv(tmp_path / "shown.csv", index=False)
    race = ("-m", "bestiary", "race", "shown.csv", "--task", "rank", "--target", "grade")
    for words, expected in (
        ((), "expected a column of queries for the task rank"),
        (("--group", "search"), "expected relevance from 0 to 20 in 'grade'; received -1 to 1"),
    ):
        done = subprocess.run(
            [sys.executable, *race, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2 and expected in done.stderr and "Traceback" not in done.stderr
        assert not (tmp_path / "runs").exists() or not any((tmp_path / "runs").iterdir())


# ------------------------------------------------------------------------------------------------------ a kind


def clouds(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    """Rings and crosses of 8 to 40 points, turned by any angle: what tells them apart is no mean and no extent."""
    draw = np.random.default_rng(seed)
    cells, names = [], []
    for row in range(rows):
        name, count = ("ring", "cross")[row % 2], int(draw.integers(8, 41))
        turn, far = draw.uniform(0, 2 * np.pi, count), np.ones(count)
        if name == "cross":
            turn, far = np.floor(turn / (np.pi / 2)) * np.pi / 2, draw.uniform(0, 1.75, count)
        turn = turn + draw.uniform(0, np.pi)
        points = np.stack([far * np.cos(turn), far * np.sin(turn)], 1) + 0.05 * draw.normal(size=(count, 2))
        cells.append(json.dumps(points.round(3).tolist()))
        names.append(name)
    return pd.DataFrame({"where": cells, "shape": names})


KIND_PLAN = """
import sys
from pathlib import Path
from bestiary.data import read
from bestiary.planning.contenders import candidates
from bestiary.race.prepare import Wishes, prepare
from bestiary.planning.plan import Entrant, Job, Rival, Stage
from bestiary.rows.store import read_spec

source = read("clouds.csv", target="shape")
assert source.kind == "points", source.reason
plan = prepare(source, {"source": "clouds.csv", "target": "shape"}, Path("first"),
               Wishes(600.0, "time", None, 0, 1, "cpu"))
found, _ = candidates("points", "classification", read_spec(Path("first/data"))[0], plan.rows["train"])
assert [one.row.name for one in found] == ["deep_sets"]
size, name = found[0].sizes[0], "deep_sets/small"
plan.entrants = [Entrant(name, "Deep Sets", "sets", "deep_sets", size.network, dict(size.keywords), found[0].recipe,
                         [{"rate": 0.003}], 32, 50, 1e-3, 1e-3, 0.01, 100)]
plan.rivals = [Rival(one, 1.0, written={"settings": [words], "limit": sys.maxsize})
               for one, words in {"constant": {}, "linear": {"penalty": 1.0}}.items()]
plan.stages = [Stage(1, [Job("deep_sets.0", name, 0, 0, -1, 250, 250)], {name: 1e-3})]
plan.rungs, plan.folds = 1, 0
plan.shares["reserve"] = 1.0
plan.write(Path("."))
"""
SHUFFLED = """
import json, random
import numpy as np
import pandas as pd
from bestiary.data import read

frame = pd.read_csv("clouds.csv")[:40]
cells = [json.loads(cell) for cell in frame["where"]]
for points in cells:
    random.Random(0).shuffle(points)
other = frame.assign(where=[json.dumps(points) for points in cells])
one, two = (read(rows, target="shape", kind="points").keys() for rows in (frame, other))
assert np.array_equal(one, two) and len(set(one.tolist())) == 40
"""


def test_the_kind_works(tmp_path: Path) -> None:
    """A folder that touches no other file: it is guessed, raced, saved and asked; equal sets in any order are equal."""
    environment = copied(tmp_path)
    added = [(path, code) for word, path, code in blocks(PAGE) if word == "kind"]
    assert sum(path.startswith("bestiary/kinds/points/") for path, _ in added) >= 9
    for path, code in added:
        assert not (tmp_path / path).exists(), "a kind touches no other file"
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(code, encoding="utf-8")
    tests = ["tests/conformance", "tests/references/test_deep_sets.py", "tests/house/test_house.py", "-q"]
    tests += ["--doctest-modules", "bestiary/kinds/points", "bestiary/architectures/sets"]
    tests += ["-k", "points or deep_sets or kinds_are"]
    passed = re.search(r"(\d+) passed", run(tmp_path, environment, "-m", "pytest", "-p", "no:cacheprovider", *tests))
    assert passed is not None and int(passed[1]) >= 60
    clouds().to_csv(tmp_path / "clouds.csv", index=False)
    run(tmp_path, environment, "-c", SHUFFLED)
    run(tmp_path, environment, "-c", KIND_PLAN)
    run(tmp_path, environment, "-m", "bestiary", "race", "--plan", "plan.json", "--out", "run")
    verdict: dict[str, Any] = json.loads((tmp_path / "run" / "verdict.json").read_text(encoding="utf-8"))
    tested = {one["name"]: one["test"]["accuracy"]["value"] for one in verdict["standings"] if one["test"]}
    assert tested["deep_sets/small"] > 0.9 > 0.7 > tested["baseline/constant"]
    assert "could not be made" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    new = clouds(40, seed=1)
    new.drop(columns="shape").to_csv(tmp_path / "new.csv", index=False)
    run(tmp_path, environment, "-m", "bestiary", "predict", "run", "new.csv", "--out", "answers.csv")
    assert (pd.read_csv(tmp_path / "answers.csv").prediction == new["shape"]).mean() > 0.85
    new.loc[30, "where"] = "[[0.5, 2.0], [0.1]]"
    new.to_csv(tmp_path / "bad.csv", index=False)
    for words in (("predict", "run", "bad.csv"), ("race", "bad.csv", "--kind", "points", "--target", "shape")):
        done = subprocess.run(
            [sys.executable, "-m", "bestiary", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2 and "column 'where'; row 30 has '[[0.5, 2.0], [0.1]]'" in done.stderr
        assert "Traceback" not in done.stderr
