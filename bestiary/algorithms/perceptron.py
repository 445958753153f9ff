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
    mistake ends it. On other data it never settles, so the answer is the average of all weight vectors that were ever
    held (Freund & Schapire 1999, Large margin classification using the perceptron algorithm), kept as a running mean.

    Args:
        network: one linear layer, `layer`, from features to one unit a class; `vectors` gives a batch's features.
            Biases are learned like weights.
        average: the same network again: it holds the mean of the weights.
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
    def show(self, rows: Tensor, labels: Tensor) -> int:
        """The same for rows [B, F] in their order, skipping over those that no correction concerns; counts mistakes."""
        layer = cast("nn.Linear", self.network.layer)
        mistakes, first = 0, 0
        units = layer(rows)  # [B, K], kept up to date as corrections are made
        while True:
            wrong = (units[first:].argmax(1) != labels[first:]).nonzero()
            if not len(wrong):
                return mistakes
            place = first + int(wrong[0])
            row, label, winner = rows[place], labels[place], units[place].argmax()
            alike = self.rate * (rows @ row + 1)  # [B]
            for unit, sign in ((label, 1), (winner, -1)):
                layer.weight[unit] += sign * self.rate * row
                layer.bias[unit] += sign * self.rate
                units[:, unit] += sign * alike
            mistakes, first = mistakes + 1, place + 1

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        epoch = getattr(data, "epoch", 1)
        for step in range(start, horizon):
            batch = data.batch("train", step)
            if step % epoch == 0:
                self.progress.mistakes = 0
            mistakes = self.show(cast("Callable[..., Tensor]", self.network.vectors)(*batch.inputs), batch.target)
            self.progress.mistakes += mistakes
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.network.parameters()):
                    mean.lerp_(now, 1 / (step + 1))
            yield {"loss": mistakes / len(batch), "mistakes": float(mistakes)}
            if step % epoch == epoch - 1 and self.progress.mistakes == 0:
                return


class Progress:
    """How many mistakes this epoch has seen."""

    mistakes = 0

    def state_dict(self) -> dict[str, int]:
        """For checkpoints."""
        return {"mistakes": self.mistakes}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """From a checkpoint."""
        self.mistakes = state["mistakes"]
