"""Bad inputs through the command line itself: one clear line each, exit code 2, nothing half-written left."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bestiary.cli.main import main

ROWS = 200
Make = Callable[[Path], list[str]]


class Exploding:
    """Unpickled, it would leave a mark behind."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.system, ("touch EXPLODED",)


def table(rows: int = ROWS, **columns: object) -> pd.DataFrame:
    """Real measurements: breast cancer, a few columns, with a target `y` of two classes."""
    from sklearn.datasets import load_breast_cancer

    frame = load_breast_cancer(as_frame=True).frame.iloc[:rows, :5].copy()
    frame.columns = [f"x{i}" for i in range(5)]
    frame["y"] = np.asarray(load_breast_cancer().target_names)[load_breast_cancer().target[:rows]]
    return frame.assign(**columns)


def csv(frame: pd.DataFrame | None = None, name: str = "data.csv", **columns: object) -> Callable[[Path], list[str]]:
    """Writes a table and names it."""

    def make(folder: Path) -> list[str]:
        (table(**columns) if frame is None else frame).to_csv(folder / name, index=False)
        return [str(folder / name)]

    return make


def raw(content: bytes, name: str = "data.csv") -> Callable[[Path], list[str]]:
    """Writes bytes and names the file."""

    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(content)
        return [str(folder / name)]

    return make


def png(size: tuple[int, int] = (8, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, 128).save(buffer, "PNG")
    return buffer.getvalue()


def bomb_png() -> bytes:
    """A PNG that says it has 60,000 x 60,000 pixels and holds some of them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(2_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def images(first: bytes | None = None, second: bytes | None = None, each: int = 12) -> Callable[[Path], list[str]]:
    """Two folders of images; the given bytes stand in every file of a folder."""

    def make(folder: Path) -> list[str]:
        for name, content in (("cats", first), ("dogs", second)):
            (folder / "photos" / name).mkdir(parents=True)
            for number in range(each if content is not None else 0):
                (folder / "photos" / name / f"{number}.png").write_bytes(content or b"")
        return [str(folder / "photos")]

    return make


def circle(folder: Path) -> list[str]:
    (folder / "photos" / "cats").mkdir(parents=True)
    (folder / "photos" / "cats" / "again").symlink_to(folder / "photos", target_is_directory=True)
    return [str(folder / "photos")]


def link_to_itself(folder: Path) -> list[str]:
    (folder / "data.csv").symlink_to(folder / "data.csv")
    return [str(folder / "data.csv")]


def truncated_parquet(folder: Path) -> list[str]:
    table().to_parquet(folder / "data.parquet")
    content = (folder / "data.parquet").read_bytes()
    (folder / "data.parquet").write_bytes(content[: len(content) // 2])
    return [str(folder / "data.parquet")]


def npz(**arrays: object) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        np.savez(
            folder / "data.npz", **{k: np.asarray(v, dtype=object if v is None else None) for k, v in arrays.items()}
        )
        return [str(folder / "data.npz")]

    return make


def pickled_npz(folder: Path) -> list[str]:
    objects = np.array([Exploding()] * 4, dtype=object)
    np.savez(folder / "data.npz", x=objects, y=np.arange(4), allow_pickle=True)
    return [str(folder / "data.npz")]


def bomb_npz(folder: Path) -> list[str]:
    """An archive of a few kilobytes that says it holds 40 GB of images."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (40_000, 1000, 1000)})
    with zipfile.ZipFile(folder / "data.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", head.getvalue() + bytes(10_000_000))
        y = io.BytesIO()
        np.save(y, np.zeros(40_000, dtype=np.int64))
        archive.writestr("y.npy", y.getvalue())
    return [str(folder / "data.npz")]


def bomb_gzip(folder: Path) -> list[str]:
    with gzip.open(folder / "data.csv.gz", "wb", compresslevel=9) as file:
        file.write(b"x,y\n")
        for _ in range(100):
            file.write(b"1,a\n" * 262_144)
    return [str(folder / "data.csv.gz")]


def long_series(folder: Path) -> list[str]:
    frame = pd.DataFrame({"machine": np.repeat(range(20), 5), "t": list(range(5)) * 20, "v": np.arange(100.0)})
    frame.assign(y=np.where(frame.machine < 10, "on", "off")).to_csv(folder / "data.csv", index=False)
    return [str(folder / "data.csv")]


NUMBERS = table()["x0"].to_numpy()
ON_Y = ["--target", "y"]
RACES: dict[str, tuple[Make, list[str], str]] = {
    # ---- files
    "no such file": (lambda d: [str(d / "none.csv")], ON_Y, "none.csv"),
    "unknown built-in": (lambda d: ["digit"], [], "'digits'"),
    "empty file": (raw(b""), ON_Y, "data.csv"),
    "names alone": (raw(b"x,y\n"), ON_Y, "no rows"),
    "zeros": (raw(bytes(5000)), ON_Y, "data.csv"),
    "noise": (raw(np.random.default_rng(0).bytes(5000)), ON_Y, "data.csv"),
    "a zip archive": (raw(b"PK\x03\x04" + bytes(100)), ON_Y, "zip"),
    "a picture named .csv": (raw(png()), ON_Y, "image"),
    "a pickle named .csv": (raw(pickle.dumps(Exploding())), ON_Y, "pickle"),
    "truncated Parquet": (truncated_parquet, ON_Y, "Parquet"),
    "text named .parquet": (raw(b"PAR1 is how they begin", "data.parquet"), ON_Y, "Parquet"),
    "damaged JSON lines": (raw(b'{"x": 1, "y": "a"}\n{"x": 2, "y"\n', "data.jsonl"), ON_Y, "JSON"),
    "JSON of something else": (raw(b"[1, 2, 3]", "data.json"), ON_Y, "JSON objects"),
    "truncated gzip": (raw(gzip.compress(table().to_csv().encode())[:500], "data.csv.gz"), ON_Y, "data.csv.gz"),
    "a gzip bomb": (bomb_gzip, ON_Y, "data.csv.gz"),
    "a link to itself": (link_to_itself, ON_Y, "data.csv"),
    "a path that is too long": (lambda d: [str(d / ("x" * 5000)) + ".csv"], ON_Y, "xxx"),
    "a null byte in the path": (lambda d: ["data\0.csv"], ON_Y, "data"),
    "a device": (lambda d: ["/dev/zero"], ON_Y, "/dev/zero"),
    "unknown encoding": (csv(), [*ON_Y, "--encoding", "utf-9"], "utf-9"),
    "separator of two letters": (csv(), [*ON_Y, "--separator", "::"], "separator"),
    # ---- columns
    "no target": (csv(), [], "--target"),
    "unknown target": (csv(), ["--target", "Y1"], "'Y1'"),
    "target constant": (csv(y="same"), ON_Y, "y"),
    "target missing everywhere": (csv(y=None), ON_Y, "y"),
    "target infinite": (csv(y=[np.inf, -np.inf] * (ROWS // 2)), [*ON_Y, "--problem", "regression"], "y"),
    "nothing but the target": (csv(table()[["y"]]), ON_Y, "column"),
    "nothing but constants": (csv(table()[["y"]].assign(a=1, b="z")), ON_Y, "no column can be learned from"),
    "columns of the same name": (raw(b"a,a,y\n" + b"1,2,u\n2,3,v\n" * 50), ON_Y, "'a'"),
    "100,000 columns": (
        raw(b",".join(b"c%d" % i for i in range(100_000)) + b"\n" + b"1," * 99_999 + b"a\n"),
        ON_Y,
        "100,000",
    ),
    "5,000 classes": (
        csv(table(500).loc[np.arange(10_000) % 500].assign(y=[f"c{i % 5000}" for i in range(10_000)])),
        ON_Y,
        "5,000",
    ),
    "words to regress on": (csv(), [*ON_Y, "--problem", "regression"], "y"),
    "two rows": (csv(table(2).assign(y=["a", "b"])), ON_Y, "rows"),
    "unknown group": (csv(), [*ON_Y, "--group", "x9"], "x9"),
    "one group": (csv(g="all"), [*ON_Y, "--group", "g"], "g"),
    "unknown time": (csv(), [*ON_Y, "--time", "when"], "when"),
    "no test file": (csv(), [*ON_Y, "--test", "nowhere.csv"], "nowhere.csv"),
    "no text column": (csv(), [*ON_Y, "--kind", "text"], "text"),
    "unknown text column": (csv(), [*ON_Y, "--kind", "text", "--text", "review"], "review"),
    "unknown id of series": (long_series, [*ON_Y, "--kind", "series", "--id", "engine", "--time", "t"], "engine"),
    "damaged .ts": (raw(b"@problemName x\n@data\n1,2,oops:a\n", "data.ts"), [], "data.ts"),
    # ---- images
    "an empty folder": (images(None, None), [], "photos"),
    "one class of images": (images(png(), None), [], "'cats'"),
    "text named .png": (images(b"I am no image", b"nor am I"), [], "unreadable"),
    "decompression bombs": (images(bomb_png(), bomb_png(), each=3), [], "unreadable"),
    "truncated images": (images(png()[:40], png()[:40]), [], "unreadable"),
    "links in a circle": (circle, [], "photos"),
    "a pickle in an .npz": (pickled_npz, [], "data.npz"),
    "an .npz bomb": (bomb_npz, [], "data.npz"),
    "an .npz without labels": (npz(x=np.zeros((20, 8, 8), np.uint8)), [], "data.npz"),
    "more labels than images": (npz(x=np.zeros((20, 8, 8), np.uint8), y=np.arange(30)), [], "data.npz"),
    "a side of zero": (lambda d: ["digits"], ["--image-size", "0"], "image"),
    "an image size in words": (lambda d: ["digits"], ["--image-size", "large"], "large"),
    # ---- what is asked of the race
    "negative budget": (csv(), [*ON_Y, "--budget", "-5m"], "-5m"),
    "no budget": (csv(), [*ON_Y, "--budget", "0s"], "0s"),
    "budget of no number": (csv(), [*ON_Y, "--budget", "nan"], "nan"),
    "budget in words": (csv(), [*ON_Y, "--budget", "long"], "long"),
    "unknown kind": (csv(), [*ON_Y, "--kind", "tabel"], "'table'"),
    "unknown problem": (csv(), [*ON_Y, "--problem", "clasification"], "classification"),
    "unknown metric": (csv(), [*ON_Y, "--metric", "acuracy"], "'accuracy'"),
    "metric of the other problem": (csv(), [*ON_Y, "--metric", "rmse"], "RMSE"),
    "unknown contender": (csv(), [*ON_Y, "--contenders", "mpl"], "'mlp'"),
    "unknown family": (csv(), [*ON_Y, "--contenders", "family:feedforwards"], "feedforward"),
    "nobody left": (csv(), [*ON_Y, "--contenders", "mlp", "--exclude", "mlp"], "excluded"),
    "contenders of another kind": (csv(), [*ON_Y, "--contenders", "resnet"], "table"),
    "unequal": (csv(), [*ON_Y, "--equal", "money"], "money"),
    "no workers": (csv(), [*ON_Y, "--workers", "0"], "0"),
    "half a worker": (csv(), [*ON_Y, "--workers", "0.5"], "integer"),
    "negative seed": (csv(), [*ON_Y, "--seed", "-1"], "-1"),
    "unknown device": (csv(), [*ON_Y, "--device", "tpu"], "tpu"),
    "unknown option": (csv(), [*ON_Y, "--budgte", "1m"], "--budget"),
    "two data": (csv(), ["more.csv", *ON_Y], "more.csv"),
    "option of another kind": (csv(), [*ON_Y, "--image-size", "32"], "image_size"),
}


def refused(
    arguments: list[str], hint: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    """Runs a command that must be refused; returns what it said."""
    monkeypatch.chdir(folder)
    before = sorted(str(p) for p in folder.rglob("*"))
    capsys.readouterr()
    code = main(arguments)
    out, err = capsys.readouterr()
    told = err.splitlines()[-1]
    assert code == 2, err
    assert told.startswith("error: ")
    assert err.count("error: ") == 1
    assert "Traceback" not in err
    assert hint in told
    assert len(told) < 700
    assert sorted(str(p) for p in folder.rglob("*")) == before, "nothing half-written is left"
    assert not (folder / "EXPLODED").exists(), "nothing was unpickled"
    assert "error" not in out
    return told


@pytest.mark.parametrize("name", RACES)
def test_bad_races(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make, options, hint = RACES[name]
    given = make(tmp_path)
    words = ["race", *given, *([] if "--budget" in options else ["--budget", "60s"]), *options, "--out", "run"]
    refused(words, hint, tmp_path, capsys, monkeypatch)


# --------------------------------------------------------------------------------------------- other verbs


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of a small network for the table, with its encoder."""
    from bestiary.architectures.build import build
    from bestiary.data import read
    from bestiary.rows.splits import assign
    from bestiary.rows.store import read_spec
    from bestiary.runs.model import save_network

    folder = tmp_path_factory.mktemp("model")
    source = read(table(), "y")
    source.encode(assign(source), folder / "data", 0)
    spec, facts = read_spec(folder / "data")
    target, words = "bestiary.architectures.feedforward.ann:ANN", {"width": 4}
    network = build(target, words, spec, seed=0)
    given = {"architecture": "ann", "target": target, "keywords": words, "spec": spec, "facts": facts}
    save_network(folder / "m", network, encoder=folder / "data" / "encoder", **given)
    return folder / "m"


def edit(model: Path, **changes: object) -> None:
    words = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**words, **changes}))


def alter_weights(model: Path) -> None:
    content = bytearray((model / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (model / "model.safetensors").write_bytes(content)


def pickle_as_weights(model: Path) -> None:
    import hashlib

    content = pickle.dumps(Exploding())
    (model / "model.safetensors").write_bytes(content)
    words = json.loads((model / "model.json").read_text())
    edit(model, files={**words["files"], "model.safetensors": hashlib.sha256(content).hexdigest()})


def climb_out(model: Path) -> None:
    outside = model.parent / "outside.safetensors"
    (model / "model.safetensors").rename(outside)
    (model / "model.safetensors").symlink_to(outside)


MODELS: dict[str, tuple[Callable[[Path], object], str]] = {
    "altered weights": (alter_weights, "altered"),
    "a pickle as weights": (pickle_as_weights, "model.safetensors"),
    "weights that lead out of the folder": (climb_out, "out of its folder"),
    "weights missing": (lambda m: (m / "model.safetensors").unlink(), "model.safetensors"),
    "a class that is not in the catalogue": (lambda m: edit(m, network="os:system"), "os:system"),
    "an architecture that climbs": (lambda m: edit(m, architecture="../../ann"), "a plain name at architecture"),
    "sizes that do not fit the weights": (lambda m: edit(m, keywords={"width": 5}), "model.safetensors"),
    "words that the network does not take": (lambda m: edit(m, keywords={"hidden": 5}), "hidden"),
    "a kind that does not exist": (lambda m: edit(m, spec={"kind": "smell", "features": 5, "outputs": 2}), "smell"),
    "a spec that is a list": (lambda m: edit(m, spec=["table"]), "model.json"),
    "classes missing": (lambda m: edit(m, facts={"problem": "classification"}), "object missing required field"),
    "more memory than the file holds": (lambda m: edit(m, keywords={"width": 10**9}), "width must be at most"),
    "less than nothing": (lambda m: edit(m, keywords={"width": -4}), "width of ANN must be positive"),
    "a width in words": (lambda m: edit(m, keywords={"width": "wide"}), "ann"),
    "half a description": (lambda m: (m / "model.json").write_text('{"spec": '), "model.json"),
    "a list as description": (lambda m: (m / "model.json").write_text("[]"), "model.json"),
    "no encoder": (lambda m: shutil.rmtree(m / "encoder"), "encoder"),
    "half an encoder": (lambda m: (m / "encoder" / "encoder.json").write_text("{"), "encoder"),
}


@pytest.mark.parametrize("name", MODELS)
def test_bad_models(
    name: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(model, tmp_path / "model")
    table().drop(columns="y").to_csv(tmp_path / "new.csv", index=False)
    change, hint = MODELS[name]
    change(tmp_path / "model")
    refused(["predict", "model", "new.csv", "--out", "answers.csv"], hint, tmp_path, capsys, monkeypatch)


PREDICTIONS: dict[str, tuple[list[str], str]] = {
    "no model there": (["nowhere", "new.csv", "--out", "a.csv"], "nowhere"),
    "no new rows": (["model", "none.csv", "--out", "a.csv"], "none.csv"),
    "a file of nothing": (["model", "empty.csv", "--out", "a.csv"], "empty.csv"),
    "rows of something else": (["model", "other.csv", "--out", "a.csv"], "x0"),
    "images for a table": (["model", "photo.png", "--out", "a.csv"], "photo.png"),
    "no suffix to write": (["model", "new.csv", "--out", "answers"], ".csv"),
    "a form that is not written": (["model", "new.csv", "--out", "answers.xlsx"], ".csv"),
    "a folder that is not there": (["model", "new.csv", "--out", "there/a.csv"], "there"),
    "a folder as file": (["model", "new.csv", "--out", "model.csv"], "model.csv"),
    "over its own input": (["model", "new.csv", "--out", "new.csv"], "new.csv"),
    "no file": (["model"], "file"),
}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_bad_predictions(
    name: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(model, tmp_path / "model")
    (tmp_path / "model.csv").mkdir()
    (tmp_path / "photo.png").write_bytes(png())
    (tmp_path / "empty.csv").touch()
    table().drop(columns="y").to_csv(tmp_path / "new.csv", index=False)
    pd.DataFrame({"a": [1, 2], "b": ["u", "v"]}).to_csv(tmp_path / "other.csv", index=False)
    words, hint = PREDICTIONS[name]
    refused(["predict", *words], hint, tmp_path, capsys, monkeypatch)


OTHERS: dict[str, tuple[list[str], str]] = {
    "resume nothing": (["race", "--resume", "nowhere"], "nowhere"),
    "resume something else": (["race", "--resume", "folder"], "folder"),
    "resume half a plan": (["race", "--resume", "half"], "plan.json"),
    "resume a plan of another format": (["race", "--resume", "future"], "format"),
    "a plan that is a list": (["race", "--plan", "list/plan.json"], "plan.json"),
    "a plan that is not there": (["race", "--plan", "plan.json"], "plan.json"),
    "more time for nothing": (["race", "digits", "--add", "5m"], "--resume"),
    "two wishes at once": (["race", "digits", "--resume", "half"], "leave it out"),
    "nothing to race on": (["race"], "digits"),
    "a folder that is taken": (["race", "digits", "--budget", "60s", "--out", "folder"], "folder"),
    "a folder below a file": (["race", "digits", "--budget", "60s", "--out", "folder/file/run"], "folder/file"),
    "report of nothing": (["report", "folder"], "verdict.json"),
    "report of half a verdict": (["report", "half"], "verdict.json"),
    "train what does not exist": (["train", "rezznet", "digits", "--budget", "5s"], "'resnet'"),
    "train on what it cannot take": (["train", "lstm", "iris", "--budget", "5s"], "table"),
    "train with unknown words": (["train", "mlp", "iris", "--budget", "5s", "--set", "widht=3"], "widht"),
    "train with a word that is no number": (
        ["train", "ann", "iris", "--budget", "5s", "--set", "width=wide"],
        "width must be a whole number",
    ),
    "train for no time": (["train", "mlp", "iris", "--budget", "0s"], "0s"),
    "train no epochs": (["train", "mlp", "iris", "--epochs", "0"], "0"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_bad_words(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, file, content in (
        ("folder", "file", "something"),
        ("half", "plan.json", '{"format": 1, "digest": "'),
        ("half", "verdict.json", '{"sentence": "'),
        ("future", "plan.json", '{"format": 99}'),
        ("list", "plan.json", "[]"),
    ):
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / file).write_text(content)
    words, hint = OTHERS[name]
    refused(words, hint, tmp_path, capsys, monkeypatch)


def test_a_process_of_its_own_says_the_same(tmp_path: Path) -> None:
    csv(y="same")(tmp_path)
    command = [sys.executable, "-m", "bestiary", "race", "data.csv", "--target", "y", "--budget", "60s"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 2
    assert run.stderr.startswith("error: ")
    assert run.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["data.csv"]
