"""Transformer encoder: its row."""

from bestiary.catalogue.attention.common import AS_HOST, HERE, VASWANI
from bestiary.catalogue.row import Reference, Row, Size

_ENCODER = f"{HERE}.transformer_encoder:TransformerEncoder"

ROW = Row(
    name="transformer_encoder",
    title="Transformer encoder",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper=VASWANI,
    year=2017,
    summary="A stack of layers, each of self-attention and a small network applied at every position. All positions "
    "are computed at once, and any two are one step apart. It turns a sequence of vectors into one that knows its "
    "context; `transformer_classifier` puts it to work.",
    learns=AS_HOST,
    recipes={},
    sizes=(
        Size(
            "transformer_encoder",
            _ENCODER,
            {"width": 512, "depth": 6, "heads": 8, "feedforward": 2048},
            18_914_304,
            "base: 6 x (4 D (D + 1) + 2 D F + F + D + 4 D), D 512, F 2048; torch.nn.TransformerEncoder agrees",
            example={"length": 512},
            part=True,
        ),
        Size(
            "transformer_encoder_big",
            _ENCODER,
            {"width": 1024, "depth": 6, "heads": 16, "feedforward": 4096, "dropout": 0.3},
            75_577_344,
            "big: the same with D 1024, F 4096; torch.nn.TransformerEncoder agrees",
            example={"length": 512},
            part=True,
        ),
    ),
    reference=(Reference("torch.nn.TransformerEncoder", "tests/references/test_attention.py::test_encoder_is_torchs"),),
    departs="Without embeddings, positions and decoder. Attention's projections have biases, which the paper does not "
    "write; counts include them. Padding is never attended to. Dropout acts on what a sublayer "
    "adds, as in the paper; torch's encoder also drops attention weights and units, and starts its layers as copies of "
    "one, where these start independent of each other.",
    example=f"{HERE}.examples:padded_sequence",
)
