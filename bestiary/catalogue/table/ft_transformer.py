"""FT-Transformer: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.table.common import ADULT, HERE, HOUSES, INPUTS, SUPERVISED, TINY, UNSEEN
from bestiary.catalogue.words import GRADIENT

_NETWORK = f"{HERE}.ft_transformer:FTTransformer"


ROW = Row(
    name="ft_transformer",
    title="FT-Transformer",
    family="table",
    paper="Gorishniy, Rubachev, Khrulkov, Babenko 2021, Revisiting deep learning models for tabular data, arXiv "
    "2106.11959",
    year=2021,
    summary="Every column of a row becomes a token, and a transformer lets the tokens look at each other: how much one "
    "column matters may depend on what stands in the others.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size("ft_transformer", _NETWORK, HOUSES, 894_913, "rtdl_revisiting_models 0.0.2, its default", "table"),
        Size("ft_transformer_adult", _NETWORK, ADULT, 916_994, "rtdl_revisiting_models 0.0.2, its default", "table"),
    ),
    races={
        "table": (
            Contender("32", _NETWORK, {"width": 32, "depth": 2, "heads": 4, "hidden": 42}),
            Contender("64", _NETWORK, {"width": 64, "depth": 3, "heads": 8, "hidden": 85}, rows=2000),
            Contender("192", _NETWORK, {}, rows=20_000),
        )
    },
    tiny={"table": (_NETWORK, {**TINY, "width": 8, "depth": 2, "heads": 2, "hidden": 6})},
    settings=({"rate": 1e-3}, {"rate": 3e-4}, {"rate": 1e-3, "decay": 0.01}),
    reference=(
        Reference(
            "rtdl_revisiting_models.FTTransformer",
            "tests/references/test_table.py::test_ft_transformer",
        ),
    ),
    departs=UNSEEN
    + "A text is a token like any column. Weight decay reaches the tokenizer too, where the paper leaves it out.",
    inputs=INPUTS,
)
