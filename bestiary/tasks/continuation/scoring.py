"""Carrying text on: how many bits a model needs for each next token, given what came before.

A model that gives the next token probability p needs -log2(p) bits to write it down (Shannon 1948). Summed over a text
and divided by its bytes, that is a figure in which models of bytes, models of pieces of words, n-grams and compressors
can be compared; the perplexity of a token cannot, for its tokens are a matter of choice.

Axes: N windows, T places in a window.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import CorpusSpec, Predictions
from bestiary.errors import InputError
from bestiary.kinds.corpus.store import CorpusData
from bestiary.sampling.looking import evaluating
from bestiary.tasks.continuation.task import TASK
from bestiary.tasks.evidence import ColumnEvidence, Measure, ratio
from bestiary.tasks.scoring import Scoring

PLACES = 8  # parts of a window in which bits are told apart: more context should help


def _perplexity(rows: NDArray[np.float64], bits: NDArray[np.float64], tokens: NDArray[np.float64]) -> Any:
    return np.exp2(np.minimum(bits / tokens, 1_000.0))


EVIDENCE = ColumnEvidence(
    measures=(
        Measure(TASK.metric("bits_per_byte"), ("bits", "bytes"), ratio),
        Measure(TASK.metric("perplexity"), ("bits", "tokens"), _perplexity),
    ),
    loss="loss",
)


class Teller(Protocol):
    """A baseline: tells of every byte of texts how many bits it takes."""

    def bits(self, texts: Sequence[bytes]) -> list[NDArray[np.float64]]:
        """Of each text, bits of each byte, given those before it."""
        ...


class Continue(Scoring):
    """Tells how well text is carried on.

    Args:
        facts: of the data.

    Predictions have, for each window: `bits`, `bytes` and `tokens` that it asks for; `loss`, its bits over the mean of
    the bytes of a window, whose mean is the bits per byte of all; and of each eighth of the window, context included,
    `bits_at_k` and `bytes_at_k`.
    """

    evidence = EVIDENCE

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts

    def predict(self, answer: nn.Module | Teller, data: Any, split: str) -> Predictions:
        """Every window of a split; a network is put into evaluation mode and back."""
        told = network_bits(answer, data, split) if isinstance(answer, nn.Module) else teller_bits(answer, data, split)
        return self.predictions(told, data, split)

    def predictions(self, bits: Float[Tensor, "N T"], data: CorpusData, split: str) -> Predictions:
        """From the bits of each place of each window."""
        asked, bytes_of = data.counted(split, slice(None))
        counted = bytes_of * asked
        columns = {
            "row": data.arrays(split)["row"].clone(),
            "bits": (bits * asked).sum(1),
            "bytes": counted.sum(1).double(),
            "tokens": asked.sum(1).double(),
        }
        columns["loss"] = columns["bits"] / columns["bytes"].mean()
        ends = [round(part * data.spec.length / PLACES) for part in range(PLACES + 1)]
        for part, (start, stop) in enumerate(itertools.pairwise(ends)):
            columns[f"bits_at_{part}"] = (bits * (bytes_of > 0))[:, start:stop].sum(1)
            columns[f"bytes_at_{part}"] = bytes_of[:, start:stop].sum(1).double()
        return Predictions(columns)

    def ignorant(self, data: CorpusData, split: str) -> Predictions:
        """Who only knows how often each token is, from the training text (one more of each)."""
        vocabulary = data.spec.vocabulary
        counts = torch.bincount(data.arrays("train")["tokens"].long(), minlength=vocabulary).double() + 1
        counts[0] = 0.0
        bits = -(counts / counts.sum()).log2()
        targets = data.take(split, slice(None)).truth.cpu()
        return self.predictions(torch.where(targets > 0, bits[targets], 0.0), data, split)

    def table(self, answer: nn.Module | Teller, data: CorpusData, split: str) -> dict[str, list[Any] | NDArray[Any]]:
        """For people: of each window its text, bytes, bits, and bits per byte."""
        told = self.predict(answer, data, split).columns
        asked, _ = data.counted(split, slice(None))
        targets = data.take(split, slice(None)).truth.cpu()
        said = [data.units.decode(row[mask].numpy()).decode("utf-8", "replace") for row, mask in zip(targets, asked)]
        bits, count = told["bits"].numpy(), told["bytes"].numpy()
        return {"text": said, "bytes": count.astype(np.int64), "bits": bits, "bits_per_byte": bits / count}


def network_bits(network: nn.Module, data: CorpusData, split: str) -> Float[Tensor, "N T"]:
    """Bits that a network needs for each place of each window of a split, context included."""
    with evaluating(network):
        check_blind(network, data.spec)
        parts = [_bits(network(*batch.inputs), batch.truth) for batch in data.batches(split)]
    return torch.cat(parts) if parts else torch.zeros(0, data.spec.length, dtype=torch.float64)


def check_blind(network: nn.Module, spec: CorpusSpec) -> None:
    """Refuses a network that sees what it is asked for.

    It would need no bits at all for a text, and could not write one: in a window of random tokens, what stands in the
    second half must not change the answers of the first.

    Raises:
        InputError: when it does.
    """
    generator = torch.Generator().manual_seed(0)
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    one, other = torch.randint(spec.vocabulary, (2, 1, spec.length), generator=generator).to(device)
    half = spec.length // 2
    other = torch.cat([one[:, :half], other[:, half:]], 1)
    first, second = network(one)[:, :half], network(other)[:, :half]
    if not torch.allclose(first, second, rtol=1e-3, atol=1e-3):
        raise InputError(f"{type(network).__name__} sees the tokens that it is asked for; mask what comes later")


def _bits(logits: Float[Tensor, "B T V"], target: Tensor) -> Float[Tensor, "B T"]:
    nats = F.cross_entropy(logits.float().flatten(0, 1), target.flatten(), reduction="none")
    return nats.view(target.shape).cpu().double() / math.log(2)


def teller_bits(teller: Teller, data: CorpusData, split: str) -> Float[Tensor, "N T"]:
    """Bits that a baseline needs, summed over the bytes of each token; its context is all of the stretch before."""
    tokens = data.arrays(split)["tokens"].numpy()
    told = [np.zeros(0), *teller.bits(data.text(split))]
    total = np.concatenate([[0.0], np.cumsum(np.concatenate(told))])
    ends = np.cumsum(data.units.lengths[tokens])
    of_token = torch.from_numpy(total[ends] - total[ends - data.units.lengths[tokens]])
    start, stop = data.arrays(split)["start"], data.arrays(split)["stop"]
    places = start[:, None] + 1 + torch.arange(data.spec.length)
    return cast("Tensor", of_token[places.clamp(max=len(tokens) - 1)] * (places < stop[:, None]))


__all__ = ["EVIDENCE", "PLACES", "Continue", "Teller", "network_bits", "teller_bits"]
