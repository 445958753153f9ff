"""Running text: read in any encoding, cut without leaks, covered once, drawn from (seed, number) alone."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bestiary.data.opening import data_of, open_data
from bestiary.data.reading import load_encoder, read
from bestiary.errors import InputError
from bestiary.kinds.corpus import units
from bestiary.kinds.corpus.files import Document, decoded, documents
from bestiary.kinds.corpus.guess import guess
from bestiary.kinds.corpus.reader import CorpusEncoder, CorpusSource, read_corpus
from bestiary.kinds.corpus.store import JUDGED, CorpusData, windows
from bestiary.kinds.corpus.units import BYTES, Units, learn
from bestiary.rows.given import Given
from bestiary.rows.source import SPLITS
from bestiary.rows.splits import assign

GENESIS = Path(__file__).parents[1] / "fixtures" / "genesis.txt"
TEXTS = ["naïve café – „Ende“ 日本語 🎉\n\n  tab\tend", "In the beginning God created", "\r\n \x00 odd", ""]


def opened(source: CorpusSource, folder: Path, **words: int) -> CorpusData:
    source.encode(assign(source), folder / "data", 0)
    data = open_data(folder / "data", sealed=folder / "sealed", **words)
    assert isinstance(data, CorpusData)
    return data


# ------------------------------------------------------------------------------------------------------- units


def test_bytes_are_numbers_from_one() -> None:
    units = Units()
    assert units.vocabulary == BYTES
    assert units.encode(bytes(range(256))).tolist() == list(range(1, 257))
    assert units.lengths.tolist() == [0] + [1] * 256


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_give_the_text_back(text: str) -> None:
    units = learn([GENESIS.read_bytes()], 700)
    assert units.vocabulary == 700
    raw = text.encode()
    for known in (units, Units(), Units.of({"merges": [list(pair) for pair in units.merges]})):
        tokens = known.encode(raw)
        assert known.decode(tokens) == raw
        assert known.lengths[tokens].sum() == len(raw)
        assert not len(tokens) or tokens.min() > 0


def test_pieces_are_fewer_than_bytes_and_are_words() -> None:
    raw = GENESIS.read_bytes()
    units = learn([raw[:100_000]], 600)
    assert len(units.encode(raw[100_000:])) < 0.6 * len(raw[100_000:])
    assert {b" the", b"And", b" God"} <= set(units.pieces)


def test_broken_units_are_refused() -> None:
    for merges in ([(300, 5)], [(0, 5)], [(5, -1)]):
        with pytest.raises(InputError, match="earlier tokens"):
            Units(merges)
    with pytest.raises(InputError, match="at most"):
        Units([(1, 1), *((257 + n, 257 + n) for n in range(40))])
    with pytest.raises(InputError, match="more than 257"):
        learn([b"text"], 257)


# ------------------------------------------------------------------------------------------------------ reading


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
def test_any_encoding_is_the_same_text(encoding: str, tmp_path: Path) -> None:
    text = "Im Anfang schuf Gott Himmel und Erde – ähnlich. 日本語\n" * 40
    (tmp_path / "a.txt").write_bytes(text.replace("\n", "\r\n").encode(encoding))
    told = None if encoding != "utf-16-le" else encoding  # without a mark it must be told
    (found,), notes = documents(tmp_path / "a.txt", told)
    assert found == Document("a.txt", text.encode())
    assert notes == []


def test_old_encodings_are_guessed_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(("“Café” – naïve\n" * 100).encode("cp1252"))
    (found,), notes = documents(tmp_path / "a.txt", None)
    assert found.text.decode().startswith("“Café” – naïve")
    assert notes == ["not UTF-8, so read as cp1252: a.txt"]


def test_folders_are_read_in_order_and_loops_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name, text in (("b/2.txt", "two"), ("a.txt", "one"), ("b/1.TXT", "first"), ("c.png", "no text"), ("d.md", "")):
        (tmp_path / name).write_text(text)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    found, notes = documents(tmp_path, None)
    assert [document.name for document in found] == ["a.txt", "b/1.TXT", "b/2.txt"]
    passed = "passed over: 1 links that lead to folders, out of the folder, in circles or nowhere"
    assert notes == [passed, "1 empty texts are left out"]


def test_links_out_of_a_folder_are_passed_over_and_said(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "secret.txt").write_text("nobody was to read this")
    (tmp_path / "given" / "own.txt").write_text("one")
    (tmp_path / "given" / "a.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "given" / "b.txt").symlink_to(tmp_path / "given" / "own.txt")  # stays inside
    (tmp_path / "given" / "c.txt").symlink_to("c.txt")
    found, notes = documents(tmp_path / "given", None)
    assert [document.name for document in found] == ["b.txt", "own.txt"]
    assert notes == ["passed over: 2 links that lead to folders, out of the folder, in circles or nowhere"]
    (tmp_path / "given" / "own.txt").unlink()
    with pytest.raises(InputError, match=r"no text file .* \(passed over: 3 links"):
        documents(tmp_path / "given", None)


def test_long_texts_are_cut_into_the_tokens_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("etaoin'n é"), random.integers(1, 9))) for _ in range(300)]
    between = [" ", "  ", "\n", "\n\n ", ", ", "\u3000", ". ", "\t"]
    text = "".join(words[random.integers(300)] + between[random.integers(8)] for _ in range(20_000)).encode()
    pieces = units.learn([text], 600)
    whole = pieces.encode(text)
    monkeypatch.setattr(units, "STRETCH", 1_000)
    parts = list(units.stretches(text))
    assert len(parts) > 100 and b"".join(parts) == text
    assert np.array_equal(pieces.encode(text), whole)


def test_words_without_end_are_learned_from_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "LONG_LEARNED", 5_000)
    text = b"some words " + "é".encode() * 20_000 + b" and others " + b"x" * 4_000
    parts = list(units.short_words([text]))
    assert all(part.decode() == part.decode("utf-8", "strict") for part in parts)
    assert 5_000 <= sum(map(len, parts)) <= 5_000 + 40
    assert b"".join(parts).startswith(b"some words ") and b" and others " in parts
    assert list(units.short_words([b"usual words alone"])) == [b"usual words alone"]


def bad(folder: Path) -> list[tuple[object, dict[str, object], str]]:
    for name, raw in {
        "empty.txt": b"",
        "blank.txt": b"  \n" * 999,
        "short.txt": b"too short",
        "image.txt": bytes(range(256)) * 40,
        "good.txt": b"word " * 900,
        "cut.txt": ("日本語" * 400).encode("utf-16")[:-1],
    }.items():
        (folder / name).write_bytes(raw)
    (folder / "none").mkdir()
    good = folder / "good.txt"
    return [
        (folder / "empty.txt", {}, "is empty"),
        (folder / "blank.txt", {}, "all that was given is empty"),
        (folder / "short.txt", {}, "1,000 bytes of text or more; received 9"),
        (folder / "image.txt", {}, "not plain text"),
        (folder / "cut.txt", {}, "cut.txt is not"),
        (folder / "none", {}, "no text file"),
        (folder / "goof.txt", {}, "did you mean 'good.txt'"),
        (["text", 5], {}, "give strings"),
        (5, {}, "path of a text file"),
        (good, {"units": "words"}, "bytes or bpe; received 'words'"),
        (good, {"length": 4}, "from 8 to 4,096 tokens; received 4"),
        (good, {"units": "bytes", "vocabulary": 500}, "vocabulary is for units=bpe"),
        (good, {"units": "bpe", "vocabulary": 100}, "vocabulary is for units=bpe"),
        (good, {"encoding": "klingon"}, "no encoding is called 'klingon'"),
        (folder / "cut.txt", {"encoding": "utf-8"}, "is not written in utf-8"),
        (good, {"problem": "generate"}, "these are corpus data; name another task"),
    ]


def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    for source, words, told in bad(tmp_path):
        with pytest.raises(InputError, match=told) as caught:
            read_corpus(source, **words)  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)


def test_read_knows_running_text_by_its_task() -> None:
    for words in ({"task": "continue"}, {"kind": "corpus"}):
        source = read(GENESIS, **words)
        assert (source.kind, source.target.problem) == ("corpus", "continue")
        assert isinstance(source, CorpusSource)
        assert source.units == "bpe"


def test_a_held_out_file_is_the_test(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(GENESIS.read_bytes()[:90_000])
    (tmp_path / "b.txt").write_bytes(GENESIS.read_bytes()[90_000:120_000])
    data = opened(read(tmp_path / "a.txt", task="continue", test=tmp_path / "b.txt"), tmp_path)
    assert data.text("test") == [GENESIS.read_bytes()[90_000:120_000]]
    assert sum(len(text) for split in SPLITS[:2] for text in data.text(split)) == 90_000


# ------------------------------------------------------------------------------------------------------ splits


def test_no_text_is_in_two_splits_and_none_is_lost(tmp_path: Path) -> None:
    source = read_corpus(GENESIS, units="bytes")
    splits = assign(source)
    sizes = np.array([block.stop - block.start for block in source.blocks])
    shares = [sizes[splits == split].sum() for split in range(3)]
    assert np.array(shares) / sizes.sum() == pytest.approx([0.64, 0.16, 0.2], abs=0.03)
    data = opened(source, tmp_path)
    parts = [text for split in SPLITS for text in data.text(split)]
    raw = GENESIS.read_bytes()
    places = sorted((raw.index(text), len(text)) for text in parts)
    assert sum(length for _, length in places) == len(raw)
    assert all(a + n == b for (a, n), (b, _) in itertools.pairwise(places))
    assert all(text.endswith(b"\n") for text in parts), "blocks end with a line"


def test_documents_are_dealt_out_whole_where_there_are_many(tmp_path: Path) -> None:
    raw = GENESIS.read_text()
    chapters = [chapter * 2 for chapter in raw.split("\n\n")]
    source = read_corpus(chapters)
    assert len(source) == 50
    data = opened(source, tmp_path)
    assert sorted(text for split in SPLITS for text in data.text(split)) == sorted(c.encode() for c in chapters)
    groups = np.load(tmp_path / "sealed" / "test.group.npy")
    assert len(np.unique(groups)) == len(data.text("test"))
    assert len(groups) == data.rows("test")


def test_no_seed_moves_a_split_and_copies_stay_together() -> None:
    source = read_corpus(GENESIS, units="bytes")
    assert np.array_equal(assign(source), assign(read_corpus(GENESIS, units="bytes")))
    twice = read_corpus([GENESIS.read_text()[:60_000]] * 2)
    splits, keys = assign(twice), twice.keys()
    for key in np.unique(keys):
        assert len(np.unique(splits[keys == key])) == 1


def test_pieces_are_learned_from_training_text_alone(tmp_path: Path) -> None:
    source = read_corpus(GENESIS, units="bpe", vocabulary=600)
    splits = assign(source)
    train = [source.text(run) for run in source.runs(splits == 0)]
    assert source.fit(splits).units.merges == learn(train, 600).merges
    assert source.fit(splits).units.merges != learn([GENESIS.read_bytes()], 600).merges


# ----------------------------------------------------------------------------------------------------- windows


@pytest.mark.parametrize("length", [4, 5, 9, 64])
@pytest.mark.parametrize("stretches", [(1,), (4,), (5, 1, 12), (63, 64, 65, 200)])
def test_windows_ask_for_every_token_once_with_what_came_before(length: int, stretches: Sequence[int]) -> None:
    draw = np.random.default_rng(0)
    tokens = np.concatenate([np.append([0], draw.integers(1, BYTES, n)) for n in stretches]).astype(np.int32)
    found = windows(tokens, Units().lengths, length)
    asked = np.zeros(len(tokens), int)
    for start, stop, first, count in zip(*(found[name] for name in ("start", "stop", "first", "target"))):
        ask = np.arange(start + first + 1, min(start + length + 1, stop))
        asked[ask] += 1
        assert len(ask) == count
        assert tokens[start] == 0 or first >= (length - 1) // 2, "half a window before it, or the beginning"
    assert np.array_equal(asked, tokens != 0)
    apart = windows(tokens, Units().lengths, length, overlap=False)
    assert apart["target"].sum() == sum(stretches)
    assert len(apart["target"]) == sum(-(-n // length) for n in stretches)
    few = windows(tokens, Units().lengths, length, most=2)
    assert set(few["row"].tolist()) <= set(found["row"].tolist())
    assert len(few["row"]) == min(2, len(found["row"]))


def whole(batch: Any) -> torch.Tensor:
    """The windows of a batch: what is given and the last token that is asked for, [B T + 1]."""
    return torch.cat([batch.inputs.tokens, batch.truth[:, -1:]], 1)


def test_batches_of_a_split_are_its_windows(tmp_path: Path) -> None:
    data = opened(read_corpus(GENESIS, units="bytes", length=32), tmp_path)
    asked, bytes_of = data.counted("test", slice(None))
    tokens = torch.cat([whole(batch) for batch in data.batches("test")])
    assert len(tokens) == data.rows("test") == min(JUDGED["test"], data.rows("test"))
    assert int((asked * bytes_of).sum()) == int(data.arrays("test")["target"].sum())
    stream = data.arrays("test")["tokens"]
    for row in (0, 7, len(tokens) - 1):
        start, stop = int(data.arrays("test")["start"][row]), int(data.arrays("test")["stop"][row])
        real = stream[start : min(start + 33, stop)]
        assert tokens[row, : len(real)].tolist() == real.tolist()
        assert not tokens[row, len(real) :].any()
    some = data.take("test", torch.tensor([3, 1]))
    assert torch.equal(whole(some), tokens[[3, 1]])


def test_training_windows_are_a_function_of_seed_and_number(tmp_path: Path) -> None:
    data = opened(read_corpus(GENESIS, units="bytes"), tmp_path, batch=8, seed=1)
    again = open_data(tmp_path / "data", batch=8, seed=1)
    other = open_data(tmp_path / "data", batch=8, seed=2)
    later = data.batch("train", 5)
    data.batch("train", 0)
    assert torch.equal(whole(later), whole(again.batch("train", 5)))
    assert not torch.equal(whole(later), whole(other.batch("train", 5)))
    assert not torch.equal(whole(later), whole(data.batch("train", 6)))
    assert whole(later).shape == (8, 129)
    raw = b"\0".join(data.text("train"))
    assert all(bytes((row - 1).clamp(min=0).byte().tolist()).strip(b"\0")[:20] in raw for row in whole(later))
    with pytest.raises(PermissionError):
        again.arrays("test")


def test_windows_begin_everywhere(tmp_path: Path) -> None:
    data = CorpusData.of(
        read_corpus(GENESIS, units="bytes").fit(np.zeros(108, np.int8)).spec,
        {"merges": []},
        {"train": {"tokens": np.arange(200, dtype=np.int32)}},
        batch=64,
    )
    seen = {int(start) for number in range(60) for start in data.batch("train", number).inputs.tokens[:, 0]}
    assert seen == set(range(72))


# ----------------------------------------------------------------------------------------------------- encoder


@pytest.mark.parametrize("units", ["bytes", "bpe"])
def test_an_encoder_survives_saving_and_encodes_new_text(units: str, tmp_path: Path) -> None:
    source = read_corpus(GENESIS, units=units)
    source.encode(assign(source), tmp_path / "data", 0)
    encoder = load_encoder(tmp_path / "data" / "encoder")
    assert isinstance(encoder, CorpusEncoder)
    new = ["And it came to pass – naïve 🎉. " * 20, "And Adam knew Eve his wife."]
    encoded = encoder.encode(new)
    data = data_of(encoder.spec, encoder.facts, {"test": encoded.arrays})
    assert isinstance(data, CorpusData)
    assert data.text("test") == [text.encode() for text in new]
    assert data.rows("test") == len(encoded.rows)
    asked, bytes_of = data.counted("test", slice(None))
    assert int((asked * bytes_of).sum()) == sum(len(text.encode()) for text in new)


def test_an_altered_encoder_is_refused(tmp_path: Path) -> None:
    source = read_corpus(GENESIS, units="bpe", vocabulary=400)
    source.encode(assign(source), tmp_path / "data", 0)
    path = tmp_path / "data" / "encoder" / "encoder.json"
    path.write_text(path.read_text().replace('"vocabulary": 400', '"vocabulary": 500'))
    with pytest.raises(InputError, match="400 tokens and says 500"):
        load_encoder(tmp_path / "data" / "encoder")


def test_decoding_prefers_marks_to_guesses() -> None:
    assert decoded(b"\xef\xbb\xbfabc", None, "x") == ("abc", False)
    assert decoded(b"\xff\xfea\0", None, "x") == ("a", False)
    assert decoded("é".encode(), "utf-8", "x") == ("é", False)


def test_running_text_needs_no_name_for_its_task(tmp_path: Path) -> None:
    source = read(GENESIS)
    assert (source.kind, source.target.problem) == ("corpus", "continue")
    words = "the quick brown fox jumps over\tthe lazy dog of all\n"
    (tmp_path / "rows.txt").write_text(f"one\ttwo\n{words * 40}", encoding="utf-8")
    (tmp_path / "numbers.txt").write_text("1 2.5 3.5 4\n" * 40, encoding="utf-8")
    assert guess(Given(tmp_path / "rows.txt", {})) is None
    assert guess(Given(tmp_path / "numbers.txt", {})) is None
    assert read(GENESIS, task="continue").kind == "corpus"
