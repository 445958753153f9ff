"""Sinusoidal positional encoding: its row."""

from bestiary.catalogue.attention.common import HERE, VASWANI
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="sinusoidal_positional_encoding",
    title="Sinusoidal positional encoding",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper=VASWANI,
    year=2017,
    summary="Attention does not see order, so a pattern of sines and cosines that is different at every position is "
    "added to the sequence. A shift by some steps is the same rotation everywhere, and there is no longest length.",
    learns="Not at all: the pattern is fixed.",
    recipes={},
    sizes=(
        Size(
            "sinusoidal_positional_encoding",
            "bestiary.layers.positions:SinusoidalPositions",
            {"width": 512},
            0,
            "no parameters",
            example={"length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference(
            "transformers.models.marian.modeling_marian.MarianSinusoidalPositionalEmbedding",
            "tests/references/test_attention.py::test_sinusoids_are_marians_after_reordering",
        ),
    ),
    departs="Nothing: sines and cosines interleave as in the paper; Marian and others put all sines first.",
    example=f"{HERE}.examples:sequence",
)
