"""Texts from a language model: the verb `sample`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from bestiary.contracts import CorpusSpec, Spec, device_of
from bestiary.errors import InputError
from bestiary.kinds.corpus.units import BEGIN, Units
from bestiary.sampling.decoding import Rule, Watch, forbid, generate, likeliest, min_p, temperature, then, top_k, top_p
from bestiary.sampling.samples import Samples

MOST = 100_000  # tokens of a text


def sample(
    network: nn.Module,
    spec: Spec,
    facts: Mapping[str, Any],
    *,
    count: int = 3,
    seed: int = 0,
    prompt: str = "",
    length: int = 400,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    beams: int | None = None,
    watch: Watch | None = None,
) -> Samples:
    """Texts that go on from a prompt.

    Args:
        network: a language model.
        spec: of its data.
        facts: of its data; they name the units.
        count: how many texts.
        seed: of random numbers.
        prompt: what they begin with; the beginning of a text unless given.
        length: tokens that follow.
        temperature: below 1 the likely becomes likelier; 0 always takes the most likely token; 0.8 unless given.
        top_k: only so many of the most likely tokens are drawn from.
        top_p: only the fewest likely tokens that have this much of the probability.
        min_p: only tokens at least so many times as likely as the likeliest.
        beams: nothing is drawn: so many texts are followed side by side, and the likeliest are told, at most as many as
            are followed.
        watch: is told (tokens made, tokens that will be) after each.

    Raises:
        InputError: for values that cannot be, for rules of drawing beside beams, or a network that learned something
            else than to carry text on.
    """
    if not isinstance(spec, CorpusSpec):
        raise InputError(
            f"expected a network that learned to carry text on (--task continue); this one learned "
            f"{facts.get('problem')} from {spec.kind} data; use bestiary predict for its answers"
        )
    if count < 1 or not 1 <= length <= MOST:
        raise InputError(f"count must be 1 or more, length from 1 to {MOST:,}; received {count} and {length}")
    units = Units.of(facts)
    device = device_of(network)
    begin = torch.tensor([BEGIN, *units.encode(prompt.encode()).tolist()], device=device)
    if beams is not None:
        if any(word is not None for word in (temperature, top_k, top_p, min_p)):
            raise InputError(
                "beam search draws nothing at random, so temperature, top-k, top-p and min-p have "
                "no effect; leave them out"
            )
        found = likeliest(network, begin, length, beams, forbid(BEGIN), watch=watch)[0][:count]
    else:
        generator = torch.Generator().manual_seed(seed)
        rule = rule_of(0.8 if temperature is None else temperature, top_k, top_p, min_p)
        found = generate(network, begin.repeat(count, 1), length, rule, generator=generator, watch=watch)
    return Samples(texts=[units.decode(row.numpy()).decode("utf-8", errors="replace") for row in found.cpu()])


def rule_of(degree: float, most: int | None, mass: float | None, share: float | None) -> Rule:
    """The rules that were asked for, one after the other: temperature, top-k, top-p, min-p; the beginning of a text is
    never drawn."""
    return then(forbid(BEGIN), *rules(degree, most, mass, share))


def rules(degree: float, most: int | None, mass: float | None, share: float | None) -> list[Rule]:
    """Temperature, and whichever of top-k, top-p, min-p were asked for."""
    found = [temperature(degree)]
    for make, value in ((top_k, most), (top_p, mass), (min_p, share)):
        if value is not None:
            found.append(make(value))  # pyright: ignore[reportArgumentType]
    return found
