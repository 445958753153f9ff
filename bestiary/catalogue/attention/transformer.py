"""Transformer: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.translation import ATTENTION, INSPECT, TINY, WRITTEN

_TRANSFORMER = f"{ATTENTION}.transformer:Transformer"

ROW = Row(
    name="transformer",
    title="Transformer",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper="Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762",
    year=2017,
    summary="An encoder reads the source and a decoder writes the target, both by attention alone: every token is one "
    "step from every other, and a whole sequence is trained on at once. Written tokens see only those before them.",
    learns="By teacher forcing with smoothed labels; Adam's rate rises in a straight line for some steps and then "
    "falls with the root of the step.",
    recipes={"transduce": "bestiary.recipes.sequences:transformer"},
    sizes=(
        Size(
            "transformer",
            _TRANSFORMER,
            {
                "vocabulary": 37_000,
                "answers": 37_000,
                "width": 512,
                "depth": 6,
                "heads": 8,
                "feedforward": 2048,
                "shared": True,
            },
            63_082_496,
            "base: 44,138,496 of the stacks + 37,000 x 512; transformers' Marian agrees",
            "pairs",
        ),
        Size(
            "transformer_big",
            _TRANSFORMER,
            {
                "vocabulary": 37_000,
                "answers": 37_000,
                "width": 1024,
                "depth": 6,
                "heads": 16,
                "feedforward": 4096,
                "dropout": 0.3,
                "shared": True,
            },
            214_245_376,
            "big: 176,357,376 of the stacks + 37,000 x 1,024; transformers' Marian agrees",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", _TRANSFORMER, {"width": 64, "depth": 2, "heads": 4, "feedforward": 128}),
            Contender("128", _TRANSFORMER, {"width": 128, "depth": 2, "heads": 4, "feedforward": 256}, rows=2000),
            Contender("256", _TRANSFORMER, {"width": 256, "depth": 4, "heads": 8, "feedforward": 1024}, rows=50_000),
        )
    },
    tiny={"pairs": (_TRANSFORMER, {**TINY, "width": 8, "depth": 2, "heads": 2, "feedforward": 12})},
    settings=({"rate": 0.4, "warmup": 300, "cooling": 0.3}, {"rate": 0.4, "warmup": 1000, "cooling": 0.3}),
    verbs=INSPECT,
    reference=(
        Reference("transformers.MarianMTModel", "tests/references/test_sequences.py::test_transformer_is_marian"),
        Reference("torch.nn.Transformer", "tests/references/test_sequences.py::test_stack_is_torchs"),
    ),
    departs="One table serves source, target and output only where they share a vocabulary, else target and output. "
    "Attention's projections have biases, which the paper does not write; counts include them (36,864 and 73,728). The "
    "paper prints 65 and 213 million parameters for about 37,000 tokens; its own words give 63.0 and 214.2, and no one "
    "vocabulary gives both (40,800 and 35,900 tokens would). Layers start independent of each other. In a race the "
    "warm-up is shorter than the paper's 4,000 steps, and the rate falls to nothing at the end, where the paper "
    "averages its last checkpoints. " + WRITTEN,
)
