"""From sequence to sequence: what was written is compared with what should have been.

Networks write greedily where they are judged; who asks for answers may have beams searched. They choose among
themselves by what the true answer costs them in nats, which tells more of a row than right or wrong. An answer without
probabilities costs what it takes to tell how it must be corrected: for each edit a place in it and a token. The verdict
counts wrong answers and edits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.batches import Batch
from bestiary.contracts import PairInputs, Predictions
from bestiary.errors import InputError
from bestiary.kinds.pairs.alphabets import alphabet_of
from bestiary.sampling.beams import beam_search, greedy
from bestiary.sampling.looking import evaluating
from bestiary.specs import PairSpec
from bestiary.targets import Written
from bestiary.tasks.evidence import ColumnEvidence, Measure, mean, ratio
from bestiary.tasks.scoring import Scoring
from bestiary.tasks.transduce.edits import edits
from bestiary.tasks.transduce.task import TASK

Texts = Batch[PairInputs, Written]

EVIDENCE = ColumnEvidence(
    measures=(
        Measure(TASK.metric("sequence_error_rate"), ("wrong",), mean),
        Measure(TASK.metric("token_error_rate"), ("edits", "length"), ratio),
    ),
    loss="loss",
)


class Writer(Protocol):
    """What a fitted baseline offers in the place of a network."""

    def write(self, source: Tensor, lengths: Tensor) -> Sequence[Sequence[int]]:
        """The answer of each row of sources [B, S], as tokens without beginning and end."""
        ...


class Pairs(Protocol):
    """Data of pairs, such as `data.pairs.PairData`."""

    @property
    def spec(self) -> Any: ...

    def arrays(self, split: str) -> dict[str, Tensor]: ...

    def batches(self, split: str) -> Iterator[Texts]: ...


class Transduce(Scoring):
    """Predicts how many edits each answer needs, and what the truth costs.

    Args:
        facts: of the data; `units` say how tokens are written.
    """

    evidence = EVIDENCE

    def __init__(self, facts: Mapping[str, object]) -> None:
        self.facts = facts

    def predict(self, answer: nn.Module | Writer, data: Pairs, split: str) -> Predictions:
        """Of every row of a split: `row`, `loss` (nats of the true answer; without a network, of correcting what was
        written), `edits`, `length` (tokens of the true answer) and `wrong` (0 or 1).

        A network is put into evaluation mode and back into the modes that it was found in.
        """
        loss: list[Tensor] = []
        counted: list[NDArray[np.int64]] = []
        with evaluating(answer):
            for batch in data.batches(split):
                written = write(answer, batch, data.spec)
                counted.append(distances(written, batch))
                known = isinstance(answer, nn.Module)
                loss.append(_nats(answer, batch) if known else corrections(counted[-1], written, data.spec.answers))
        arrays = data.arrays(split)
        found = np.concatenate(counted) if counted else np.empty(0, np.int64)
        return _predictions(arrays["row"], torch.cat(loss) if loss else torch.empty(0), found, _lengths(data, split))

    def ignorant(self, data: Pairs, split: str) -> Predictions:
        """Every token, the end included, as likely as it is common in training; the commonest answer for every row."""
        train = data.arrays("train")["sequence"].numpy()
        counts = np.bincount(train[:, 1:].ravel(), minlength=data.spec.answers).astype(float)
        counts[0] = 0
        cost = -np.log((counts + 1e-3) / (counts + 1e-3).sum())
        cost[0] = 0.0
        common = Counter(map(bytes, train)).most_common(1)[0][0]
        answer = np.frombuffer(common, train.dtype)
        answer = answer[answer > 3]
        sequence = data.arrays(split)["sequence"].numpy()
        lengths = _lengths(data, split)
        same = np.broadcast_to(answer, (len(sequence), len(answer)))
        apart = edits(same, np.full(len(sequence), len(answer)), sequence[:, 1:], lengths)
        loss = torch.from_numpy(cost[sequence[:, 1:]].sum(1))
        return _predictions(data.arrays(split)["row"], loss, apart, lengths)

    def table(
        self, answer: nn.Module | Writer, data: Pairs, split: str, *, beams: int = 1, penalty: float = 0.6
    ) -> dict[str, list[Any]]:
        """`row`, and `prediction`: what is written for each source.

        Args:
            answer: what writes.
            data: with the sources.
            split: of it.
            beams: hypotheses that a network follows; one is greedy choice.
            penalty: of length, between finished hypotheses (Wu et al. 2016, equation 14); 0 for none.
        """
        units = cast("Sequence[Mapping[str, Any]]", self.facts["units"])
        alphabet, texts = alphabet_of(units[1]), list[Any]()
        with evaluating(answer):
            for batch in data.batches(split):
                texts += [alphabet.decode(tokens) for tokens in write(answer, batch, data.spec, beams, penalty)]
        return {"row": data.arrays(split)["row"].tolist(), "prediction": texts}


def write(
    answer: nn.Module | Writer, batch: Texts, spec: PairSpec, beams: int = 1, penalty: float = 0.6
) -> Sequence[Sequence[int]]:
    """What is written for each source of a batch; a network is in evaluation mode, and greedy with one beam.

    Raises:
        InputError: for beams of a baseline, which searches in its own way.
    """
    if not isinstance(answer, nn.Module):
        if beams != 1:
            raise InputError("beams are for networks; this baseline has its own search; leave them out")
        return answer.write(*batch.inputs.arguments)
    asked = cast("Any", answer), *batch.inputs.arguments, spec.answer_length - 2
    found = greedy(*asked) if beams == 1 else beam_search(*asked, beams, penalty)
    return [tokens[:length] for tokens, length in zip(found.tokens.tolist(), found.lengths.tolist())]


def distances(written: Sequence[Sequence[int]], batch: Texts) -> NDArray[np.int64]:
    """The edits that turn each answer into the truth [B]. What is unknown in the truth can never be right."""
    lengths = np.array([len(tokens) for tokens in written], np.int64)
    array = np.zeros((len(written), int(lengths.max(initial=0))), np.int64)
    for place, tokens in enumerate(written):
        array[place, : len(tokens)] = tokens
    truth = batch.truth.cpu().numpy()
    return edits(array, lengths, truth, batch.target.sequence_lengths.cpu().numpy() - 2)


def corrections(edits: NDArray[np.int64], written: Sequence[Sequence[int]], answers: int) -> Tensor:
    """The nats that tell how each answer must be corrected: for each edit one of its places, and one of the tokens.

    Example:
        >>> corrections(np.array([0, 2]), [[5, 6], [5, 6, 7]], answers=43)  # 2 x (log 4 + log 43)
        tensor([ 0.0000, 10.2950], dtype=torch.float64)
    """
    places = np.array([len(tokens) + 1 for tokens in written])
    return torch.from_numpy(edits * (np.log(places) + np.log(answers)))


def _nats(network: nn.Module, batch: Texts) -> Tensor:
    """Minus the log probability of each true answer [B]; padding costs nothing."""
    logits = network(*batch.arguments(network)).transpose(1, 2)  # [B, K, T]
    return F.cross_entropy(logits, batch.truth, ignore_index=0, reduction="none").sum(1).cpu()


def _lengths(data: Pairs, split: str) -> NDArray[np.int64]:
    """Tokens of each true answer, beginning and end left out."""
    return np.concatenate([batch.target.sequence_lengths.cpu().numpy() - 2 for batch in data.batches(split)])


def _predictions(row: Tensor, loss: Tensor, apart: NDArray[np.int64], lengths: NDArray[np.int64]) -> Predictions:
    columns = {"loss": loss.float(), "edits": torch.from_numpy(apart), "length": torch.from_numpy(lengths)}
    return Predictions({"row": row.clone(), **columns, "wrong": torch.from_numpy((apart > 0).astype(np.int64))})
