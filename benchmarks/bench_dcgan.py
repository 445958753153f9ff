"""DCGAN on the same images, same sizes and updates, one thread: ours against the loop that most code writes by hand.

Theirs is the usual one: two optimisers of torch (fused, like ours), the discriminator's gradients computed in the
generator's step too and thrown away. Memory is what training holds at its peak, each in a process of its own.

Ours draws new codes for the generator's step, as algorithm 1 of Goodfellow et al. 2014 does, where theirs uses the
images of the discriminator's step again: one pass forward more. Not computing the discriminator's gradients pays for it
where images are small; at 64x64 it does not quite (1.08).
"""

import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from common import Never, compare, finish, header, most_held
from torch import nn
from torch.nn import functional as F

from bestiary.architectures.build import build
from bestiary.contracts import ImageSpec
from bestiary.fit import fit
from bestiary.recipes.adversarial import adversarial
from bestiary.rows.store import ArrayData
from bestiary.runs.run import RunFolder

LATENT, RATE = 100, 2e-4
SIZES = {"28x28, width 32": (1, 28, 32, 64, 10), "64x64 colour, width 64": (3, 64, 64, 16, 8)}
"""Channels, side, width, rows in a batch, updates."""


def images(channels: int, side: int, batch: int) -> torch.Tensor:
    """Random bytes: what they show changes no timing."""
    shape = (10 * batch, channels, side, side)
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def ours(channels: int, side: int, width: int, batch: int, updates: int) -> None:
    spec = ImageSpec(channels, (side, side), 1)
    facts = {"problem": "generate", "pixel_mean": [127.5] * channels, "pixel_scale": [127.5] * channels}
    pixels = images(channels, side, batch)
    arrays = {"pixels": pixels.numpy(), "target": np.zeros(len(pixels), np.int64)}
    data = ArrayData(spec, facts, {"train": arrays}, batch)
    network = build("bestiary.architectures.generative.dcgan:DCGAN", {"width": width, "latent": LATENT}, spec, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder), keep_best=False, save_every=1e9)
        fit(adversarial(network, spec, rate=RATE), data, run, updates, Never())


def players(channels: int, side: int, width: int) -> tuple[nn.Module, nn.Module]:
    """The same two networks as plain sequences."""
    times = 2 if side == 28 else 4
    maps = [width * 2**level for level in range(times)]
    up: list[nn.Module] = [nn.ConvTranspose2d(LATENT, maps[-1], side // 2**times, 1, 0, bias=False)]
    down: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
    for small, large in pairwise(maps):
        down += [nn.Conv2d(small, large, 4, 2, 1, bias=False), nn.BatchNorm2d(large), nn.LeakyReLU(0.2, inplace=True)]
    for large, small in pairwise(maps[::-1]):
        up += [nn.BatchNorm2d(large), nn.ReLU(inplace=True), nn.ConvTranspose2d(large, small, 4, 2, 1, bias=False)]
    up += [nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False)]
    last = nn.Conv2d(maps[-1], 1, side // 2**times, 1, 0, bias=False)
    return nn.Sequential(*up, nn.Tanh()), nn.Sequential(*down, last)


def theirs(channels: int, side: int, width: int, batch: int, updates: int) -> None:
    torch.manual_seed(0)
    generator, discriminator = players(channels, side, width)
    pixels = images(channels, side, batch)
    first, second = (
        torch.optim.Adam(p.parameters(), RATE, (0.5, 0.999), fused=True) for p in (generator, discriminator)
    )
    ones, zeros = torch.ones(batch), torch.zeros(batch)
    order = torch.randperm(len(pixels))
    for step in range(updates):
        place = step * batch % len(pixels)
        real = pixels[order[place : place + batch]].float() / 127.5 - 1
        discriminator.zero_grad()
        F.binary_cross_entropy_with_logits(discriminator(real).view(-1), ones).backward()
        made = generator(torch.randn(batch, LATENT, 1, 1))
        F.binary_cross_entropy_with_logits(discriminator(made.detach()).view(-1), zeros).backward()
        second.step()
        generator.zero_grad()
        F.binary_cross_entropy_with_logits(discriminator(made).view(-1), ones).backward()
        first.step()


def peak(which: str, name: str) -> float:
    """Resident megabytes at the peak of one training in a process of its own."""
    words = [sys.executable, __file__, which, name]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()[-1])


def memory(name: str, bound: float) -> bool:
    """Ours over theirs, in turn; the smallest of three each."""
    mine, other = (min(peak(which, name) for _ in range(3)) for which in ("ours", "theirs"))
    kept = mine / other <= bound
    print(f"memory at {name}: ours {mine:.0f} MB, theirs {other:.0f} MB, ratio {mine / other:.3f}, bound {bound}"
          f": {'kept' if kept else 'NOT KEPT'}")  # fmt: skip
    return kept


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"ours": ours, "theirs": theirs}[sys.argv[1]](*SIZES[sys.argv[2]])
        print(most_held())
        sys.exit()
    header("numpy")
    kept = [
        compare(f"DCGAN, {name}", lambda w=words: ours(*w), lambda w=words: theirs(*w), bound=1.0, rounds=5)
        for name, words in SIZES.items()
    ]
    finish(*kept, *(memory(name, 1.0) for name in SIZES))
