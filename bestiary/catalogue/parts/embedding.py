"""Embedding table."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

EMBEDDING = "bestiary.parts.embedding:Embedding"
PART = Part(
    name="embedding",
    title="Embedding table",
    sort="part",
    paper="Bengio, Ducharme, Vincent, Jauvin 2003, A neural probabilistic language model",
    year=2003,
    summary="A learned vector for every word, category or other token of a finite set. To look one up is to multiply "
    "the table by a vector that is 1 at the token and 0 elsewhere, so gradients reach the rows that were looked up.",
    formula="""
y = T^T u(t) = row t of T
T   table [V E], learned;  u(t)   V numbers, 1 at token t and 0 elsewhere""",
    calls={"embedding": EMBEDDING},
    example="""
>>> vectors = bestiary.part("embedding")(vocabulary=10, width=4)
>>> vectors(torch.tensor([[1, 7, 7]])).shape
torch.Size([1, 3, 4])""",
    reference=(
        Reference("torch.nn.Embedding", "tests/references/test_parts.py::test_embedding_is_torchs"),
        Reference(
            "torch.nn.functional.one_hot",
            "tests/references/test_parts.py::test_embedding_is_a_product_with_one_hot_rows",
        ),
    ),
    same=(
        "torch.nn.Embedding",
        "torch.nn.EmbeddingBag",
        "torch.nn.functional.embedding",
    ),
    beware="torch's padding_idx starts a row at zero and gives it no gradient, but its numbers count as parameters "
    "all the same.",
    sizes=(Size("embedding", EMBEDDING, {"vocabulary": 10_000, "width": 128}, 1_280_000, "10,000 x 128", part=True),),
    inputs="bestiary.parts.examples:tokens",
    introductions=(0, 1, 2, 4),
)
