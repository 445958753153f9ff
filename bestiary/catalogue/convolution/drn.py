"""Deep residual network (three stages, hand-written form): its row."""

from bestiary.catalogue.convolution.common import HERE, RATES
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_DRN = f"{HERE}.drn:DRN"


ROW = Row(
    name="drn",
    title="Deep residual network (three stages, hand-written form)",
    family="convolution",
    introductions=(3,),
    paper="He, Zhang, Ren, Sun 2015, Deep residual learning for image recognition, arXiv 1512.03385",
    year=2015,
    summary="A residual network of fourteen layers as it is often written by hand: three stages of two blocks, and a "
    "bias in every convolution.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "drn14",
            _DRN,
            {"channels": 3, "outputs": 10, "widths": (64, 128, 256), "depth": 2},
            2_786_826,
            "three stages of ResNet-18 with 2,240 biases more, two projection norms (768) less, and 10 classes",
            "image",
            aliases=("drn_guide",),
        ),
    ),
    races={
        "image": (
            Contender("small", _DRN, {"widths": (16, 32, 64)}, smallest=16),
            Contender("large", _DRN, {"widths": (64, 128, 256)}, rows=10_000, smallest=32),
        ),
    },
    tiny={"image": (_DRN, {"channels": 2, "outputs": 3, "widths": (4, 6), "depth": 1})},
    settings=RATES,
    reference=(
        Reference(
            "the layers written out with torch.nn.functional",
            "tests/references/test_convolution.py::test_drn_is_what_it_says",
            "rewritten_drn",
        ),
    ),
    departs="Unlike ResNet, convolutions keep a bias before batch norm, projections have no batch norm, and there is "
    "no fourth stage; so ResNet's weights do not fit.",
)
