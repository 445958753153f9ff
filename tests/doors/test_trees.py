"""Trees and other parts of saved baselines: what scikit-learn would follow blindly is refused before it is built."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import skops.io

from bestiary import tasks
from bestiary.baselines import competitors, find, load_baseline, run_baseline, saved, trees
from bestiary.errors import InputError
from bestiary.rows.store import read_spec
from tests.doors.folders import SOURCES, encoded

GROWN = [("table", "forest"), ("numbers", "forest"), ("table", "boosting"), ("numbers", "boosting")]
Saved = dict[str, Any]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Baselines that are made of trees, by source and name."""
    found = {}
    for source, name in GROWN:
        folder = tmp_path_factory.mktemp("fitted")
        data = encoded(source, folder)
        run_baseline(name, data, folder, seconds=0.01)
        found[source, name] = folder
    folder = tmp_path_factory.mktemp("isolation")
    from bestiary.data import read
    from bestiary.rows.splits import assign

    source = read("wine", task="anomaly")
    source.encode(assign(source), folder / "data", 0)
    run_baseline("isolation_forest", folder / "data", folder, seconds=0.01)
    found["wine", "isolation_forest"] = folder
    return found


def load(folder: Path, name: str) -> Any:
    spec, facts = read_spec(folder / "data")
    return load_baseline(folder / "model.skops", spec.kind, str(facts["problem"]), name, spec)


def _set(field: str, value: int | Callable[[Saved], int], inner: bool = True) -> Callable[[Saved], None]:
    def change(arrays: Saved) -> None:
        nodes, names = arrays["nodes"], arrays["nodes"].dtype.names
        if field not in names:
            return
        leaf = nodes["is_leaf"] > 0 if "is_leaf" in names else nodes["left_child"] == -1
        where = np.flatnonzero(~leaf if inner else leaf)[0]
        nodes[field][where] = value(arrays) if callable(value) else value

    return change


CHANGES: dict[str, Callable[[Saved], None]] = {
    **{f"{side} is its own parent": _set(side, 0) for side in ("left", "right", "left_child", "right_child")},
    **{f"{side} far away": _set(side, 2**31 - 1) for side in ("left", "right", "left_child", "right_child")},
    **{
        f"{side} just behind": _set(side, lambda a: int(a["sizes"][0]))
        for side in ("left_child", "right_child", "left")
    },
    **{f"{side} below": _set(side, -5) for side in ("left_child", "right_child")},
    **{f"{field} far away": _set(field, 2**31 - 1) for field in ("feature", "feature_idx")},
    **{f"{field} below": _set(field, -3) for field in ("feature", "feature_idx")},
    "a leaf with one child": _set("right_child", 1, inner=False),
    "a split on categories": _set("is_categorical", 1),
    "no nodes": lambda a: a.update(nodes=a["nodes"][:0]),
    "nodes of another type": lambda a: a.update(nodes=np.zeros(len(a["nodes"]))),
    "nodes in two axes": lambda a: a.update(nodes=a["nodes"][None]),
    "more nodes than there are": lambda a: a["sizes"].__setitem__(0, 10**9),
    "a tree of less than nothing": lambda a: a["sizes"].__setitem__(0, -1),
    "a tree of no nodes": lambda a: a.update(sizes=np.concatenate([[0], a["sizes"]])),
    "fewer trees": lambda a: a.update(sizes=a["sizes"][:-1]),
    "no sizes": lambda a: a.pop("sizes"),
    "answers missing": lambda a: (
        a.update(values=a["values"][:-1]) if "values" in a else a.update(rounds=a["rounds"][:-1])
    ),
    "answers of another type": lambda a: (
        a.update(values=a["values"].astype(np.float32)) if "values" in a else a.update(rounds=a["rounds"] * 2)
    ),
}


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays hold the same; the bytes between the fields of a node are nobody's."""
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    names = one.dtype.names
    parts = [(one[name], other[name]) for name in names] if names else [(one, other)]
    return all(a.tobytes() == b.tobytes() for a, b in parts)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", [*GROWN, ("wine", "isolation_forest")], ids="-".join)
def test_damaged_trees_are_refused(
    name: tuple[str, str],
    change: str,
    fitted: dict[tuple[str, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = fitted[name]
    whole = load(folder, name[1])
    changed: list[bool] = []
    taken_out = trees.taken_out

    def hostile(estimator: Any) -> tuple[Saved, Any]:
        arrays, held = taken_out(estimator)
        copy = {word: array.copy() for word, array in arrays.items()}
        CHANGES[change](copy)
        changed.append(not all(word in copy and alike(copy[word], array) for word, array in arrays.items()))
        return copy, held

    monkeypatch.setattr(trees, "taken_out", hostile)
    from bestiary.baselines.rivals import save_rival

    (tmp_path / "data").symlink_to(folder / "data")
    if name[1] == "isolation_forest":
        save_rival(
            tmp_path / "model.skops", cast("Any", find("table", "anomaly", name[1])), "table", "anomaly", {}, whole
        )
    else:
        whole.save(tmp_path / "model.skops")
    if not any(changed):  # boosting has no field of that name
        assert load(tmp_path, name[1]) is not None
        return
    with pytest.raises(InputError, match=r"trees|saved baseline") as refusal:
        load(tmp_path, name[1])
    assert "\n" not in str(refusal.value)


def test_a_tree_that_skops_would_build_is_not(fitted: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    whole = load(fitted["table", "forest"], "forest")
    skops.io.dump({"words": "{}", "estimator": whole.estimator, "trees": []}, tmp_path / "model.skops")
    with pytest.raises(InputError, match=r"holds sklearn\.tree\._tree\.Tree, which is not loaded"):
        load_baseline(tmp_path / "model.skops", "table", "classification", "forest")


def test_trees_answer_as_before_they_were_saved(fitted: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    for source, name in GROWN:
        whole = load(fitted[source, name], name)
        arrays = {"features": np.random.default_rng(0).normal(size=(50, whole.spec.features)).astype(np.float32)}
        before = whole.predict(arrays)
        whole.save(tmp_path / "again.skops")
        assert np.array_equal(before, whole.predict(arrays))  # saving takes nothing from the model at hand
        assert np.array_equal(
            before, load_baseline(tmp_path / "again.skops", "table", whole.problem, name).predict(arrays)
        )


@pytest.mark.parametrize("thing", ["sparse", "function", "other estimator"])
def test_other_things_than_baselines_hold_are_not_loaded(thing: str, tmp_path: Path) -> None:
    from scipy import sparse
    from sklearn.cluster import KMeans

    given = {"sparse": sparse.eye_array(3).tocsr(), "function": np.sum, "other estimator": KMeans()}[thing]
    skops.io.dump({"words": "{}", "estimator": given, "trees": []}, tmp_path / "model.skops")
    with pytest.raises(InputError, match="which is not loaded"):
        load_baseline(tmp_path / "model.skops", "table", "classification", "forest")


def test_every_baseline_consists_of_allowed_types_and_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each kind and task that a source of the tests has, and of several targets."""
    draw = np.random.default_rng(0)
    rows = pd.DataFrame(draw.normal(size=(80, 5)), columns=list("abcde"))
    labels = rows.assign(c=(rows["a"] > 0).astype(int), d=(rows["b"] > 0).astype(int))
    monkeypatch.setitem(SOURCES, "several numbers", lambda: (rows, {"target": "a,b"}))
    monkeypatch.setitem(SOURCES, "several labels", lambda: (labels, {"target": "c,d"}))
    seen = set()
    for source in SOURCES:
        data = encoded(source, tmp_path / source)
        spec, facts = read_spec(data)
        problem = str(facts["problem"])
        for one in competitors(spec.kind, problem):
            out = tmp_path / source / one.name
            out.mkdir()
            run_baseline(one.name, data, out, seconds=0.01)
            load_baseline(out / "model.skops", spec.kind, problem, one.name, spec)
            with zipfile.ZipFile(out / "model.skops") as file:
                assert file.testzip() is None
            seen.add((spec.kind, problem, one.name))
    assert {problem for _, problem, _ in seen} >= set(tasks.names()) - {"reconstruct", "anomaly", "generate", "links"}
    assert all(name in saved.ALLOWED for name in ("sklearn.pipeline.Pipeline", "numpy.ndarray"))


def test_no_memory_of_the_process_is_saved_between_the_fields_of_nodes(
    fitted: dict[tuple[str, str], Path],
) -> None:
    for (source, name), folder in fitted.items():
        with zipfile.ZipFile(folder / "model.skops") as file:
            held = [file.read(one) for one in file.namelist() if one.endswith(".npy")]
        grown = [(dtype, raw) for dtype, raw in map(_raw, held) if dtype.names]
        assert grown, (source, name)
        for dtype, raw in grown:
            between = np.ones(dtype.itemsize, bool)
            for kind, start, *_ in (dtype.fields or {}).values():
                between[start : start + kind.itemsize] = False
            assert not raw.reshape(-1, dtype.itemsize)[:, between].any(), (source, name)


def _raw(content: bytes) -> tuple[np.dtype, np.ndarray]:
    """The type of a saved array, and its bytes as they are in the file."""
    stream = io.BytesIO(content)
    assert np.lib.format.read_magic(stream) == (1, 0)
    dtype = np.lib.format.read_array_header_1_0(stream)[2]
    return dtype, np.frombuffer(stream.read(), np.uint8)
