"""AlexNet: its row."""

from bestiary.catalogue.convolution.common import HERE, IMAGENET, RATES, torchvision_file
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_ONE, _TWO, _SMALL = (f"{HERE}.alexnet:{name}" for name in ("AlexNet", "AlexNet2012", "SmallAlexNet"))
_DENSE = {"grid": 6, "hidden": 4096, "dropout": 0.5}

ROW = Row(
    name="alexnet",
    title="AlexNet",
    family="convolution",
    introductions=(2,),
    paper="Krizhevsky, Sutskever, Hinton 2012, ImageNet classification with deep convolutional neural networks; "
    "Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks, arXiv 1404.5997",
    year=2012,
    summary="Five convolutions and three dense layers that won ImageNet by far and began the rule of deep networks: "
    "rectified units, dropout, and enough weights to fill two graphics cards.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        Size(
            "alexnet",
            _ONE,
            {**IMAGENET, "widths": (64, 192, 384, 256, 256), **_DENSE},
            61_100_840,
            "torchvision.models.alexnet, 1000 classes",
            "image",
            example={"image_size": (224, 224)},
            weights=(torchvision_file(1, "alexnet-owt-7be5be79.pth", "AlexNet"),),
        ),
        Size(
            "alexnet_2012",
            _TWO,
            {**IMAGENET, "widths": (96, 256, 384, 384, 256), **_DENSE},
            60_965_224,
            "the paper says 60 million; by layer 34,944 + 307,456 + 885,120 + 663,936 + 442,624 + dense 58,631,144",
            "image",
            example={"image_size": (224, 224)},
        ),
    ),
    races={
        "image": (
            Contender(
                "small",
                _SMALL,
                {"widths": (16, 32, 48, 32, 32), "grid": 1, "hidden": 64, "dropout": 0.2},
                smallest=8,
            ),
            Contender(
                "large",
                _SMALL,
                {"widths": (64, 192, 384, 256, 256), "grid": 2, "hidden": 512},
                rows=10_000,
                smallest=16,
            ),
        ),
    },
    tiny={"image": (_SMALL, {"channels": 2, "outputs": 3, "widths": (4, 6, 5, 4, 4), "grid": 1, "hidden": 6})},
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_alexnet.py::test_alexnet_is_a_sequence"),
        Reference(
            "the paper's section 3, written out card by card",
            "tests/references/test_alexnet.py::test_the_network_of_2012_is_two_towers",
            "two_cards",
        ),
    ),
    departs="alexnet is the form of 2014 for one card, without normalisation; alexnet_2012 is the paper's. The first "
    "convolution is padded by 2, so that 224x224 pixels give the 55x55 places that the paper counts; other images are "
    "averaged to 6x6 maps before the dense layers; normalisation reaches across both towers; weights start as He et "
    "al. 2015 derive. The ones that race look at 3x3 pixels first and do not shrink the image there. Trained by Adam, "
    "where the paper uses SGD with momentum; no crops, flips or shifts of colour are added here.",
)
