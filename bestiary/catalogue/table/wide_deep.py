"""Wide and deep network: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.table.common import ADULT, HERE, INPUTS, SUPERVISED, TINY, UNSEEN
from bestiary.catalogue.words import GRADIENT

_NETWORK = f"{HERE}.wide_deep:WideAndDeep"


ROW = Row(
    name="wide_deep",
    title="Wide and deep network",
    family="table",
    paper="Cheng et al. 2016, Wide & deep learning for recommender systems, arXiv 1606.07792",
    year=2016,
    summary="A linear model with a weight for every pair of words, which memorises, beside a deep network on "
    "learned vectors of "
    "the words, which generalises. Their logits are added, and both are trained as one.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "wide_deep",
            _NETWORK,
            ADULT,
            108 * 2 + 4725 * 2 + 110 * 32 + 263 * 1024 + 1025 * 512 + 513 * 256 + 257 * 2,
            "closed form: wide part, pairs of words, vectors of 32 numbers, the paper's layers of 1024, 512 and 256 "
            "units",
            "table",
        ),
    ),
    races={
        "table": (
            Contender("small", _NETWORK, {"widths": (64, 32), "embedding": 8, "crosses": 1000}),
            Contender("medium", _NETWORK, {"widths": (256, 128, 64), "embedding": 16}, rows=2000),
            Contender("large", _NETWORK, {}, rows=50_000),
        )
    },
    tiny={"table": (_NETWORK, {**TINY, "widths": (6,), "embedding": 3, "crosses": 12})},
    settings=({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "the formula logits = w_wide [x, phi(x)] + w_deep a + b, every pair of words a feature of its own",
            "tests/references/test_table.py::test_wide_and_deep_is_its_formula",
            "formula",
        ),
    ),
    departs="All pairs of columns are crossed, and pairs may share a place. One optimiser trains both parts. "
    + UNSEEN.strip(),
    inputs=INPUTS,
    exceptions={
        "features": "Its linear part answers from the row itself, beside the deep part: no last part has all it knows.",
    },
)
