"""The command line: what a person reads, on both streams, with which exit code, how fast and how wide."""

from __future__ import annotations

import errno
import importlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from rich.console import Console

import bestiary
from bestiary import catalogue
from bestiary.cli import words
from bestiary.cli.display import JsonLines, LiveTable, PlainLines, as_json, leader, picture
from bestiary.cli.errors import explain
from bestiary.cli.figure import figure
from bestiary.cli.main import VERBS, main
from bestiary.errors import InputError
from bestiary.race.progress import Entry, Snapshot

COMMAND = [sys.executable, "-m", "bestiary"]


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


# --------------------------------------------------------------------------------------- verbs and errors


def test_every_verb_is_listed_has_help_and_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "--help")
    assert code == 0
    for verb in VERBS:
        assert f"  {verb} " in out
        assert said(capsys, verb, "--help")[0] == 0
        assert (Path(__file__).parents[2] / "docs" / f"{verb}.md").is_file()


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_on_the_page_of_its_verb(verb: str) -> None:
    import typer

    app = typer.Typer(add_completion=False)
    app.command()(importlib.import_module(f"bestiary.cli.{verb}").command)
    page = (Path(__file__).parents[2] / "docs" / f"{verb}.md").read_text(encoding="utf-8")
    shown = [p for p in typer.main.get_command(app).params if not getattr(p, "hidden", False)]  # hidden: former names
    options = [parameter.opts[0] for parameter in shown if parameter.opts[0][0] == "-"]
    assert [option for option in options if option != "--help" and not re.search(rf"`{option}\b", page)] == []


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == (0, f"bestiary {bestiary.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["rase", "data.csv"], "'race'"),
        (["list", "--famly", "convolution"], "--family"),
        (["list", "--family", "convolutions"], "'convolution'"),
        (["list", "--kind", "tables"], "'table'"),
        (["list", "--guide", "G9"], "G0"),
        (["list", "--taught", "6"], "1 to 5"),
        (["list", "extra"], "extra"),
        (["show"], "'name'"),
        (["show", "lsmt"], "'lstm'"),
        (["size", "resnet-50"], "'resnet50'"),
        (["size", "mlp", "--set", "wdths=(8,8)"], "'widths'"),
        (["size", "mlp", "--set", "widths"], "name=value"),
        (["size", "mlp", "--set", "widths=__import__('os')"], "a number"),
        (["size", "mlp", "--set", "dropout=0.1", "--set", "dropout=0.2"], "twice"),
        (["size", "mlp", "--precision", "fp31"], "'fp32'"),
        (["size", "7B", "--set", "width=2"], "architecture"),
        (["size", "lenet5", "--set", "image_size=(2, 2)"], "12x12"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert hint in err


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (InputError("expected a;\n received b"), "expected a; received b", 2),
        (OSError(errno.ENOSPC, "No space left on device", "/d/x"), "/d/x: No space left on device; free some space", 2),
        (PermissionError(errno.EACCES, "Permission denied", "/d/x"), "/d/x: Permission denied; name a place", 2),
        (MemoryError(), "memory is exhausted", 2),
        (KeyboardInterrupt(), "stopped", 130),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero; a fault of bestiary", 1),
    ],
)
def test_errors_are_told_in_one_line(
    error: BaseException, line: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where the traceback of a fault is left
    told, given = explain(error)
    assert told.startswith(line)
    assert "\n" not in told
    assert given == code


def test_a_fault_says_where_its_traceback_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("deep inside")

    monkeypatch.setattr(catalogue, "names", broken)
    code, _, err = said(capsys, "list")
    assert code == 1
    assert "Traceback" not in err
    where = Path(re.findall(r"is in (\S+)$", err)[0])
    assert "in broken" in where.read_text(encoding="utf-8")
    where.unlink()
    monkeypatch.setenv("BESTIARY_DEBUG", "1")
    _, _, err = said(capsys, "list")
    assert "Traceback" in err
    Path(re.findall(r"is in (\S+)$", err)[0]).unlink()


def test_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue, "names", stopped)
    assert said(capsys, "list") == (130, "", "error: stopped\n")


def test_a_full_disk_and_a_reader_that_leaves() -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run([*COMMAND, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr == "error: No space left on device; free some space or name a folder on another disk\n"
    run = subprocess.run(
        f"{sys.executable} -m bestiary list | true", shell=True, stderr=subprocess.PIPE, text=True, check=False
    )
    assert run.stderr == ""


# --------------------------------------------------------------------------------------------- list, show


def test_listing_imports_no_torch() -> None:
    for verb in (["list"], ["show", "resnet50"], ["race", "--help"], ["predict", "--help"], ["train", "--help"]):
        check = f"import sys; from bestiary.cli.main import main; main({verb}); sys.exit(int('torch' in sys.modules))"
        assert subprocess.run([sys.executable, "-c", check], stdout=subprocess.DEVNULL, check=False).returncode == 0, (
            verb
        )


def test_list_names_every_size_with_its_exact_count(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "list")
    assert code == 0
    for row in catalogue.ROWS:
        for size in row.sizes:
            count = "-" if size.parameters is None else f"{size.parameters:,}"
            assert re.search(rf"\b{size.name} +{count}\s", out), size


def test_list_narrows_and_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "list", "--family", "recurrence", "--kind", "text", "--json")
    assert code == 0
    rows = json.loads(out)
    assert [row["name"] for row in rows] == bestiary.list(family="recurrence", kind="text")
    assert rows
    assert all("text" in row["kinds"] for row in rows)


def test_former_names_still_find_what_they_named(capsys: pytest.CaptureFixture[str]) -> None:
    former = {
        "fnn_guide_breast_cancer": "fnn_breast_cancer",
        "fnn_guide_binary": "fnn_binary",
        "fnn_guide_classes": "fnn_ten_classes",
        "cnn_guide_valid": "cnn_valid",
        "drn_guide": "drn14",
        "rnn_guide": "rnn_series",
        "lstm_guide": "lstm_series",
        "gru_guide": "gru_series",
        "autoencoder_guide_deep": "autoencoder_deep",
        "autoencoder_guide_linear": "autoencoder_linear",
        "gan_guide_generator": "gan_generator",
        "dcgan_guide": "dcgan_mnist",
        "dbn_guide": "dbn_500_200",
    }
    assert {alias: s.name for row in catalogue.ROWS for s in row.sizes for alias in s.aliases} == former
    for old, new in former.items():
        assert catalogue.size(old) is catalogue.size(new) and catalogue.find(old) is catalogue.find(new)
    assert "dbn" in bestiary.list(guide="G3") and "ann" not in bestiary.list(guide="G3")
    listed = said(capsys, "list", "--guide", "G3", "--json")[1]
    assert [row["name"] for row in json.loads(listed)] == bestiary.list(guide="G3")


def test_what_is_taught_widely_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(said(capsys, "list", "--taught", "5", "--json")[1])
    assert [row["name"] for row in rows] == bestiary.list(taught=5)
    assert "cnn" in bestiary.list(taught=5) and "gcn" not in bestiary.list(taught=5)
    assert {row["taught"] for row in rows} == {5}
    assert "guide" not in said(capsys, "list", "--help")[1] + said(capsys, "show", "cnn")[1]


@pytest.mark.parametrize("name", [row.name for row in catalogue.ROWS])
@pytest.mark.parametrize("columns", ["80", "120"])
def test_show_tells_the_whole_row(
    name: str, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    code, out, _ = said(capsys, "show", name)
    row = catalogue.find(name)
    assert code == 0
    assert max(map(len, out.splitlines())) <= int(columns)
    plain = " ".join(out.split())
    for word in (row.title, row.summary.split(".")[0], "forward(", "How to use it", "Learns", "Source"):
        assert " ".join(word.split()) in plain
    for size in row.sizes:
        assert size.name in plain
        assert size.parameters is None or f"{size.parameters:,}" in plain


@pytest.mark.parametrize("size", [size for row in catalogue.ROWS for size in row.sizes], ids=lambda s: s.name)
def test_the_figure_names_every_part_that_the_network_has(size: catalogue.Size) -> None:
    import torch

    from bestiary.architectures.build import build

    with torch.device("meta"):
        network = build(size.network, size.keywords)
    drawn = "\n".join(figure(size.network))
    inherited = type(network).__mro__[1:]
    for name, _ in network.named_children():
        if any(
            base.__module__ != type(network).__module__
            for base in inherited
            if issubclass(base, torch.nn.Module) and base is not torch.nn.Module
        ):
            continue  # built by a base class of another file, which the figure names
        assert name in drawn, name
    assert "forward(" in drawn or "super().__init__(" in drawn


def test_layers_are_listed_with_shapes_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "show", "lenet5", "--layers")
    assert code == 0
    assert re.search(r"c3 +Conv2d +1 x 16 x 10 x 10 +2,416", out)
    assert re.search(r"lenet5 +LeNet5 +1 x 10 +61,706", out)


# --------------------------------------------------------------------------------------------------- words


def test_set_never_evaluates_code() -> None:
    assert words.settings(["a=(1, 2)", "b=True", "c=mean", "d=1e-3", "e=-2"]) == {
        "a": (1, 2), "b": True, "c": "mean", "d": 1e-3, "e": -2,
    }  # fmt: skip
    for evil in ("x=print(1)", "x=[i for i in (1,)]", "x=" + "(" * 5000, "x=a; b"):
        with pytest.raises(InputError):
            words.settings([evil])


# ------------------------------------------------------------------------------------------------- display


def race_now(**changes: object) -> Snapshot:
    entries = [
        Entry("resnet/18-small", True, "running", 2, 1240, 3000, 0.9412, 0.2, 2.3, 212.3, 12.3, "rate 0.001"),
        Entry("lstm/medium", True, "running", 2, 40, 3000, 0.1003, 2.35, 2.3, 11.3, 83, "rate 0.003, dropout 0.1"),
        Entry("transformer/small", True, "waiting"),
        Entry("cnn/small", True, "done", 1, 800, 800, 0.93, 0.3, 2.3),
        Entry("mlp/large", True, "eliminated", 1, 800, 800, 0.83, 0.9, 2.3, note="left after round 1"),
        Entry("perceptron/small", True, "failed", note="the loss is nan at step 12"),
        Entry("baseline/trees [boosted]", False, "done", 0, 0, 0, 0.9702, 0.11, 2.3),
    ]
    words = {"phase": "round 2", "elapsed": 83.0, "budget": 300.0, "left": 217.0, "metric": "balanced_accuracy"}
    return Snapshot(**{**words, "entries": entries, **changes})  # pyright: ignore[reportArgumentType]


def drawn(snapshot: Snapshot, width: int, height: int = 40) -> list[str]:
    screen = Console(width=width, file=io.StringIO(), record=True)
    screen.print(picture(snapshot, width, height))
    return screen.export_text().splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_and_says_everything(width: int) -> None:
    lines = drawn(race_now(), width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for fact in (
        "round 2",
        "1:23 of 5:00",
        "3:37 left",
        "1.2k/3k",
        "0.9412",
        " 91%",
        " 212",
        "0:12",
        "eliminated",
        "failed",
    ):
        assert fact in text
    line = next(line for line in lines if line.startswith("lstm/medium"))
    assert "not yet" in line, "its loss is above the constant predictor's"
    assert ("rate 0.003" in line) == (width == 120)
    assert "the loss is nan at" in text, "why one failed is said at any width"


@pytest.mark.parametrize("height", [12, 24])
def test_a_low_terminal_shows_who_runs_and_sums_up_the_rest(height: int) -> None:
    many = race_now(entries=[*race_now().entries, *(Entry(f"mlp/{n}") for n in range(40))])
    lines = drawn(many, 80, height)
    assert len(lines) < height
    assert any(line.startswith("resnet/18-small") for line in lines)
    assert lines[-1].startswith(f"and {47 - (height - 8)} more: ")


def test_names_with_brackets_are_not_markup() -> None:
    assert "[boosted]" in "\n".join(drawn(race_now(), 120))
    screen = Console(width=200, file=io.StringIO(), record=True)
    PlainLines(screen)(race_now(message="column [bold]a[/bold] was left out"))
    assert "column [bold]a[/bold] was left out" in screen.export_text()


def test_plain_lines_come_at_each_phase_and_once_in_a_while() -> None:
    screen = Console(width=80, file=io.StringIO(), record=True)
    tell = PlainLines(screen, pause=3600)
    for phase in ("round 1", "round 1", "round 2", "round 2", "judging"):
        tell(race_now(phase=phase))
    lines = screen.export_text().splitlines()
    assert [line.split("] ")[1].split(" ·")[0] for line in lines] == ["round 1", "round 2", "judging"]
    assert "best baseline/trees [boosted] balanced_accuracy 0.9702" in lines[0]
    assert "resnet/18-small 1,240/3,000 (0.9412)" in lines[0]


def test_json_lines_are_json_whatever_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = race_now()
    snapshot.entries[0].score = float("nan")
    JsonLines()(snapshot)
    written = json.loads(capsys.readouterr().out, parse_constant=lambda c: pytest.fail(c))["snapshot"]
    assert written["entries"][0]["score"] is None
    assert written["entries"][3]["learned"] == pytest.approx(1 - 0.3 / 2.3)
    assert as_json({"a": float("inf")}) == '{"a": null}'


def test_the_best_follows_the_direction_of_the_metric() -> None:
    best = leader(race_now())
    worst = leader(race_now(higher=False))
    assert best is not None
    assert worst is not None
    assert (best.name, worst.name) == ("baseline/trees [boosted]", "lstm/medium")
    assert leader(race_now(entries=[Entry("a")])) is None


def test_the_live_table_puts_the_terminal_right_after_an_error() -> None:
    file = io.StringIO()
    screen = Console(width=80, height=24, file=file, force_terminal=True)

    def fails() -> None:
        with LiveTable(screen) as live:
            live(race_now(message="left out: a, b"))
            raise InputError("no")

    with pytest.raises(InputError):
        fails()
    written = file.getvalue()
    assert "left out" in written
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1, (
        "the cursor is hidden once and shown again once"
    )


# ------------------------------------------------------------------------------------- predictions, written


def test_predictions_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    from bestiary.cli.predict import write

    answers = pd.DataFrame({"prediction": ["a", None, "b,\n"], "probability_a": [0.75, None, 0.1]})
    for name, read in (("x.csv", pd.read_csv), ("x.parquet", pd.read_parquet)):
        write(answers, tmp_path / name)
        pd.testing.assert_frame_equal(read(tmp_path / name), answers, check_dtype=False)
    write(answers, tmp_path / "x.jsonl")
    lines = (tmp_path / "x.jsonl").read_text().splitlines()
    assert json.loads(lines[1]) == {"prediction": None, "probability_a": None}
    assert json.loads(lines[2])["prediction"] == "b,\n"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = (tmp_path / "x.csv").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(answers.head(1), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.csv", "x.jsonl", "x.parquet"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Digits as an image folder, and a small network trained on them by the command line."""
    from PIL import Image
    from sklearn.datasets import load_digits

    folder = tmp_path_factory.mktemp("trained")
    digits = load_digits()
    for number, (pixels, label) in enumerate(zip(digits.images[:500], digits.target[:500])):
        (folder / "digits" / f"d{label}").mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray((pixels * 15).astype("uint8"))
        picture.save(folder / "digits" / f"d{label}" / f"{number:04d}.png")
    words = ["--set", "width=32", "--epochs", "12", "--out", str(folder / "run"), "--quiet"]
    assert main(["train", "ann", str(folder / "digits"), *words]) == 0
    return folder


def test_what_was_trained_predicts_every_row_in_order(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pandas as pd

    out = trained / "answers.csv"
    assert said(capsys, "predict", str(trained / "run"), str(trained / "digits"), "--out", str(out))[0] == 0
    answers = pd.read_csv(out)
    assert list(answers.columns) == ["name", "prediction", *(f"probability_d{k}" for k in range(10))]
    assert answers["name"].tolist() == sorted(str(p.relative_to(trained / "digits")) for p in trained.rglob("*.png"))
    assert (answers["prediction"] == answers["name"].str[:2]).mean() > 0.8
    assert answers.filter(like="probability").sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)


def test_a_broken_image_keeps_its_place(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    good = sorted((trained / "digits" / "d3").iterdir())[:2]
    shutil.copy(good[0], tmp_path / "a.png")
    shutil.copy(good[1], tmp_path / "c.png")
    for name in ("b.png", "z.png"):
        (tmp_path / name).write_bytes(good[0].read_bytes()[:50])
    code, out, err = said(capsys, "predict", str(trained / "run"), str(tmp_path))
    lines = out.splitlines()
    assert code == 0
    assert [line.split(",")[0] for line in lines[1:]] == ["a.png", "b.png", "c.png", "z.png"]
    assert lines[2] == "b.png" + "," * 11
    assert lines[4] == "z.png" + "," * 11
    assert err.count("warning: ") >= 2
    assert "b.png" in err
    assert "z.png" in err


def test_the_report_is_made_again_and_a_finished_run_tells_again(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = trained / "run" / "report.html"
    before = report.read_bytes()
    report.unlink()
    code, out, _ = said(capsys, "report", str(trained / "run"))
    assert (code, out.strip()) == (0, str(report))
    assert report.read_bytes() == before
    code, out, _ = said(capsys, "race", "--resume", str(trained / "run"), "--json")
    assert code == 0
    verdict = json.loads(out.splitlines()[-1])["verdict"]
    assert verdict["standings"][0]["name"].startswith("ann/")
    code, out, _ = said(capsys, "race", "--resume", str(trained / "run"), "--quiet")
    assert code == 0
    assert "ann/" in out
    assert "bestiary predict" in out
