"""Convolutional networks, layer by layer as their papers list them."""

from tests.conformance.counts.forms import convolution, dense, linear, norm


def basic_block(before: int, after: int, projected: bool) -> int:
    """He et al. 2015, figure 5 left: two 3x3 convolutions with norms; a projection has a norm too."""
    both = convolution(before, after, 3, 3, bias=False) + convolution(after, after, 3, 3, bias=False) + 2 * norm(after)
    return both + projected * (convolution(before, after, 1, 1, bias=False) + norm(after))


def bottleneck(before: int, width: int, projected: bool) -> int:
    """Figure 5 right: 1x1, 3x3, 1x1 to four times as many maps."""
    down, middle = convolution(before, width, 1, 1, bias=False), convolution(width, width, 3, 3, bias=False)
    up = convolution(width, 4 * width, 1, 1, bias=False)
    body = down + middle + up + 2 * norm(width) + norm(4 * width)
    return body + projected * (convolution(before, 4 * width, 1, 1, bias=False) + norm(4 * width))


def basic_resnet(stem: int, depths: tuple[int, ...], classes: int) -> int:
    """Stages of 64, 128, 256 and 512 maps; all but the first begin with a projection."""
    total, before = stem + norm(64), 64
    for stage, depth in enumerate(depths):
        after = 64 * 2**stage
        total += basic_block(before, after, projected=stage > 0) + (depth - 1) * basic_block(after, after, False)
        before = after
    return total + linear(512, classes)


def bottleneck_resnet(depths: tuple[int, ...]) -> int:
    """Table 1: all stages begin with a projection, the first one because it widens from 64 to 256."""
    total, before = convolution(3, 64, 7, 7, bias=False) + norm(64), 64
    for stage, depth in enumerate(depths):
        width = 64 * 2**stage
        total += bottleneck(before, width, True) + (depth - 1) * bottleneck(4 * width, width, False)
        before = 4 * width
    return total + linear(2048, 1000)


def resnet_for_cifar(blocks: int) -> int:
    """Section 4.2: 16, 32 and 64 maps; shortcuts have no parameters; 6 n + 2 layers."""
    total, before = convolution(3, 16, 3, 3, bias=False) + norm(16), 16
    for after in (16, 32, 64):
        total += basic_block(before, after, False) + (blocks - 1) * basic_block(after, after, False)
        before = after
    return total + linear(64, 10)


def biased_stages() -> int:
    """Blocks with a bias in every convolution and bare projections: 64, 128 and 256 maps, two blocks each."""
    total, before = convolution(3, 64, 7, 7) + norm(64), 64
    for after in (64, 128, 256):
        for entering in (before, after):
            total += convolution(entering, after, 3, 3) + convolution(after, after, 3, 3) + 2 * norm(after)
        total += convolution(before, after, 1, 1) if before != after else 0
        before = after
    return total + linear(256, 10)


def series_block(before: int, after: int) -> int:
    """Wang et al. 2017: filters of 8, 5 and 3 steps with norms; the shortcut is a projection or a norm alone."""
    total = (
        convolution(before, after, 8) + convolution(after, after, 5) + convolution(after, after, 3) + 3 * norm(after)
    )
    return total + norm(after) + (convolution(before, after, 1) if before != after else 0)


STEM = convolution(3, 64, 7, 7, bias=False)
LENET_C3 = 6 * (3 * 25 + 1) + 9 * (4 * 25 + 1) + (6 * 25 + 1)  # table I: six maps see 3, nine see 4, one sees all 6
CAPSULES = convolution(1, 256, 9, 9) + convolution(256, 256, 9, 9) + 1152 * 10 * 8 * 16  # Sabour et al. 2017, section 4

COUNTS = {
    "cnn_mnist": convolution(1, 32, 3, 3) + convolution(32, 64, 3, 3) + dense(64 * 7 * 7, 128, 10),
    "cnn_cifar": convolution(3, 32, 3, 3)
    + norm(32)
    + convolution(32, 64, 3, 3)
    + norm(64)
    + dense(64 * 8 * 8, 256, 10),
    # without padding: 32 -> 30 -> 15 -> 13 -> 6 -> 4 pixels a side
    "cnn_valid": convolution(3, 32, 3, 3)
    + convolution(32, 64, 3, 3)
    + convolution(64, 64, 3, 3)
    + dense(64 * 4 * 4, 64, 10),
    "lenet5": convolution(1, 6, 5, 5) + convolution(6, 16, 5, 5) + dense(16 * 5 * 5, 120, 84, 10),
    # section II.B: C1, S2, C3, S4, C5, F6; the pictures of the output are fixed
    "lenet5_original": convolution(1, 6, 5, 5)
    + 2 * 6
    + LENET_C3
    + 2 * 16
    + convolution(16, 120, 5, 5)
    + linear(120, 84),
    "resnet18": basic_resnet(STEM, (2, 2, 2, 2), 1000),
    "resnet34": basic_resnet(STEM, (3, 4, 6, 3), 1000),
    "resnet50": bottleneck_resnet((3, 4, 6, 3)),
    "resnet50_v1": bottleneck_resnet((3, 4, 6, 3)),  # where the stride stands changes no count
    "resnet101": bottleneck_resnet((3, 4, 23, 3)),
    "resnet152": bottleneck_resnet((3, 8, 36, 3)),
    "resnet18_small": basic_resnet(convolution(3, 64, 3, 3, bias=False), (2, 2, 2, 2), 10),
    "resnet20": resnet_for_cifar(3),
    "residual_connection": basic_block(64, 64, False),
    "drn14": biased_stages(),
    # Kim 2014, section 3: 18,765 words and padding, 100 filters of 3, 4 and 5 words of 300 numbers
    "text_cnn": 18_766 * 300 + sum(convolution(300, 100, window) for window in (3, 4, 5)) + linear(300, 2),
    # Wang et al. 2017, section II.B: 128, 256 and 128 filters of 8, 5 and 3 steps
    "fcn": convolution(1, 128, 8)
    + convolution(128, 256, 5)
    + convolution(256, 128, 3)
    + norm(128)
    + norm(256)
    + norm(128)
    + linear(128, 2),
    "resnet_series": series_block(1, 64) + series_block(64, 128) + series_block(128, 128) + linear(128, 2),
    "capsnet": CAPSULES + dense(160, 512, 1024, 784),
    "capsnet_without_decoder": CAPSULES,
}
