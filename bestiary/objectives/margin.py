"""The loss of capsule networks: lengths beyond margins, and the image drawn again."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, ImageInputs, Logs


def margin_loss(
    lengths: Float[Tensor, "B K"], label: Int[Tensor, " B"], above: float = 0.9, below: float = 0.1, rest: float = 0.5
) -> Float[Tensor, ""]:
    """The capsule of the class should be longer than `above`, all others shorter than `below`: equation 4.

    Args:
        lengths: of the class capsules, 0 to 1.
        label: class numbers.
        above, below: the margins.
        rest: weight of the classes that are not there, so that they do not shrink everything at first.

    Example:
        >>> round(margin_loss(torch.tensor([[0.6, 0.3]]), torch.tensor([0])).item(), 3)
        0.11
    """
    there = F.one_hot(label, lengths.shape[1])
    missed = there * (above - lengths).clamp(min=0).square()
    wrong = (1 - there) * (lengths - below).clamp(min=0).square()
    return (missed + rest * wrong).sum(1).mean()


@dataclass(frozen=True)
class Margin:
    """The margin loss, and the squared error of the image that is drawn from the capsule of the true class.

    Images are shifted at random, up or down and left or right, as in section 5 of Sabour, Frosst & Hinton 2017; where
    nothing comes in from outside, the border is repeated. The network offers `seen`, `capsules` and `decoder`, such as
    `bestiary.architectures.convolution.capsnet.CapsNet`.

    Args:
        drawing: weight of the squared error, which is summed over the pixels of an image.
        shift: at most so many pixels.
    """

    drawing: float = 0.0005
    shift: int = 2

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        net = cast("Any", network)
        images = shifted(net.seen(cast("ImageInputs", batch.inputs).pixels), self.shift)
        capsules = net.capsules(images)  # [B, K, D]
        loss = margin = margin_loss(capsules.norm(dim=2), batch.truth)
        if net.decoder is not None:
            drawn = net.decoder(capsules, batch.truth)
            loss = margin + self.drawing * (drawn - images).square().sum((1, 2, 3)).mean()
        return loss, {"loss": loss.detach(), "margin": margin.detach()}


def shifted(images: Float[Tensor, "B C H W"], most: int) -> Float[Tensor, "B C H W"]:
    """Each image moved by a random number of pixels, at most so many, up or down and left or right."""
    if not most:
        return images
    height, width = images.shape[2:]
    places = F.pad(images, (most,) * 4, mode="replicate").unfold(2, height, 1).unfold(3, width, 1)
    down, right = torch.randint(2 * most + 1, (2, len(images)), device=images.device)
    return places[torch.arange(len(images), device=images.device), :, down, right]
