"""Image Transformers: a matrix for each patch's pixels, learned tokens and positions, pre-norm layers, a last norm."""

from tests.conformance.counts.forms import convolution, encoder_layer, linear, norm


def vit(patch: int, width: int, depth: int, tokens: int = 1, side: int = 224) -> int:
    """Dosovitskiy et al. 2021, table 1: three channels, 1,000 classes, a feed-forward layer of four times the width."""
    places = tokens + (side // patch) ** 2
    front = convolution(3, width, patch, patch) + (tokens + places) * width
    return front + depth * encoder_layer(width, 4 * width) + norm(width) + tokens * linear(width, 1000)


def swin(width: int, depths: tuple[int, ...], heads: tuple[int, ...], window: int = 7) -> int:
    """Liu et al. 2021, section 3.3: patches of 4 pixels, a norm, a table of biases for each layer, merging layers."""
    total = convolution(3, width, 4, 4) + norm(width)
    for stage, (depth, several) in enumerate(zip(depths, heads)):
        wide = width * 2**stage
        total += depth * (encoder_layer(wide, 4 * wide) + (2 * window - 1) ** 2 * several)
        total += bool(stage) * (norm(2 * wide) + linear(2 * wide, wide, bias=False))  # four of half the width
    last = width * 2 ** (len(depths) - 1)
    return total + norm(last) + linear(last, 1000)


COUNTS = {
    "vit_ti16": vit(16, 192, 12),
    "vit_s16": vit(16, 384, 12),
    "vit_s32": vit(32, 384, 12),
    "vit_b16": vit(16, 768, 12),
    "vit_b32": vit(32, 768, 12),
    "vit_l16": vit(16, 1024, 24),
    "vit_l32": vit(32, 1024, 24),
    "vit_h14": vit(14, 1280, 32),
    "deit_tiny": vit(16, 192, 12),
    "deit_small": vit(16, 384, 12),
    "deit_base": vit(16, 768, 12),
    "deit_tiny_distilled": vit(16, 192, 12, tokens=2),
    "deit_small_distilled": vit(16, 384, 12, tokens=2),
    "deit_base_distilled": vit(16, 768, 12, tokens=2),
    "swin_t": swin(96, (2, 2, 6, 2), (3, 6, 12, 24)),
    "swin_s": swin(96, (2, 2, 18, 2), (3, 6, 12, 24)),
    "swin_b": swin(128, (2, 2, 18, 2), (4, 8, 16, 32)),
}
