"""Autoencoder: its row."""

from bestiary.catalogue.representation.common import DENSE, ENCODE, PIXELS, TINY_TABLE, tasks
from bestiary.catalogue.row import Contender, Reference, Row, Size

ROW = Row(
    name="autoencoder",
    title="Autoencoder",
    family="representation",
    introductions=(0, 1, 3, 4),
    paper="Hinton, Salakhutdinov 2006, Reducing the dimensionality of data with neural networks; Rumelhart, Hinton, "
    "Williams 1986",
    year=2006,
    summary="An encoder squeezes each row into a few numbers, its code, and a decoder makes the row again. What the "
    "code must keep so that this works is what matters about the data: to look at them, to search in them, to notice "
    "what does not belong.",
    learns="By gradient descent on how far what the decoder makes of its code is from a row: the squared difference, "
    "for images the cross-entropy of intensities. No labels are involved.",
    recipes=tasks("autoencoder"),
    sizes=(
        Size(
            "autoencoder",
            PIXELS,
            {"features": 784, "code": 32, "widths": (256, 64)},
            439_728,
            "784-256-64-32 and back, logistic outputs",
            "image",
        ),
        Size(
            "autoencoder_deep",
            PIXELS,
            {"features": 784, "code": 64, "widths": (64,), "back": (64, 64)},
            113_680,
            "784-64-64-64-64-784, Keras; all weights and biases are trainable, so counts agree",
            "image",
            aliases=("autoencoder_guide_deep",),
        ),
        Size(
            "autoencoder_linear",
            DENSE,
            {"features": 784, "code": 64, "widths": ()},
            101_200,
            "784-64-784 without hidden layers",
            "table",
            aliases=("autoencoder_guide_linear",),
        ),
    ),
    races={
        "table": (
            Contender("small", DENSE, {"widths": (64,)}),
            Contender("medium", DENSE, {"widths": (256, 64)}, rows=2000),
        ),
        "image": (
            Contender("small", PIXELS, {"widths": (256,)}),
            Contender("medium", PIXELS, {"widths": (512,)}, rows=1000),
        ),
    },
    tiny={
        "table": (DENSE, {**TINY_TABLE, "widths": (5,)}),
        "image": (PIXELS, {"features": 12, "code": 3, "widths": (8,)}),
    },
    settings=({"rate": 2e-3}, {"rate": 1e-3}, {"rate": 5e-3}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_representation.py::test_autoencoder_is_two_sequences"),
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_representation.py::test_pixels_pass_a_logistic_function_in_their_own_range",
        ),
        Reference(
            "sklearn.decomposition.PCA",
            "tests/references/test_representation.py::test_without_hidden_layers_it_holds_principal_components",
        ),
    ),
    departs="Units are rectified and trained by Adam from the start, where the paper has logistic ones pre-trained as "
    "a stack of Boltzmann machines. In a race the code has as many numbers as the task says.",
    verbs=ENCODE,
)
