"""The family `energy`, one row an architecture."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.energy"
_HOPFIELD = f"{_HERE}.hopfield:Hopfield"
_RBM, _GAUSSIAN = f"{_HERE}.rbm:RBM", f"{_HERE}.rbm:GaussianRBM"
_RBM_CLASSIFIER, _RBM_TABLE = f"{_HERE}.dbn:RBMClassifier", f"{_HERE}.dbn:TableRBMClassifier"
_DBN, _DBN_LABELLED, _DBN_CODES = f"{_HERE}.dbn:DBN", f"{_HERE}.dbn:LabelledDBN", f"{_HERE}.dbn:DBNAutoencoder"
_DBN_CLASSIFIER, _DBN_TABLE = f"{_HERE}.dbn:DBNClassifier", f"{_HERE}.dbn:TableDBNClassifier"
_RECIPES = "bestiary.recipes.energy"
_LABELS, _CODES, _MAKE = ("classification", "regression"), ("reconstruct",), ("generate",)
_VERBS = {
    "sample": "bestiary.sampling.machines:sample",
    "encode": "bestiary.sampling.machines:encode",
    "inspect": "bestiary.sampling.machines:inspect",
}
_VISIBLE = "Visible biases only speak downwards, from hidden units to data: they learn by contrastive divergence, and "
_VISIBLE += "the way upwards, which is what forward computes, does not use them."
_UNUSED = f"{_VISIBLE} Give DistributedDataParallel find_unused_parameters=True."

RBM = Row(
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
        "classification": f"{_RECIPES}:features_then_labels",
        "regression": f"{_RECIPES}:features_then_labels",
        "reconstruct": f"{_RECIPES}:contrastive",
        "generate": f"{_RECIPES}:persistent",
    },
    sizes=(Size("rbm", _RBM, {"features": 784, "width": 500}, 393_284, "784 x 500 + 784 + 500", "image"),),
    races={
        "table": (
            Contender("64", _RBM_TABLE, {"width": 64}, tasks=_LABELS),
            Contender("code", _GAUSSIAN, {"width": 32}, tasks=_CODES, code="width"),
            Contender("maker", _GAUSSIAN, {"width": 128}, tasks=_MAKE),
            Contender("256", _RBM_TABLE, {"width": 256}, rows=2000, tasks=_LABELS),
        ),
        "image": (
            Contender("200", _RBM_CLASSIFIER, {"width": 200}, tasks=_LABELS),
            Contender("code", _RBM, {"width": 32}, tasks=_CODES, code="width"),
            Contender("maker", _RBM, {"width": 500}, tasks=_MAKE),
            Contender("500", _RBM_CLASSIFIER, {"width": 500}, rows=2000, tasks=_LABELS),
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
    exceptions={"gradients": _VISIBLE, "unused": _UNUSED},
    phases=True,
    verbs=_VERBS,
)

DBN = Row(
    name="dbn",
    title="Deep belief network",
    family="energy",
    introductions=(3,),
    paper="Hinton, Osindero, Teh 2006, A fast learning algorithm for deep belief nets",
    year=2006,
    summary="Restricted Boltzmann machines in a stack, each of which learns without labels what the one below has "
    "found. The stack gives a deep classifier its first weights, which helps where labels are few; or, with labels "
    "beside its highest features, it makes up new data of a class.",
    learns="Greedily, layer by layer, by contrastive divergence from all rows; then by back-propagation from the rows "
    "that have labels, or, to generate, up and down: awake the weights downwards learn from states that data bring "
    "about, asleep the weights upwards learn from fantasies.",
    recipes={
        "classification": f"{_RECIPES}:layers_then_labels",
        "regression": f"{_RECIPES}:layers_then_labels",
        "reconstruct": f"{_RECIPES}:layers_then_codes",
        "generate": f"{_RECIPES}:layers_then_up_down",
    },
    sizes=(
        Size(
            "dbn",
            _DBN,
            {"features": 784, "widths": (500, 500, 2000)},
            1_646_784,
            "784-500-500-2000 of the paper without its label units; both biases of every machine",
            "image",
        ),
        Size(
            "dbn_digits",
            _DBN_LABELLED,
            {"features": 784, "outputs": 10, "widths": (500, 500, 2000)},
            1_666_794,
            "the same with 10 label units beside the features of the top machine: 10 x 2000 + 10 more",
            "image",
        ),
        Size(
            "dbn_digits_untied",
            _DBN_LABELLED,
            {"features": 784, "outputs": 10, "widths": (500, 500, 2000), "untied": True},
            2_308_794,
            "the same with recognition weights of its own below the top machine: 784 x 500 + 500 x 500 more",
            "image",
        ),
        Size(
            "dbn_500_200",
            _DBN,
            {"features": 784, "widths": (500, 200)},
            493_984,
            "784-500-200, both biases of every machine",
            "image",
            aliases=("dbn_guide",),
        ),
    ),
    races={
        "table": (
            Contender("small", _DBN_TABLE, {"widths": (64, 32)}, tasks=_LABELS),
            Contender("medium", _DBN_TABLE, {"widths": (256, 128)}, rows=2000, tasks=_LABELS),
        ),
        "image": (
            Contender("small", _DBN_CLASSIFIER, {"widths": (200, 100)}, tasks=_LABELS),
            Contender("code", _DBN_CODES, {"widths": (200, 100, 32)}, tasks=_CODES, code="widths"),
            Contender("maker", _DBN, {"widths": (200, 500)}, tasks=_MAKE),
            Contender("labelled", _DBN_LABELLED, {"widths": (200, 500)}, tasks=_MAKE),
            Contender("up_down", _DBN_LABELLED, {"widths": (200, 500), "untied": True}, tasks=_MAKE),
            Contender("medium", _DBN_CLASSIFIER, {"widths": (500, 500)}, rows=2000, tasks=_LABELS),
            Contender("large", _DBN_CLASSIFIER, {"widths": (500, 500, 2000)}, rows=20_000, tasks=_LABELS),
        ),
    },
    tiny={
        "table": (_DBN_TABLE, {"features": 6, "outputs": 3, "widths": (8, 5)}),
        "image": (_DBN_CLASSIFIER, {"features": 12, "outputs": 3, "widths": (8, 5)}),
    },
    settings=({}, {"machine_rate": 0.03}, {"steps": 3}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_energy.py::test_the_classifier_is_a_sigmoid_network"),
        Reference(
            "free energies, one row and one label at a time",
            "tests/references/test_energy.py::test_the_labelled_stack_answers_by_free_energies",
            "label_scores",
        ),
        Reference(
            "the program of the paper's appendix B",
            "tests/references/test_energy.py::test_an_update_is_that_of_the_appendix",
            "appendix",
        ),
    ),
    departs="The paper's up-down algorithm, which unties the two directions after the greedy phase, trains what is "
    "built untied; other contenders learn greedily alone, or are tuned by back-propagation, as in Hinton, "
    "Salakhutdinov 2006 and Bengio et al. 2007. Tables are seen by Gaussian visible units.",
    exceptions={"gradients": _VISIBLE, "unused": _UNUSED},
    phases=True,
    verbs=_VERBS,
)

HOPFIELD = Row(
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
    recipes={"reconstruct": f"{_RECIPES}:storage"},
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

ROWS: tuple[Row, ...] = (HOPFIELD, RBM, DBN)
