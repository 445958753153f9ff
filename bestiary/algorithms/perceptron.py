"""The perceptron's learning rule (Rosenblatt 1958), for several classes."""

from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor, nn

from bestiary.contracts import Data, Logs


class PerceptronRule:
    """Corrects the weights on mistakes alone, one example after the other, as Rosenblatt's machine did.

    The unit of the true class should win. When another does, the example is added to the weights of the true unit and
    taken from those of the wrong winner; for two classes this is Rosenblatt's rule on the difference of the two units.
    On data that planes can separate it makes finitely many mistakes (Novikoff 1962) and finishes: an epoch without a
    mistake ends it. An epoch is of whole batches; the rows at its end that fill none are left out, other ones in each
    epoch, so the last epoch vouches for all rows but those. On other data it never settles, so the answer is the
    average of all weight vectors that were ever held, each as often as examples have left it as it was (Freund &
    Schapire 1999, Large margin classification using the perceptron algorithm), kept as a running mean.

    Args:
        network: one linear layer, `layer`, from features to one unit a class; `vectors` gives a batch's features.
            Biases are learned like weights.
        average: the same network again: it holds the mean of the weights after each example.
        rate: size of a correction; with weights that start at 0 it changes nothing but their scale.
    """

    stateful = ("network", "average", "progress")

    def __init__(self, network: nn.Module, average: nn.Module, rate: float = 1.0) -> None:
        self.network, self.average, self.rate = network, average, rate
        self.progress = Progress()

    @property
    def answer(self) -> nn.Module:
        return self.average

    @torch.no_grad()
    def show_one(self, row: Tensor, label: int) -> bool:
        """The rule as it is written: shows one example [F]; returns whether it was a mistake."""
        layer = cast("nn.Linear", self.network.layer)
        winner = int(torch.argmax(layer.weight @ row + layer.bias))
        if winner == label:
            return False
        for unit, sign in ((label, self.rate), (winner, -self.rate)):
            layer.weight[unit] += sign * row
            layer.bias[unit] += sign
        return True

    @torch.no_grad()
    def show(self, rows: Tensor, labels: Tensor, seen: int = 0) -> int:
        """The same for rows [B, F] in their order, skipping over those that no correction concerns; counts mistakes.

        The average takes in the weights after each row: B times those of now, and each correction as often as it is
        held. It is of `seen` rows so far.
        """
        layer, mean = cast("nn.Linear", self.network.layer), cast("nn.Linear", self.average.layer)
        total = seen + len(rows)
        for held, now in zip(mean.parameters(), layer.parameters()):
            held.lerp_(now, len(rows) / total)
        mistakes, first = 0, 0
        units = layer(rows)  # [B, K], kept up to date as corrections are made
        while True:
            wrong = (units[first:].argmax(1) != labels[first:]).nonzero()
            if not len(wrong):
                return mistakes
            place = first + int(wrong[0])
            row, label, winner = rows[place], labels[place], units[place].argmax()
            alike = self.rate * (rows @ row + 1)  # [B]
            share = (len(rows) - place) / total
            for unit, sign in ((label, self.rate), (winner, -self.rate)):
                layer.weight[unit] += sign * row
                layer.bias[unit] += sign
                mean.weight[unit] += share * sign * row
                mean.bias[unit] += share * sign
            units[:, label] += alike
            units[:, winner] -= alike
            mistakes, first = mistakes + 1, place + 1

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        epoch, vectors = getattr(data, "epoch", 1), cast("Callable[..., Tensor]", self.network.vectors)
        for step in range(start, horizon):
            if self.progress.finished:
                return
            batch = data.batch("train", step)
            if step % epoch == 0:
                self.progress.mistakes = 0
            mistakes = self.show(vectors(*batch.inputs), batch.truth, seen=step * len(batch))
            self.progress.mistakes += mistakes
            self.progress.finished = step % epoch == epoch - 1 and self.progress.mistakes == 0
            yield {"loss": mistakes / len(batch), "mistakes": float(mistakes)}


class Progress:
    """How many mistakes this epoch has seen, and whether one has ended without any."""

    mistakes, finished = 0, False

    def state_dict(self) -> dict[str, int]:
        """For checkpoints."""
        return {"mistakes": self.mistakes, "finished": int(self.finished)}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """From a checkpoint."""
        self.mistakes, self.finished = state["mistakes"], bool(state["finished"])
