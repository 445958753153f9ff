"""Residual network for tables: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.table.common import HERE, HOUSES, INPUTS, SUPERVISED, TINY, UNSEEN
from bestiary.catalogue.words import GRADIENT

_NETWORK = f"{HERE}.resnet:TabularResNet"


ROW = Row(
    name="resnet_table",
    title="Residual network for tables",
    family="table",
    paper="Gorishniy, Rubachev, Khrulkov, Babenko 2021, Revisiting deep learning models for tabular data, arXiv "
    "2106.11959",
    year=2021,
    summary="Columns side by side, then blocks of two linear layers, each adding a correction to what it was given. "
    "Its "
    "authors found it a hard network to beat on tables.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(Size("resnet_table", _NETWORK, {**HOUSES, "depth": 2}, 299_137, "rtdl_revisiting_models 0.0.2", "table"),),
    races={
        "table": (
            Contender("small", _NETWORK, {"width": 64, "hidden": 128, "depth": 2}),
            Contender("medium", _NETWORK, {"width": 128, "hidden": 256, "depth": 3}, rows=2000),
            Contender("large", _NETWORK, {"width": 256, "hidden": 512, "depth": 4}, rows=20_000),
        )
    },
    tiny={"table": (_NETWORK, {**TINY, "width": 8, "hidden": 6, "depth": 2, "embedding": 3})},
    settings=({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "rtdl_revisiting_models.ResNet",
            "tests/references/test_table.py::test_resnet",
        ),
    ),
    departs=UNSEEN
    + "Training needs batches of two rows or more, because a batch of one has no spread to normalise by.",
    inputs=INPUTS,
)
