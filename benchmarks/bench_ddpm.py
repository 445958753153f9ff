"""The same U-Net, schedule and sampler, one thread, in one process: ours and diffusers'. Time and memory."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch
from common import compare, finish, header
from diffusers.models.unets.unet_2d import UNet2DModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from diffusers.training_utils import EMAModel
from torch import Tensor
from torch.nn import functional as F

from bestiary.architectures.generative.ddpm import DDPM
from bestiary.contracts import Batch, ImageInputs, ImageSpec
from bestiary.recipes.diffusion import diffusion
from bestiary.sampling.diffusion import ddim, spaced

CHANNELS, SIDE, WIDTHS, DEPTH, GROUPS, BATCH = 1, 28, (32, 64, 64), 1, 8, 32
STEPS, STRIDES, SAMPLES = 3, 5, 32
torch.manual_seed(0)
PIXELS = torch.rand(BATCH, CHANNELS, SIDE, SIDE) * 2 - 1


class Same:
    """Data of one batch."""

    def batch(self, split: str, number: int) -> Batch:
        return Batch(ImageInputs(PIXELS))


def our_network() -> DDPM:
    return DDPM(channels=CHANNELS, image_size=(SIDE, SIDE), widths=WIDTHS, depth=DEPTH, attention=(1,), groups=GROUPS)


def their_network() -> UNet2DModel:
    return UNet2DModel(
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=WIDTHS,
        layers_per_block=DEPTH,
        norm_num_groups=GROUPS,
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=None,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        norm_eps=1e-6,
    )


class Ours:
    """The library's own recipe: noise, loss, clipping, AdamW, moving average."""

    def __init__(self) -> None:
        self.algorithm = diffusion(our_network(), ImageSpec(CHANNELS, (SIDE, SIDE), 1))
        self.done = 0

    def train(self) -> None:
        for _ in self.algorithm.updates(Same(), self.done, self.done + STEPS):  # type: ignore[arg-type]
            self.done += 1

    @torch.no_grad()
    def sample(self) -> Tensor:
        network = self.algorithm.network.eval()
        start = torch.randn(SAMPLES, CHANNELS, SIDE, SIDE)
        clean = lambda x, step: network.clean(x, torch.tensor([step]))  # noqa: E731
        return ddim(clean, start, network.signal, spaced(1000, STRIDES))  # type: ignore[arg-type]


class Theirs:
    """The usual loop around diffusers' parts, with the same fused optimiser."""

    def __init__(self) -> None:
        self.network = their_network()
        self.scheduler, self.strides = DDPMScheduler(1000), DDIMScheduler(1000, timestep_spacing="trailing")
        self.strides.set_timesteps(STRIDES)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=2e-4, weight_decay=0.0, fused=True)
        self.average = EMAModel(self.network.parameters(), decay=0.9999, use_ema_warmup=True)

    def train(self) -> None:
        self.network.train()
        for _ in range(STEPS):
            noise = torch.randn_like(PIXELS)
            steps = torch.randint(1000, (BATCH,))
            said = self.network(self.scheduler.add_noise(PIXELS, noise, steps), steps).sample
            F.mse_loss(said, noise).backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimiser.step()
            self.optimiser.zero_grad()
            self.average.step(self.network.parameters())

    @torch.no_grad()
    def sample(self) -> Tensor:
        self.network.eval()
        x = torch.randn(SAMPLES, CHANNELS, SIDE, SIDE)
        for step in self.strides.timesteps:
            x = self.strides.step(self.network(x, step).sample, int(step), x).prev_sample
        return x


def peak(who: str) -> float:
    """Megabytes that training needs at most in a process of its own, beyond what it has before."""
    done = subprocess.run([sys.executable, __file__, who], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def grow(who: str) -> None:
    """Prints by how much training makes this process grow."""
    side = Ours() if who == "ours" else Theirs()
    with growth() as grown:
        side.train()
    print(grown[0])


@contextmanager
def growth() -> Iterator[list[float]]:
    """The most megabytes that this process holds meanwhile, beyond those at the start, looked at every millisecond."""
    process, found, done = psutil.Process(), [0.0], threading.Event()
    before = process.memory_info().rss

    def look() -> None:
        while not done.wait(0.001):
            found[0] = max(found[0], (process.memory_info().rss - before) / 1e6)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        grow(sys.argv[1])
        sys.exit(0)
    header("diffusers")
    ours, theirs = Ours(), Theirs()
    parameters = [sum(p.numel() for p in n.parameters()) for n in (ours.algorithm.network, theirs.network)]
    assert parameters[0] == parameters[1]
    kept = [
        compare(f"DDPM, {STEPS} training steps of {BATCH} images", ours.train, theirs.train, bound=1.0),
        compare(f"DDIM, {STRIDES} strides of {SAMPLES} images", ours.sample, theirs.sample, bound=1.0),
    ]
    mine, other = peak("ours"), peak("theirs")
    kept.append(mine <= other)
    said = "kept" if kept[-1] else "NOT KEPT"
    print(f"DDPM, memory of training: ours {mine:.0f} MB, theirs {other:.0f} MB: {said}")
    finish(*kept)
