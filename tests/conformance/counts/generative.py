"""Adversarial pairs and diffusion: both players, and the U-Net block by block."""

import itertools

from tests.conformance.counts.forms import convolution, dense, linear, norm


def generator(width: int) -> int:
    """Radford et al. 2015, figure 1: 100 numbers become 8, 4, 2, 1 times `width` maps by 4x4 filters, then colours."""
    maps = (100, 8 * width, 4 * width, 2 * width, width)
    layers = sum(convolution(a, b, 4, 4, bias=False) + norm(b) for a, b in itertools.pairwise(maps))
    return layers + convolution(width, 3, 4, 4, bias=False)


def discriminator(width: int, norms: bool) -> int:
    """The way back; no norm after the first layer and the last."""
    maps = (3, width, 2 * width, 4 * width, 8 * width, 1)
    layers = sum(convolution(a, b, 4, 4, bias=False) for a, b in itertools.pairwise(maps))
    return layers + norms * sum(norm(number) for number in maps[2:5])


def small_pair() -> int:
    """TensorFlow's tutorial for 28x28: a projection to 7x7, 5x5 filters; the discriminator has biases and no norms."""
    first = 7 * 7 * 256
    maps = convolution(256, 128, 5, 5, bias=False) + norm(128) + convolution(128, 64, 5, 5, bias=False) + norm(64)
    making = linear(100, first, bias=False) + norm(first) + maps + convolution(64, 1, 5, 5, bias=False)
    judging = convolution(1, 64, 5, 5) + convolution(64, 128, 5, 5) + linear(128 * 7 * 7, 1)
    return making + judging


def residual(before: int, after: int, time: int = 512) -> int:
    """Ho et al. 2020, appendix B: two norms and convolutions, the time added between them; a projection to widen."""
    body = norm(before) + convolution(before, after, 3, 3) + linear(time, after) + norm(after)
    shortcut = convolution(before, after, 1, 1) if before != after else 0
    return body + convolution(after, after, 3, 3) + shortcut


def looking(width: int) -> int:
    """Attention over the places of a map: a norm and four projections."""
    return norm(width) + 4 * linear(width, width)


def unet(widths: tuple[int, ...] = (128, 256, 256, 256), depth: int = 2, attended: int = 1) -> int:
    """Down, middle and up; each block up is given what a block down has left, and each level but one changes size."""
    total = dense(128, 512, 512) + convolution(3, widths[0], 3, 3)
    left, before = [widths[0]], widths[0]
    for level, width in enumerate(widths):
        for _ in range(depth):
            total += residual(before, width) + (looking(width) if level == attended else 0)
            before = width
            left.append(before)
        if level < len(widths) - 1:
            total += convolution(width, width, 3, 3)
            left.append(width)
    total += 2 * residual(before, before) + looking(before)
    for level, width in reversed(list(enumerate(widths))):
        for _ in range(depth + 1):
            total += residual(before + left.pop(), width) + (looking(width) if level == attended else 0)
            before = width
        total += convolution(width, width, 3, 3) if level else 0
    return total + norm(before) + convolution(before, 3, 3, 3)


COUNTS = {
    "gan": dense(100, 256, 512, 784) + dense(784, 512, 256, 1),
    "gan_generator": dense(100, 256, 784),
    "dcgan": generator(64) + discriminator(64, norms=True),
    "dcgan_generator_1024": generator(128),
    "dcgan_mnist": small_pair(),
    "wgan": generator(64) + discriminator(64, norms=False),
    "wgan_gp": generator(64) + discriminator(64, norms=False),
    "sngan": generator(64) + discriminator(64, norms=False),
    "ddpm_unet": unet(),
    "ddpm_cosine": unet(),  # schedules and what is predicted have no parameters
    "ddpm_velocity": unet(),
}
