"""EfficientNet: table 1 of Tan & Le 2019 with the maps and blocks that compound scaling gives, layer by layer."""

from tests.conformance.counts.forms import convolution, linear, norm

EXPANSIONS, SIZES = (1, 6, 6, 6, 6, 6, 6), (3, 3, 5, 3, 5, 5, 3)
STAGES = (  # maps and blocks of each stage, maps of entry and exit, as the authors' code rounds them
    ((16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1), 32, 1280),
    ((16, 24, 40, 80, 112, 192, 320), (2, 3, 3, 4, 4, 5, 2), 32, 1280),
    ((16, 24, 48, 88, 120, 208, 352), (2, 3, 3, 4, 4, 5, 2), 32, 1408),
    ((24, 32, 48, 96, 136, 232, 384), (2, 3, 3, 5, 5, 6, 2), 40, 1536),
    ((24, 32, 56, 112, 160, 272, 448), (2, 4, 4, 6, 6, 8, 2), 48, 1792),
    ((24, 40, 64, 128, 176, 304, 512), (3, 5, 5, 7, 7, 9, 3), 48, 2048),
    ((32, 40, 72, 144, 200, 344, 576), (3, 6, 6, 8, 8, 11, 3), 56, 2304),
    ((32, 48, 80, 160, 224, 384, 640), (4, 7, 7, 10, 10, 13, 4), 64, 2560),
)


def block(before: int, after: int, expansion: int, size: int) -> int:
    """MBConv: 1x1 wider, depthwise, squeeze to a quarter of what came in, 1x1 narrower."""
    inner, squeezed = expansion * before, before // 4
    wider = convolution(before, inner, 1, 1, bias=False) + norm(inner) if expansion > 1 else 0
    depthwise = inner * size * size + norm(inner)
    return (
        wider
        + depthwise
        + linear(inner, squeezed)
        + linear(squeezed, inner)
        + convolution(inner, after, 1, 1, bias=False)
        + norm(after)
    )


def efficientnet(widths: tuple[int, ...], depths: tuple[int, ...], before: int, last: int) -> int:
    """Entry, stages, exit and 1,000 classes."""
    total = convolution(3, before, 3, 3, bias=False) + norm(before)
    for after, depth, expansion, size in zip(widths, depths, EXPANSIONS, SIZES):
        for _ in range(depth):
            total += block(before, after, expansion, size)
            before = after
    return total + convolution(before, last, 1, 1, bias=False) + norm(last) + linear(last, 1000)


COUNTS = {
    f"efficientnet_b{number}{padding}": efficientnet(*stages)
    for number, stages in enumerate(STAGES)
    for padding in ("", "_symmetric")  # which changes no count
}
