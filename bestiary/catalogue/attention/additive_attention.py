"""Additive attention: its row."""

from bestiary.catalogue.row import Reference, Row, Size
from bestiary.catalogue.translation import ATTENTION

ROW = Row(
    name="additive_attention",
    title="Additive attention",
    family="attention",
    introductions=(3,),
    paper="Bahdanau, Cho, Bengio 2015, Neural machine translation by jointly learning to align and translate, arXiv "
    "1409.0473",
    year=2015,
    summary="A small network with one hidden layer says how well each key answers a query; the softmax of what it says "
    "weighs the keys. It came before the dot product, and needs no common width.",
    learns="As part of a network that holds it, by gradient descent.",
    recipes={},
    sizes=(
        Size(
            "additive_attention",
            "bestiary.layers.additive_attention:AdditiveAttention",
            {"query_width": 512, "key_width": 512, "width": 512},
            524_800,
            "2 x 512 x 512 + 512, no biases",
            example={"length": 512},
            part=True,
        ),
    ),
    reference=(
        Reference(
            "the paper's appendix A.1.2, one query and one key at a time",
            "tests/references/test_sequences.py::test_additive_attention_is_the_papers_loop",
            "one_key_at_a_time",
        ),
    ),
    departs="Nothing; the paper writes no biases either.",
    example=f"{ATTENTION}.examples:query_and_keys",
)
