"""Text: guessed, tokenised by a vocabulary of training rows alone, and kept raw beside it."""

import inspect

import numpy as np
import pandas as pd
import pytest
import scipy.signal
import scipy.stats

from bestiary.data import load_encoder, read
from bestiary.errors import InputError
from bestiary.kinds.text.reader import UNKNOWN
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData, read_array, read_spec


@pytest.fixture(scope="module")
def reviews() -> pd.DataFrame:
    """Real sentences: paragraphs of SciPy's documentation, and the module that they are from."""
    rows = []
    for module in (scipy.stats, scipy.signal):
        for name in sorted(module.__all__)[:60]:
            page = inspect.getdoc(getattr(module, name)) or ""
            rows += [(" ".join(part.split()), module.__name__) for part in page.split("\n\n") if len(part.split()) > 5]
    return pd.DataFrame(rows, columns=["paragraph", "module"]).drop_duplicates("paragraph", ignore_index=True)


def test_text_is_guessed_encoded_and_kept(tmp_path, reviews):
    reviews.to_csv(tmp_path / "docs.csv", index=False)
    source = read(tmp_path / "docs.csv", "module")
    assert (source.kind, source.column) == ("text", "paragraph") and "free text" in source.reason
    splits = assign(source)
    encoder = source.encode(splits, tmp_path / "data", 0)
    assert encoder.spec.kind == "text" and 1_000 <= encoder.spec.vocabulary <= 8_000 and encoder.spec.length <= 512
    data = StoredData(tmp_path / "data", sealed=tmp_path / "sealed")
    for number, split in enumerate(("train", "validation", "test")):
        arrays = {name: array.numpy() for name, array in data.arrays(split).items()}
        tokens, lengths = arrays["tokens"], arrays["lengths"]
        place = np.arange(tokens.shape[1])
        assert ((tokens != 0) == (place < lengths[:, None])).all() and lengths.min() >= 1
        rows, raw, starts = arrays["row"], arrays["bytes"].tobytes(), arrays["offsets"]
        assert np.array_equal(rows, np.flatnonzero(splits == number))
        for i in (0, len(rows) - 1):
            written = reviews["paragraph"][rows[i]]
            assert raw[starts[i] : starts[i + 1]].decode() == written
            known = encoder.tokenizer.decode(tokens[i][: lengths[i]].tolist())
            assert written.startswith(known) and (lengths[i] == encoder.spec.length or known == written)


def test_the_length_is_the_99th_percentile_and_cuts_are_told(tmp_path, reviews):
    source = read(reviews, "module")
    splits = assign(source)
    encoder = source.encode(splits, tmp_path / "data", 0)
    full = [len(encoder.tokenizer.encode(text).ids) for text in reviews["paragraph"][splits == 0]]
    assert encoder.spec.length == min(512, int(np.ceil(np.percentile(full, 99))))
    share = np.mean(np.array(full) > encoder.spec.length)
    assert any(f"{share:.1%} of the training texts are cut" in note for note in source.notes) == (share > 0)


def test_test_rows_change_nothing_in_training(tmp_path, reviews):
    splits = assign(read(reviews, "module"))
    changed = reviews.copy()
    changed.loc[splits == 2, "paragraph"] = "zyxwvu zyxwvu zyxwvu and other words that are new " * 30
    written = []
    for name, frame in (("one", reviews), ("two", changed)):
        folder = tmp_path / name / "data"
        read(frame, "module", kind="text", text="paragraph").encode(splits, folder, 0)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert written[0] == written[1] and any(name.endswith("tokenizer.json") for name in written[0])


def test_saved_and_loaded_encodes_alike(tmp_path, reviews):
    source = read(reviews, "module")
    source.encode(assign(source), tmp_path / "data", 0)
    encoder = load_encoder(tmp_path / "data" / "encoder")
    splits = assign(source)
    again = encoder.encode(reviews)
    assert np.array_equal(again.arrays["tokens"][splits == 0], read_array(tmp_path / "data", "train", "tokens"))
    texts = ["plain", "", f"marks like {UNKNOWN} and emoji \U0001f600 survive"]
    new = encoder.encode(texts)
    assert new.arrays["lengths"][1] == 1 and new.arrays["tokens"][1, 0] == 1
    assert encoder.tokenizer.decode(encoder.tokenizer.encode(texts[2]).ids) == texts[2]
    assert 1 not in new.arrays["tokens"][2]
    assert "is empty in 1 of 3 rows" in new.warnings[0]
    assert "is empty in 2 of 3 rows" in encoder.encode(["plain", None, float("nan")]).warnings[0]
    with pytest.raises(InputError, match="expected a column 'paragraph'"):
        encoder.encode({"body": ["x"]})
    vocabulary = tmp_path / "data" / "encoder" / "tokenizer.json"
    vocabulary.write_text(vocabulary.read_text()[:-50])
    with pytest.raises(InputError, match=r"expected JSON in .*tokenizer.json"):
        load_encoder(tmp_path / "data" / "encoder")


def test_other_columns_are_left_out_by_name_and_the_guess_can_be_overruled(tmp_path, reviews):
    frame = reviews.assign(length=reviews["paragraph"].str.len(), stars=np.arange(len(reviews)) % 5)
    source = read(frame, "module")
    assert source.kind == "text" and any("'length', 'stars'" in note for note in source.notes)
    table = read(frame, "module", kind="table")
    table.encode(assign(table), tmp_path / "data", 0)
    assert not any("'paragraph' is left out" in note for note in table.notes)  # it is learned from, beside the numbers
    assert read_spec(tmp_path / "data")[0].texts == 1


def test_what_cannot_be_text_is_refused(reviews):
    with pytest.raises(InputError, match="did you mean 'paragraph'"):
        read(reviews, "module", text="paragraf")
    with pytest.raises(InputError, match="different columns"):
        read(reviews, "module", kind="text", text="module")
    numbers = pd.DataFrame({"a": np.arange(30), "b": np.arange(30), "y": np.arange(30) % 2})
    with pytest.raises(InputError, match="no column holds free text"):
        read(numbers, "y", kind="text")
    blank = read(pd.DataFrame({"t": [""] * 30, "y": np.arange(30) % 2}), "y", kind="text", text="t")
    with pytest.raises(InputError, match="is empty in every training row"):
        blank.fit(np.zeros(30, np.int8))
