"""One episode of a trained network, with its pictures: what `bestiary play` shows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bestiary.contracts import device_of
from bestiary.errors import InputError
from bestiary.files import write_bytes
from bestiary.kinds.environment.worlds import first_action, numbers, open_world
from bestiary.sampling.insides import curves
from bestiary.sampling.looking import evaluating
from bestiary.sampling.pictures import Picture, png

MOST_STEPS = 10_000
MOST_FRAMES = 600  # in one animation; longer episodes show every second, third ... step


@dataclass
class Episode:
    """What happened.

    Attributes:
        returned: sum of rewards.
        steps: actions taken.
        values: what the network expected of the action it took, [steps].
        frames: pictures [H W 3] bytes, one a step, when they were asked for.
        observations: what the network saw before each action, [steps] of [F].
    """

    returned: float
    steps: int
    values: list[float]
    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    observations: list[NDArray[np.float32]] = field(default_factory=list)

    def write(self, path: Path, speed: int = 50) -> Path:
        """An animated GIF.

        Args:
            path: of the file.
            speed: frames a second.

        Raises:
            InputError: when no pictures were kept.
        """
        from PIL import Image

        if not self.frames:
            raise InputError("this episode has no pictures; play it with frames, in an environment that draws itself")
        step = -(-len(self.frames) // MOST_FRAMES)
        images = [Image.fromarray(frame).convert("P", palette=Image.Palette.ADAPTIVE) for frame in self.frames[::step]]
        buffer = io.BytesIO()
        images[0].save(
            buffer, "GIF", save_all=True, append_images=images[1:], duration=1000 * step // speed, loop=0, optimize=True
        )
        write_bytes(path, buffer.getvalue())
        return path


def play(network: nn.Module, spec: Any, *, seed: int = 0, frames: bool = True) -> Episode:
    """Plays one episode, taking the action that the network values most.

    Args:
        network: observation [1 F] -> value of each action [1 A].
        spec: an `EnvironmentSpec`.
        seed: the episode begins with.
        frames: whether to keep pictures.
    """
    world = open_world(spec.environment, frames=frames)
    observation, _ = world.reset(seed=seed)
    episode = Episode(0.0, 0, [])
    ended, device = False, device_of(network)
    with evaluating(network):
        while not ended and episode.steps < MOST_STEPS:
            if frames:
                _keep(episode, world)
            episode.observations.append(numbers(world, observation))
            values = network(torch.from_numpy(episode.observations[-1])[None].to(device))[0].cpu()
            action = int(values.argmax())
            observation, reward, terminated, truncated, _ = world.step(action + first_action(world))
            episode.returned += float(reward)
            episode.steps += 1
            episode.values.append(float(values[action]))
            ended = bool(terminated or truncated)
    if frames:
        _keep(episode, world)
    world.close()
    return episode


def _keep(episode: Episode, world: Any) -> None:
    frame = world.render()
    if isinstance(frame, np.ndarray) and frame.ndim == 3:
        episode.frames.append(frame.astype(np.uint8))


def strip(frames: Sequence[NDArray[np.uint8]], count: int = 6) -> NDArray[np.uint8]:
    """Some frames of an episode side by side."""
    places = np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)
    return np.concatenate([frames[place] for place in places], axis=1)


def pictures(network: nn.Module, data: Any, spec: Any, facts: Any) -> list[Picture]:
    """An episode in six pictures, and what the network expects at each step beside what it will get."""
    episode = play(network, spec, seed=9_000_000)
    drawn = [
        Picture("One episode", f"{episode.steps} steps, return {episode.returned:g}.", png=png(strip(episode.frames)))
    ]
    values = curves.Curve("", range(episode.steps), episode.values)
    drawing = curves.draw([values], "step", "expected of the action taken (discounted)")
    told = "A constant value means that the network expects the episode to go on; a falling value predicts its end."
    return [*drawn, Picture("What it expects", told, svg=drawing)]
