"""TabM: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.table.common import ADULT, HERE, HOUSES, INPUTS, TINY, UNSEEN

_TABM, _TABM_PLE = f"{HERE}.tabm:TabM", f"{HERE}.tabm:TabMPiecewise"

ROW = Row(
    name="tabm",
    title="TabM",
    family="table",
    paper="Gorishniy, Kotelnikov, Babenko 2025, TabM: advancing tabular deep learning with parameter-efficient "
    "ensembling, "
    "arXiv 2410.24210",
    year=2025,
    summary="Many multi-layer perceptrons in one: they share their matrices, each scales the inputs and outputs of "
    "every "
    "layer in its own way. They are trained side by side and answer by their mean, which errs less than each of them.",
    learns="By gradient descent on the mean of the members' losses.",
    recipes={
        "classification": "bestiary.recipes.tables:members_classifier",
        "regression": "bestiary.recipes.tables:members_regressor",
    },
    sizes=(
        Size("tabm", _TABM, HOUSES, 676_128, "tabm 0.0.3, its default", "table"),
        Size("tabm_adult", _TABM, ADULT, 746_944, "tabm 0.0.3, its default", "table"),
        Size(
            "tabm_piecewise", _TABM_PLE, HOUSES, 436_512, "tabm 0.0.3 with embeddings of 16 numbers, 48 bins", "table"
        ),
    ),
    races={
        "table": (
            Contender("16x64", _TABM, {"members": 16, "width": 64, "depth": 2}),
            Contender(
                "ple-16x128", _TABM_PLE, {"members": 16, "width": 128, "depth": 2, "embedding": 8, "bins": 16}, rows=500
            ),
            Contender("ple-32x256", _TABM_PLE, {"width": 256}, rows=10_000),
        )
    },
    tiny={"table": (_TABM, {**TINY, "members": 3, "width": 6, "depth": 2})},
    settings=({"rate": 2e-3}, {"rate": 1e-3}, {"rate": 4e-3, "decay": 0.0}),
    reference=(
        Reference(
            "tabm.TabM",
            "tests/references/test_table.py::test_tabm",
        ),
        Reference(
            "tabm.TabM",
            "tests/references/test_table.py::test_tabm_on_piecewise_numbers",
        ),
    ),
    departs="Members learn from the same batches. " + UNSEEN.strip(),
    inputs=INPUTS,
    exceptions={"features": "Each member has a head of its own; body.layers gives what the members know."},
)
