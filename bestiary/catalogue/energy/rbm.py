"""Restricted Boltzmann machine: its row."""

from bestiary.catalogue.energy.common import CODES, HERE, LABELS, MAKE, RECIPES, UNUSED, VERBS, VISIBLE
from bestiary.catalogue.row import Contender, Reference, Row, Size

_RBM, _GAUSSIAN = f"{HERE}.rbm:RBM", f"{HERE}.rbm:GaussianRBM"
_RBM_CLASSIFIER, _RBM_TABLE = f"{HERE}.dbn:RBMClassifier", f"{HERE}.dbn:TableRBMClassifier"

ROW = Row(
    name="rbm",
    title="Restricted Boltzmann machine",
    family="energy",
    introductions=(3,),
    paper="Smolensky 1986, Information processing in dynamical systems: foundations of harmony theory; Hinton 2002, "
    "Training products of experts by minimizing contrastive divergence",
    year=1986,
    summary="One layer of visible and one of hidden units that are on or off by chance, linked to each other but not "
    "among themselves. It learns which combinations of features occur together, without labels; its hidden units then "
    "serve as features for a linear classifier.",
    learns="By contrastive divergence: what units have in common when they see data is strengthened, what they have in "
    "common when the machine fantasises is weakened. A linear classifier then learns on the hidden units by gradient "
    "descent; the machine stays as it is.",
    recipes={
        "classification": f"{RECIPES}:features_then_labels",
        "regression": f"{RECIPES}:features_then_labels",
        "reconstruct": f"{RECIPES}:contrastive",
        "generate": f"{RECIPES}:persistent",
    },
    sizes=(Size("rbm", _RBM, {"features": 784, "width": 500}, 393_284, "784 x 500 + 784 + 500", "image"),),
    races={
        "table": (
            Contender("64", _RBM_TABLE, {"width": 64}, tasks=LABELS),
            Contender("code", _GAUSSIAN, {"width": 32}, tasks=CODES, code="width"),
            Contender("maker", _GAUSSIAN, {"width": 128}, tasks=MAKE),
            Contender("256", _RBM_TABLE, {"width": 256}, rows=2000, tasks=LABELS),
        ),
        "image": (
            Contender("200", _RBM_CLASSIFIER, {"width": 200}, tasks=LABELS),
            Contender("code", _RBM, {"width": 32}, tasks=CODES, code="width"),
            Contender("maker", _RBM, {"width": 500}, tasks=MAKE),
            Contender("500", _RBM_CLASSIFIER, {"width": 500}, rows=2000, tasks=LABELS),
        ),
    },
    tiny={
        "table": (_RBM_TABLE, {"features": 6, "outputs": 3, "width": 8}),
        "image": (_RBM_CLASSIFIER, {"features": 12, "outputs": 3, "width": 8}),
    },
    settings=({}, {"machine_rate": 0.03}, {"steps": 3}),
    reference=(
        Reference("sklearn.neural_network.BernoulliRBM", "tests/references/test_energy.py::test_rbm_is_scikit_learns"),
    ),
    departs="Intensities between 0 and 1 are taken as the probabilities of visible units. Tables, whose values are "
    "real, are seen by Gaussian visible units of variance 1.",
    exceptions={"gradients": VISIBLE, "unused": UNUSED},
    phases=True,
    verbs=VERBS,
)
