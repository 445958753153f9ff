"""Denoising autoencoder: its row."""

from bestiary.catalogue.representation.common import DENSE, ENCODE, HERE, PIXELS, TINY_TABLE, tasks
from bestiary.catalogue.row import Contender, Reference, Row, Size

_DENOISING = f"{HERE}.denoising_autoencoder:DenoisingAutoencoder"

ROW = Row(
    name="denoising_autoencoder",
    title="Denoising autoencoder",
    family="representation",
    introductions=(0, 1),
    paper="Vincent, Larochelle, Bengio, Manzagol 2008, Extracting and composing robust features with denoising "
    "autoencoders",
    year=2008,
    summary="An autoencoder that is shown spoiled inputs and asked for the clean ones. It cannot succeed by copying, "
    "so it has to learn what the data usually look like; afterwards it takes noise off pictures.",
    learns="By gradient descent on how far what is made of a noisy row is from the clean one: the squared difference, "
    "for images the cross-entropy of intensities, as in the paper.",
    recipes=tasks("denoiser"),
    sizes=(
        Size(
            "denoising_autoencoder",
            _DENOISING,
            {"channels": 1, "image_size": (28, 28), "width": 32},
            28_353,
            "five 3x3 convolutions of 32 filters, two poolings; Keras, all weights are trainable, so counts agree",
            "image",
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
        "image": (_DENOISING, {"channels": 1, "image_size": (9, 8), "width": 4}),
    },
    settings=({"rate": 2e-3, "noise": 0.1}, {"rate": 2e-3, "noise": 0.0, "masked": 0.1}, {"rate": 2e-3, "noise": 0.3}),
    reference=(
        Reference(
            "torch.nn.Sequential", "tests/references/test_representation.py::test_denoising_autoencoder_is_a_sequence"
        ),
    ),
    departs="Normal noise where the paper blanks inputs (`masked` does that). The published convolutional layout has a "
    "code that is larger than the image; it does not race: at a given size of code the dense networks learn from "
    "spoiled inputs.",
    verbs=ENCODE,
)
