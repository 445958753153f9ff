"""LeNet-5 as published: partly connected filters, subsampling that learns, and outputs that are distances to codes.

Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", Proceedings of
the IEEE 86(11), sections II.B and II.C, appendix A for the initial weights. What is notable: the maps of C3 see
different subsets of S2 (table I), which breaks symmetry and halves the connections; a subsampling unit adds four
inputs, times a weight, plus a bias; the output has no weights at all: each class is a fixed code of 84 signs, a 7x12
picture of the character.

    32x32 -> C1 6@28x28 -> S2 6@14x14 -> C3 16@10x10 -> S4 16@5x5 -> C5 120 -> F6 84 -> distances to the codes

What departs from it: the pictures of the ten digits are drawn anew after the style of its figure 3; for another number
of classes codes are random signs, always the same ones. Outputs are minus the squared distances, so that the largest
wins. Cross-entropy over them is the paper's MAP criterion (equation 9) without its constant for rubbish, e**-j.
"""

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.renamed import renamed
from bestiary.layers.resize import Resize

# B batch, C channels, H height, W width, K outputs

CONNECTIONS = (  # table I: the maps of S2 that each map of C3 sees
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)

DIGITS = """
..###.. ...#... ..###.. ..###.. ....##. ####### ...###. ####### ..###.. ..###..
.##.##. ..##... .##.##. .##.##. ...###. ##..... ..##... .....## .##.##. .##.##.
##...## .###... ##...## ##...## ..####. ##..... .##.... ....##. ##...## ##...##
##...## ...#... .....## .....## .##.##. ##..... ##..... ....##. ##...## ##...##
##...## ...#... .....## ....##. ##..##. #####.. ##.##.. ...##.. .##.##. ##...##
##...## ...#... ....##. ..###.. ##..##. ....##. ###.##. ...##.. ..###.. .##.###
##...## ...#... ...##.. ....##. ####### .....## ##...## ..##... .##.##. ..##.##
##...## ...#... ..##... .....## ....##. .....## ##...## ..##... ##...## .....##
##...## ...#... .##.... ##...## ....##. .....## ##...## .##.... ##...## ....##.
.##.##. ...#... ##..... .##.##. ....##. ##..##. .##.##. .##.... .##.##. ...##..
..###.. .#####. ####### ..###.. ....##. .####.. ..###.. .##.... ..###.. .###...
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


def codes(outputs: int) -> Float[Tensor, "K 84"]:
    """One code of 84 signs a class: pictures for ten classes, else random ones that are the same every time."""
    if outputs == 10:
        rows = [line.split() for line in DIGITS.split("\n") if line]
        pictures = ["".join(row[digit] for row in rows) for digit in range(10)]
        return torch.tensor([[1.0 if pixel == "#" else -1.0 for pixel in picture] for picture in pictures])
    generator = torch.Generator().manual_seed(1998)
    return torch.randint(0, 2, (outputs, 84), generator=generator, device="cpu") * 2.0 - 1.0


def squash(a: Tensor) -> Tensor:
    """1.7159 tanh(2a / 3): squash(1) = 1, and its curvature is largest there."""
    return 1.7159 * torch.tanh(a * (2 / 3))


class Subsampling(nn.Module):
    """A weight times the sum of 2x2 units, plus a bias; one weight and one bias a map.

    Args:
        maps: that come in and go out.
    """

    def __init__(self, *, maps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(maps, 1, 1))
        self.bias = nn.Parameter(torch.empty(maps, 1, 1))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        return 4 * F.avg_pool2d(x, 2) * self.weight + self.bias  # exporters ignore divisor_override


class PartialConvolution(nn.Module):
    """5x5 convolution in which each map sees only some of the maps below.

    Args:
        connections: the maps below that each map sees.
    """

    maps: Tensor
    places: Tensor

    def __init__(self, *, connections: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.before = 1 + max(max(below) for below in connections)
        pairs = [(above, below) for above, seen in enumerate(connections) for below in seen]
        self.weight = nn.Parameter(torch.empty(len(pairs), 5, 5))
        self.bias = nn.Parameter(torch.empty(len(connections)))
        self.register_buffer("maps", torch.tensor([above for above, _ in pairs]), persistent=False)
        places = torch.full((len(connections), self.before), len(pairs))  # of each map's filters; last: of zeros
        for number, (above, below) in enumerate(pairs):
            places[above, below] = number
        self.register_buffer("places", places, persistent=False)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        filters = F.pad(self.weight, (0, 0, 0, 0, 0, 1)).index_select(0, self.places.flatten())
        return F.conv2d(x, filters.unflatten(0, self.places.shape), self.bias)


class Distances(nn.Module):
    """Minus the squared distance to the code of each class: a layer of radial basis functions without weights.

    Args:
        codes: of the classes.
    """

    codes: Tensor

    def __init__(self, codes: Float[Tensor, "K 84"]) -> None:
        super().__init__()
        self.register_buffer("codes", codes)

    def forward(self, f6: Float[Tensor, "B 84"]) -> Float[Tensor, "B K"]:
        return -(f6[:, None] - self.codes).square().sum(2)


class LeNet5Original(nn.Module):
    """The published LeNet-5 for 32x32 images: 60,000 parameters for grey ones, however many classes there are.

    Args:
        channels: of the image.
        outputs: classes; ten of them get the codes of the digits 0 to 9.

    Example:
        >>> LeNet5Original(channels=1, outputs=10)(torch.randn(2, 1, 32, 32)).shape
        torch.Size([2, 10])
    """

    def __init__(self, *, channels: int, outputs: int) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(channels, 6, 5)
        self.s2 = Subsampling(maps=6)
        self.c3 = PartialConvolution(connections=CONNECTIONS)
        self.s4 = Subsampling(maps=16)
        self.c5 = nn.Linear(400, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = Distances(codes(outputs))
        self.register_load_state_dict_pre_hook(renamed({"codes": "output.codes"}))
        self.initialise()

    @property
    def codes(self) -> Float[Tensor, "K 84"]:
        """Of the classes, 84 signs each."""
        return cast("Distances", self.output).codes

    def forward(self, pixels: Float[Tensor, "B C 32 32"]) -> Float[Tensor, "B K"]:
        s2 = squash(self.s2(squash(self.c1(pixels))))  # [B, 6, 14, 14]
        s4 = squash(self.s4(squash(self.c3(s2))))  # [B, 16, 5, 5]
        c5 = squash(self.c5(s4.flatten(1)))  # [B, 120]
        f6 = squash(self.f6(c5))  # [B, 84]
        return self.output(f6)  # [B, K]

    def initialise(self) -> None:
        """Uniform in +-2.4 / (inputs of the unit), as in appendix A."""
        inputs = {self.c1: self.c1.weight[0].numel(), self.s2: 4, self.s4: 4, self.c5: 400, self.f6: 120}
        for layer, number in inputs.items():
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -2.4 / number, 2.4 / number)
        number = torch.tensor([25.0 * len(seen) for seen in CONNECTIONS])
        with torch.no_grad():
            self.c3.bias.uniform_(-2.4, 2.4).div_(number)
            self.c3.weight.uniform_(-2.4, 2.4).div_(number[self.c3.maps][:, None, None])


class ResizedLeNet5Original(nn.Module):
    """The published LeNet-5 behind a bilinear resizing to its own 32x32, for images of any size.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels.
        outputs: classes.
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], outputs: int) -> None:
        super().__init__()
        self.resize = Resize(before=image_size, after=(32, 32))
        self.network = LeNet5Original(channels=channels, outputs=outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        return self.network(self.resize(pixels))
