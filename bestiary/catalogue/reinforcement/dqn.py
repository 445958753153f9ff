"""Deep Q-network: its row."""

from bestiary.catalogue.reinforcement.common import HERE, LEARNS, SETTINGS, VERBS
from bestiary.catalogue.row import Contender, Reference, Row, Size

ROW = Row(
    name="dqn",
    title="Deep Q-network",
    family="reinforcement",
    introductions=(3,),
    paper="Mnih et al. 2015, Human-level control through deep reinforcement learning, Nature 518",
    year=2015,
    summary="Looks at a state of the world and says what return it expects of each action; acting is taking the "
    "largest. It learns from its own past, drawn at random from a memory, so that it is not led astray by how "
    "much one moment is like the next.",
    learns=LEARNS,
    recipes={"control": "bestiary.recipes.control:q_learning"},
    sizes=(
        Size(
            "dqn_atari",
            f"{HERE}:PixelQNetwork",
            {"channels": 4, "outputs": 6},
            1_687_206,
            "closed form of the paper's table: 8,224 + 32,832 + 36,928 + 1,606,144 + 513 x 6",
        ),
        Size(
            "dqn_atari_18",
            f"{HERE}:PixelQNetwork",
            {"channels": 4, "outputs": 18},
            1_693_362,
            "the same with the 18 actions of the joystick",
        ),
        Size(
            "dqn_cartpole",
            f"{HERE}:QNetwork",
            {"features": 4, "outputs": 2, "widths": (128, 128)},
            17_410,
            "closed form: 5 x 128 + 129 x 128 + 129 x 2",
            "environment",
        ),
    ),
    races={"environment": (Contender("256", f"{HERE}:QNetwork", {"widths": (256, 256)}),)},
    tiny={"environment": (f"{HERE}:QNetwork", {"features": 4, "outputs": 2, "widths": (8,)})},
    settings=SETTINGS,
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
    "rather than by a full copy at intervals; `tau=0` with `target_interval` is the paper's way. The double target "
    "(van Hasselt et al. 2016) is the usual one; `bootstrap=max` is the paper's. Adam in place of RMSProp, with a rate "
    "that falls over the second half of the training, where the paper's is constant; the norm of the gradient is "
    "clipped at 10 beside the paper's clipping of the error. Rewards are not clipped; epsilon ends at 0.05 "
    "(`final_epsilon`), in the paper at 0.1. In races an update is made of 256 transitions every 8 "
    "steps in the world, in the paper of 32 every 4; 50,000 transitions are remembered (`capacity`), there a "
    "million; learning begins after 1,000 steps, there after 50,000. What ships is the slow copy where it follows "
    "by a share, else the network. The network for pixels is built and counted, but is not trained here: no world "
    "gives it frames.",
    example=f"{HERE}:frames_example",
    phases=True,
    verbs=VERBS,
)
