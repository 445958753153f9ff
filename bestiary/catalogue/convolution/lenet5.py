"""LeNet-5 (modern): its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_LENET, _RESIZED_LENET = f"{HERE}.lenet:LeNet5", f"{HERE}.lenet:ResizedLeNet5"

ROW = Row(
    name="lenet5",
    title="LeNet-5 (modern)",
    family="convolution",
    introductions=(2, 4),
    paper="LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
    year=1998,
    summary="Two rounds of 5x5 filters and pooling, then three dense layers. Small and fast; the cheque reader of the "
    "paper was built on it and read several million cheques a day.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "lenet5",
            _LENET,
            {"channels": 1, "image_size": (28, 28), "outputs": 10},
            61_706,
            "156 + 2,416 + 48,120 + 10,164 + 850",
            "image",
        ),
    ),
    races={"image": (Contender("28x28", _RESIZED_LENET, {}, smallest=8),)},
    tiny={"image": (_RESIZED_LENET, {"channels": 2, "image_size": (8, 9), "outputs": 3})},
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(Reference("torch.nn.Sequential", "tests/references/test_convolution.py::test_lenet_is_a_sequence"),),
    departs="What most code calls LeNet-5: every map of C3 sees all maps of S2, subsampling is max pooling without "
    "weights, units are rectified and the output is dense (see lenet5_original for the paper's). To race on images of "
    "other sizes they are first resized to 28x28, bilinearly.",
)
