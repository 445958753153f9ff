"""EfficientNet: its row."""

from bestiary.catalogue.convolution.common import HERE, IMAGENET, RATES, torchvision_file
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_AUTHORS, _SYMMETRIC, _SMALL = (
    f"{HERE}.efficientnet:{name}" for name in ("EfficientNet", "SymmetricEfficientNet", "SmallEfficientNet")
)
_SCALED = (  # width, depth, pixels on a side, dropout: as the authors publish B0 to B7; count, files of torchvision
    (1.0, 1.0, 224, 0.2, 5_288_548, ("rwightman-7f5810bc",)),
    (1.0, 1.1, 240, 0.2, 7_794_184, ("rwightman-bac287d4", "c27df63c")),
    (1.1, 1.2, 260, 0.3, 9_109_994, ("rwightman-c35c1473",)),
    (1.2, 1.4, 300, 0.3, 12_233_232, ("rwightman-b3899882",)),
    (1.4, 1.8, 380, 0.4, 19_341_616, ("rwightman-23ab8bcd",)),
    (1.6, 2.2, 456, 0.4, 30_389_784, ("lukemelas-1a07897c",)),
    (1.8, 2.6, 528, 0.5, 43_040_704, ("lukemelas-24a108a5",)),
    (2.0, 3.1, 600, 0.5, 66_347_960, ("lukemelas-c5b4e57e",)),
)


def _published(number: int, network: str) -> Size:
    width, depth, side, dropout, parameters, files = _SCALED[number]
    name, symmetric = f"efficientnet_b{number}", network == _SYMMETRIC
    words = {"width_factor": width, "depth_factor": depth, "dropout": dropout, "stochastic_depth": 0.2}
    weights = (
        torchvision_file(
            version,
            f"{name}_{file}.pth" if "-" in file else f"{name}-{file}.pth",
            f"EfficientNet_B{number}",
        )
        for version, file in enumerate(files, 1)
    )
    return Size(
        name + "_symmetric" * symmetric,
        network,
        {**IMAGENET, **words, "epsilon": 1e-5 if symmetric and number < 5 else 1e-3},
        parameters,
        "torchvision.models." + name if symmetric else "transformers.EfficientNetForImageClassification, 1000 classes",
        "image",
        example={"image_size": (side, side)},
        weights=tuple(weights) if symmetric else (),
    )


ROW = Row(
    name="efficientnet",
    title="EfficientNet",
    family="convolution",
    introductions=(2,),
    paper="Tan, Le 2019, EfficientNet: rethinking model scaling for convolutional neural networks, arXiv 1905.11946",
    year=2019,
    summary="A small network of blocks that are wide inside and narrow outside, found by a search, and one rule that "
    "makes it wider, deeper and sharper at once. It needs few weights for what it reaches.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        *(_published(number, _AUTHORS) for number in range(8)),
        *(_published(number, _SYMMETRIC) for number in range(8)),
    ),
    races={
        "image": (
            Contender("small", _SMALL, {"width_factor": 0.5, "stochastic_depth": 0.0}, smallest=8),
            Contender("medium", _SMALL, {"width_factor": 1.0, "depth_factor": 2.0}, rows=2000, smallest=8),
            Contender("b0", _AUTHORS, {}, rows=20_000, smallest=64),
        ),
    },
    tiny={
        "image": (
            _SMALL,
            {"channels": 2, "outputs": 3, "width_factor": 0.25, "depth_factor": 1.5, "stochastic_depth": 0.1},
        ),
    },
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "transformers.EfficientNetForImageClassification",
            "tests/references/test_efficientnet.py::test_efficientnet_equals_transformers",
        ),
        Reference(
            "the paper's table 1 and the block, written out with torch.nn.functional",
            "tests/references/test_efficientnet.py::test_other_forms_are_what_they_say",
            "written_out",
        ),
    ),
    departs="efficientnet_b0 to b7 pad as the authors' code does; the sizes called symmetric pad all sides alike, as "
    "torchvision and timm do, and take their weights. Running statistics of batch norm follow ten times as fast as the "
    "authors'. The small ones that race have three stages and halve the image twice. Trained by Adam, where the paper "
    "uses RMSProp and AutoAugment.",
)
