"""The up-down algorithm: a contrastive form of wake-sleep, for a stack that greedy learning has prepared.

             labels   features             labels   dreamt features
                \\      |   k rounds            \\      |
    top        o o o o o   ----------->     o o o o o
                 ^                               |
            wake | recognition           sleep   | generation
                 | learns below:                 v learns below:
               o o o o  <- generation          o o o o  -> recognition
                 |                               |
                data                         a fantasy

Awake, states are drawn upwards from data, and each layer's generation weights learn to make the layer below from them.
The top machine learns by contrastive divergence from where the way up has ended. Asleep, states are drawn downwards
from where its rounds of Gibbs sampling have ended, and the recognition weights learn which states made what they see.
Both are the delta rule: what was there less what was foretold, times what it was foretold from.

    0 ....... first machine ....... second machine ....... s * horizon ....... up and down ....... horizon

Source: Hinton, Osindero, Teh 2006, "A fast learning algorithm for deep belief nets", Neural Computation 18(7), section
5 and appendix B; wake-sleep itself: Hinton, Dayan, Frey, Neal 1995, "The wake-sleep algorithm for unsupervised neural
networks". As in the appendix, pixels, and labels within the rounds, keep their probabilities; all else is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from bestiary.algorithms.contrastive_divergence import Machine
from bestiary.algorithms.layerwise import Labelled, LayerWise, Stacked, phase
from bestiary.contracts import Data, Logs
from bestiary.optimisation.minimise import Minimise

# B batch, F features, P units below the top machine, T hidden units of the top machine


class Untied(Stacked, Protocol):
    """A stack of machines with recognition weights of their own below the top one."""

    recognition: Sequence[nn.Parameter]

    def recognise(self, layer: int, visible: Tensor, /) -> Tensor: ...

    def meet(self) -> None: ...

    def crown(self, features: Tensor, target: Tensor | None, /) -> Tensor: ...


class UpDown:
    """Greedy layers with both directions tied, then up and down with each its own.

    Args:
        network: with `machines` and `recognition`; what learns, and the answer.
        pretrain: one update of the machines' parameters.
        tune: one update of all parameters.
        share: of the horizon that the greedy phase takes.
        steps: k of the contrastive divergence in the greedy phase.
        rounds: of Gibbs sampling in the top machine: this many in equally long parts of the second phase.
        joint: whether the top machine sees labels.
    """

    stateful = ("network", "pretrain", "tune")

    def __init__(
        self,
        network: nn.Module,
        pretrain: Minimise,
        tune: Minimise,
        share: float = 0.5,
        steps: int = 1,
        rounds: Sequence[int] = (3, 6, 10),
        joint: bool = False,
    ) -> None:
        self.network, self.pretrain, self.tune = network, pretrain, tune
        self.share, self.steps, self.rounds, self.joint = share, steps, rounds, joint

    @property
    def answer(self) -> nn.Module:
        return self.network

    def updates(self, data: Data, start: int, horizon: int) -> Iterator[Logs]:
        stack = cast("Untied", self.network)
        greedy = LayerWise(self.network, self.pretrain, None, self.tune, self.share, self.steps, joint=self.joint)
        for logs in greedy.updates(data, start, horizon):
            stack.meet()
            yield logs
        named = Labelled(data) if self.joint else data
        for step in range(start, horizon):
            now = phase(step, horizon, len(stack.machines), self.share)
            if now.number == len(stack.machines):
                batch = named.batch("train", step)
                rounds = self.rounds[now.step * len(self.rounds) // now.horizon]
                truth = batch.truth if self.joint else None
                logs = up_and_down(stack, stack.sees(0, batch.inputs[0], truth), truth, rounds)
                self.tune.update(now.step, now.horizon)
                yield logs


@torch.no_grad()
def up_and_down(stack: Untied, visible: Tensor, target: Tensor | None, rounds: int) -> Logs:
    """Gives all parameters the gradient of one update: the appendix's rule for a batch, with the sign of descent.

    Args:
        stack: the network.
        visible: states of the lowest visible units [B F].
        target: classes [B], for a top machine that sees labels.
        rounds: of Gibbs sampling in the top machine.

    Returns:
        `loss`: the squared difference between data and what the generation weights make of the states above them;
        `dreams`: the same of the states of a fantasy and what the recognition weights take them for, layer by layer.
    """
    *below, top = stack.machines
    wake = [visible]  # a bottom-up pass
    for layer in range(len(below)):
        wake.append(torch.bernoulli(stack.recognise(layer, wake[-1])))
    seen = stack.crown(wake[-1], target)
    excited = torch.bernoulli(top.hidden(seen))

    dreamt, restless = seen, excited  # rounds of Gibbs sampling in the associative memory
    for _ in range(rounds):
        dreamt = relive(top, restless, wake[-1].shape[1])
        restless = torch.bernoulli(top.hidden(dreamt))

    sleep = [dreamt[:, : wake[-1].shape[1]]]  # a top-down pass
    for layer in reversed(range(len(below))):
        means = below[layer].visible(sleep[0])
        sleep.insert(0, torch.bernoulli(means) if layer else means)

    top.weight.grad = (restless.T @ dreamt - excited.T @ seen) / len(visible)
    top.visible_bias.grad = (dreamt - seen).mean(0)
    top.hidden_bias.grad = (restless - excited).mean(0)
    missed = [visible.new_zeros(1)]
    for layer, machine in enumerate(below):
        awake = wake[layer] - machine.visible(wake[layer + 1])
        asleep = sleep[layer + 1] - stack.recognise(layer, sleep[layer])
        machine.weight.grad = -wake[layer + 1].T @ awake / len(visible)
        machine.visible_bias.grad = -awake.mean(0)
        stack.recognition[layer].grad = -asleep.T @ sleep[layer] / len(visible)
        machine.hidden_bias.grad = -asleep.mean(0)
        missed.append(asleep.square().mean())
    reconstruction = below[0].visible(wake[1]) if below else top.visible(excited)[:, : visible.shape[1]]
    return {"loss": (visible - reconstruction).square().mean(), "dream_loss": torch.hstack(missed).sum()}


def relive(top: Machine, hidden: Tensor, features: int) -> Tensor:
    """Visible states [B P+K] of the top machine given its hidden ones: features are drawn, labels stay probabilities.

    Args:
        top: the machine.
        hidden: states of its hidden units [B T].
        features: P, how many of its visible units are features.
    """
    means = top.visible(hidden)
    return torch.cat((torch.bernoulli(means[:, :features]), means[:, features:]), 1)
