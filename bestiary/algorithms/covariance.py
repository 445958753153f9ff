"""Hebb's rule on what differs from the mean: storage of a few patterns that are alike, such as digits.

    W = 1/N sum_p (x_p - a)(x_p - a)^T,  a = the mean of the patterns, unit by unit
    a unit looks at  sum_j W_ij (s_j - a_j) + q a_i,  q = 1/N sum_j (1 - a_j^2)

Patterns that share most of their units pull each other into one valley, their mean. Without it only that counts in
which they differ; and as a pattern itself gives the sum q (x_i - a_i), the second term completes it to q x_i. In the
network's terms that is a threshold, U = W a - q a. The rule is still local: a weight changes by what its two units do.

Source: Sejnowski 1977, "Storing covariance with nonlinearly interacting neurons", Journal of Mathematical Biology 4;
Amit, Gutfreund, Sompolinsky 1987, "Information storage in neural networks with low levels of activity", Physical Review
A 35. There all units have one mean; here each has its own, for a digit's rim is always off and its middle mostly on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from bestiary.algorithms.contrastive_divergence import some_rows
from bestiary.algorithms.hebbian import Memory, epoch, patterns
from bestiary.contracts import Data, Logs

# N units, P patterns


class BiasedMemory(Memory, Protocol):
    """A memory whose units have thresholds [N]."""

    thresholds: Tensor


class CovarianceStorage:
    """Each update adds one batch of patterns, less their mean; it has finished when so many are stored, or all that an
    epoch has: the rows at its end that fill no batch are not stored.

    Args:
        network: the memory, with empty weights.
        most: patterns that are stored at most. Of digits, five come back in 784 units; of ten some are lost.
    """

    stateful = ("network",)

    def __init__(self, network: nn.Module, most: int) -> None:
        self.network, self.most = network, most

    @property
    def answer(self) -> nn.Module:
        return self.network

    @torch.no_grad()
    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        memory = cast("BiasedMemory", self.network)
        if start == 0:
            memory.measure(some_rows(data))
        mean = self.mean(data)
        strength = (1 - mean.square()).mean()
        for step in range(start, horizon):
            new = patterns(memory, data, step, self.most)
            if not len(new) or step >= epoch(data):
                return
            apart = new - mean
            memory.weights = memory.weights + apart.T @ apart / new.shape[1]
            memory.thresholds.copy_(memory.weights @ mean - strength * mean)
            pull = new @ memory.weights - memory.thresholds
            yield {"loss": float((pull * new < 0).float().mean())}

    def mean(self, data: Data) -> Tensor:
        """Of all patterns that are to be stored, unit by unit [N]."""
        memory = cast("BiasedMemory", self.network)
        parts = (patterns(memory, data, step, self.most) for step in range(epoch(data)))
        return torch.cat(list(takewhile(len, parts))).mean(0)
