"""Samples that a person can use: rows in their own columns, texts of baselines, and what makes nothing says so."""

import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console
from torch import nn

from bestiary.architectures.attention.gpt import GPT
from bestiary.architectures.generative.ddpm import DDPM
from bestiary.baselines.generate import Gaussian
from bestiary.baselines.rivals import run_rival
from bestiary.cli import console
from bestiary.cli.main import main
from bestiary.cli.steps import Steps
from bestiary.contracts import CorpusSpec, ImageSpec, TokenSpec
from bestiary.data import read
from bestiary.errors import InputError
from bestiary.rows.splits import assign
from bestiary.rows.store import read_spec
from bestiary.runs.model import save_baseline
from bestiary.runs.trained import Trained, trained
from bestiary.sampling.texts import sample

FIXTURES = Path(__file__).parents[1] / "fixtures"


def baselines(folder: Path, file: str, names: list[str], **words: object) -> Path:
    """A run in which nothing but these baselines took part, the first the winner."""
    source = read(FIXTURES / file, **words)  # pyright: ignore[reportArgumentType]
    source.encode(assign(source), folder / "data", seed=0)
    for name in names:
        run_rival(name, folder / "data", folder / "contenders" / f"baseline.{name}", seconds=0.1)
    spec, facts = read_spec(folder / "data")
    model = folder / "contenders" / f"baseline.{names[0]}" / "model.skops"
    encoder = folder / "data" / "encoder"
    save_baseline(folder / "winner", model, encoder=encoder, name=names[0], spec=spec, facts=facts)
    (folder / "plan.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def genesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return baselines(tmp_path_factory.mktemp("genesis"), "genesis.txt", ["ngram", "compressor"], task="continue")


@pytest.fixture(scope="module")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("penguins")
    return baselines(folder, "penguins.csv", ["gaussian", "density"], task="generate", target="Species")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["sample", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_an_ngram_carries_a_prompt_on(genesis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--prompt", "In the beginning", "--count", "2", "--length", "300")
    code, out, _ = told(capsys, str(genesis), *asked)
    first, second = (text.partition("\n")[2] for text in out.split("--- ")[1:])
    assert code == 0 and first.startswith("In the beginning") and first != second
    assert told(capsys, str(genesis), *asked)[1] == out  # the same seed
    assert told(capsys, str(genesis), *asked, "--seed", "1")[1] != out
    known = set((FIXTURES / "genesis.txt").read_text(encoding="utf-8").split())

    def words_known(text: str) -> float:
        return float(np.mean([word in known for word in text.split()]))

    wild = told(capsys, str(genesis), *asked, "--temperature", "9")[1]
    assert words_known(first) > 0.6 > words_known(wild)  # over five seeds 0.90 to 0.97, and 0.11 to 0.23


def test_without_chance_an_ngram_says_what_is_likeliest(genesis: Path) -> None:
    found = trained(genesis, "baseline/ngram")
    text = found.sample(1, prompt="And God", length=40, temperature=0).texts
    assert text is not None
    letters = np.frombuffer(text[0].encode(), np.uint8)
    likeliest = [int(found.answer.following(letters[:place]).argmax()) for place in range(7, 47)]
    assert letters[7:].tolist() == likeliest
    assert found.sample(1, prompt="And God", length=40, top_k=1).texts == text


@pytest.mark.parametrize("contender", [None, "baseline/density"])
def test_rows_are_written_under_the_header_of_the_file(
    contender: str | None, penguins: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = pd.read_csv(FIXTURES / "penguins.csv")
    asked = ("--count", "2000", "--out", str(tmp_path / "rows.csv"), *(("--contender", contender) if contender else ()))
    assert told(capsys, str(penguins), *asked)[0] == 0
    made = pd.read_csv(tmp_path / "rows.csv")
    assert list(made) == [name for name in given if name != "Species"]
    for name in ("Island", "Sex", "studyName", "Clutch Completion", "Region", "Stage"):
        assert set(made[name].dropna()) <= set(given[name].dropna()), name
    for name in ("Culmen Length (mm)", "Flipper Length (mm)", "Body Mass (g)"):
        assert made[name].between(given[name].min(), given[name].max()).all()
        assert abs(made[name].mean() - given[name].mean()) < 0.25 * given[name].std(), name
    assert made["Flipper Length (mm)"].dtype == made["Body Mass (g)"].dtype == np.int64  # whole where they were
    apart = np.corrcoef(made["Flipper Length (mm)"], made["Body Mass (g)"])[0, 1]
    assert apart > 0.7  # 0.87 between the real ones
    assert pd.to_datetime(made["Date Egg"]).dt.year.isin([2007, 2008, 2009]).all()


def test_a_model_folder_alone_is_enough(penguins: Path, tmp_path: Path) -> None:
    shutil.copytree(penguins / "winner", tmp_path / "model")
    table = trained(tmp_path / "model").sample(5).table
    assert table is not None
    assert set(table["Island"]) <= {"Biscoe", "Dream", "Torgersen"}


def test_a_low_temperature_stays_near_the_mean() -> None:
    maker = Gaussian(np.full(4, 3.0), np.eye(4), (4,))
    spread = [float(maker.sample(500, torch.Generator().manual_seed(0), t).std(0).mean()) for t in (1.0, 0.5)]
    assert spread[0] / spread[1] == pytest.approx(2)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--contender", "baseline/compressor"), "baseline/compressor is a baseline, which cannot sample; "),
        (("--contender", "baseline/nram"), "did you mean 'baseline/ngram'?"),
        (("--contender", "baseline"), "no contender 'baseline'"),
        (("--steps", "3"), "samples with the words: prompt, length, temperature"),
        (("--top-p", "2"), "top-p must be above 0 and at most 1"),
        (("--length", "0"), "length from 1"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    words: tuple[str, ...], hint: str, genesis: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, str(genesis), *words)
    assert code == 2
    assert hint in err and err.count("\n") == 1


@pytest.mark.parametrize("contender", [(), ("--contender", "baseline/density")])
def test_an_ending_that_does_not_fit_is_refused_before_any_work(
    contender: tuple[str, ...],
    penguins: Path,
    genesis: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Trained, "sample", lambda *words: pytest.fail("it was sampled"))
    code, _, err = told(capsys, str(penguins), *contender, "--out", str(tmp_path / "nowhere" / "rows.csv"))
    assert code == 2 and err.endswith(f"there is no {tmp_path / 'nowhere'}; make it first\n")
    code, _, err = told(capsys, str(penguins), *contender, "--out", str(tmp_path / "rows.png"))
    assert code == 2
    assert err == "error: --out must end in .csv; received 'rows.png'; name it samples.csv\n"
    code, _, err = told(capsys, str(genesis), "--out", str(tmp_path / "text.csv"))
    assert code == 2
    assert err == "error: --out must end in .txt; received 'text.csv'; name it samples.txt\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["rows", "rows.csv"])
def test_a_file_gets_the_ending_that_it_lacks(
    name: str, penguins: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = told(capsys, str(penguins), "--out", str(tmp_path / name))
    assert code == 0 and out == f"16 samples of baseline/gaussian written to {tmp_path / 'rows.csv'}\n"


def test_long_sampling_tells_how_far_it_is() -> None:
    from bestiary.sampling import denoising

    told: list[tuple[int, int]] = []
    painter = DDPM(channels=1, image_size=(8, 8), widths=(8,), depth=1, attention=(), groups=2, steps=7)
    facts = {"pixel_mean": [0.0], "pixel_scale": [1.0], "pixel_range": [0.0, 1.0]}
    spec = ImageSpec(channels=1, image_size=(8, 8), outputs=0)
    denoising.sample(painter, spec, facts, count=300, seed=0, steps=3, watch=lambda *step: told.append(step))
    assert told == [(step, 6) for step in range(1, 7)]  # in two parts of 256 at most
    told.clear()
    writer = GPT(vocabulary=257, length=8, width=8, depth=1, heads=2)
    words = CorpusSpec(vocabulary=257, length=8)
    for beams in (None, 2):
        sample(writer, words, {"merges": []}, length=12, beams=beams, watch=lambda *step: told.append(step))
        assert told == [(step, 12) for step in range(1, 13)]
        told.clear()


def test_a_line_of_steps_is_for_those_who_watch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Steps("making 9") as steps:
        steps.told(1, 4)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(console, "console", lambda stderr=False: Console(file=screen, force_terminal=True, width=80))
    screen = io.StringIO()
    with Steps("making 9") as steps:
        steps.told(1, 4)
        steps.told(3, 4)
    assert "making 9" in screen.getvalue() and "3/4" in screen.getvalue()


def test_what_answers_is_not_sampled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = {"task": "transduce", "target": "sound"}
    run = baselines(tmp_path / "run", "spelling.csv", ["nearest"], **words)
    code, _, err = told(capsys, str(run))
    assert code == 2
    assert "use bestiary predict" in err
    with pytest.raises(InputError, match="carry text on"):
        sample(nn.Linear(1, 1), TokenSpec(vocabulary=9, length=4, outputs=2), {"problem": "classification"})
