"""The capsule network: groups of units whose direction says how a thing is posed and whose length, whether it is there.

Source: Sabour, Frosst & Hinton 2017, "Dynamic routing between capsules", arXiv 1710.09829. What is notable: capsules of
one layer foretell those of the next, and each sends its vote where others agree with it; there is no pooling. A decoder
draws the image from the capsule of its class alone, which teaches the capsules to say all that the class leaves open:
the stroke, the slant, the size.

    28x28 -> C1 256@20x20 -> primary capsules 32@6x6 of 8 -> one capsule of 16 a class -> their lengths
                                                                    | the class's own
                                                                    v
                                                              512 -> 1024 -> image

What departs from it: `forward` gives the logits of the lengths, log(n / (1 - n)), as a classifier's judges expect. The
paper reads a length as the chance that the class is there, each class for itself; that exactly one of them is there has
then the chances n / (1 - n), made to add up to one, which is the softmax of these logits. Nothing is fitted, and the
longest capsule wins as before. Images of other sizes are brought to 28x28.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.errors import InputError
from bestiary.layers.resize import Resize
from bestiary.layers.unit_interval import UnitInterval

# B batch, C channels, H height, W width, I capsules below, E their size, K classes, D size of a class's capsule


def squash(s: Float[Tensor, "*axes D"]) -> Float[Tensor, "*axes D"]:
    """The same direction, of length |s|^2 / (1 + |s|^2): equation 1.

    Example:
        >>> squash(torch.tensor([0.6, 0.8])), squash(torch.tensor([0.0, 0.0]))
        (tensor([0.3000, 0.4000]), tensor([0., 0.]))
    """
    squared = s.square().sum(-1, keepdim=True)
    return s * (squared / (1 + squared) * (squared + 1e-12).rsqrt())


def route_written_out(
    votes: Float[Tensor, "B I K D"], rounds: int
) -> tuple[Float[Tensor, "B K D"], Float[Tensor, "B I K"]]:
    """Procedure 1: the capsules above, and how much of each capsule below goes to them in the last round.

    Args:
        votes: what each capsule below says that each one above should be.
        rounds: at least 1.
    """
    agreed = votes.new_zeros(votes.shape[:3])  # b, line 2
    for _ in range(rounds - 1):
        above = squash((agreed.softmax(2)[..., None] * votes).sum(1))  # lines 4 to 6
        agreed = agreed + (votes * above[:, None]).sum(3)  # line 7
    couplings = agreed.softmax(2)
    return squash((couplings[..., None] * votes).sum(1)), couplings


def route(
    below: Float[Tensor, "B I E"], weight: Float[Tensor, "K I E D"], rounds: int
) -> tuple[Float[Tensor, "B K D"], Float[Tensor, "B I K"]]:
    """As `route_written_out` with votes `below @ weight`, which are never laid out: large products of matrices instead.

    The votes of all capsules for one above, weighted, are the weighted capsules below times one long matrix; how much a
    vote agrees with the capsule above is found by turning that one back through the matrix.
    """
    capsules, size = weight.shape[1:3]
    matrices = weight.flatten(1, 2)  # [K, I E, D]

    def gathered(couplings: Float[Tensor, "K B I"]) -> Float[Tensor, "K B D"]:
        return squash(torch.bmm((couplings[..., None] * below).flatten(2), matrices))

    agreed = below.new_zeros(len(weight), *below.shape[:2])  # [K, B, I]
    for _ in range(rounds - 1):
        back = torch.bmm(gathered(agreed.softmax(0)), matrices.transpose(1, 2)).unflatten(2, (capsules, size))
        agreed = agreed + (back * below).sum(3)
    couplings = agreed.softmax(0)
    return gathered(couplings).transpose(0, 1), couplings.permute(1, 2, 0)


class PrimaryCapsules(nn.Module):
    """A 9x9 convolution with stride 2 whose maps are read as capsules, at every place `maps` of them.

    Args:
        before: maps that come in.
        maps: of capsules.
        size: of a capsule.
    """

    def __init__(self, *, before: int, maps: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.convolution = nn.Conv2d(before, maps * size, 9, stride=2)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B I E"]:
        maps = self.convolution(x).unflatten(1, (-1, self.size))  # [B, maps, E, h, w]
        return squash(maps.permute(0, 1, 3, 4, 2).flatten(1, 3))


class ClassCapsules(nn.Module):
    """One capsule a class, by routing; every capsule below has a matrix of its own for each class, and no bias.

    Args:
        capsules, before: how many there are below, and their size.
        outputs: classes.
        size: of a class's capsule.
        rounds: of routing.
    """

    def __init__(self, *, capsules: int, before: int, outputs: int, size: int, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds
        self.weight = nn.Parameter(torch.empty(outputs, capsules, before, size))
        nn.init.normal_(self.weight, std=0.1)

    def forward(self, below: Float[Tensor, "B I E"]) -> Float[Tensor, "B K D"]:
        return route(below, self.weight, self.rounds)[0]

    def couplings(self, below: Float[Tensor, "B I E"]) -> Float[Tensor, "B I K"]:
        """How much of each capsule below goes to each class, to look at; each adds up to 1 over the classes."""
        return route(below, self.weight, self.rounds)[1]


class Decoder(nn.Module):
    """Draws the image from the capsule of one class; the others are silenced. Pixels from 0 to 1.

    Args:
        outputs, size: of the class capsules.
        widths: units of the hidden layers.
        shape: channels, height and width of the image.
    """

    def __init__(self, *, outputs: int, size: int, widths: Sequence[int], shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise((outputs * size, *widths, prod(shape))))

    def forward(self, capsules: Float[Tensor, "B K D"], label: Int[Tensor, " B"]) -> Float[Tensor, "B C H W"]:
        shown = F.one_hot(label, capsules.shape[1])[..., None].to(capsules.dtype)  # [B, K, 1]
        x = (capsules * shown).flatten(1)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x).sigmoid().unflatten(1, self.shape)


class CapsNet(nn.Module):
    """The capsule network: 8,215,568 parameters for MNIST, 1,411,344 of them the decoder's.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels, of the images that come in.
        outputs: classes.
        width: maps of the first convolution.
        maps: of primary capsules.
        primary: size of a primary capsule.
        size: of a class's capsule.
        rounds: of routing.
        decoder: units of its hidden layers; None for no decoder.
        sees: (height, width) that images are brought to, each at least 17.

    Example:
        >>> network = CapsNet(channels=1, image_size=(28, 28), outputs=10, width=8, maps=2)
        >>> network(torch.randn(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        *,
        channels: int,
        image_size: tuple[int, int],
        outputs: int,
        width: int = 256,
        maps: int = 32,
        primary: int = 8,
        size: int = 16,
        rounds: int = 3,
        decoder: Sequence[int] | None = (512, 1024),
        sees: tuple[int, int] = (28, 28),
    ) -> None:
        super().__init__()
        if min(sees) < 17:
            raise InputError(f"sees must be at least 17 pixels on each side; received {sees}; try (28, 28)")
        height, breadth = self.places = tuple((side - 8 - 9) // 2 + 1 for side in sees)
        self.unit = UnitInterval()
        self.resize = Resize(before=image_size, after=sees)
        self.c1 = nn.Conv2d(channels, width, 9)
        self.primary = PrimaryCapsules(before=width, maps=maps, size=primary)
        self.classes = ClassCapsules(
            capsules=maps * height * breadth, before=primary, outputs=outputs, size=size, rounds=rounds
        )
        shape = (channels, *sees)
        self.decoder = Decoder(outputs=outputs, size=size, widths=decoder, shape=shape) if decoder is not None else None

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        return torch.logit(self.capsules(self.seen(pixels)).norm(dim=2), eps=1e-6)

    def seen(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        """Images as the capsules see them: of one size, from 0 to 1."""
        return self.unit(self.resize(pixels))

    def below(self, images: Float[Tensor, "B C h w"]) -> Float[Tensor, "B I E"]:
        """The primary capsules."""
        return self.primary(F.relu(self.c1(images)))

    def capsules(self, images: Float[Tensor, "B C h w"]) -> Float[Tensor, "B K D"]:
        """The class capsules of images as they are `seen`; their lengths, below 1, say which class is there."""
        return self.classes(self.below(images))
