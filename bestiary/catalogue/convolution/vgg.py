"""VGG: its row."""

from bestiary.catalogue.convolution.common import HERE, IMAGENET, RATES, torchvision_file
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_PLAIN, _NORMALISED = f"{HERE}.vgg:VGG", f"{HERE}.vgg:NormalisedVGG"
_WIDTHS = (64, 128, 256, 512, 512)
_DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_CONFIGURATIONS = {11: "A", 13: "B", 16: "D", 19: "E"}


def _imagenet(layers: int, network: str, parameters: int, digits: str) -> Size:
    normal = network == _NORMALISED
    name = f"vgg{layers}" + ("_bn" if normal else "")
    source = f"torchvision.models.{name}, 1000 classes; configuration {_CONFIGURATIONS[layers]} of table 1"
    words = {"widths": _WIDTHS, "depths": _DEPTHS[layers], "grid": 7, "hidden": 4096, "dropout": 0.5}
    return Size(
        name,
        network,
        {**IMAGENET, **words},
        parameters,
        source + (" with batch norm" if normal else ""),
        "image",
        example={"image_size": (224, 224)},
        weights=(torchvision_file(1, f"{name}-{digits}.pth", name.upper()),),
    )


ROW = Row(
    name="vgg",
    title="VGG",
    family="convolution",
    introductions=(2,),
    paper="Simonyan, Zisserman 2014, Very deep convolutional networks for large-scale image recognition, "
    "arXiv 1409.1556",
    year=2014,
    summary="Only 3x3 convolutions, two to four in a row, and pooling between such blocks: the plainest way to make a "
    "network deep. Nine tenths of its weights lie in the dense layers at its end.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        _imagenet(16, _PLAIN, 138_357_544, "397923af"),
        _imagenet(11, _PLAIN, 132_863_336, "8a719046"),
        _imagenet(13, _PLAIN, 133_047_848, "19584684"),
        _imagenet(19, _PLAIN, 143_667_240, "dcbb9e9d"),
        _imagenet(11, _NORMALISED, 132_868_840, "6002323d"),
        _imagenet(13, _NORMALISED, 133_053_736, "abd245e5"),
        _imagenet(16, _NORMALISED, 138_365_992, "6c64b313"),
        _imagenet(19, _NORMALISED, 143_678_248, "c79401a0"),
    ),
    races={
        "image": (
            Contender(
                "small",
                _NORMALISED,
                {"widths": (16, 32, 64), "depths": (1, 1, 2), "grid": 1, "hidden": 64, "dropout": 0.2},
                smallest=8,
            ),
            Contender(
                "medium",
                _NORMALISED,
                {"widths": (32, 64, 128), "depths": (2, 2, 3), "grid": 1, "hidden": 128, "dropout": 0.3},
                rows=2000,
                smallest=8,
            ),
            Contender(
                "11-small",
                _NORMALISED,
                {"widths": _WIDTHS[:4], "depths": (1, 1, 2, 4), "grid": 1, "hidden": 512},
                rows=10_000,
                smallest=16,
            ),
        ),
    },
    tiny={
        "image": (
            _NORMALISED,
            {"channels": 2, "outputs": 3, "widths": (4, 5), "depths": (1, 2), "grid": 2, "hidden": 6},
        ),
    },
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(Reference("torch.nn.Sequential", "tests/references/test_vgg.py::test_vgg_is_a_sequence"),),
    departs="Maps of images other than 224x224 are averaged to 7x7 before the dense layers, where the paper slides "
    "these over them. Weights start as He et al. 2015 derive, so that no network begins with the layers of a shallower "
    "one. The forms with batch norm are younger than the paper. Those that race see the mean of each map and have "
    "smaller dense layers. Trained by Adam, where the paper uses SGD with momentum; no crops or flips are added here.",
)
