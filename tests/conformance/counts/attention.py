"""Attention and Transformers: four projections a head block, two linear layers, norms."""

from tests.conformance.counts.forms import attention, decoder_layer, dense, encoder_layer, linear, norm


def gpt2(width: int, depth: int) -> int:
    """Radford et al. 2019: 50,257 tokens (also the output table), 1,024 positions, pre-norm blocks, a last norm."""
    block = attention(width) + dense(width, 4 * width, width) + 2 * norm(width)
    return (50_257 + 1024) * width + depth * block + norm(width)


def transformer(width: int, feedforward: int) -> int:
    """Vaswani et al. 2017, table 3: 6 layers each, one table of 37,000 tokens for both sides and the output."""
    return 37_000 * width + 6 * encoder_layer(width, feedforward) + 6 * decoder_layer(width, feedforward)


def bert(width: int, depth: int) -> int:
    """Devlin et al. 2019 without the pooler: 30,522 pieces, 512 positions, 2 segments, a norm, encoder layers."""
    return (30_522 + 512 + 2) * width + norm(width) + depth * encoder_layer(width, 4 * width)


COUNTS = {
    "scaled_dot_product_attention": 0,
    "sinusoidal_positional_encoding": 0,
    "self_attention": attention(512),
    "cross_attention": attention(512, context=768),
    "additive_attention": 2 * linear(512, 512, bias=False) + linear(512, 1, bias=False),
    "transformer_encoder": 6 * encoder_layer(512, 2048),
    "transformer_encoder_big": 6 * encoder_layer(1024, 4096),
    "transformer_classifier": (10_000 + 512) * 128 + 2 * encoder_layer(128, 256) + linear(128, 2),
    "transformer": transformer(512, 2048),
    "transformer_big": transformer(1024, 4096),
    "minilm_l6_h384": bert(384, 6),
    "minilm_l12_h384": bert(384, 12),
    "bert_base": bert(768, 12),
    "gpt2": gpt2(768, 12),
    "gpt2_medium": gpt2(1024, 24),
    "gpt2_large": gpt2(1280, 36),
    "gpt2_xl": gpt2(1600, 48),
}
