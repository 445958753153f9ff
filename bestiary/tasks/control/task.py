"""Acting in an environment."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import Metric

TASK = TaskDescriptor(
    name="control",
    summary="Act in an environment.",
    kinds=("environment",),
    told=False,
    target="none",
    labels="none",
    reading="",
    verb="acts",
    job="was trained for the task *control*",
    judged="episodes",
    ignorance="Acting at random",
    metrics=(
        Metric("mean_return", "mean return", True, "evidence", float("-inf"), float("inf"), meaning=(
            "sum of rewards of an episode"
        )),
        Metric("mean_steps", "mean steps", True, "evidence", float("-inf"), float("inf"), meaning=(
            "number of steps of an episode"
        )),
    ),
    ranking=always(
        "mean_return", "the return is what the environment pays, and every episode counts the same"
    ),
    unit="cost (minus the mean return)",
    scoring="bestiary.tasks.control.scoring:Control",
    baselines={"environment": "bestiary.tasks.control.baselines"},
    report="bestiary.tasks.control.report:sections",
    recipes={},
    following="bestiary play {run}{contender} --out episode.gif",
    predicts=False,
    any_model=False,
    verbs=("play",),
    folds=False,
    endless=True,
)  # fmt: skip
