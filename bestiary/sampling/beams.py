"""From a network that predicts the next token to a whole answer: greedy choice, and beam search.

Both need three things of a network: `encode` reads the source once, `step` goes one token further, and a state is a
tuple of tensors whose first axis counts rows, so that rows can be picked, repeated and reordered.

Sources: Graves 2012, Sequence transduction with recurrent neural networks (beam search); Sutskever, Vinyals, Le 2014
(a hypothesis that has ended leaves the beam, which gets narrower by one); Wu et al. 2016, equation 14 (the length
penalty).

Axes: B rows, N beams, K tokens, T tokens of an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bestiary.errors import InputError

BEGIN, END = 2, 3  # tokens; 0 is padding and 1 unknown, and neither of them nor the beginning is ever written
MOST = 1_000  # beams: more would ask for memory rather than for answers
State = tuple[Tensor, ...]


class Steps(Protocol):
    """What a network offers to decoders; each tensor's first axis is B."""

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"]) -> tuple[State, State]:
        """What stays while an answer is written, and the first state."""
        ...

    def step(self, tokens: Int[Tensor, " B"], memory: State, state: State) -> tuple[Float[Tensor, "B K"], State]:
        """Logits of what follows these tokens, and the next state."""
        ...


@dataclass(frozen=True)
class Answers:
    """What was written.

    Attributes:
        tokens: [B, T], without beginning and end, padded with 0.
        lengths: [B], of the answers; 0 where nothing was written before the end.
        scores: [B], log probability in nats, the end included where there is one; for beams divided by the length
            penalty.
    """

    tokens: Int[Tensor, "B T"]
    lengths: Int[Tensor, " B"]
    scores: Float[Tensor, " B"]


@torch.no_grad()
def greedy(network: Steps, source: Int[Tensor, "B S"], lengths: Int[Tensor, " B"], longest: int) -> Answers:
    """Writes the likeliest token, again and again, until the end.

    Args:
        network: in evaluation mode.
        source: padded with 0.
        lengths: of its rows.
        longest: tokens after which an answer is broken off.
    """
    memory, state = network.encode(source, lengths)
    tokens = torch.full_like(source[:, 0], BEGIN)
    going, scores, written = tokens == BEGIN, source.new_zeros(len(source), dtype=torch.float32), list[Tensor]()
    for length in range(longest + 1):
        logits, state = network.step(tokens, memory, state)
        best, tokens = writable(logits).max(-1)
        kept = going & (tokens == END) if length == longest else going  # what is broken off goes without its last one
        scores = scores + best * kept
        going = going & (tokens != END)
        written.append(tokens * going)
        if not going.any():
            break
    answer = torch.stack(written, 1)[:, :longest]
    return Answers(answer, (answer > 0).sum(1), scores)


@torch.no_grad()
def beam_search(
    network: Steps,
    source: Int[Tensor, "B S"],
    lengths: Int[Tensor, " B"],
    longest: int,
    beams: int = 5,
    penalty: float = 0.6,
) -> Answers:
    """Follows the likeliest beginnings side by side; the best whole answer wins.

    A hypothesis that ends leaves the beam, which is narrower by one from then on; one beam is greedy choice.

    Args:
        network: in evaluation mode.
        source: padded with 0.
        lengths: of its rows.
        longest: tokens after which answers are broken off; what has not ended by then counts where nothing has.
        beams: N, hypotheses that are followed.
        penalty: alpha; answers are compared by log probability / ((5 + length) / 6) ** alpha, the end counted.

    Raises:
        InputError: for numbers with which nothing can be searched.

    Example:
        >>> from bestiary.architectures.recurrence.luong import LuongDot
        >>> network = LuongDot(vocabulary=9, answers=7, embedding=4, width=6).eval()
        >>> found = beam_search(network, torch.tensor([[4, 5, 3]]), torch.tensor([3]), longest=4, beams=3)
        >>> found.tokens.shape[0], bool(found.scores < 0)
        (1, True)
    """
    if not 1 <= beams <= MOST or not 0 <= penalty < float("inf"):
        told = f"beams must be 1 or more, {MOST:,} at most, and penalty 0 or more"
        raise InputError(f"{told}; received {beams} and {penalty}; try 5 and 0.6")
    rows = len(source)
    memory, state = network.encode(source, lengths)
    memory, state = (tuple(t.repeat_interleave(beams, 0) for t in part) for part in (memory, state))
    tokens = source.new_full((rows, beams), BEGIN)
    written = source.new_zeros(rows, beams, 0)
    scores = torch.full((rows, beams), float("-inf"), device=source.device)
    scores[:, 0] = 0.0  # all beams begin alike: one of them counts
    left = torch.full((rows, 1), beams, device=source.device)  # beams still to be followed
    best = torch.full((rows,), float("-inf"), device=source.device)
    answers = source.new_zeros(rows, longest)
    before = written, scores
    first = torch.arange(rows, device=source.device)[:, None] * beams
    rank = torch.arange(beams, device=source.device)
    for length in range(longest + 1):
        logits, state = network.step(tokens.flatten(), memory, state)
        before = written, scores
        following = scores[:, :, None] + writable(logits).view(rows, beams, -1)  # [B, N, K]
        scores, chosen = following.flatten(1).topk(beams)
        scores = scores.masked_fill(rank >= left, float("-inf"))
        origin, tokens = chosen // following.shape[2], chosen % following.shape[2]
        order = (first + origin).flatten()
        state = tuple(t.index_select(0, order) for t in state)
        written = written.gather(1, origin[:, :, None].expand(-1, -1, written.shape[2]))
        ended = (tokens == END) & scores.isfinite()
        left = left - ended.sum(1, keepdim=True)
        best, answers = _keep(best, answers, written, scores.masked_fill(~ended, float("-inf")), length + 1, penalty)
        scores = scores.masked_fill(ended, float("-inf"))
        if length == longest or not scores.isfinite().any():
            break
        written = torch.cat([written, tokens[:, :, None]], 2)
    written, scores = before  # those that are broken off, without a token too many
    unended = torch.where(best.isfinite()[:, None], float("-inf"), scores)
    best, answers = _keep(best, answers, written, unended, longest, penalty)
    return Answers(answers, (answers > 0).sum(1), best)


def writable(logits: Float[Tensor, "B K"]) -> Float[Tensor, "B K"]:
    """Log probabilities, those of padding, unknown and beginning minus infinity: an answer has none of them."""
    logarithms = logits.float().log_softmax(-1).clone()
    logarithms[:, :END] = float("-inf")
    return logarithms


def length_penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6) ** alpha, equation 14 of Wu et al. 2016.

    Example:
        >>> length_penalty(1, 0.6), round(length_penalty(7, 1.0), 2)
        (1.0, 2.0)
    """
    return ((5 + length) / 6) ** alpha


def _keep(
    best: Tensor, answers: Tensor, written: Tensor, scores: Tensor, length: int, penalty: float
) -> tuple[Tensor, Tensor]:
    """The best answer of each row, when hypotheses of these scores [B, N] (minus infinity: none) are added."""
    top, place = (scores / length_penalty(length, penalty)).max(1)
    better = top > best
    found = written[torch.arange(len(written)), place]
    longer = torch.nn.functional.pad(found, (0, answers.shape[1] - found.shape[1]))
    return torch.where(better, top, best), torch.where(better[:, None], longer, answers)
