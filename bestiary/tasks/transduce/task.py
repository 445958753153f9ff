"""From sequence to sequence."""

from bestiary.tasks.descriptor import TaskDescriptor, always
from bestiary.tasks.metric import Metric

TASK = TaskDescriptor(
    name="transduce",
    summary="Write the sequence that belongs to a sequence.",
    kinds=("pairs",),
    told=False,
    target="tokens",
    labels="needed",
    reading="",
    verb="answers",
    job="was trained for the task *transduce*",
    judged="pairs",
    ignorance="The commonest answer for every row",
    metrics=(
        Metric("sequence_error_rate", "wrong answers", False, "evidence", 0.0, 1.0, True),
        Metric("token_error_rate", "edits per token", False, "evidence", 0.0, float("inf"), True),
    ),
    ranking=always("sequence_error_rate", "an answer that is wrong in one place is wrong"),
    unit="log loss",
    scoring="bestiary.tasks.transduce.scoring:Transduce",
    baselines={"pairs": "bestiary.tasks.transduce.baselines"},
    report="bestiary.tasks.transduce.report:sections",
    recipes={},
    following="bestiary predict {run} {new} --out predictions.csv",
    predicts=True,
    any_model=True,
    verbs=(),
    folds=False,
    endless=False,
)
