"""Multi-head attention: its row."""

from bestiary.catalogue.attention.common import AS_HOST, HERE, VASWANI
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="multi_head_attention",
    title="Multi-head attention",
    family="attention",
    introductions=(0, 1, 2, 3, 4),
    paper=VASWANI,
    year=2017,
    summary="Several attentions side by side, each with projections of its own, so that one head can follow word order "
    "while another follows meaning. Self-attention looks at the sequence itself, cross-attention at another one.",
    learns=AS_HOST,
    recipes={},
    sizes=(
        Size(
            "self_attention",
            "bestiary.layers.attention:Attention",
            {"width": 512, "heads": 8},
            1_050_624,
            "torch.nn.MultiheadAttention: 4 x (512 x 512 + 512)",
            example={"length": 512, "context_length": 512},
            part=True,
        ),
        Size(
            "cross_attention",
            "bestiary.layers.attention:Attention",
            {"width": 512, "heads": 8, "context_width": 768},
            1_312_768,
            "torch.nn.MultiheadAttention, kdim = vdim = 768",
            example={"length": 512, "context_length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference("torch.nn.MultiheadAttention", "tests/references/test_attention.py::test_self_attention_is_torchs"),
        Reference("torch.nn.MultiheadAttention", "tests/references/test_attention.py::test_cross_attention_is_torchs"),
    ),
    departs="The projections have biases, as in most code; the paper writes none (`bias=False`). Options that came "
    "later: fewer heads of keys and values (Ainslie et al. 2023), rotary positions, norms of queries and keys. True in "
    "a mask means may attend.",
    example=f"{HERE}.examples:attention",
)
