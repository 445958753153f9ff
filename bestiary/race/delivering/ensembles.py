"""Greedy selection of an ensemble from everything that raced.

Source: Caruana, Niculescu-Mizil, Crew and Ksikes (2004), "Ensemble selection from libraries of models": models are
added one at a time, with replacement, whichever makes the mean of all answers best on rows that none of them learned
from; the best models are put in first.

Axes: M models, N rows, K columns of an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Loss = Callable[[Floats, NDArray[np.int64]], float]
"""Of answers [N, K] to the rows of these places; lower is better."""

Choice = Callable[[Sequence[Floats], Loss, NDArray[np.int64], int], Floats]
"""Of weights [M]: answers, loss, places of the rows to choose on, most models with a weight."""

ROUNDS = 40  # additions; more change little once weights are in fortieths
FIRST = 3  # of the best models start the ensemble where that is better than the best alone
PARTS, PARTINGS = 5, 3  # on which weights are tried that were chosen on the others
GAIN = 1e-9  # of the loss; a smaller one is rounding


def greedy(answers: Sequence[Floats], loss: Loss, where: NDArray[np.int64], most: int) -> Floats:
    """Weights [M] of the ensemble with the lowest loss that greedy selection meets; they add up to 1.

    Args:
        answers: of each model, [N, K].
        loss: what is made small.
        where: places of the rows to choose on.
        most: models with a weight, at most.
    """
    parts = [one[where] for one in answers]
    alone = [loss(part, where) for part in parts]
    order = sorted(range(len(parts)), key=lambda number: alone[number])
    counts = np.zeros(len(parts))
    counts[order[0]] = 1
    best, best_counts = alone[order[0]], counts.copy()
    start = order[: min(FIRST, most)]
    if len(start) > 1 and loss(np.mean([parts[n] for n in start], axis=0), where) < best:
        counts[start] = 1
    total = np.sum([counts[n] * parts[n] for n in np.flatnonzero(counts)], axis=0)
    for _ in range(ROUNDS):
        allowed = order if (counts > 0).sum() < most else [n for n in order if counts[n]]
        size = counts.sum()
        tried = {n: loss((total + parts[n]) / (size + 1), where) for n in allowed}
        chosen = min(tried, key=lambda n: tried[n])
        counts[chosen] += 1
        total = total + parts[chosen]
        if tried[chosen] < best - GAIN:
            best, best_counts = tried[chosen], counts.copy()
    return best_counts / best_counts.sum()


def single(answers: Sequence[Floats], loss: Loss, where: NDArray[np.int64], most: int = 1) -> Floats:
    """All weight on the model with the lowest loss, [M]."""
    losses = [loss(one[where], where) for one in answers]
    return np.eye(len(answers))[int(np.argmin(losses))]


def crossed(answers: Sequence[Floats], loss: Loss, rows: int, most: int, seed: int, choose: Choice = greedy) -> float:
    """The loss of a way to choose on rows that it did not choose on.

    Weights are chosen on four fifths of the rows and answer the last, five times; all answers together make the loss.
    Its mean over three partings of the rows is returned. What is best of many on all rows looks better than it is, a
    single model as well as an ensemble: only so can the two be compared.

    Args:
        answers: of each model, [N, K].
        loss: what is made small.
        rows: N.
        most: models with a weight, at most.
        seed: of the partings.
        choose: how weights are chosen: `greedy` or `single`.
    """
    found = []
    for parting in range(PARTINGS):
        part = np.random.default_rng([seed, parting]).permutation(rows) % min(PARTS, rows)
        joined = np.zeros_like(answers[0])
        for number in range(part.max() + 1):
            inside, outside = np.flatnonzero(part != number), np.flatnonzero(part == number)
            weights = choose(answers, loss, inside, most) if len(inside) else np.eye(len(answers))[0]
            joined[outside] = mix([one[outside] for one in answers], weights)
        found.append(loss(joined, np.arange(rows)))
    return float(np.mean(found))


def mix(answers: Sequence[Floats], weights: Floats) -> Floats:
    """The weighted mean of answers, [N, K].

    Example:
        >>> mix([np.array([[0.0]]), np.array([[1.0]])], np.array([0.25, 0.75]))
        array([[0.75]])
    """
    return np.asarray(sum(weight * one for weight, one in zip(weights, answers, strict=True) if weight))
