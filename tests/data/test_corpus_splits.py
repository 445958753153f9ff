"""Texts whose files or folders are named as splits."""

from pathlib import Path

import numpy as np
import pytest

from bestiary.errors import InputError
from bestiary.kinds.corpus.reader import CorpusSource, read_corpus, split_names
from bestiary.rows.splits import assign

GENESIS = (Path(__file__).parents[1] / "fixtures" / "genesis.txt").read_text()


def folder(place: Path, **files: str) -> Path:
    for name, text in files.items():
        path = place / f"{name.replace('__', '/').replace('_dot_', '.')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return place


def texts(source: CorpusSource, split: int) -> bytes:
    """All text of a split."""
    blocks = [block for block, own in zip(source.blocks, assign(source)) if own == split]
    return b"".join(map(source.text, blocks))


@pytest.mark.parametrize(
    "names",
    [
        ("train", "valid", "test"), ("Training", "dev", "Testing"), ("train__a", "val__a", "test_set__a"),
        ("ptb_dot_train", "ptb_dot_valid", "ptb_dot_test"), ("data__train", "data__valid", "data__test"),
    ],
)  # fmt: skip
def test_files_named_as_splits_are_these_splits(names: tuple[str, str, str], tmp_path: Path):
    parts = GENESIS[:60_000], GENESIS[60_000:80_000], GENESIS[80_000:95_000]
    source = read_corpus(folder(tmp_path / "in", **dict(zip(names, parts)), README="A book. " * 40))
    assert [texts(source, split).decode() for split in range(3)] == list(parts)
    assert any("named as splits" in note and "README.txt" in note and "by_name=false" in note for note in source.notes)


def test_a_part_for_tests_alone_is_held_out_and_validation_is_drawn(tmp_path: Path):
    source = read_corpus(folder(tmp_path, train=GENESIS[:60_000], test=GENESIS[60_000:80_000]))
    assert texts(source, 2).decode() == GENESIS[60_000:80_000]
    assert set(assign(source)) == {0, 1, 2}


def test_other_texts_are_one_text(tmp_path: Path):
    place = folder(tmp_path / "a", train=GENESIS[:40_000], plans=GENESIS[40_000:60_000])
    assert read_corpus(place).held is None and not any("splits" in note for note in read_corpus(place).notes)
    assert split_names(["train.txt", "trains.txt"]) is None and split_names(["train.txt"]) is None
    both = folder(tmp_path / "b", train=GENESIS[:40_000], test=GENESIS[40_000:60_000])
    assert read_corpus(both, by_name=False).held is None
    given = read_corpus(both, test=[GENESIS[60_000:70_000]])
    assert given.held is not None and int(np.sum(given.held == 2)) > 0 and texts(given, 2) != GENESIS[40_000:60_000]
    with pytest.raises(InputError, match="1,000 bytes of text or more"):
        read_corpus(folder(tmp_path / "c", train="a b", test="c d"))
