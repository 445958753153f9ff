"""ConvNeXt: its row."""

from bestiary.catalogue.convolution.common import HERE, IMAGENET, RATES, torchvision_file
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_CONVNEXT = f"{HERE}.convnext:ConvNeXt"


def _imagenet(
    name: str, width: int, middle: int, stochastic_depth: float, parameters: int, digits: str, enum: str
) -> Size:
    words = {
        "widths": (width, 2 * width, 4 * width, 8 * width),
        "depths": (3, 3, middle, 3),
        "patch": 4,
        "scale": 1e-6,
        "stochastic_depth": stochastic_depth,
    }
    return Size(
        f"convnext_{name}",
        _CONVNEXT,
        {**IMAGENET, **words},
        parameters,
        "transformers.ConvNextForImageClassification, 1000 classes",
        "image",
        example={"image_size": (224, 224)},
        weights=(torchvision_file(1, f"convnext_{enum.lower()}-{digits}.pth", f"ConvNeXt_{enum}"),),
    )


ROW = Row(
    name="convnext",
    title="ConvNeXt",
    family="convolution",
    introductions=(2,),
    paper="Liu, Mao, Wu, Feichtenhofer, Darrell, Xie 2022, A ConvNet for the 2020s, arXiv 2201.03545",
    year=2022,
    summary="A residual network that takes over, step by step, what vision Transformers do otherwise: patches, layer "
    "norm, GELU, blocks that look far and are wide inside. It reaches what they reach with convolutions alone.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        _imagenet("t", 96, 9, 0.1, 28_589_128, "983f1562", "Tiny"),
        _imagenet("s", 96, 27, 0.4, 50_223_688, "0c510722", "Small"),
        _imagenet("b", 128, 27, 0.5, 88_591_464, "6075fbad", "Base"),
        _imagenet("l", 192, 27, 0.5, 197_767_336, "ea097f82", "Large"),
    ),
    races={
        "image": (
            Contender("small", _CONVNEXT, {"widths": (24, 48), "depths": (1, 1), "patch": 2}, smallest=8),
            Contender(
                "medium",
                _CONVNEXT,
                {"widths": (32, 64, 128), "depths": (2, 2, 2), "patch": 2, "stochastic_depth": 0.1},
                rows=2000,
                smallest=8,
            ),
            Contender(
                "large",
                _CONVNEXT,
                {"widths": (96, 192, 384), "depths": (3, 3, 9), "patch": 4, "stochastic_depth": 0.1},
                rows=20_000,
                smallest=32,
            ),
        ),
    },
    tiny={
        "image": (
            _CONVNEXT,
            {"channels": 2, "outputs": 3, "widths": (4, 6), "depths": (1, 2), "patch": 2, "stochastic_depth": 0.1},
        ),
    },
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "transformers.ConvNextForImageClassification",
            "tests/references/test_convnext.py::test_convnext_equals_transformers",
        ),
    ),
    departs="Small images get patches of 2x2 pixels and two or three stages. Trained by AdamW as in the paper, but "
    "without its mixed and erased pictures, its warm-up and its average of weights.",
)
