"""Baselines of single tasks: replayed as they are written, refused beyond their reach, as uncertain as they are."""

import itertools
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bestiary.baselines import run_baseline
from bestiary.data import read
from bestiary.data.opening import open_data
from bestiary.errors import InputError
from bestiary.judging.statistics import Resampling
from bestiary.rows.splits import assign
from bestiary.tasks.continuation.ngrams import LONGEST, ORDERS, Compressor, KneserNey
from bestiary.tasks.control import baselines as control
from bestiary.tasks.registry import task_for

GENESIS = Path(__file__).parents[1] / "fixtures" / "genesis.txt"


def prepared(folder: Path, source: object, **words: Any) -> Path:
    made = read(source, **words)
    made.encode(assign(made), folder / "data", 0)
    return folder / "data"


def test_a_search_for_a_policy_is_followed_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many candidates are judged as the first time, no more (it was one more) and no fewer."""
    data, judged = prepared(tmp_path, "CartPole-v1", task="control"), list[Any]()
    episodes = control.episodes

    def counted(name: str, seeds: Any, choose: Any) -> Any:
        judged.append(choose)
        return episodes(name, seeds[:2], choose)

    def seconds_a_call(pace: float) -> None:
        clock = itertools.count(0.0, pace)
        monkeypatch.setattr(control.time, "monotonic", lambda: next(clock))

    monkeypatch.setattr(control, "episodes", counted)
    seconds_a_call(1.0)
    first = run_baseline("linear", data, tmp_path / "first", seconds=12.0)
    made, judged[:] = len(judged), []
    settings: Any = [tried["setting"] for tried in first["tried"]]  # type: ignore[attr-defined]
    assert settings == [{"candidates": made - 1}]  # and once by chance, for the size of observations
    seconds_a_call(1000.0)
    again = run_baseline("linear", data, tmp_path / "again", seconds=12.0, written={"settings": settings})
    assert len(judged) == made and again["tried"] == first["tried"]


@pytest.mark.parametrize("order", [0, LONGEST + 1, 10])
def test_orders_that_one_number_does_not_hold_are_refused(order: int) -> None:
    """Order 9 was counted as something else, and order 10 raised OverflowError."""
    with pytest.raises(InputError, match=f"from 1 to 8 bytes; received order {order}"):
        KneserNey.fit([b"in the beginning " * 20], order)


def test_all_orders_that_race_can_be_counted() -> None:
    text = GENESIS.read_bytes()
    bits = {order: KneserNey.fit([text[:150_000]], order).bits([text[150_000:]])[0].mean() for order in ORDERS}
    assert sorted(bits) == [3, 4, 5, 6, 7, 8] and bits[6] < bits[4] < bits[3]


def test_a_compressors_bits_are_what_the_texts_add_and_differ_from_text_to_text(tmp_path: Path) -> None:
    """Spread evenly, they gave its score an interval without width: more certain than any other model's."""
    text = GENESIS.read_bytes()
    known, parts = text[:100_000], [text[100_000:101_000], b"", text[120_000:150_000]]
    told = Compressor(known, "xz").bits(parts)
    before, after = (len(lzma.compress(t, preset=9 | lzma.PRESET_EXTREME)) for t in (known, known + b"".join(parts)))
    assert [len(bits) for bits in told] == [1000, 0, 30_000]
    assert sum(float(bits.sum()) for bits in told) == pytest.approx(8 * (after - before))
    data = open_data(prepared(tmp_path, str(GENESIS), task="continue"), sealed=tmp_path / "sealed")
    training: Any = data
    task, maker = task_for(data.facts), Compressor(b"".join(training.text("train")), "bz2")
    predictions = task.predict(maker, data, "test")
    group = np.load(tmp_path / "sealed" / "test.group.npy")
    judged = Resampling(len(group), group).score([predictions], np.zeros(len(group)), "continue")["bits_per_byte"]
    interval = judged.interval()
    assert 0.005 < (interval.high - interval.low) / interval.value < 0.2


def test_joint_ngrams_that_nothing_can_be_counted_for_do_not_take_part(tmp_path: Path) -> None:
    """They answered nothing to everything, and stood on the leaderboard with 100 % wrong answers."""
    pairs = {"word": [f"w{k}" for k in range(60)], "said": [f"a much longer answer, number {k}" for k in range(60)]}
    data = prepared(tmp_path, pairs, task="transduce", units="characters")
    with pytest.raises(InputError, match="twice as many as their source has; no training row is such a pair"):
        run_baseline("joint_ngram", data, tmp_path / "joint", seconds=2.0)
    assert run_baseline("nearest", data, tmp_path / "nearest", seconds=2.0)["name"] == "nearest"
