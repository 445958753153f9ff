"""Dropout."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

DROPOUT = "bestiary.parts.dropout:Dropout"
PART = Part(
    name="dropout",
    title="Dropout",
    sort="part",
    paper="Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, Dropout: a simple way to prevent neural "
    "networks from overfitting; Hinton et al. 2012, arXiv 1207.0580",
    year=2014,
    summary="In training every unit is left out with some probability, drawn anew for each row, so that none can rely "
    "on the others. In use all take part. It is like training very many thin networks that share weights, and using "
    "their mean.",
    formula="""
y = r * x / (1 - p),  each r is 1 with probability 1 - p, else 0      in training
y = x                                                                 afterwards
p   probability of being left out; the mean of y is x in both""",
    calls={"dropout": DROPOUT},
    example="""
>>> dropout = bestiary.part("dropout")(chance=0.5)
>>> dropout(torch.ones(1000)).unique(), dropout.eval()(torch.ones(1000)).unique()
(tensor([0., 2.]), tensor([1.]))""",
    reference=(
        Reference("torch.nn.Dropout", "tests/references/test_parts.py::test_dropout_is_torchs"),
        Reference(
            "the mean, which stays: closed form",
            "tests/references/test_parts.py::test_dropout_keeps_the_mean",
            "mean_and_variance",
        ),
    ),
    same=(
        *(f"torch.nn.Dropout{ending}" for ending in ("", "1d", "2d", "3d")),
        "torch.nn.functional.dropout",
        "torch.dropout",
    ),
    beware="The papers make weights smaller after training; dividing by 1 - p in training, as everywhere today, comes "
    "to the same. p is the probability of being left out in torch and Keras, that of being kept in the papers.",
    sizes=(Size("dropout", DROPOUT, {"chance": 0.5}, 0, "no parameters", part=True),),
    inputs="bestiary.parts.examples:rows",
    introductions=(0, 1, 2),
)
