"""Pairs of texts: which columns, which units, what is kept together, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bestiary.data.reading import load_encoder, read
from bestiary.errors import InputError
from bestiary.kinds.pairs.alphabets import END, UNKNOWN, Known, alphabet_of, choose, learn
from bestiary.kinds.pairs.reader import PairData, PairEncoder, read_pairs
from bestiary.rows.splits import assign

SPELLING = Path(__file__).parents[1] / "fixtures" / "spelling.csv"
WORDS = ["cat", "dog", "cod", "tack", "at", "cot", "coat", "toad", "goat", "tag"]
SOUNDS = ["K AE T", "D AO G", "K AA D", "T AE K", "AE T", "K AA T", "K OW T", "T OW D", "G OW T", "T AE G"]


def frame(times: int = 4) -> dict[str, list[str]]:
    return {"spelling": WORDS * times, "sound": SOUNDS * times}


def encoded(tmp_path: Path, **words: object) -> tuple[PairData, PairEncoder, np.ndarray]:
    source = read_pairs(frame(), **words)  # type: ignore[arg-type]
    splits = assign(source)
    encoder = source.encode(splits, tmp_path / "data", 0)
    return PairData(tmp_path / "data", batch=8, sealed=tmp_path / "sealed"), encoder, splits


# ------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet", "frame"])
def test_every_form_of_table_is_read_alike(form: str, tmp_path: Path) -> None:
    table, path = pd.DataFrame(frame()), tmp_path / f"pairs.{form}"
    if form == "csv":
        table.to_csv(path, index=False)
    elif form == "tsv":
        table.to_csv(path, index=False, sep="\t")
    elif form == "jsonl":
        table.to_json(path, orient="records", lines=True)
    elif form == "parquet":
        table.to_parquet(path)
    source = read(table if form == "frame" else path, task="transduce")
    assert source.kind == "pairs" and source.target.problem == "transduce" and len(source) == 40
    assert source.column == "spelling" and source.target.name == "sound"  # type: ignore[attr-defined]
    assert source.answers.to_pylist() == SOUNDS * 4  # type: ignore[attr-defined]


def test_of_two_columns_one_name_is_enough() -> None:
    backwards = read_pairs(frame(), target="spelling")
    assert (backwards.column, backwards.target.name, backwards.units) == ("sound", "spelling", ("words", "characters"))
    assert read_pairs(frame(), text="sound").target.name == "spelling"


def test_the_dictionary() -> None:
    source = read(SPELLING, task="transduce")
    assert source.units == ("characters", "words")  # type: ignore[attr-defined]
    assert "39 different words, 5.4 in a row" in source.target.reason and "`units=` overrides" in source.target.reason
    assert np.bincount(assign(source)).tolist() == [6400, 1600, 2000]


def test_rows_without_both_texts_are_dropped_and_said() -> None:
    data = {"spelling": [*WORDS, "", None, "odd"], "sound": [*SOUNDS, "K", "K", None]}
    source = read_pairs(data)
    assert len(source) == 10 and source.numbers.tolist() == list(range(10))
    told = "3 rows are dropped: 'spelling' or 'sound' is missing in them; the first is row 10 (counted from 0)"
    assert told in source.notes


def test_equal_sources_are_never_parted() -> None:
    data = {
        "spelling": [w for w in WORDS * 3 for _ in range(3)],
        "sound": [f"{s} X{k}" for s in SOUNDS * 3 for k in range(3)],
    }
    source = read_pairs(data)
    splits = assign(source)
    for word in WORDS:
        rows = [row for row, text in enumerate(source.sources.to_pylist()) if text == word]
        assert len(set(splits[rows])) == 1
    assert any("20 further answers to a source that has one already" in note for note in source.notes)


def test_groups_times_and_held_out_rows() -> None:
    data = frame() | {"speaker": ["ann", "bob", "cy", "di"] * 10, "day": list(range(40))}
    grouped = read_pairs(data, text="spelling", target="sound", group="speaker")
    splits = assign(grouped)
    assert all(len(set(splits[k::4])) == 1 for k in range(4))
    timed = assign(read_pairs(data, text="spelling", target="sound", time="day"))
    assert timed.tolist() == sorted(timed.tolist()), "the latest are tested on"
    held = read_pairs(frame(), test=frame(1))
    assert assign(held).tolist().count(2) == 10 and held.held is not None and (held.held[40:] == 2).all()


def test_the_digest_is_of_every_cell() -> None:
    changed = frame()
    changed["sound"][7] += " K"
    assert read_pairs(frame()).digest == read_pairs(frame()).digest != read_pairs(changed).digest


@pytest.mark.parametrize(
    ("data", "words", "message"),
    [
        (
            {"a": WORDS, "b": WORDS, "c": WORDS},
            {},
            r"pairs need two columns \(text=, target=\); the columns are 'a', 'b'",
        ),
        ({"a": WORDS}, {}, "pairs need two columns"),
        (frame(), {"text": "speling"}, "did you mean 'spelling'"),
        (frame(), {"text": "sound", "target": "sound"}, "text and target are different columns"),
        (frame(), {"units": "letters"}, "units must be characters, words or bpe; received 'letters'"),
        (frame(), {"units": "words,words,words"}, "units are one word, or two"),
        (frame(), {"problem": "regression"}, "these are pairs data; name another task"),
        ({"a": WORDS, "b": ["x"] * 10}, {}, "target 'b' is the same in every row"),
        ({"a": ["", ""], "b": ["x", "y"]}, {}, "no row has both 'a' and 'b'"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(data, words, message) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read_pairs(data, **words)
    assert "\n" not in str(refused.value)


# ------------------------------------------------------------------------------------------------- units


def test_units_are_told_from_the_texts() -> None:
    assert choose(SOUNDS * 3)[0] == "words"
    assert choose(WORDS)[0] == "characters"
    sentences = [" ".join(f"word{(7 * row + 3 * place) % 400}" for place in range(12)) for row in range(50)]
    assert choose(sentences)[0] == "bpe"
    assert choose(["12 March 1999", "3 April 2001"])[0] == "characters"


@pytest.mark.parametrize("unit", ["characters", "words", "bpe"])
def test_text_comes_back_from_its_tokens(unit: str) -> None:
    texts = ["naïve déjà vu", "plain words here", "plain naïve"]
    alphabet = learn(unit, texts)
    again = alphabet_of(json.loads(json.dumps(alphabet.words())))
    for text in texts:
        tokens = alphabet.encode(text)
        assert min(tokens) >= 4 and max(tokens) < alphabet.size
        assert again.encode(text) == tokens and again.decode(tokens) == text
    assert learn("bpe", texts).decode(learn("bpe", texts).encode("任意 text")) == "任意 text", "no text is unknown"


def test_of_many_words_the_commonest_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bestiary.kinds.pairs.alphabets.MOST", 2)
    alphabet = learn("words", ["b a", "b c", "b a d"])
    assert isinstance(alphabet, Known) and alphabet.known == ["a", "b"]
    assert alphabet.encode("d b") == [UNKNOWN, 5]


# ------------------------------------------------------------------------------------------------ encoding


def test_what_is_written_is_what_was_read(tmp_path: Path) -> None:
    data, encoder, splits = encoded(tmp_path)
    for number, split in enumerate(("train", "validation", "test")):
        arrays = data.arrays(split)
        assert arrays["row"].tolist() == np.flatnonzero(splits == number).tolist()
        for place, row in enumerate(arrays["row"].tolist()):
            size, whole = int(arrays["source_lengths"][place]), arrays["source"][place]
            assert whole[size - 1] == END and not whole[size:].any()
            text = "".join(w if w in "acdgkot" else "?" for w in WORDS[row % 10])
            assert encoder.alphabets[0].decode([t for t in whole[: size - 1].tolist() if t >= 4]) == text.replace(
                "?", ""
            )
            size, whole = int(arrays["sequence_lengths"][place]), arrays["sequence"][place].tolist()
            assert (whole[0], whole[size - 1]) == (2, END) and not any(whole[size:])
            assert encoder.alphabets[1].decode(whole[1 : size - 1]) == SOUNDS[row % 10]


def test_vocabularies_are_those_of_training_rows(tmp_path: Path) -> None:
    source = read_pairs({"a": ["ab", "ba", "zz"] * 3, "b": ["x", "y", "x"] * 3})
    splits = np.array([0, 0, 1] * 3, np.int8)
    encoder = source.encode(splits, tmp_path / "data", 0)
    assert encoder.spec.vocabulary == 4 + 2, "z is no letter of a training row"
    assert PairData(tmp_path / "data").arrays("validation")["source"][0].tolist()[:3] == [UNKNOWN, UNKNOWN, END]


def test_batches_are_cut_to_their_longest_and_are_a_function_of_seed_and_number(tmp_path: Path) -> None:
    data, _, _ = encoded(tmp_path)
    again = PairData(tmp_path / "data", batch=8)
    other = PairData(tmp_path / "data", batch=8, seed=1)
    for number in (0, 5, 2):
        batch = data.batch("train", number)
        assert len(batch) == data.size and batch.inputs.source.shape[1] == int(batch.inputs.source_lengths.max())
        assert batch.target.sequence.shape[1] == int(batch.target.sequence_lengths.max())
        assert batch.inputs.source.equal(again.batch("train", number).inputs.source)
    assert any(not data.batch("train", n).inputs.source.equal(other.batch("train", n).inputs.source) for n in range(3))
    seen = [row for number in range(data.epoch) for row in data.batch("train", number).target.sequence[:, 1].tolist()]
    assert len(seen) == data.epoch * data.size
    assert sum(len(batch) for batch in data.batches("validation")) == data.rows("validation")


def test_test_rows_are_closed_until_they_are_opened(tmp_path: Path) -> None:
    encoded(tmp_path)
    with pytest.raises(PermissionError):
        PairData(tmp_path / "data").arrays("test")


def test_long_rows_are_cut_and_said(tmp_path: Path) -> None:
    source = read_pairs({"a": ["ab", "ba", "ab" * 40] * 3, "b": ["x", "y", "x"] * 3}, units="characters")
    encoder = source.encode(np.array([0, 0, 1] * 3, np.int8), tmp_path / "data", 0)
    assert encoder.spec.length == 6, "twice the longest of training"
    assert any("3 validation rows are longer than twice the longest of training" in note for note in source.notes)
    assert PairData(tmp_path / "data").arrays("validation")["source_lengths"].tolist() == [6, 6, 6]


def test_the_encoder_reads_new_rows_without_answers(tmp_path: Path) -> None:
    _, encoder, _ = encoded(tmp_path)
    loaded = load_encoder(tmp_path / "data" / "encoder")
    assert isinstance(loaded, PairEncoder) and loaded.spec == encoder.spec
    table = pd.DataFrame({"spelling": ["tac", "", "tux"], "other": [1, 2, 3]})
    found = loaded.encode(table)
    assert found.rows.tolist() == [0, 1, 2] and found.arrays["source_lengths"].tolist() == [4, 1, 4]
    assert found.warnings == [
        "column 'spelling' is empty in 1 of 3 rows",
        "1 of 3 rows have characters that no training row has",
    ]
    assert loaded.encode(["tac"]).arrays["source"].tolist() == found.arrays["source"][:1].tolist()
    with pytest.raises(InputError, match="expected a column 'spelling' of text; received speling; did you mean"):
        loaded.encode(pd.DataFrame({"speling": ["tac"]}))


def test_an_altered_encoder_is_refused(tmp_path: Path) -> None:
    encoded(tmp_path)
    path = tmp_path / "data" / "encoder" / "encoder.json"
    words = json.loads(path.read_text())
    words["facts"]["units"][0]["known"] = words["facts"]["units"][0]["known"][:-1]
    path.write_text(json.dumps(words))
    with pytest.raises(InputError, match="the vocabularies of the encoder are not of sizes"):
        load_encoder(tmp_path / "data" / "encoder")
