"""TabNet: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.table.common import HERE, INPUTS, TINY, UNSEEN

_NETWORK = f"{HERE}.tabnet:TabNet"


ROW = Row(
    name="tabnet",
    title="TabNet",
    family="table",
    paper="Arik, Pfister 2021, TabNet: attentive interpretable tabular learning, arXiv 1908.07442",
    year=2021,
    summary="Step by step it chooses a few features of a row to look at, and what it saw decides where it looks "
    "next. The masks "
    "show which features an answer came from.",
    learns="By gradient descent on the loss of the answers and, with a small weight, on how many features the masks "
    "let through.",
    recipes={
        "classification": "bestiary.recipes.tables:choosing_classifier",
        "regression": "bestiary.recipes.tables:choosing_regressor",
    },
    sizes=(
        Size(
            "tabnet",
            _NETWORK,
            {"numbers": 54, "outputs": 7, "decision": 64, "attention": 64, "steps": 5, "reuse": 1.5},
            470_472,
            "pytorch_tabnet 4.1, the paper's network for forest cover types; the norm that its outer module never "
            "uses left out",
            "table",
        ),
    ),
    races={
        "table": (
            Contender("8", _NETWORK, {}),
            Contender("24", _NETWORK, {"decision": 24, "attention": 24}, rows=5000),
        )
    },
    tiny={"table": (_NETWORK, {**TINY, "decision": 4, "attention": 3, "steps": 2})},
    settings=({"rate": 2e-2}, {"rate": 5e-3}),
    reference=(
        Reference(
            "pytorch_tabnet.tab_network.TabNetNoEmbeddings",
            "tests/references/test_table.py::test_tabnet",
        ),
    ),
    departs=UNSEEN + "It is not pre-trained on rows without labels. Training needs batches of two rows or more.",
    inputs=INPUTS,
)
