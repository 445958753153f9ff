"""Deep belief network: its row."""

from bestiary.catalogue.energy.common import CODES, HERE, LABELS, MAKE, RECIPES, UNUSED, VERBS, VISIBLE
from bestiary.catalogue.row import Contender, Reference, Row, Size

_DBN, _DBN_LABELLED, _DBN_CODES = f"{HERE}.dbn:DBN", f"{HERE}.dbn:LabelledDBN", f"{HERE}.dbn:DBNAutoencoder"
_DBN_CLASSIFIER, _DBN_TABLE = f"{HERE}.dbn:DBNClassifier", f"{HERE}.dbn:TableDBNClassifier"

ROW = Row(
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
        "classification": f"{RECIPES}:layers_then_labels",
        "regression": f"{RECIPES}:layers_then_labels",
        "reconstruct": f"{RECIPES}:layers_then_codes",
        "generate": f"{RECIPES}:layers_then_up_down",
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
            Contender("small", _DBN_TABLE, {"widths": (64, 32)}, tasks=LABELS),
            Contender("medium", _DBN_TABLE, {"widths": (256, 128)}, rows=2000, tasks=LABELS),
        ),
        "image": (
            Contender("small", _DBN_CLASSIFIER, {"widths": (200, 100)}, tasks=LABELS),
            Contender("code", _DBN_CODES, {"widths": (200, 100, 32)}, tasks=CODES, code="widths"),
            Contender("maker", _DBN, {"widths": (200, 500)}, tasks=MAKE),
            Contender("labelled", _DBN_LABELLED, {"widths": (200, 500)}, tasks=MAKE),
            Contender("up_down", _DBN_LABELLED, {"widths": (200, 500), "untied": True}, tasks=MAKE),
            Contender("medium", _DBN_CLASSIFIER, {"widths": (500, 500)}, rows=2000, tasks=LABELS),
            Contender("large", _DBN_CLASSIFIER, {"widths": (500, 500, 2000)}, rows=20_000, tasks=LABELS),
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
    exceptions={"gradients": VISIBLE, "unused": UNUSED},
    phases=True,
    verbs=VERBS,
)
