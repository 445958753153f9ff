"""The loss of denoising diffusion."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, ImageBatch, Logs


@dataclass(frozen=True)
class Denoising:
    """How well the network tells what was done to images at random steps: Ho et al. 2020, L_simple, equation 14.

    Steps and noise come from the global stream of random numbers, which checkpoints hold.

    The network offers `steps`, `noised(data, noise, step)` and `target(data, noise, step)`, such as
    `bestiary.architectures.generative.ddpm.Diffusion`.
    """

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        data = cast("ImageBatch", batch).pixels
        noise = torch.randn_like(data)
        times = torch.randint(cast("int", network.steps), (len(data),), device=data.device)
        said = network(network.noised(data, noise, times), times)  # pyright: ignore[reportCallIssue]
        loss = F.mse_loss(said, network.target(data, noise, times))  # pyright: ignore[reportCallIssue]
        return loss, {"loss": loss.detach()}
