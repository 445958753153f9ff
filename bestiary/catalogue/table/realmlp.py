"""RealMLP: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.table.common import HERE, HOUSES, INPUTS, TINY

_NETWORK = f"{HERE}.realmlp:RealMLP"


ROW = Row(
    name="realmlp",
    title="RealMLP",
    family="table",
    paper="Holzmüller, Grinsztajn, Steinwart 2024, Better by default: strong pre-tuned MLPs and boosted trees on "
    "tabular "
    "data, arXiv 2407.04491",
    year=2024,
    summary="A multi-layer perceptron with every detail chosen by what works on many tables: clipped numbers and "
    "waves of them, "
    "weights drawn to fit the data, a learned scale for each feature, fading dropout and rates that rise and fall.",
    learns="By Adam with a rate for each sort of parameter; the rate comes back in four waves, dropout and weight "
    "decay fade.",
    recipes={
        "classification": "bestiary.recipes.realmlp:classifier",
        "regression": "bestiary.recipes.realmlp:regressor",
    },
    sizes=(Size("realmlp", _NETWORK, HOUSES, 141_753, "pytabkit 1.7.3, RealMLP-TD for regression", "table"),),
    races={
        "table": (
            Contender("64", _NETWORK, {"widths": (64, 64, 64)}),
            Contender("256", _NETWORK, {}, rows=500),
        )
    },
    tiny={"table": (_NETWORK, {**TINY, "categories": (3, 5, 12), "widths": (6, 5), "frequencies": 4})},
    settings=({}, {"rate": 0.02}),
    reference=(
        Reference(
            "RealMLP-TD as pytabkit 1.7.3 builds it",
            "tests/references/test_table.py::test_realmlp",
            "their_realmlp",
        ),
    ),
    departs="The vector of a word that training rows did not have starts as zeros. Columns of text join as the mean "
    "of the "
    "vectors of their hashed n-grams. Batches are those of the race, from 32 rows up, where the paper has 256.",
    inputs=INPUTS,
    phases=True,
)
