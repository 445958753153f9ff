"""Dueling Q-network: its row."""

from bestiary.catalogue.reinforcement.common import HERE, LEARNS, SETTINGS, VERBS
from bestiary.catalogue.row import Contender, Reference, Row, Size

ROW = Row(
    name="dueling_dqn",
    title="Dueling Q-network",
    family="reinforcement",
    paper="Wang et al. 2016, Dueling network architectures for deep reinforcement learning, arXiv 1511.06581",
    year=2016,
    summary="A Q-network whose head tells apart how good a state is and how much better than the mean each action "
    "is in it, so that it need not learn the value of a state once for every action.",
    learns=LEARNS,
    recipes={"control": "bestiary.recipes.control:q_learning"},
    sizes=(
        Size(
            "dueling_dqn",
            f"{HERE}:DuelingQNetwork",
            {"features": 4, "outputs": 2, "widths": (128, 128)},
            34_051,
            "closed form: 5 x 128 + 2 x 129 x 128 + 129 + 129 x 2",
            "environment",
        ),
    ),
    races={"environment": (Contender("256", f"{HERE}:DuelingQNetwork", {"widths": (256, 256)}),)},
    tiny={"environment": (f"{HERE}:DuelingQNetwork", {"features": 4, "outputs": 2, "widths": (8, 8)})},
    settings=SETTINGS,
    reference=(
        Reference(
            "the paper's equation 9, one action at a time",
            "tests/references/test_reinforcement.py::test_dueling_network_is_a_layer_and_its_head",
            "equation_9",
        ),
        Reference(
            "the paper's equation 9, one action at a time",
            "tests/references/test_reinforcement.py::test_dueling_head_is_equation_9",
            "equation_9",
        ),
    ),
    departs="as `dqn`; the gradient that enters the shared layers is not scaled by 1 / sqrt(2).",
    phases=True,
    verbs=VERBS,
)
