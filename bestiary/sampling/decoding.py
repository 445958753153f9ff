"""From logits to the next token, and on: greedy, temperature, top-k, top-p, min-p, as functions from logits to logits.

A rule that leaves tokens out gives them minus infinity; what is left is drawn from by its softmax. Rules follow each
other: `then(temperature(0.8), top_k(40))`. Nothing is drawn in `likeliest`, which follows several texts side by side.

Sources: top-k, Fan, Lewis, Dauphin 2018, Hierarchical neural story generation; top-p, Holtzman et al. 2020, The curious
case of neural text degeneration; min-p, Nguyen et al. 2024, Turning up the heat: min-p sampling for creative and
coherent LLM outputs.

Axes: B batch, N beams, T time, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bestiary.errors import InputError
from bestiary.layers.attention import Memory
from bestiary.layers.draws import category
from bestiary.sampling.beams import MOST
from bestiary.sampling.looking import evaluating

Rule = Callable[[Tensor], Tensor]  # logits [..., V] -> logits [..., V]
Watch = Callable[[int, int], None]  # is told (steps made, steps that will be)
_NEVER = float("-inf")


def greedy(logits: Float[Tensor, "... V"]) -> Float[Tensor, "... V"]:
    """Leaves the most likely token alone; of equal ones the first.

    Example:
        >>> greedy(torch.tensor([1.0, 3.0, 2.0]))
        tensor([-inf, 3., -inf])
    """
    best = logits.argmax(-1, keepdim=True)
    return torch.full_like(logits, _NEVER).scatter(-1, best, logits.gather(-1, best))


def temperature(degree: float) -> Rule:
    """Divides logits: below 1 the likely becomes likelier, above 1 all become more alike; 0 is greedy.

    Raises:
        InputError: when it is negative.
    """
    if degree < 0:
        raise InputError(f"temperature must be 0 or more; received {degree}; try 0.8, or 0 for the most likely token")
    return greedy if degree == 0 else lambda logits: logits / degree


def top_k(count: int) -> Rule:
    """Leaves the `count` most likely tokens, and those that are as likely as the last of them.

    Raises:
        InputError: when it is below 1.

    Example:
        >>> top_k(2)(torch.tensor([1.0, 3.0, 2.0]))
        tensor([-inf, 3., 2.])
    """
    if count < 1:
        raise InputError(f"top-k must be 1 or more; received {count}; leave it out to draw from all tokens")

    def rule(logits: Tensor) -> Tensor:
        least = logits.topk(min(count, logits.shape[-1]), dim=-1).values[..., -1:]
        return logits.masked_fill(logits < least, _NEVER)

    return rule


def top_p(mass: float) -> Rule:
    """Leaves the fewest likely tokens whose probabilities sum to `mass` or more: the nucleus.

    Raises:
        InputError: when it is not above 0 and at most 1.

    Example:
        >>> top_p(0.6)(torch.tensor([0.5, 0.3, 0.2]).log()).exp()
        tensor([0.5000, 0.3000, 0.0000])
    """
    if not 0 < mass <= 1:
        raise InputError(f"top-p must be above 0 and at most 1; received {mass}; try 0.9")

    def rule(logits: Tensor) -> Tensor:
        ranked, order = logits.sort(dim=-1, descending=True, stable=True)
        probability = ranked.softmax(-1)
        before = probability.cumsum(-1) - probability  # the mass of those that are likelier
        return logits.masked_fill((before >= mass).scatter(-1, order, before >= mass), _NEVER)

    return rule


def min_p(share: float) -> Rule:
    """Leaves tokens that are at least `share` times as likely as the likeliest.

    Raises:
        InputError: when it is not from 0 to 1.

    Example:
        >>> min_p(0.5)(torch.tensor([0.5, 0.3, 0.2]).log()).exp()
        tensor([0.5000, 0.3000, 0.0000])
    """
    if not 0 <= share <= 1:
        raise InputError(f"min-p must be from 0 to 1; received {share}; try 0.05")

    def rule(logits: Tensor) -> Tensor:
        probability = logits.softmax(-1)
        return logits.masked_fill(probability < share * probability.amax(-1, keepdim=True), _NEVER)

    return rule


def forbid(*tokens: int) -> Rule:
    """Leaves these tokens out.

    Example:
        >>> forbid(0)(torch.tensor([1.0, 3.0]))
        tensor([-inf, 3.])
    """
    return lambda logits: logits.index_fill(-1, torch.tensor(tokens, device=logits.device), _NEVER)


def then(*rules: Rule) -> Rule:
    """One rule after the other."""

    def rule(logits: Tensor) -> Tensor:
        for change in rules:
            logits = change(logits)
        return logits

    return rule


def draw(logits: Float[Tensor, "B V"], generator: torch.Generator | None = None) -> Int[Tensor, "B 1"]:
    """One token for each row, by the softmax of its logits."""
    return category(logits.float().softmax(-1), generator)[:, None]


@torch.no_grad()
def generate(
    network: nn.Module,
    prompt: Int[Tensor, "B T"],
    count: int,
    rule: Rule = greedy,
    *,
    generator: torch.Generator | None = None,
    cached: bool = True,
    watch: Watch | None = None,
) -> Int[Tensor, "B T+count"]:
    """Carries texts on, token by token.

    A network that sees no more than `length` tokens at once sees the last half as many when they are full, and reads on
    from there: the window moves by halves, with or without a cache.

    Args:
        network: `forward(tokens [B T])` gives logits [B T V]; one that has `remember()` also takes what that makes, and
            then is given each token once. It is put into evaluation mode and back.
        prompt: tokens to begin with, at least one a row.
        count: how many follow.
        rule: from the logits of the network to those that are drawn from; greedy unless given.
        generator: of random numbers, on the device of the prompt.
        cached: False reads the whole window for every token: the same tokens, slower.
        watch: is told (tokens made, tokens that will be) after each.

    Returns:
        The prompt and what follows.

    Raises:
        InputError: when the prompt is empty.

    Example:
        >>> from bestiary.architectures.attention.gpt import GPT
        >>> network = GPT(vocabulary=20, length=8, width=8, depth=1, heads=2)
        >>> generate(network, torch.tensor([[1, 2, 3]]), 12, then(temperature(0.8), top_k(5))).shape
        torch.Size([1, 15])
    """
    if not prompt.shape[1]:
        raise InputError("a prompt has at least one token; received none; begin with the token that begins a text")
    tokens = torch.cat([prompt, prompt.new_zeros(len(prompt), count)], 1)
    with evaluating(network):
        for end, logits in _reading(network, tokens, prompt.shape[1], cached):
            tokens[:, end : end + 1] = draw(rule(logits), generator)
            if watch:
                watch(end + 1 - prompt.shape[1], count)
    return tokens


@torch.no_grad()
def likeliest(
    network: nn.Module,
    prompt: Int[Tensor, " T"],
    count: int,
    beams: int,
    rule: Rule = lambda logits: logits,
    *,
    cached: bool = True,
    watch: Watch | None = None,
) -> tuple[Int[Tensor, "N T+count"], Float[Tensor, " N"]]:
    """Carries one text on by beam search: of all texts that begin like those followed so far, the likeliest go on.

    All are equally long, so that no length needs a penalty. One beam is greedy choice. The window moves as in
    `generate`. Likely texts are dull ones, which repeat themselves (Holtzman et al. 2020): this shows what a network
    believes rather than how people write.

    Args:
        network: as in `generate`.
        prompt: tokens to begin with, at least one.
        count: how many follow.
        beams: N, texts that are followed.
        rule: from the logits of the network to those whose softmax counts.
        cached: False reads the whole window for every token.
        watch: is told (tokens made, tokens that will be) after each.

    Returns:
        The texts from the likeliest on, and their log probabilities in nats, the prompt's not counted; fewer than
        `beams` where there are no more.

    Raises:
        InputError: when the prompt is empty, or beams are below 1 or above 1,000.

    Example:
        >>> from bestiary.architectures.attention.gpt import GPT
        >>> network = GPT(vocabulary=20, length=8, width=8, depth=1, heads=2)
        >>> texts, scores = likeliest(network, torch.tensor([1, 2, 3]), 12, beams=4)
        >>> texts.shape, bool((scores[:-1] >= scores[1:]).all())
        (torch.Size([4, 15]), True)
    """
    if not len(prompt) or not 1 <= beams <= MOST:
        told = f"expected a prompt and 1 beam or more, {MOST:,} at most"
        raise InputError(f"{told}; received {len(prompt)} tokens and {beams} beams; try 5")
    tokens = torch.cat([prompt, prompt.new_zeros(count)]).repeat(beams, 1)
    scores = torch.full((beams,), _NEVER, device=prompt.device)
    scores[0] = 0.0  # all begin alike: one of them counts
    order = None
    with evaluating(network):
        reading = _reading(network, tokens, len(prompt), cached)
        for _ in range(count):
            end, logits = reading.send(order)
            following = scores[:, None] + rule(logits).float().log_softmax(-1)  # [N, V]
            scores, chosen = following.flatten().topk(beams)
            order = chosen // following.shape[1]
            tokens[:] = tokens[order]
            tokens[:, end] = chosen % following.shape[1]
            if watch:
                watch(end + 1 - len(prompt), count)
    return tokens[scores.isfinite()], scores[scores.isfinite()]


def _reading(
    network: nn.Module, tokens: Tensor, first: int, cached: bool
) -> Generator[tuple[int, Tensor], Tensor | None]:
    """Each place from `first` on, with the logits of what comes there; the caller fills `tokens` in meanwhile.

    A caller that gives its rows another order in `tokens` sends that order.
    """
    longest = getattr(network, "length", tokens.shape[1])
    cached = cached and hasattr(network, "remember")
    start = read = 0
    memory: list[Any] = network.remember() if cached else []  # pyright: ignore[reportCallIssue]
    for end in range(first, tokens.shape[1]):
        if end - start > longest:
            start = read = end - max(1, longest // 2)
            memory = network.remember() if cached else []  # pyright: ignore[reportCallIssue]
        logits = network(tokens[:, read:end], memory) if cached else network(tokens[:, start:end])
        read = end if cached else start
        order = yield end, logits[:, -1]
        if order is not None:
            memory[:] = [_picked(kept, order) for kept in memory]


def _picked(kept: Any, rows: Tensor) -> Any:
    """Rows of what one layer remembers: keys and values, or the states of a cell."""
    return kept.pick(rows) if isinstance(kept, Memory) else tuple(state[rows] for state in kept)
