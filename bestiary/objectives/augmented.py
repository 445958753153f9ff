"""Training pictures that are changed a little at every look, so that a network learns what does not matter.

Each picture is shifted, cut out and mirrored at random, all in one resampling; beyond its border it goes on as at its
border. Sources: Simard, Steinkraus & Platt 2003, Best practices for convolutional neural networks (shifts); Szegedy et
al. 2015, Going deeper with convolutions (random crops); Zhang, Cisse, Dauphin & Lopez-Paz 2018, mixup: beyond empirical
risk minimization (pairs of rows and their targets, mixed in random shares).

Departs from the papers: a crop keeps the shape of the picture. Mirroring is a chance like the others: where left and
right tell classes apart, as in letters, it does harm, which the rows that validate show.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, ImageInputs, ImageSpec, Logs, Spec
from bestiary.errors import InputError
from bestiary.objectives.supervised import CrossEntropy, ErrorOfValues
from bestiary.targets import Classes, Value

Supervised = CrossEntropy | ErrorOfValues


@dataclass(frozen=True)
class Augmentation:
    """How much training pictures are changed; nothing is drawn and nothing changed where all are 0.

    Attributes:
        shift: by how much of its sides a picture is moved at most, from 0 to 0.5.
        crop: how much of each side is cut away at most before the rest is brought to the full size, from 0 to below 1.
        flip: chance with which it is mirrored, left to right, from 0 to 1.
        mixup: both parameters of the beta distribution that shares of mixed pairs are drawn from, 0 for no mixing.
    """

    shift: float = 0.0
    crop: float = 0.0
    flip: float = 0.0
    mixup: float = 0.0

    def check(self, spec: Spec) -> None:
        """Refuses what cannot be.

        Raises:
            InputError: for values outside of their range, and for data that are no pictures.
        """
        for word, most in (("shift", 0.5), ("crop", 0.9), ("flip", 1.0), ("mixup", 10.0)):
            value = getattr(self, word)
            if not 0 <= value <= most:
                raise InputError(f"{word} must be from 0 to {most:g}; received {value!r}; try {min(0.1, most):g}")
            if value and not isinstance(spec, ImageSpec):
                raise InputError(f"{word} is for images; these data are {spec.kind}; leave {word} out")

    def moved(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """Each picture shifted, cut out and mirrored at random."""
        if not (self.shift or self.crop or self.flip):
            return pixels
        rows, device = len(pixels), pixels.device
        kept = 1 - self.crop * torch.rand(rows, device=device)  # of both sides
        offset = 2 * torch.rand(rows, 2, device=device) - 1  # of x and y, in [-1, 1)
        mirrored = torch.rand(rows, device=device) < self.flip
        centre = offset * (1 - kept)[:, None] + 2 * self.shift * (2 * torch.rand(rows, 2, device=device) - 1)
        sides = torch.tensor([pixels.shape[3], pixels.shape[2]], device=device)
        whole = (centre * sides / 2).round() * 2 / sides  # by whole pixels: shifts alone blur nothing
        theta = torch.zeros(rows, 2, 3, device=device)
        theta[:, 0, 0], theta[:, 1, 1] = torch.where(mirrored, -kept, kept), kept
        theta[:, :, 2] = whole
        grid = F.affine_grid(theta, list(pixels.shape), align_corners=False).to(pixels.dtype)
        return F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)

    def mixed(self, batch: Batch, outputs: int) -> Batch:
        """Each row mixed with another one, in one random share for the batch; classes become shares of classes."""
        if not self.mixup:
            return batch
        share = float(torch.distributions.Beta(self.mixup, self.mixup).sample())
        pixels, truth = batch.inputs.pixels, batch.truth
        other, asked = torch.randperm(len(batch), device=pixels.device), Value
        if not truth.is_floating_point():
            truth, asked = F.one_hot(truth.long(), outputs).to(pixels.dtype), Classes
        pixels = share * pixels + (1 - share) * pixels[other]
        return Batch(ImageInputs(pixels), asked(share * truth + (1 - share) * truth[other]))


class Augmented:
    """An objective on pictures that are changed at every look.

    Args:
        objective: what is made small; of classes it takes shares as targets.
        changes: how much.
        outputs: classes, or 1 for a number.
    """

    def __init__(self, objective: Supervised, changes: Augmentation, outputs: int) -> None:
        self.objective, self.changes, self.outputs = objective, changes, outputs

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        moved = replace(batch, inputs=ImageInputs(self.changes.moved(batch.inputs.pixels)))
        return self.objective(network, self.changes.mixed(moved, self.outputs), step)


def augmented(objective: Supervised, spec: Spec, changes: Augmentation) -> Supervised | Augmented:
    """The objective on changed pictures; the very same where nothing is to be changed.

    Raises:
        InputError: for changes that cannot be made to these data.
    """
    changes.check(spec)
    return objective if changes == Augmentation() else Augmented(objective, changes, spec.outputs)
