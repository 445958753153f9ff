"""Convolutional classifiers of photographs, layer by layer as their papers list them."""

from itertools import pairwise

from tests.conformance.counts.forms import convolution, dense, norm


def vgg(depths: tuple[int, ...], normalised: bool = False) -> int:
    """Simonyan & Zisserman 2014, table 1: conv3-64 to conv3-512 and FC-4096, FC-4096, FC-1000."""
    maps = [3] + [width for width, depth in zip((64, 128, 256, 512, 512), depths) for _ in range(depth)]
    convolutions = sum(convolution(before, after, 3, 3) for before, after in pairwise(maps))
    return convolutions + normalised * sum(map(norm, maps[1:])) + dense(512 * 7 * 7, 4096, 4096, 1000)


VGG = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg13": (2, 2, 2, 2, 2),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}

ALEXNET_DENSE = dense(256 * 6 * 6, 4096, 4096, 1000)
ALEXNET = (  # Krizhevsky 2014, footnote 1
    convolution(3, 64, 11, 11)
    + convolution(64, 192, 5, 5)
    + convolution(192, 384, 3, 3)
    + convolution(384, 256, 3, 3)
    + convolution(256, 256, 3, 3)
)
ALEXNET_2012 = (  # Krizhevsky et al. 2012, section 3.5: filters of 5x5x48, 3x3x256, 3x3x192 and 3x3x192
    convolution(3, 96, 11, 11)
    + convolution(48, 256, 5, 5)
    + convolution(256, 384, 3, 3)
    + convolution(192, 384, 3, 3)
    + convolution(192, 256, 3, 3)
)


def convnext(width: int, middle: int) -> int:
    """Liu et al. 2022: 4x4 patches; blocks of 7x7, norm, four times as wide, layer scale; norm and 2x2 between."""
    widths, total = [width * 2**stage for stage in range(4)], convolution(3, width, 4, 4) + norm(width)
    for maps, depth in zip(widths, (3, 3, middle, 3)):
        total += depth * (maps * (7 * 7 + 1) + norm(maps) + dense(maps, 4 * maps, maps) + maps)
    total += sum(norm(before) + convolution(before, after, 2, 2) for before, after in pairwise(widths))
    return total + norm(widths[-1]) + dense(widths[-1], 1000)


COUNTS = {
    "convnext_t": convnext(96, 9),
    "convnext_s": convnext(96, 27),
    "convnext_b": convnext(128, 27),
    "convnext_l": convnext(192, 27),
    "alexnet": ALEXNET + ALEXNET_DENSE,
    "alexnet_2012": ALEXNET_2012 + ALEXNET_DENSE,
    **{name: vgg(depths) for name, depths in VGG.items()},
    **{f"{name}_bn": vgg(depths, normalised=True) for name, depths in VGG.items()},
}
