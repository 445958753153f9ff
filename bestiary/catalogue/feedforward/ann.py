"""Artificial neural network (one hidden layer): its row."""

from bestiary.catalogue.feedforward.common import HERE, SMOOTH
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_ANN, _SERIES_ANN = f"{HERE}.ann:ANN", f"{HERE}.ann:SeriesANN"

ROW = Row(
    name="ann",
    title="Artificial neural network (one hidden layer)",
    family="feedforward",
    introductions=(0,),
    paper="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors; "
    "Cybenko 1989, Approximation by superpositions of a sigmoidal function",
    year=1986,
    summary="One layer of hidden units between the features and the answer. It is the smallest network that can bend a "
    "boundary, and with enough hidden units it can approximate any continuous function.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(Size("ann", _ANN, {"features": 10, "outputs": 1, "width": 64}, 769, "(10 + 1) x 64 + 64 + 1", "table"),),
    races={
        "table": (Contender("64", _ANN, {"width": 64}), Contender("512", _ANN, {"width": 512}, rows=2000)),
        "image": (Contender("128", _ANN, {"width": 128}), Contender("1024", _ANN, {"width": 1024}, rows=5000)),
        "series": (
            Contender("64", _SERIES_ANN, {"width": 64}),
            Contender("512", _SERIES_ANN, {"width": 512}, rows=2000),
        ),
    },
    tiny={
        "table": (_ANN, {"features": 6, "outputs": 3, "width": 8}),
        "image": (_ANN, {"features": 12, "outputs": 3, "width": 8}),
        "series": (_SERIES_ANN, {"channels": 2, "length": 7, "outputs": 3, "width": 8}),
    },
    settings=SMOOTH,
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_feedforward.py::test_ann_is_two_linear_layers_around_a_rectifier",
        ),
    ),
    departs="Hidden units are rectified, max(0, a), where the papers have logistic ones; Adam takes the place of plain "
    "gradient descent. Series are cut or padded to one length and read as one flat vector.",
)
