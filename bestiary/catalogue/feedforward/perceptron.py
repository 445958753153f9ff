"""Perceptron: its row."""

from bestiary.catalogue.feedforward.common import HERE
from bestiary.catalogue.row import Contender, Reference, Row, Size

_PERCEPTRON, _SERIES_PERCEPTRON = f"{HERE}.perceptron:Perceptron", f"{HERE}.perceptron:SeriesPerceptron"

ROW = Row(
    name="perceptron",
    title="Perceptron",
    family="feedforward",
    introductions=(2,),
    paper="Rosenblatt 1958, The perceptron: a probabilistic model for information storage and organization in the "
    "brain",
    year=1958,
    summary="A weighted sum of the features for each class; the largest sum wins. It can only separate classes by flat "
    "surfaces, but it was the first machine with a proof that it finds them whenever they exist.",
    learns="By Rosenblatt's rule: only on a mistake, the example is added to the weights of the right class and taken "
    "from those of the wrong one. No gradient is involved.",
    recipes={"classification": "bestiary.recipes.perceptron:perceptron"},
    sizes=(
        Size("perceptron", _PERCEPTRON, {"features": 64, "outputs": 10}, 650, "10 x (64 + 1), 8x8 digits", "table"),
    ),
    races={
        "table": (Contender("linear", _PERCEPTRON, {}),),
        "image": (Contender("linear", _PERCEPTRON, {}),),
        "series": (Contender("linear", _SERIES_PERCEPTRON, {}),),
    },
    tiny={
        "table": (_PERCEPTRON, {"features": 6, "outputs": 3}),
        "image": (_PERCEPTRON, {"features": 12, "outputs": 3}),
        "series": (_SERIES_PERCEPTRON, {"channels": 2, "length": 7, "outputs": 3}),
    },
    reference=(
        Reference(
            "sklearn.linear_model.Perceptron",
            "tests/references/test_feedforward.py::test_perceptron_decides_as_scikit_learn_does",
        ),
    ),
    departs="The paper's machine has two classes and a layer of fixed, randomly wired association units between retina "
    "and response; here the features feed the response units directly, one unit a class, and the largest sum answers "
    "where the paper compares one sum with a threshold. It is for classes, not for numbers.",
)
