"""The family `reinforcement`, one row an architecture."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.reinforcement.dqn"
_LEARNS = (
    "Q-learning: it plays, remembers, and moves its value of what it did towards the reward and the best that it can "
    "hope for from there, as a slower copy of itself sees it; chance actions grow rarer."
)
_VERBS = {"play": "bestiary.sampling.episodes:play", "inspect": "bestiary.sampling.episodes:pictures"}
_WORDS = {"actions": 8, "batch": 256, "follow": 0.01, "explore": 0.3}
_SETTINGS = ({"rate": 5e-4, **_WORDS}, {"rate": 1e-3, **_WORDS})

ROWS: tuple[Row, ...] = (
    Row(
        name="dqn",
        title="Deep Q-network",
        family="reinforcement",
        introductions=(3,),
        paper="Mnih et al. 2015, Human-level control through deep reinforcement learning, Nature 518",
        year=2015,
        summary="Looks at a state of the world and says what return it expects of each action; acting is taking the "
        "largest. It learns from its own past, drawn at random from a memory, so that it is not led astray by how "
        "much one moment is like the next.",
        learns=_LEARNS,
        recipes={"control": "bestiary.recipes.control:q_learning"},
        sizes=(
            Size(
                "dqn_atari",
                f"{_HERE}:PixelQNetwork",
                {"channels": 4, "outputs": 6},
                1_687_206,
                "closed form of the paper's table: 8,224 + 32,832 + 36,928 + 1,606,144 + 513 x 6",
            ),
            Size(
                "dqn_atari_18",
                f"{_HERE}:PixelQNetwork",
                {"channels": 4, "outputs": 18},
                1_693_362,
                "the same with the 18 actions of the joystick",
            ),
            Size(
                "dqn_cartpole",
                f"{_HERE}:QNetwork",
                {"features": 4, "outputs": 2, "widths": (128, 128)},
                17_410,
                "closed form: 5 x 128 + 129 x 128 + 129 x 2",
                "environment",
            ),
        ),
        races={"environment": (Contender("256", f"{_HERE}:QNetwork", {"widths": (256, 256)}),)},
        tiny={"environment": (f"{_HERE}:QNetwork", {"features": 4, "outputs": 2, "widths": (8,)})},
        settings=_SETTINGS,
        reference=(
            Reference(
                "torch.nn.Sequential",
                "tests/references/test_reinforcement.py::test_q_network_is_a_sequence_on_scaled_observations",
            ),
            Reference(
                "torch.nn.Sequential", "tests/references/test_reinforcement.py::test_pixel_network_is_the_papers_table"
            ),
            Reference(
                "the targets of the paper's algorithm 1, one transition at a time",
                "tests/references/test_reinforcement.py::test_the_target_is_the_written_one",
                "written_target",
            ),
            Reference(
                "value iteration on a chain of five states",
                "tests/references/test_reinforcement.py::test_values_of_a_chain_are_those_of_value_iteration",
                "value_iteration",
            ),
        ),
        departs="In races the target follows the network by a small share at every update (Lillicrap et al. 2016) "
        "rather than by a copy every so many; `refresh` with `follow=0` is the paper's way. The double target (van "
        "Hasselt et al. 2016) is the usual one; `hope=greatest` is the paper's. Adam in place of RMSProp, with a rate "
        "that falls over the second half of the training, where the paper's is constant; the norm of the gradient is "
        "clipped at 10 beside the paper's clipping of the error. Rewards are not clipped; the chance of a random "
        "action ends at 0.05 (`least`), in the paper at 0.1. In races an update is made of 256 transitions every 8 "
        "steps in the world, in the paper of 32 every 4; 50,000 transitions are remembered (`capacity`), there a "
        "million; learning begins after 1,000 steps, there after 50,000. What ships is the slow copy where it follows "
        "by a share, else the network. The network for pixels is built and counted, but is not trained here: no world "
        "gives it frames.",
        example=f"{_HERE}:frames_example",
        phases=True,
        verbs=_VERBS,
    ),
    Row(
        name="dueling_dqn",
        title="Dueling Q-network",
        family="reinforcement",
        paper="Wang et al. 2016, Dueling network architectures for deep reinforcement learning, arXiv 1511.06581",
        year=2016,
        summary="A Q-network whose head tells apart how good a state is and how much better than the mean each action "
        "is in it, so that it need not learn the value of a state once for every action.",
        learns=_LEARNS,
        recipes={"control": "bestiary.recipes.control:q_learning"},
        sizes=(
            Size(
                "dueling_dqn",
                f"{_HERE}:DuelingQNetwork",
                {"features": 4, "outputs": 2, "widths": (128, 128)},
                34_051,
                "closed form: 5 x 128 + 2 x 129 x 128 + 129 + 129 x 2",
                "environment",
            ),
        ),
        races={"environment": (Contender("256", f"{_HERE}:DuelingQNetwork", {"widths": (256, 256)}),)},
        tiny={"environment": (f"{_HERE}:DuelingQNetwork", {"features": 4, "outputs": 2, "widths": (8, 8)})},
        settings=_SETTINGS,
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
        verbs=_VERBS,
    ),
)
