"""How text goes on."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import Metric

TASK = TaskDescriptor(
    name="continue",
    summary="Carry text on.",
    kinds=("corpus",),
    told=False,
    target="tokens",
    labels="none",
    reading="",
    verb="predicts",
    job="was trained for the task *continue*",
    judged="windows of text",
    ignorance="Knowing only how common each token is",
    metrics=(
        Metric("bits_per_byte", "bits per byte", False, "evidence", 0.0, float("inf")),
        Metric("perplexity", "perplexity of a token", False, "evidence", 1.0, float("inf")),
    ),
    ranking=always("bits_per_byte", "it is comparable between models with different tokens"),
    unit="bits per byte",
    scoring="bestiary.tasks.continuation.scoring:Continue",
    baselines={"corpus": "bestiary.tasks.continuation.baselines"},
    report="bestiary.tasks.continuation.report:sections",
    recipes={},
    following="bestiary sample {run}{contender} --count 3",
    predicts=False,
    any_model=False,
    verbs=("sample",),
    folds=False,
    endless=True,
)
