"""LeNet-5 (1998, as published): its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import SUPERVISED

_ORIGINAL, _RESIZED_ORIGINAL = (f"{HERE}.lenet_original:{name}" for name in ("LeNet5Original", "ResizedLeNet5Original"))

ROW = Row(
    name="lenet5_original",
    title="LeNet-5 (1998, as published)",
    family="convolution",
    introductions=(2, 4),
    paper="LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
    year=1998,
    summary="LeNet-5 with everything the paper gives it: filters that see only some of the maps below, subsampling "
    "with a weight of its own, and no weights in the output: each class is a fixed picture of 84 signs, and the class "
    "whose picture is nearest to the last layer wins.",
    learns="By gradient descent on the paper's MAP criterion: cross-entropy over minus the squared distances to the "
    "codes.",
    recipes={"classification": SUPERVISED["classification"]},
    sizes=(
        Size(
            "lenet5_original",
            _ORIGINAL,
            {"channels": 1, "outputs": 10},
            60_000,
            "156 + 12 + 1,516 + 32 + 48,120 + 10,164, by layer in section II.B of the paper",
            "image",
        ),
    ),
    races={"image": (Contender("32x32", _RESIZED_ORIGINAL, {}, smallest=8),)},
    tiny={"image": (_RESIZED_ORIGINAL, {"channels": 2, "image_size": (8, 9), "outputs": 3})},
    settings=RATES,
    reference=(
        Reference(
            "the paper's section II.B, one convolution a map",
            "tests/references/test_convolution.py::test_the_published_lenet_is_what_the_paper_says",
            "rewritten_lenet",
        ),
    ),
    departs="The pictures of the ten digits are drawn anew after the style of the paper's figure 3; for other numbers "
    "of classes codes are random signs, always the same. The MAP criterion's constant for rubbish is left out, and "
    "Adam stands for the stochastic diagonal Levenberg-Marquardt method. To race on images of other sizes they are "
    "first resized to 32x32, bilinearly. It has no output for numbers.",
)
