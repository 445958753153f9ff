"""The verb `sample` of baselines: new data in the same form as those of networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from bestiary.contracts import Spec
from bestiary.errors import InputError
from bestiary.sampling import decoding
from bestiary.sampling.samples import Samples, unit_images
from bestiary.sampling.texts import MOST, rules


def sampler(answer: Any) -> Callable[..., Samples] | None:
    """What samples a fitted baseline, with the words of a network's sampler; None for one that makes nothing."""
    if hasattr(answer, "following"):
        return carried_on
    return drawn if hasattr(answer, "sample") else None


def drawn(
    answer: Any, spec: Spec, facts: Mapping[str, object], *, count: int, seed: int, temperature: float = 1.0
) -> Samples:
    """Images or rows that a fitted baseline makes.

    Args:
        answer: with `sample(count, generator, temperature)`, rows or images in the units of a batch.
        spec, facts: of the data that it was fitted on.
        count: how many.
        seed: of the draws.
        temperature: what the noise is multiplied by; below 1 the samples are more usual and less varied.

    Returns:
        Images, or rows of a table in standard deviations from the mean, feature by feature.

    Raises:
        InputError: for a temperature that is not above 0.
    """
    if not 0 < temperature < float("inf"):
        raise InputError(f"temperature must be above 0; received {temperature!r}; try 1")
    made = torch.as_tensor(answer.sample(count, torch.Generator().manual_seed(seed), temperature))
    if spec.picture is not None:
        return Samples(images=unit_images(made.reshape(count, *spec.picture), facts))
    return Samples(table={f"feature_{k}": column.numpy() for k, column in enumerate(made.reshape(count, -1).T)})


def carried_on(
    answer: Any,
    spec: Spec,
    facts: Mapping[str, object],
    *,
    count: int = 3,
    seed: int = 0,
    prompt: str = "",
    length: int = 400,
    temperature: float = 0.8,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> Samples:
    """Texts that go on from a prompt, byte by byte.

    Args:
        answer: with `following(text)`, the probability of each byte after a text.
        spec, facts: of the data that it was fitted on; an n-gram of bytes needs nothing of them.
        count: how many texts.
        seed: of random numbers.
        prompt: what they begin with.
        length: bytes that follow.
        temperature: below 1 the likely becomes likelier; 0 always takes the most likely byte.
        top_k: only so many of the most likely bytes are drawn from.
        top_p: only the fewest likely bytes that have this much of the probability.
        min_p: only bytes at least so many times as likely as the likeliest.

    Raises:
        InputError: for values that cannot be.
    """
    if count < 1 or not 1 <= length <= MOST:
        raise InputError(f"count must be 1 or more, length from 1 to {MOST:,}; received {count} and {length}")
    rule = decoding.then(*rules(temperature, top_k, top_p, min_p))
    generator = torch.Generator().manual_seed(seed)
    begin = np.frombuffer(prompt.encode(), np.uint8)
    texts = []
    for _ in range(count):
        text = np.concatenate([begin, np.zeros(length, np.uint8)])
        for place in range(len(begin), len(text)):
            logits = torch.from_numpy(answer.following(text[:place])).log()[None]
            text[place] = int(decoding.draw(rule(logits), generator))
        texts.append(text.tobytes().decode("utf-8", errors="replace"))
    return Samples(texts=texts)
