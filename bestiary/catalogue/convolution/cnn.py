"""Convolutional neural network: its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_CNN, _NORMALISED_CNN, _VALID_CNN = (f"{HERE}.cnn:{name}" for name in ("CNN", "NormalisedCNN", "ValidCNN"))

ROW = Row(
    name="cnn",
    title="Convolutional neural network",
    family="convolution",
    introductions=(0, 1, 2, 3, 4),
    paper="LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition; "
    "LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
    year=1989,
    summary="Small filters slide over the image, so that a pattern is recognised wherever it stands with the same few "
    "weights; pooling keeps the strongest response of each neighbourhood. Two dense layers turn the maps into an "
    "answer.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "cnn_mnist",
            _CNN,
            {"channels": 1, "image_size": (28, 28), "outputs": 10, "widths": (32, 64), "hidden": 128},
            421_642,
            "320 + 18,496 + 401,536 + 1,290",
            "image",
        ),
        Size(
            "cnn_cifar",
            _NORMALISED_CNN,
            {"channels": 3, "image_size": (32, 32), "outputs": 10, "widths": (32, 64), "hidden": 256},
            1_070_986,
            "896 + 64 + 18,496 + 128 + 1,048,832 + 2,570, batch norm after each convolution",
            "image",
        ),
        Size(
            "cnn_valid",
            _VALID_CNN,
            {"channels": 3, "image_size": (32, 32), "outputs": 10, "widths": (32, 64, 64), "hidden": 64},
            122_570,
            "896 + 18,496 + 36,928 + 65,600 + 650, Keras; without batch norm, so counts agree",
            "image",
            aliases=("cnn_guide_valid",),
        ),
    ),
    races={
        "image": (
            Contender("small", _CNN, {"widths": (8, 16), "hidden": 64}, smallest=8),
            Contender("medium", _NORMALISED_CNN, {"widths": (16, 32), "hidden": 128}, rows=500, smallest=8),
            Contender("large", _NORMALISED_CNN, {"widths": (32, 64), "hidden": 256}, rows=5000, smallest=8),
            Contender("deep", _NORMALISED_CNN, {"widths": (32, 64, 128, 256), "hidden": 256}, rows=10_000, smallest=32),
        ),
    },
    tiny={
        "image": (_NORMALISED_CNN, {"channels": 2, "image_size": (8, 9), "outputs": 3, "widths": (4, 5), "hidden": 6}),
    },
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_convolution.py::test_cnn_is_a_sequence"),
        Reference("torch.nn.Sequential", "tests/references/test_convolution.py::test_valid_cnn_is_a_sequence"),
    ),
    departs="Today's form: filters of 3x3, rectified units and max pooling where 1989 had filters of 5x5 with stride "
    "2 and scaled tanh units. Maps are flattened channel by channel; Keras flattens pixel by pixel, so its dense "
    "weights need reordering.",
)
