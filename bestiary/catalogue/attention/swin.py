"""Swin Transformer: its row."""

from bestiary.catalogue.attention.common import HERE
from bestiary.catalogue.row import Contender, Pretrained, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_SWIN = f"{HERE}.swin:SwinTransformer"
_TESTS = "tests/references/test_vision_transformers.py"
_DIGITS = {"swin_t": "704ceda3", "swin_s": "5e29d889", "swin_b": "68c6b09e"}  # of sha256; part of each file's name


def _size(
    name: str, width: int, depths: tuple[int, ...], heads: tuple[int, ...], skipped: float, parameters: int
) -> Size:
    words = {"channels": 3, "outputs": 1000, "patch": 4, "window": 7, "width": width, "depths": depths, "heads": heads}
    weights = Pretrained(
        "imagenet1k_v1",
        f"{name}-{_DIGITS[name]}.pth",
        f"torchvision, Swin_{name[-1].upper()}_Weights.IMAGENET1K_V1",
        "none stated by torchvision; ImageNet's images are for research and teaching",
        _DIGITS[name],
        "ImageNet-1k (ILSVRC 2012): 1.28 million photographs of 1,000 classes",
    )
    source = "transformers.SwinForImageClassification, 1,000 classes"
    keywords = {**words, "stochastic_depth": skipped}
    example = {"image_size": (224, 224)}
    return Size(name, _SWIN, keywords, parameters, source, "image", example=example, weights=(weights,))


def _contender(
    name: str,
    patch: int,
    window: int,
    width: int,
    depths: tuple[int, ...],
    heads: tuple[int, ...],
    rows: int,
    smallest: int,
) -> Contender:
    words = {"patch": patch, "window": window, "width": width, "depths": depths, "heads": heads}
    return Contender(name, _SWIN, words, rows=rows, smallest=smallest)


ROW = Row(
    name="swin",
    title="Swin Transformer",
    family="attention",
    introductions=(2,),
    paper="Liu, Lin, Cao, Hu, Wei, Zhang, Lin, Guo 2021, Swin Transformer: hierarchical vision Transformer using "
    "shifted windows, arXiv 2103.14030",
    year=2021,
    summary="A Transformer for images whose attention stays inside of small windows, so that its cost grows with the "
    "area alone. Every second layer shifts the windows, and stages halve the map and double its width, as in "
    "convolutional networks. It takes images of any size.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        _size("swin_t", 96, (2, 2, 6, 2), (3, 6, 12, 24), 0.2, 28_288_354),
        _size("swin_s", 96, (2, 2, 18, 2), (3, 6, 12, 24), 0.3, 49_606_258),
        _size("swin_b", 128, (2, 2, 18, 2), (4, 8, 16, 32), 0.5, 87_768_224),
    ),
    races={
        "image": (
            _contender("24-window2", 2, 2, 24, (2, 2), (2, 4), 0, 4),
            _contender("24-window4", 2, 4, 24, (2, 2), (2, 4), 0, 16),
            _contender("48-window4", 4, 4, 48, (2, 2, 2), (3, 6, 12), 2000, 32),
            _contender("64-window7", 4, 7, 64, (2, 2, 6), (2, 4, 8), 10_000, 56),
        )
    },
    tiny={
        "image": (
            _SWIN,
            {"channels": 2, "patch": 1, "window": 2, "width": 4, "depths": (2, 1), "heads": (1, 2), "outputs": 3},
        )
    },
    settings=({"rate": 3e-3}, {"rate": 1e-3}, {"rate": 1e-3, "decay": 0.05, "warmup": 50}),
    reference=(
        Reference("transformers.SwinForImageClassification", f"{_TESTS}::test_swin_is_transformers"),
        Reference(
            "equation 4 of the paper, one place at a time, without rolling",
            f"{_TESTS}::test_shifted_windows_equal_their_slow_twin",
            "window_attention_written_out",
        ),
    ),
    departs="Maps whose sides are no multiples of the window are padded with zeros, which are attended to, as in the "
    "authors' code for detection; windows are not shifted along a side that fits into one. Separate matrices project "
    "queries, keys and values. First weights after Glorot & Bengio 2010. In a race small forms with smaller windows "
    "learn by AdamW without the paper's augmentation.",
)
