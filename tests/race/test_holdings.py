"""Which models hold training rows: found by looking into fitted ones, compared with what their descriptors say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from bestiary import catalogue, kinds, tasks
from bestiary.baselines import competitors, find
from bestiary.baselines.baseline import fit
from bestiary.data import read
from bestiary.data.opening import open_data
from bestiary.judging.evidence import Verdict
from bestiary.judging.holdings import held_rows, note
from bestiary.report.card import model_card
from bestiary.rows.splits import assign
from tests.fuzz.files import FORMS
from tests.race.synthetic import table_race

SUPERVISED = {"table": "csv", "image": "images in .npz", "text": "texts", "series": "series, wide"}
OTHERS = {
    ("table", "reconstruct"): "csv",
    ("table", "anomaly"): "csv",
    ("table", "generate"): "csv",
    ("pairs", "transduce"): "pairs",
    ("corpus", "continue"): "running text",
    ("graph", "nodes"): "nodes.csv",
    ("graph", "links"): "edges.csv",
    ("graphs", "graphs"): "graphs.csv",
}


def opened(folder: Path, form: str, **words: Any) -> Any:
    """The rows of a small file, encoded."""
    given = FORMS[form]
    for name, content in {given.name: given.make, **given.beside}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content())
    found = read(str(folder if given.folder else folder / given.name), **{**given.words, **words})
    found.encode(assign(found), folder / "data", 0)
    return open_data(folder / "data")


def arrays(part: Any, deep: int = 0) -> Iterator[Any]:
    """All arrays in a fitted model."""
    if (isinstance(part, np.ndarray) and part.dtype != object) or sparse.issparse(part):
        yield part
    elif isinstance(part, dict):
        for one in part.values():
            yield from arrays(one, deep + 1)
    elif isinstance(part, list | tuple) or (isinstance(part, np.ndarray) and part.dtype == object):
        for one in part:
            yield from arrays(one, deep + 1)
    elif deep < 12 and hasattr(part, "__dict__") and not isinstance(part, type):
        yield from arrays(vars(part), deep + 1)


def has_a_row_for_each(part: Any, rows: int) -> bool:
    return any(rows in array.shape[:1] for array in arrays(part))


@pytest.mark.parametrize(("kind", "form"), SUPERVISED.items())
def test_baselines_that_have_an_array_as_long_as_the_rows_say_so(kind: str, form: str, tmp_path: Path) -> None:
    data = opened(tmp_path, form)
    held = {name: np.asarray(array) for name, array in data.arrays("train").items()}
    target = held.pop("target")
    rows = len(target)
    held.pop("row", None)
    known: Any = competitors(kind, "classification")
    for baseline in known:
        setting = baseline.settings("classes", rows, data.spec.outputs)[0]
        fitted = fit(baseline, held, target, data.spec, "classification", setting, 0)
        found = has_a_row_for_each(fitted.estimator, rows)
        assert found <= bool(baseline.holds), f"{baseline.name} of {kind} has {rows} rows of something"
        assert found or not baseline.holds or kind == "text", baseline.name  # there it is words


@pytest.mark.parametrize(("what", "form"), OTHERS.items(), ids=[" ".join(what) for what in OTHERS])
def test_rivals_that_have_an_array_as_long_as_the_rows_say_so(what: tuple[str, str], form: str, tmp_path: Path) -> None:
    words = {"task": what[1]} if what[1] != "links" else {"task": "links", "target": None}
    data = opened(tmp_path, form, **words)
    rows = data.rows("train")
    known: Any = competitors(*what)
    for rival in known:
        answer = rival.fit(data, next(iter(rival.settings(data))), 0, 1.0)
        found = has_a_row_for_each(answer.state(), rows)
        assert found <= bool(rival.holds), f"{rival.name} has {rows} rows of something"
        assert found or not rival.holds or what[0] in ("corpus", "pairs", "graph"), rival.name


def test_every_task_and_kind_is_looked_at() -> None:
    assert {problem for _, problem in OTHERS} | {"control"} == {t.name for t in tasks.every().values() if not t.told}
    assert set(SUPERVISED) == {kind.name for kind in kinds.every().values() if kind.baselines}
    assert {name for name in kinds.names() if not kinds.find(name).keeps} == {"image", "environment"}


def test_the_compressor_holds_the_text_and_the_memory_gives_patterns_back(tmp_path: Path) -> None:
    data = opened(tmp_path, "running text")
    compressor: Any = find("corpus", "continue", "compressor")
    text = compressor.fit(data, {"method": "zlib"}, 0, 1.0).state()["text"].tobytes()
    assert text[:200] in (tmp_path / "data.txt").read_bytes() and compressor.holds == "the training text itself"
    assert catalogue.find("hopfield").holds


def test_the_card_and_the_verdict_say_what_a_model_holds(tmp_path: Path) -> None:
    verdict = Verdict.read(table_race(tmp_path) / "verdict.json")
    by_name = {standing.name: standing for standing in verdict.standings}
    network = next(standing for standing in verdict.standings if standing.network)
    assert "It keeps no training row as such." in model_card(verdict, network)
    assert "It keeps no training row, only numbers" in model_card(verdict, by_name["baseline/linear"])
    verdict.kind, verdict.problem, verdict.classes = "pairs", "transduce", []
    nearest = by_name["baseline/linear"]
    nearest.name = "baseline/nearest"
    assert "It holds training rows: every training pair. Anyone who gets this folder gets those rows." in model_card(
        verdict, nearest
    )
    assert note("baseline/nearest", "pairs", "transduce") == [
        "baseline/nearest, the model that was kept, holds training rows: every training pair; anyone who gets "
        "the model gets those rows"
    ]
    assert note("lstm/small", "text", "classification") == [] and held_rows("of/later", "text", "nodes") == ""
