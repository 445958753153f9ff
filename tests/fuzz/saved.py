"""Small models and a finished race, written by the program itself, and whole again after each damage."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bestiary.cli.main import main
from bestiary.data import read
from bestiary.data.opening import open_data
from bestiary.rows.splits import assign
from tests.fuzz.files import FORMS
from tests.fuzz.judge import fault
from tests.fuzz.mutations import Mutation, damaged

MODEL = "model.json"


def prepared(folder: Path, form: str, **words: Any) -> tuple[Path, Any]:
    """A file of rows, and what is encoded of it, opened."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FORMS[form].name
    file.write_bytes(FORMS[form].make())
    found = read(str(file), **{**FORMS[form].words, **words})
    found.encode(assign(found), folder / "data", 0)
    return file, open_data(folder / "data")


def network(folder: Path, form: str, architecture: str, target: str, keywords: dict[str, Any]) -> Path:
    """A model folder with an untrained network; returns rows that it can answer."""
    from bestiary.architectures.build import build
    from bestiary.runs.model import save_network

    file, data = prepared(folder, form)
    made = build(target, keywords, data.spec, seed=0)
    words = {"architecture": architecture, "target": target, "keywords": keywords}
    save_network(folder / "model", made, encoder=folder / "data" / "encoder", **words, spec=data.spec, facts=data.facts)
    return file


def baseline(folder: Path, form: str, name: str, **words: Any) -> Path:
    """A model folder with a fitted baseline; returns rows that it can answer."""
    from bestiary.baselines import run_baseline, run_rival
    from bestiary.runs.model import save_baseline

    file, data = prepared(folder, form, **words)
    if words:
        run_rival(name, folder / "data", folder / "fitted", seconds=0.1)
    else:
        run_baseline(name, folder / "data", folder / "fitted", seconds=0.1)
    model = folder / "fitted" / "model.skops"
    encoder = folder / "data" / "encoder"
    save_baseline(folder / "model", model, encoder=encoder, name=name, spec=data.spec, facts=data.facts)
    return file


def finished(folder: Path) -> Path:
    """A race of one small architecture, trained for an epoch and judged."""
    file = folder / "data.csv"
    file.write_bytes(FORMS["csv"].make())
    words = ["--target", "y", "--set", "width=4", "--epochs", "1", "--out", str(folder / "run"), "--quiet"]
    assert main(["train", "ann", str(file), *words]) == 0
    return file


def damages(file: Path, mutations: tuple[Mutation, ...], count: int, first: int = 0) -> Iterator[str]:
    """Damages a file in one way after the other, and puts it right at the end; gives what tells them apart."""
    whole = file.read_bytes()
    try:
        for number in range(first, first + count):
            file.write_bytes(damaged(whole, mutations, number))
            yield f"{file.name}, damage {number}"
    finally:
        file.write_bytes(whole)


def signed(folder: Path, file: Path, before: str) -> None:
    """Puts the digest of what a file holds now in the place of the one before, as a stranger would."""
    words = folder / MODEL
    now = hashlib.sha256(file.read_bytes()).hexdigest()
    words.write_text(words.read_text(encoding="utf-8").replace(before, now), encoding="utf-8")


def told(*arguments: str) -> str:
    """What is wrong with how a verb ended; nothing where it did its work, or refused in one line with exit code 2."""
    out, err = io.StringIO(), io.StringIO()
    code = 1

    def run() -> None:
        nonlocal code
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(arguments))

    wrong = fault(run)
    lines = err.getvalue().splitlines()
    refusals = [line for line in lines if line.startswith("error: ")]
    strange = [line for line in lines if not line.startswith(("error: ", "warning: ")) and " written to " not in line]
    if wrong or code not in (0, 2) or strange or len(refusals) != (code == 2):
        return f"{arguments[0]} ended with {code}: {wrong or err.getvalue()[-400:]!r}"
    return ""
