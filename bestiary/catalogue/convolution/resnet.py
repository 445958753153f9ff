"""Residual network: its row."""

from bestiary.catalogue.convolution.common import HERE, IMAGENET, RATES, torchvision_file
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_BASIC, _BOTTLENECK, _PAPER, _SMALL, _PLAIN = (
    f"{HERE}.resnet:{name}" for name in ("BasicResNet", "BottleneckResNet", "PaperResNet", "SmallResNet", "PlainResNet")
)
_B, _W = (64, 128, 256, 512), (256, 512, 1024, 2048)
_DIGITS = {  # the first eight of each file's sha256, which are part of its name
    "resnet18": ("f37072fd",),
    "resnet34": ("b627a593",),
    "resnet50": ("0676ba61", "11ad3fa6"),
    "resnet101": ("63fe2227", "cd907fc2"),
    "resnet152": ("394f9c45", "f82ba261"),
}


def _imagenet(name: str, network: str, widths: tuple[int, ...], depths: tuple[int, ...], parameters: int) -> Size:
    words = {**IMAGENET, "widths": widths, "depths": depths, "entry": 64}
    source = "transformers.ResNetForImageClassification, 1000 classes"
    enum = f"ResNet{name.removeprefix('resnet')}"
    weights = tuple(
        torchvision_file(number, f"{name}-{digits}.pth", enum) for number, digits in enumerate(_DIGITS.get(name, ()), 1)
    )
    return Size(name, network, words, parameters, source, "image", example={"image_size": (224, 224)}, weights=weights)


ROW = Row(
    name="resnet",
    title="Residual network",
    family="convolution",
    introductions=(1, 2, 3, 4),
    paper="He, Zhang, Ren, Sun 2015, Deep residual learning for image recognition, arXiv 1512.03385",
    year=2015,
    summary="Every block adds a correction to what it was given, instead of replacing it. Signals and gradients can "
    "pass unchanged through a hundred layers, so that depth helps where it used to hurt.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        _imagenet("resnet50", _BOTTLENECK, _W, (3, 4, 6, 3), 25_557_032),
        _imagenet("resnet18", _BASIC, _B, (2, 2, 2, 2), 11_689_512),
        _imagenet("resnet34", _BASIC, _B, (3, 4, 6, 3), 21_797_672),
        _imagenet("resnet101", _BOTTLENECK, _W, (3, 4, 23, 3), 44_549_160),
        _imagenet("resnet152", _BOTTLENECK, _W, (3, 8, 36, 3), 60_192_808),
        _imagenet("resnet50_v1", _PAPER, _W, (3, 4, 6, 3), 25_557_032),
        Size(
            "resnet18_small",
            _SMALL,
            {"channels": 3, "outputs": 10, "widths": _B, "depths": (2, 2, 2, 2), "entry": 64},
            11_173_962,
            "resnet18 with a 3x3 stem (1,728 for 9,408) and 10 classes (5,130 for 513,000)",
            "image",
        ),
        Size(
            "resnet20",
            _PLAIN,
            {"channels": 3, "outputs": 10, "widths": (16, 32, 64), "depths": (3, 3, 3), "entry": 16},
            269_722,
            "the paper's table 6 says 0.27M; by layer 432 + 13,824 + 50,688 + 202,752 + norms 1,376 + dense 650",
            "image",
        ),
        Size(
            "residual_connection",
            f"{HERE}.resnet:BasicBlock",
            {"before": 64, "width": 64},
            73_984,
            "2 x 9 x 64 x 64 + 2 x 128: one basic block, 64 channels",
            example={"image_size": (56, 56)},
            part=True,
        ),
    ),
    races={
        "image": (
            Contender(
                "10-strided",
                _BASIC,
                {"widths": (16, 32, 64, 128), "depths": (1, 1, 1, 1), "entry": 16},
                smallest=24,
            ),
            Contender("8-thin", _PLAIN, {"widths": (8, 16, 32), "depths": (1, 1, 1), "entry": 8}, smallest=8),
            Contender("8", _PLAIN, {"widths": (16, 32, 64), "depths": (1, 1, 1), "entry": 16}, rows=500, smallest=8),
            Contender("14", _PLAIN, {"widths": (16, 32, 64), "depths": (2, 2, 2), "entry": 16}, rows=2000, smallest=8),
            Contender("20", _PLAIN, {"widths": (16, 32, 64), "depths": (3, 3, 3), "entry": 16}, rows=5000, smallest=8),
            Contender(
                "18-small", _SMALL, {"widths": _B, "depths": (2, 2, 2, 2), "entry": 64}, rows=10_000, smallest=16
            ),
            Contender("18", _BASIC, {"widths": _B, "depths": (2, 2, 2, 2), "entry": 64}, rows=10_000, smallest=64),
            Contender("50", _BOTTLENECK, {"widths": _W, "depths": (3, 4, 6, 3), "entry": 64}, rows=50_000, smallest=64),
        ),
    },
    tiny={"image": (_BASIC, {"channels": 2, "outputs": 3, "widths": (4, 8), "depths": (1, 2), "entry": 4})},
    settings=(*RATES, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "transformers.ResNetForImageClassification",
            "tests/references/test_convolution.py::test_resnet_equals_transformers",
        ),
        Reference(
            "the paper's section 4.2, written out with torch.nn.functional",
            "tests/references/test_convolution.py::test_small_resnets_are_what_the_paper_says",
            "rewritten_small",
        ),
    ),
    departs="Bottlenecks halve the image in their 3x3 convolution (v1.5, as most published weights do); resnet50_v1 "
    "does it in the first 1x1 convolution as in the paper. resnet18_small and the small ones that race begin with one "
    "3x3 convolution instead of the stem for photographs; resnet20 is the paper's network for CIFAR-10. Trained by "
    "Adam, where the paper uses SGD with momentum; no crops or flips are added here.",
    example=f"{HERE}.resnet:block_example",
)
