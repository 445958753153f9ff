"""Multi-layer perceptron on embedded numbers: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.table.common import HERE, HOUSES, INPUTS, SUPERVISED, TINY, UNSEEN
from bestiary.catalogue.words import GRADIENT

_PLR, _PLE = f"{HERE}.mlp_plr:PeriodicMLP", f"{HERE}.mlp_plr:PiecewiseMLP"

ROW = Row(
    name="mlp_plr",
    title="Multi-layer perceptron on embedded numbers",
    family="table",
    paper="Gorishniy, Rubachev, Babenko 2022, On embeddings for numerical features in tabular deep learning, arXiv "
    "2203.05556",
    year=2022,
    summary="Each number becomes a vector before the first layer: by waves of learned frequencies (PLR), or by "
    "where it lies "
    "among the quantiles of its column (PLE). Small differences can then matter at once, as they do to trees.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size("mlp_plr", _PLR, HOUSES, 200_257, "rtdl_num_embeddings 0.0.12 and rtdl_revisiting_models 0.0.2", "table"),
        Size("mlp_ple", _PLE, HOUSES, 171_265, "rtdl_num_embeddings 0.0.12 and rtdl_revisiting_models 0.0.2", "table"),
    ),
    races={
        "table": (
            Contender("ple", _PLE, {"widths": (64, 64), "embedding": 8, "bins": 16}),
            Contender("plr", _PLR, {"widths": (128, 128), "embedding": 8, "frequencies": 16}, rows=500),
            Contender("ple-wide", _PLE, {"widths": (256, 256, 256)}, rows=5000),
        )
    },
    tiny={"table": (_PLE, {**TINY, "widths": (8,), "embedding": 3, "bins": 4})},
    settings=({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "rtdl_num_embeddings.PeriodicEmbeddings",
            "tests/references/test_table.py::test_mlp_on_periodic_numbers",
        ),
        Reference(
            "rtdl_num_embeddings.PiecewiseLinearEmbeddings",
            "tests/references/test_table.py::test_mlp_on_piecewise_numbers",
        ),
        Reference(
            "rtdl_num_embeddings.PiecewiseLinearEncoding",
            "tests/references/test_table.py::test_piecewise_linear_encoding",
        ),
        Reference(
            "rtdl_revisiting_models.MLP",
            "tests/references/test_table.py::test_mlp_on_periodic_numbers",
        ),
    ),
    departs="Categories have learned vectors where the paper has them one-hot. The piecewise form adds to a linear "
    "one, "
    "as its authors do since TabM. " + UNSEEN.strip(),
    inputs=INPUTS,
)
