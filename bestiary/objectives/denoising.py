"""The loss of denoising diffusion."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, ImageInputs, Logs


@dataclass(frozen=True)
class Denoising:
    """How well the network tells what was done to images at random steps: Ho et al. 2020, L_simple, equation 14.

    Steps and noise come from the global stream of random numbers, which checkpoints hold.

    The network offers `steps`, `units.signed(pixels)`, `noised(data, noise, step)` and `target(data, noise, step)`,
    such as `bestiary.architectures.generative.ddpm.DDPM`.
    """

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        diffusion = cast("Any", network)
        data = diffusion.units.signed(cast("ImageInputs", batch.inputs).pixels)  # [B, C, H, W] from -1 to 1
        noise = torch.randn_like(data)
        times = torch.randint(diffusion.steps, (len(data),), device=data.device)
        prediction = network(diffusion.noised(data, noise, times), times)
        loss = F.mse_loss(prediction, diffusion.target(data, noise, times))
        return loss, {"loss": loss.detach()}
