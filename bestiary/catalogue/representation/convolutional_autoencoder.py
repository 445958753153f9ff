"""Convolutional autoencoder: its row."""

from bestiary.catalogue.representation.common import ENCODE, HERE, TINY_IMAGE, tasks
from bestiary.catalogue.row import Contender, Reference, Row, Size

_CONVOLUTIONAL = f"{HERE}.convolutional_autoencoder:ConvolutionalAutoencoder"

ROW = Row(
    name="convolutional_autoencoder",
    title="Convolutional autoencoder",
    family="representation",
    introductions=(0, 1),
    paper="Masci, Meier, Cireşan, Schmidhuber 2011, Stacked convolutional auto-encoders for hierarchical feature "
    "extraction",
    year=2011,
    summary="An autoencoder whose encoder and decoder look at images through small filters that are the same at every "
    "place. It needs far fewer weights than a dense one and knows from the start what a neighbourhood is.",
    learns="By gradient descent on the cross-entropy of intensities between an image and what the decoder makes of its "
    "code.",
    recipes=tasks("autoencoder"),
    sizes=(
        Size(
            "convolutional_autoencoder",
            _CONVOLUTIONAL,
            {"channels": 1, "image_size": (28, 28), "code": 32, "widths": (16, 32)},
            111_521,
            "160 + 4,640 + 1,568 x 32 + 32 down; 32 x 1,568 + 1,568 + 4,624 + 145 up",
            "image",
        ),
    ),
    races={
        "image": (
            Contender("small", _CONVOLUTIONAL, {"widths": (8, 16)}, smallest=4),
            Contender("medium", _CONVOLUTIONAL, {"widths": (16, 32)}, rows=2000, smallest=8),
        ),
    },
    tiny={"image": (_CONVOLUTIONAL, {**TINY_IMAGE, "widths": (3, 4)})},
    settings=({"rate": 3e-3, "warmup": 50}, {"rate": 1e-3, "warmup": 50}),
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_representation.py::test_convolutional_autoencoder_is_a_sequence",
        ),
    ),
    departs="Strides take the place of max pooling, all layers learn together rather than one after the other, and a "
    "dense layer makes the code smaller than the image, which the paper's stacks of maps are not. Cross-entropy of "
    "intensities where the paper has the squared error.",
    verbs=ENCODE,
)
