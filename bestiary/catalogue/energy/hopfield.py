"""Hopfield network: its row."""

from bestiary.catalogue.energy.common import HERE, RECIPES
from bestiary.catalogue.row import Contender, Reference, Row, Size

_HOPFIELD = f"{HERE}.hopfield:Hopfield"

ROW = Row(
    name="hopfield",
    title="Hopfield network",
    family="energy",
    introductions=(3,),
    paper="Hopfield 1982, Neural networks and physical systems with emergent collective computational abilities",
    year=1982,
    summary="A memory: units that are on or off, each pulling at every other. Stored patterns are valleys of an "
    "energy; a damaged pattern rolls down into the nearest one and comes out whole.",
    learns="In one pass: Hebb's rule adds, for each pattern, what every two units have in common. Patterns that are "
    "alike, as digits are, need its form without their mean (the covariance rule: 0.006 digits a unit come back from "
    "25 % noise) or the projection rule (0.1).",
    recipes={"reconstruct": f"{RECIPES}:storage"},
    sizes=(
        Size("hopfield", _HOPFIELD, {"features": 64}, 2_016, "64 x 63 / 2: symmetric, without a diagonal", "image"),
    ),
    races={
        "table": (Contender("memory", _HOPFIELD, {}, code="features"),),
        "image": (Contender("memory", _HOPFIELD, {}, code="features"),),
    },
    tiny={
        "table": (_HOPFIELD, {"features": 6}),
        "image": (_HOPFIELD, {"features": 12}),
    },
    settings=({}, {"rule": "projection"}),
    holds="the patterns that it stored, which come back when a part of one is shown",
    verbs={"encode": "bestiary.sampling.recall:encode", "inspect": "bestiary.sampling.recall:inspect"},
    reference=(
        Reference(
            "the paper's rule, one unit at a time",
            "tests/references/test_energy.py::test_recall_is_the_papers_rule",
            "settled",
        ),
        Reference(
            "the sum of outer products",
            "tests/references/test_energy.py::test_hebbian_storage_is_the_sum_of_outer_products",
            "hebb",
        ),
        Reference("torch.linalg.pinv", "tests/references/test_energy.py::test_projection_is_the_pseudo_inverse"),
    ),
    departs="Units are -1 and +1 where the paper has 0 and 1, and are asked one after the other where the paper asks "
    "them at random times. The projection rule is that of Personnaz, Guyon, Dreyfus 1986, the covariance rule that of "
    "Sejnowski 1977 and Amit, Gutfreund, Sompolinsky 1987, with a mean for each unit.",
    exceptions={
        "gradients": "Its units are thresholds and it learns by storage: there is no gradient.",
        "round trip": "Before anything is stored all weights are 0, whatever the seed; tests/references store first.",
        "deterministic": "Before anything is stored all weights are 0, whatever the seed.",
        "compile": "Recall goes on until a sweep changes nothing: how often depends on the numbers.",
        "export": "Recall goes on until a sweep changes nothing: how often depends on the numbers.",
    },
)
