"""What each architecture is said to learn, on real data, by its own algorithm.

The tests hold it to the short form, with one seed; `make results` measures the full one, with three.

A floor is a claim about a sane implementation, not an estimate of skill: it was set below the worst of three seeds. The
twin learns from the same rows with the labels of other rows, and must stay below every floor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Claim:
    """One architecture, one kind of data, one stated result.

    Attributes:
        row: of the catalogue.
        kind: of data.
        contender: of the row, by name.
        data: a name of `tests.learning.learn.DATA`.
        metric: of the task.
        floor: what the score must reach; for errors (rmse) the negative of it.
        steps: updates.
        batch: rows an update.
        settings: words of the recipe.
        full: floor and steps of the full result; the short ones unless given.
        only_full: too long for the tests.
    """

    row: str
    kind: str
    contender: str
    data: str
    metric: str
    floor: float
    steps: int
    batch: int = 64
    settings: Mapping[str, object] = field(default_factory=dict)
    full: tuple[float, int] | None = None
    only_full: bool = False

    @property
    def name(self) -> str:
        """Unique."""
        return f"{self.row}-{self.kind}-{self.data}"


FAST = {"rate": 3e-3}
TRANSFORMER = "transformer_classifier"
CLAIMS: tuple[Claim, ...] = (
    Claim("perceptron", "table", "linear", "digits-table", "accuracy", 0.93, 200),
    Claim("perceptron", "image", "linear", "digits", "accuracy", 0.90, 200),
    Claim("perceptron", "series", "linear", "digits-series", "accuracy", 0.90, 200),
    Claim("ann", "table", "64", "digits-table", "accuracy", 0.93, 300, full=(0.94, 1500)),
    Claim("ann", "table", "64", "diabetes", "r2", 0.35, 200),
    Claim("ann", "image", "128", "digits", "accuracy", 0.92, 300, full=(0.93, 1500)),
    Claim("ann", "series", "64", "digits-series", "accuracy", 0.92, 200, full=(0.93, 1500)),
    Claim("fnn", "table", "small", "digits-table", "accuracy", 0.93, 300, full=(0.94, 1500)),
    Claim("fnn", "table", "small", "cancer", "accuracy", 0.95, 200),
    Claim("fnn", "image", "small", "digits", "accuracy", 0.92, 300, full=(0.93, 1500)),
    Claim("fnn", "series", "small", "digits-series", "accuracy", 0.92, 200, full=(0.93, 1500)),
    Claim("mlp", "table", "small", "digits-table", "accuracy", 0.95, 300, full=(0.96, 1500)),
    Claim("mlp", "image", "small", "digits", "accuracy", 0.93, 300, full=(0.95, 1500)),
    Claim("mlp", "series", "small", "digits-series", "accuracy", 0.93, 200, full=(0.95, 1500)),
    Claim("wide_deep", "table", "small", "penguins", "accuracy", 0.93, 200, settings=FAST),
    Claim("resnet_table", "table", "small", "digits-table", "accuracy", 0.93, 200),
    Claim("ft_transformer", "table", "32", "penguins", "accuracy", 0.93, 120),
    Claim("tabnet", "table", "8", "cancer", "accuracy", 0.90, 150),
    Claim("mlp_plr", "table", "ple", "penguins", "accuracy", 0.93, 200, settings=FAST),
    Claim("realmlp", "table", "64", "penguins", "accuracy", 0.93, 200),
    Claim("tabm", "table", "16x64", "digits-table", "accuracy", 0.93, 150),
    Claim("cnn", "image", "small", "digits", "accuracy", 0.93, 400, settings=FAST, full=(0.96, 1500)),
    Claim("lenet5", "image", "28x28", "digits", "accuracy", 0.90, 150, full=(0.95, 800)),
    Claim("lenet5", "image", "28x28", "mnist5k", "accuracy", 0.95, 800, only_full=True),
    Claim("lenet5_original", "image", "32x32", "digits", "accuracy", 0.89, 200, full=(0.93, 800)),
    Claim("lenet5_original", "image", "32x32", "mnist5k", "accuracy", 0.94, 800, only_full=True),
    Claim("resnet", "image", "8-thin", "digits", "accuracy", 0.93, 150, full=(0.96, 600)),
    Claim("drn", "image", "small", "digits", "accuracy", 0.85, 100, full=(0.92, 600)),
    Claim("text_cnn", "text", "small", "verses", "accuracy", 0.60, 150, full=(0.72, 600)),
    Claim("fasttext", "text", "small", "verses", "accuracy", 0.80, 200),
    Claim("fcn", "series", "small", "digits-series", "accuracy", 0.93, 150, full=(0.95, 600)),
    Claim("resnet_series", "series", "small", "digits-series", "accuracy", 0.93, 150, full=(0.95, 600)),
    Claim("inception_time", "series", "small", "digits-series", "accuracy", 0.90, 100),
    Claim("lstm_fcn", "series", "small", "digits-series", "accuracy", 0.90, 120),
    Claim("tcn", "series", "small", "digits-series", "accuracy", 0.90, 80, settings=FAST),
    Claim("rnn", "image", "64", "digits", "accuracy", 0.93, 300, settings=FAST, full=(0.94, 1000)),
    Claim("rnn", "series", "64", "digits-series", "accuracy", 0.92, 300, settings=FAST, full=(0.94, 1000)),
    Claim("rnn", "text", "32", "verses", "accuracy", 0.42, 250, settings=FAST, full=(0.45, 600)),
    Claim("lstm", "image", "64", "digits", "accuracy", 0.90, 300, full=(0.94, 1000)),
    Claim("lstm", "series", "64", "digits-series", "accuracy", 0.90, 300, full=(0.94, 1000)),
    Claim("lstm", "text", "32", "verses", "accuracy", 0.62, 250, full=(0.64, 600)),
    Claim("gru", "image", "64", "digits", "accuracy", 0.92, 300, full=(0.94, 1000)),
    Claim("gru", "series", "64", "digits-series", "accuracy", 0.92, 300, full=(0.94, 1000)),
    Claim("gru", "text", "32", "verses", "accuracy", 0.58, 250, full=(0.64, 600)),
    Claim(TRANSFORMER, "image", "32", "digits", "accuracy", 0.92, 300, settings=FAST, full=(0.94, 1000)),
    Claim(
        TRANSFORMER,
        "series",
        "32",
        "digits-series",
        "accuracy",
        0.92,
        300,
        settings=FAST,
        full=(0.94, 1000),
    ),
    Claim(TRANSFORMER, "text", "32", "verses", "accuracy", 0.72, 200, settings=FAST, full=(0.75, 500)),
    Claim("vit", "image", "32-patch2", "digits", "accuracy", 0.85, 200),
    Claim("deit", "image", "32-patch2", "digits", "accuracy", 0.78, 200),
    Claim("swin", "image", "24-window2", "digits", "accuracy", 0.86, 90),
    Claim("mlp_mixer", "image", "32-patch2", "digits", "accuracy", 0.88, 150),
)
IMAGE_CONVOLUTION: tuple[Claim, ...] = (
    Claim("vgg", "image", "small", "digits", "accuracy", 0.85, 60, full=(0.95, 400)),
    Claim("alexnet", "image", "small", "digits", "accuracy", 0.80, 100, settings=FAST, full=(0.93, 400)),
    Claim("efficientnet", "image", "small", "digits", "accuracy", 0.80, 60, settings=FAST, full=(0.95, 400)),
    Claim("convnext", "image", "small", "digits", "accuracy", 0.85, 100, settings=FAST, full=(0.93, 400)),
)
CLAIMS += IMAGE_CONVOLUTION
SHORT = tuple(claim for claim in CLAIMS if not claim.only_full)
