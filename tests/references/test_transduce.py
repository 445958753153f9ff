"""From sequence to sequence, judged and rivalled: edits, evidence, joint n-grams, nearest neighbours, own tokens."""

import itertools
import math
import random
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from bestiary.algorithms.scheduled_sampling import ScheduledSampling
from bestiary.architectures.build import build
from bestiary.architectures.recurrence.attention_network import AttentionNetwork
from bestiary.architectures.recurrence.luong import LuongDot
from bestiary.baselines import find, load_baseline
from bestiary.baselines.rivals import save_rival
from bestiary.errors import InputError
from bestiary.kinds.pairs.reader import PairData, read_pairs
from bestiary.objectives.sequences import nats
from bestiary.optimisation.minimise import FromTorch, Minimise
from bestiary.recipes.sequences import transformer, translator
from bestiary.rows.splits import assign
from bestiary.runs.model import load, save_network
from bestiary.sampling.insides.alignments import STOP, align, diagonal_mass, draw, forward_share, inspect
from bestiary.specs import PairSpec
from bestiary.tasks.transduce.baselines import BASELINES, NearestNeighbour
from bestiary.tasks.transduce.edits import edits
from bestiary.tasks.transduce.joint_ngram import Graphones, JointNgram, KneserNey, fit_joint_ngram
from bestiary.tasks.transduce.scoring import EVIDENCE, Transduce, corrections
from tests.references.parity import close

LETTERS, SOUNDS = "abcdef", ["A", "B", "C", "D", "E", "F"]
FACTS = {
    "target": "sound", "problem": "transduce", "classes": [], "source": "spelling",
    "units": [{"unit": "characters", "known": list(LETTERS)}, {"unit": "words", "known": SOUNDS}],
}  # fmt: skip
SPEC = PairSpec(10, 10, 10, 16)


def pairs(rows: list[tuple[str, list[str]]]) -> dict[str, np.ndarray]:
    """Encoded: letters a to f are tokens 4 to 9, so are the sounds."""
    source, sequence = np.zeros((len(rows), 10), np.int32), np.zeros((len(rows), 16), np.int32)
    for row, (spelling, sounds) in enumerate(rows):
        source[row, : len(spelling) + 1] = [*(4 + LETTERS.index(letter) for letter in spelling), 3]
        sequence[row, : len(sounds) + 2] = [2, *(4 + SOUNDS.index(sound) for sound in sounds), 3]
    lengths = {"source_lengths": (source > 0).sum(1), "sequence_lengths": (sequence > 0).sum(1)}
    return {"source": source, "sequence": sequence, **lengths}


def language(rows: int, seed: int) -> list[tuple[str, list[str]]]:
    """a is A, b is B, "cd" together is D, c alone C, d alone is silent, e is E F."""
    roll = random.Random(seed)
    made = []
    for _ in range(rows):
        spelling = "".join(roll.choice("abcde") for _ in range(roll.randint(2, 6))) + "a"
        sounds = spelling.replace("cd", "D").replace("d", "")
        made.append((spelling, [s for letter in sounds for s in {"e": ["E", "F"]}.get(letter, [letter.upper()])]))
    return made


def data(train: int = 300, test: int = 100) -> PairData:
    splits = {"train": pairs(language(train, 0)), "validation": pairs(language(test, 1))}
    return PairData.of(SPEC, FACTS, splits, batch=32)


# --------------------------------------------------------------------------------------------------- judging


def distance(first: list[int], second: list[int]) -> int:
    """The recursion as it is defined."""
    if not first or not second:
        return len(first) + len(second)
    same = distance(first[1:], second[1:])
    if first[0] == second[0]:
        return same
    return 1 + min(same, distance(first[1:], second), distance(first, second[1:]))


def test_edits_are_the_recursion() -> None:
    roll = random.Random(0)
    rows = [([roll.randint(1, 3) for _ in range(roll.randint(0, 6))] for _ in range(2)) for _ in range(60)]
    one, two = (list(column) for column in zip(*rows))
    first, second = (np.array([row + [9] * (6 - len(row)) for row in column]) for column in (one, two))
    found = edits(first, np.array([len(r) for r in one]), second, np.array([len(r) for r in two]))
    assert found.tolist() == [distance(a, b) for a, b in zip(one, two)]


class Fixed:
    """Writes what it was told to."""

    def __init__(self, answers: list[list[int]]) -> None:
        self.answers = answers

    def write(self, source: Tensor, lengths: Tensor) -> list[list[int]]:
        return self.answers[: len(source)]


def test_evidence_is_told_row_by_row() -> None:
    rows = [("ab", ["A", "B"]), ("b", ["B"]), ("aab", ["A", "A", "B"])]
    some = PairData.of(SPEC, FACTS, {"test": pairs(rows)})
    found = Transduce(FACTS).predict(Fixed([[4, 5], [], [4, 5, 5]]), some, "test")
    assert {name: column.tolist() for name, column in found.columns.items() if name != "loss"} == {
        "row": [0, 1, 2], "edits": [0, 1, 1], "length": [2, 1, 3], "wrong": [0, 1, 1],
    }  # fmt: skip
    assert EVIDENCE.score(found) == pytest.approx({"sequence_error_rate": 2 / 3, "token_error_rate": 2 / 6})
    close(found.columns["loss"].double(), torch.tensor([0.0, math.log(10), math.log(40)]).double(), "corrections")
    assert Transduce(FACTS).table(Fixed([[4, 5], [], [4, 5, 5]]), some, "test")["prediction"] == ["A B", "", "A B B"]


def test_what_is_unknown_in_the_truth_is_never_right() -> None:
    arrays = pairs([("ab", ["A", "B"])])
    arrays["sequence"][0, 1] = 1
    some = PairData.of(SPEC, FACTS, {"test": arrays})
    for answer in ([1, 5], [4, 5], [5]):
        written = [token for token in answer if token > 3]
        assert Transduce(FACTS).predict(Fixed([written]), some, "test").columns["wrong"].tolist() == [1]


def test_a_network_pays_in_nats_and_is_left_in_its_mode() -> None:
    torch.manual_seed(0)
    network, some = LuongDot(vocabulary=10, answers=10, embedding=4, width=6, dropout=0.5).train(), data()
    network.dropout.eval()
    found = Transduce(FACTS).predict(network, some, "validation")
    assert network.training and not network.dropout.training
    network.eval()
    batch = next(iter(some.batches("validation")))
    close(found.columns["loss"], nats(network(*batch.arguments(network)), batch.truth).detach(), "nats")
    assert (found.columns["wrong"] == (found.columns["edits"] > 0)).all()


def test_to_know_nothing_is_to_know_how_common_tokens_are() -> None:
    rows = [("ab", ["A", "B"]), ("ab", ["A", "B"]), ("b", ["B"])]
    some = PairData.of(SPEC, FACTS, {"train": pairs(rows), "validation": pairs([("b", ["B"]), ("ab", ["A", "B"])])})
    found = Transduce(FACTS).ignorant(some, "validation")
    shares = {"A": 2 / 8, "B": 3 / 8, "end": 3 / 8}
    expected = [-math.log(shares["B"] * shares["end"]), -math.log(shares["A"] * shares["B"] * shares["end"])]
    assert found.columns["loss"].tolist() == pytest.approx(expected, rel=1e-3)
    assert found.columns["edits"].tolist() == [1, 0], "A B is the commonest answer"


def test_corrections_are_dearer_where_there_is_more_to_correct() -> None:
    cost = corrections(np.array([0, 1, 2, 1]), [[4], [4], [4], [4] * 9], 10)
    assert cost[0] == 0 and cost[1] * 2 == cost[2] and cost[3] > cost[1]


# ------------------------------------------------------------------------------------------------- baselines


def test_kneser_ney_is_the_formula_and_sums_to_one() -> None:
    """Interpolated, order 3, written out from counts of n-grams."""
    roll = random.Random(0)
    texts = [[*(roll.choice([1, 1, 2, 3]) for _ in range(roll.randint(1, 6))), 0] for _ in range(40)]
    grams = KneserNey(np.array([n for text in texts for n in text]), size=5, order=3)
    whole = Counter(g for text in texts for g in zip([0, *text], text, text[1:]))
    longest = Counter(tuple(([0, *text])[k : k + 3]) for text in texts for k in range(len(text) - 1))
    assert sum(whole.values()) == sum(longest.values())
    starts = Counter((0, text[0]) for text in texts)  # nothing stands before a beginning
    pairs_ = Counter({g[1:]: 0 for g in longest})
    for gram in longest:
        pairs_[gram[1:]] += 1
    pairs_ += starts
    single = Counter(g[1] for g in pairs_)

    def discount(counts: Counter) -> float:
        ones, twos = (sum(c == n for c in counts.values()) for n in (1, 2))
        return min(0.95, max(0.1, ones / (ones + 2 * twos))) if ones else 0.5

    def chance(history: tuple[int, ...], number: int) -> float:
        levels = [Counter({(n,): c for n, c in single.items()}), pairs_, longest]
        value = 1 / 5
        for length in range(len(history) + 1):
            context = history[len(history) - length :]
            seen = {g: c for g, c in levels[length].items() if g[:-1] == context}
            total, d = sum(seen.values()), discount(levels[length])
            value = max(seen.get((*context, number), 0) - d, 0) / total + d * len(seen) / total * value
        return value

    for history in {gram[:2] for gram in longest} | {(0,)}:
        told = grams.costs(history, (0, 1, 2, 3, 4))
        assert sum(math.exp(-cost) for _, cost in told) == pytest.approx(1)
        assert [math.exp(-cost) for _, cost in told] == pytest.approx([chance(history, n) for n in range(5)])


def test_expected_graphones_are_sums_over_all_cuts() -> None:
    """Forward-backward against listing every cut of a pair."""
    arrays = pairs([("abc", ["A", "B"]), ("ab", ["C", "C", "A"])])
    source, sequence = np.where(arrays["source"] == 3, 0, arrays["source"])[:, :3], arrays["sequence"][:, 1:4].copy()
    sequence[sequence == 3] = 0
    sizes = np.array([[3, 2], [2, 3]])
    known = Graphones(source.astype(np.int64), sequence.astype(np.int64), sizes)
    chances = np.random.default_rng(0).random(known.count)
    names = {tuple(name): number for number, name in enumerate(known.names.tolist())}

    def cuts(left: list[int], right: list[int]):
        if not left and not right:
            yield []
        for read, wrote in ((1, 0), (1, 1), (1, 2), (2, 1)):
            if read <= len(left) and wrote <= len(right):
                name = (*[*left[:read], 0][:2], *[*right[:wrote], 0, 0][:2])
                for rest in cuts(left[read:], right[wrote:]):
                    yield [names[name], *rest]

    expected, best = np.zeros(known.count), []
    for row in range(2):
        every = list(cuts(source[row, : sizes[0, row]].tolist(), sequence[row, : sizes[1, row]].tolist()))
        weights = [math.prod(chances[n] for n in cut) for cut in every]
        for cut, weight in zip(every, weights):
            np.add.at(expected, cut, weight / sum(weights))
        best.append(every[int(np.argmax(weights))])
    assert known.expected(chances) == pytest.approx(expected)
    found = known.likeliest(chances)
    assert [[names[name] for name in row] for row in found] == best


def test_joint_ngrams_learn_a_language_and_the_nearest_does_not() -> None:
    some, task = data(), Transduce(FACTS)
    scores = {}
    for rival in BASELINES:
        answer = rival.fit(some, dict(rival.settings(some)[0]), 0, 9.0)
        found = task.predict(answer, some, "validation")
        scores[rival.name] = task.score(found, torch.empty(0))["sequence_error_rate"]
        again = rival.answer.restore(answer.state())
        assert task.predict(again, some, "validation").columns["edits"].equal(found.columns["edits"])
    assert scores["joint_ngram"] <= 0.05
    assert 0.3 < scores["nearest"] < 1.0


def test_joint_ngrams_answer_what_no_row_has_shown() -> None:
    arrays = pairs(language(50, 0))
    sequence = np.where(arrays["sequence"] == 3, 0, arrays["sequence"])[:, 1:]
    model = fit_joint_ngram(np.where(arrays["source"] == 3, 0, arrays["source"]), sequence, 3)
    source = torch.tensor([[9, 4, 9, 3], [3, 0, 0, 0]])  # f was never seen
    assert model.write(source, torch.tensor([4, 1])) == [[4], []]
    nothing = fit_joint_ngram(np.array([[4]]), np.array([[5, 5, 5, 5]]), 3)  # too long for any cut
    assert nothing.write(torch.tensor([[4, 3]]), torch.tensor([2])) == [[]]


def test_the_nearest_is_the_nearest() -> None:
    roll = random.Random(0)
    words = ["".join(roll.choice(LETTERS) for _ in range(roll.randint(1, 8))) for _ in range(90)]
    known, new = pairs([(w, [roll.choice(SOUNDS) for _ in range(3)]) for w in words[:60]]), words[60:]
    model = NearestNeighbour(known["source"], known["sequence"])
    asked = pairs([(w, ["A"]) for w in new])
    written = model.write(torch.from_numpy(asked["source"]), torch.from_numpy(asked["source_lengths"]))
    for word, answer in zip(new, written):
        apart = [distance(list(word.encode()), list(w.encode())) for w in words[:60]]
        nearest = int(np.argmin(apart))
        assert answer == known["sequence"][nearest][known["sequence"][nearest] > 3].tolist()


@pytest.mark.parametrize("name", ["nearest", "joint_ngram"])
def test_a_saved_rival_answers_as_before(name: str, tmp_path) -> None:
    some, rival = data(), find("pairs", "transduce", name)
    answer = rival.fit(some, dict(rival.settings(some)[0]), 0, 9.0)
    save_rival(tmp_path / "model.skops", rival, "pairs", "transduce", {}, answer)
    batch = next(iter(some.batches("validation")))
    again = load_baseline(tmp_path / "model.skops", "pairs", "transduce", name)
    assert again.write(*batch.inputs) == answer.write(*batch.inputs)


# ------------------------------------------------------------------------------------------- scheduled sampling


class Record(nn.Module):
    """Notes what it is given; always wants token 9 next."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.given = nn.Parameter(torch.zeros(1)), list[Tensor]()

    def encode(self, source: Tensor, lengths: Tensor):
        return (source,), (source,)

    def step(self, tokens: Tensor, memory, state):
        self.given.append(tokens)
        logits = torch.full((len(tokens), 10), -30.0)
        logits[:, 9] = 30.0
        return logits + self.weight, state


@pytest.mark.parametrize(("own", "step", "share"), [(0.0, 50, 0.0), (0.5, 0, 0.0), (0.5, 50, 0.25), (1.0, 99, 0.99)])
def test_own_tokens_come_in_with_the_planned_chance(own: float, step: int, share: float) -> None:
    network, some = Record(), data(train=600)
    minimise = Minimise(FromTorch(torch.optim.SGD(network.parameters(), lr=0.0)))
    algorithm, kept = ScheduledSampling(network, minimise, own, nats), Counter()
    torch.manual_seed(0)
    for _ in range(20):
        network.given.clear()
        logs = next(algorithm.updates(some, step, 100))
        truth = some.batch("train", step).target.sequence
        given = torch.stack(network.given, 1)
        assert (given[:, 0] == 2).all(), "the beginning is the beginning"
        own_tokens = (given == 9) & (truth[:, :-1] != 9)
        kept.update(own=int(own_tokens[:, 1:].sum()), all=int((truth[:, 1:-1] != 9).sum()))
        assert ((given == truth[:, :-1]) | own_tokens).all()
    assert logs["own"] == pytest.approx(share)
    assert kept["own"] / kept["all"] == pytest.approx(share, abs=0.03)


def test_without_own_tokens_it_is_teacher_forcing() -> None:
    some, losses = data(), []
    for own in (0.0, 1e-12):
        torch.manual_seed(0)
        network = AttentionNetwork(vocabulary=10, answers=10, embedding=4, width=6)
        learner = translator(network, SPEC, own=own)
        losses.append([float(logs["loss"]) for logs in itertools.islice(learner.updates(some, 0, 9), 9)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][-1] < losses[0][0]


def test_settings_with_which_nothing_is_learned_are_refused() -> None:
    network = LuongDot(vocabulary=10, answers=10, embedding=4, width=6)
    with pytest.raises(InputError, match="own must be a probability from 0 to 1; received 2"):
        translator(network, SPEC, own=2)
    with pytest.raises(InputError, match="cooling must be a share"):
        transformer(network, SPEC, cooling=-1)


# --------------------------------------------------------------------------------------------------- looking


def test_alignments_say_what_was_read_written_and_looked_at() -> None:
    torch.manual_seed(0)
    network, some = AttentionNetwork(vocabulary=10, answers=10, embedding=4, width=6).eval(), data()
    batch = some.take("validation", slice(0, 5))
    for alignment, length in zip(align(network, batch, FACTS, 10), batch.inputs.source_lengths.tolist()):
        assert len(alignment.source) == length and alignment.source[-1] == alignment.answer[-1] == STOP
        assert alignment.weights.shape == (len(alignment.answer), length)
        close(torch.from_numpy(alignment.weights.sum(1)), torch.ones(len(alignment.answer)), "sums")
        svg = draw([alignment])
        assert svg.count("<rect") == alignment.weights.size and "<script" not in svg
    (shown,) = inspect(network.train(), some, SPEC, FACTS)
    assert shown.svg.count("<g ") == 6 and network.training
    assert "lies within a token and a half of the diagonal" in shown.caption


def test_measures_of_alignment() -> None:
    steps = np.eye(6, 12, dtype=np.float32).repeat(1, 0)
    straight = np.zeros((6, 12), np.float32)
    straight[np.arange(6), np.round(np.linspace(0, 11, 6)).astype(int)] = 1
    assert diagonal_mass(straight) == 1.0 and diagonal_mass(straight[::-1]) < 0.2
    assert forward_share(steps) == 1.0 and forward_share(straight[::-1]) == 0.0
    even = np.full((50, 100), 0.01, np.float32)
    assert diagonal_mass(even) == pytest.approx(0.03, abs=0.005)


def test_a_restored_joint_ngram_is_whole() -> None:
    model = JointNgram(np.array([[0, 0, 0, 0], [4, 0, 5, 6]]), np.array([1, 0, 1, 1, 0]), 3)
    assert JointNgram.restore(model.state()).write(torch.tensor([[4, 4, 3]]), torch.tensor([3])) == [[5, 6, 5, 6]]


# -------------------------------------------------------------------------------------------------- as shipped


def test_a_saved_network_writes_the_answers_of_new_rows(tmp_path) -> None:
    rows = language(200, 0)
    source = read_pairs({"spelling": [w for w, _ in rows], "sound": [" ".join(s) for _, s in rows]})
    encoder = source.encode(assign(source), tmp_path / "data", 0)
    torch.manual_seed(0)
    words = {"embedding": 8, "width": 16}
    network = build("bestiary.architectures.recurrence.luong:LuongGeneral", words, encoder.spec, seed=0)
    learner = translator(network, encoder.spec, rate=1e-2)
    for _ in learner.updates(PairData(tmp_path / "data", batch=32), 0, 250):
        pass
    target = "bestiary.architectures.recurrence.luong:LuongGeneral"
    save_network(
        tmp_path / "model", network, architecture="luong", target=target, keywords=words, spec=encoder.spec,
        facts=encoder.facts, encoder=tmp_path / "data" / "encoder",
    )  # fmt: skip
    model, asked = load(tmp_path / "model"), pd.DataFrame({"spelling": ["aba", "bea", "cda", "", "aza"]})
    found = model.predict(asked)
    assert found["prediction"].tolist()[:3] == ["A B A", "B E F A", "D A"]
    assert found["row"].tolist() == [0, 1, 2, 3, 4] and isinstance(found["prediction"][3], str)
    assert model.warnings == [
        "column 'spelling' is empty in 1 of 5 rows",
        "1 of 5 rows have characters that no training row has",
    ]
    searched = model.predict(asked, beams=4)
    assert searched["prediction"].tolist()[:3] == ["A B A", "B E F A", "D A"]
    longer = model.predict(asked, beams=30, penalty=50.0)["prediction"]  # by far the longest that is followed wins
    assert len(longer[0]) > len("A B A")
    with pytest.raises(InputError, match="beams must be 1 or more"):
        model.predict(asked, beams=0)
    with pytest.raises(InputError, match=r"received penalty=1\.0; give beams=5 too"):
        model.predict(asked, penalty=1.0)
    with pytest.raises(InputError, match=r"luong \(transduce\) has no option beam; leave it out"):
        model.predict(asked, beam=4)


def test_a_baseline_has_no_beams() -> None:
    known = pairs(language(20, 0))
    nearest = NearestNeighbour(known["source"], known["sequence"])
    assert len(Transduce(FACTS).table(nearest, data(), "validation")["prediction"]) == 100
    with pytest.raises(InputError, match="this baseline has its own search"):
        Transduce(FACTS).table(nearest, data(), "validation", beams=3)
