"""Scheduled sampling (Bengio, Vinyals, Jaitly, Shazeer 2015): a writer is weaned off the teacher's hand.

Under teacher forcing a network always sees the true tokens before the next one; when it writes by itself it sees its
own, mistakes included. Here each token that it sees is its own with a probability that grows over the training.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from bestiary.algorithms.gradient_descent import pieces
from bestiary.contracts import Batch, Data, Logs
from bestiary.optimisation.minimise import Minimise


class ScheduledSampling:
    """Gradient descent on sequences that are partly the network's own (section 2.4 of the paper, linear decay).

    Args:
        network: offers `encode` and `step`, as decoders need them.
        minimise: one update of the network's parameters.
        own: the probability of an own token at the end of the horizon, 0 to 1; it grows from 0 in a straight line.
        cost: logits [B, T, K] and true tokens [B, T] -> what each row costs [B].
        parts: each batch's gradient is computed in so many parts, to save memory.
    """

    stateful = ("network", "minimise")

    def __init__(
        self,
        network: nn.Module,
        minimise: Minimise,
        own: float,
        cost: Callable[[Tensor, Tensor], Tensor],
        parts: int = 1,
    ) -> None:
        self.network, self.minimise, self.own, self.cost, self.parts = network, minimise, own, cost, parts

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        self.network.train()
        for step in range(start, horizon):
            probability = self.own * step / horizon
            total = 0.0
            batch = data.batch("train", step)
            for part in pieces(batch, self.parts):
                loss = self.cost(self._write(part, probability), part.truth).mean() * (len(part) / len(batch))
                loss.backward()
                total = total + loss.detach()
            self.minimise.update(step, horizon)
            yield {"loss": total, "own": probability}

    def _write(self, batch: Batch, probability: float) -> Tensor:
        """Logits [B, T, K]: after the beginning a token that enters is the true one, or drawn from the last logits."""
        source, lengths, sequence = batch.arguments(self.network)
        memory, state = self.network.encode(source, lengths)  # pyright: ignore[reportCallIssue]
        token, written = sequence[:, 0], list[Tensor]()
        for place in range(sequence.shape[1]):
            logits, state = self.network.step(token, memory, state)  # pyright: ignore[reportCallIssue]
            written.append(logits)
            if place + 1 < sequence.shape[1]:
                drawn = torch.multinomial(logits.detach().softmax(-1), 1).squeeze(1)
                coin = torch.rand(len(token), device=token.device) < probability
                token = torch.where(coin, drawn, sequence[:, place + 1])
        return torch.stack(written, 1)
