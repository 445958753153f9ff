"""Multi-layer perceptron with batch norm and dropout: its row."""

from bestiary.catalogue.feedforward.common import HERE, SMOOTH
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_MLP, _SERIES_MLP = f"{HERE}.mlp:MLP", f"{HERE}.mlp:SeriesMLP"

ROW = Row(
    name="mlp",
    title="Multi-layer perceptron with batch norm and dropout",
    family="feedforward",
    introductions=(0, 1, 3),
    paper="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors; "
    "Ioffe, Szegedy 2015, Batch normalization, arXiv 1502.03167; Srivastava et al. 2014, Dropout",
    year=2015,
    summary="A feedforward network whose hidden layers are normalised over each batch and silenced at random in "
    "training. Normalising keeps the layers on one scale so that it learns fast; silencing keeps it from leaning on "
    "any single unit.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "mlp",
            _MLP,
            {"features": 30, "outputs": 2, "widths": (256, 128, 64), "dropout": 0.3},
            49_986,
            "30-256-128-64-2, norms on the first two hidden layers; their running statistics are not parameters",
            "table",
        ),
    ),
    races={
        "table": (
            Contender("small", _MLP, {"widths": (64, 32), "dropout": 0.1}),
            Contender("medium", _MLP, {"widths": (256, 128, 64)}, rows=1000),
            Contender("large", _MLP, {"widths": (512, 512, 256)}, rows=10_000),
        ),
        "image": (
            Contender("small", _MLP, {"widths": (128, 64), "dropout": 0.1}),
            Contender("medium", _MLP, {"widths": (256, 128, 64)}, rows=1000),
            Contender("large", _MLP, {"widths": (1024, 512, 256)}, rows=10_000),
        ),
        "series": (
            Contender("small", _SERIES_MLP, {"widths": (64, 32), "dropout": 0.1}),
            Contender("medium", _SERIES_MLP, {"widths": (256, 128, 64)}, rows=1000),
            Contender("large", _SERIES_MLP, {"widths": (512, 512, 256)}, rows=10_000),
        ),
    },
    tiny={
        "table": (_MLP, {"features": 6, "outputs": 3, "widths": (8, 6, 5)}),
        "image": (_MLP, {"features": 12, "outputs": 3, "widths": (8, 6, 5)}),
        "series": (_SERIES_MLP, {"channels": 2, "length": 7, "outputs": 3, "widths": (8, 6, 5)}),
    },
    settings=SMOOTH,
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_feedforward.py::test_mlp_normalises_and_drops_all_hidden_layers_but_the_last",
        ),
    ),
    departs="The last hidden layer has neither norm nor dropout, and layers before a batch norm keep their redundant "
    "bias: both as in the layout it follows. Training needs batches of two rows or more, because a batch of one has no "
    "spread to normalise by. Series are cut or padded to one length and read as one flat vector.",
)
