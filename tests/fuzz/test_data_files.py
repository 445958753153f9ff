"""Damaged data of every form: they are read, or refused in one line; no traceback, no hanging, nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.rows.splits import assign
from tests.fuzz.files import FORMS, Form
from tests.fuzz.judge import fault, faults
from tests.fuzz.mutations import damaged

DAMAGES = 50  # of each form
ENCODED = 10  # every so many are encoded too, where they can be read


def laid(form: Form, folder: Path) -> tuple[Path, Path]:
    """The file and what is read, with all that must stand beside it."""
    for name, content in {form.name: form.make, **form.beside}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content())
    return folder / form.name, folder if form.folder else folder / form.name


def used(source: Path, words: Any, out: Path | None) -> None:
    """Reads as a race does, and encodes where that is asked for."""
    found = read(str(source), **words)
    if out is not None:
        shutil.rmtree(out, ignore_errors=True)
        found.encode(assign(found), out / "data", 0)


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_what_is_whole_is_read(form: Form, tmp_path: Path) -> None:
    """Otherwise the damage below would not matter."""
    _, source = laid(form, tmp_path / "in")
    used(source, form.words, tmp_path / "out")


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_what_is_damaged_is_read_or_refused(form: Form, tmp_path: Path) -> None:
    file, source = laid(form, tmp_path / "in")
    whole = file.read_bytes()

    def cases() -> Any:
        for number in range(DAMAGES):
            file.write_bytes(damaged(whole, form.mutations, number))
            out = tmp_path / "out" if number % ENCODED == 0 else None
            yield f"damage {number}", lambda out=out: used(source, form.words, out)

    assert faults(cases()) == []


@pytest.mark.parametrize("name", ["data.csv", "data.tsv", "data.csv.gz", "data.parquet", "data.jsonl", "data.ts",
                                  "data.npz", "data.npy", "data.graphml", "data.sdf", "data.txt"])  # fmt: skip
def test_the_content_of_another_form_is_read_or_refused(name: str, tmp_path: Path) -> None:
    words = next((form.words for form in FORMS.values() if form.name == name), {})
    wrong = []
    for other, form in FORMS.items():
        (tmp_path / name).write_bytes(form.make())
        wrong += [f"{other} as {name}: {told}" for told in [fault(lambda: used(tmp_path / name, words, None))] if told]
    assert wrong == []


def test_numbers_beyond_float32_are_read(tmp_path: Path) -> None:
    """Between 3.4e38 and 1e100 they ended in a ValueError of scikit-learn's, while leaks were looked for."""
    rows = "".join(f"{k % 7}e{k % 3 * 25},{k},{'ab'[k % 2]}\n" for k in range(60))
    (tmp_path / "data.csv").write_text("x,z,y\n" + rows)
    assert len(read(str(tmp_path / "data.csv"), target="y")) == 60


def test_text_in_parquet_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    """It was found column by column later, as an error of Arrow's."""
    whole = FORMS["parquet"].make()
    assert "élan".encode() in whole
    (tmp_path / "data.parquet").write_bytes(whole.replace("élan".encode(), b"\xff\xfelan", 1))
    with pytest.raises(InputError, match=r"data\.parquet is a damaged or truncated Parquet file .*UTF8"):
        read(str(tmp_path / "data.parquet"), target="y")
