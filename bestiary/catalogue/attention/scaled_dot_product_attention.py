"""Scaled dot-product attention: its row."""

from bestiary.catalogue.attention.common import AS_HOST, HERE, VASWANI
from bestiary.catalogue.row import Reference, Row, Size

ROW = Row(
    name="scaled_dot_product_attention",
    title="Scaled dot-product attention",
    family="attention",
    introductions=(1, 2, 4),
    paper=VASWANI,
    year=2017,
    summary="Each query is compared with all keys by a dot product; the softmax of the results weights the values. "
    "Dividing by the root of the width keeps the softmax from saturating. There is nothing to learn in it.",
    learns=AS_HOST,
    recipes={},
    sizes=(
        Size(
            "scaled_dot_product_attention",
            "bestiary.layers.attention:ScaledDotProductAttention",
            {},
            0,
            "no parameters",
            example={"width": 64, "length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference(
            "torch.nn.functional.scaled_dot_product_attention",
            "tests/references/test_attention.py::test_attention_without_parameters_is_the_formula_and_torchs",
        ),
        Reference(
            "the paper's equation 1, one query at a time",
            "tests/references/test_attention.py::test_attention_without_parameters_is_the_formula_and_torchs",
            "one_query_at_a_time",
        ),
    ),
    departs="A query that may attend to nothing gets zeros; the formula has no answer there, and a plain softmax gives "
    "NaN.",
    example=f"{HERE}.examples:queries_keys_values",
)
