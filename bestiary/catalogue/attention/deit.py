"""DeiT: its row."""

from bestiary.catalogue.attention.common import HERE, TINY_OF_PATCHES, of_patches
from bestiary.catalogue.row import Pretrained, Reference, Row, Size

_DISTILLED, _VIT = f"{HERE}.deit:DistilledVisionTransformer", f"{HERE}.vit:VisionTransformer"
_TESTS = "tests/references/test_vision_transformers.py"
_FORMS = {"tiny": (192, 3), "small": (384, 6), "base": (768, 12)}
_DIGITS = {  # the first eight of each file's sha256, which are part of its name
    "deit_tiny": "a1311bcf",
    "deit_small": "cd65a155",
    "deit_base": "b5f2ef4d",
    "deit_tiny_distilled": "b40b3cf7",
    "deit_small_distilled": "649709d9",
    "deit_base_distilled": "df68dfff",
}


def _size(name: str, parameters: int) -> Size:
    _, form, *distilled = name.split("_")
    width, heads = _FORMS[form]
    words = {"channels": 3, "image_size": (224, 224), "outputs": 1000, "patch": 16}
    words |= {"width": width, "depth": 12, "heads": heads, "feedforward": 4 * width, "stochastic_depth": 0.1}
    file = f"{'_'.join(('deit', form, *distilled))}_patch16_224-{_DIGITS[name]}.pth"
    weights = Pretrained(
        "imagenet1k",
        file,
        f"Facebook AI Research, DeiT, {file}",
        "Apache-2.0",
        _DIGITS[name],
        "ImageNet-1k (ILSVRC 2012): 1.28 million photographs of 1,000 classes"
        + (", and what a RegNetY-16GF says of them, which was trained on the same" if distilled else ""),
    )
    source = "timm, 1,000 classes, 224 x 224 pixels"
    return Size(
        name, _DISTILLED if distilled else _VIT, words, parameters, source, "image", weights=(weights,)
    )  # fmt: skip


ROW = Row(
    name="deit",
    title="Data-efficient image Transformer (DeiT)",
    family="attention",
    introductions=(2,),
    paper="Touvron, Cord, Douze, Massa, Sablayrolles, Jégou 2021, Training data-efficient image transformers and "
    "distillation through attention, arXiv 2012.12877",
    year=2021,
    summary="A Vision Transformer with a second learned token, whose head learns what a convolutional teacher says of "
    "an image, while the first one's learns the label. What the teacher knows of images makes up for data that a "
    "Transformer alone would need.",
    learns="A convolutional teacher learns from labels for the first part of the steps; then the student learns from "
    "labels with one head and from the teacher's most likely classes with the other, by gradient descent.",
    recipes={"classification": "bestiary.recipes.distillation:classifier"},
    sizes=(
        _size("deit_base_distilled", 87_338_192),
        _size("deit_tiny", 5_717_416),
        _size("deit_small", 22_050_664),
        _size("deit_base", 86_567_656),
        _size("deit_tiny_distilled", 5_910_800),
        _size("deit_small_distilled", 22_436_432),
    ),
    races={
        "image": (
            of_patches("32-patch2", _DISTILLED, (2, 32, 2, 4, 64), 0, 4, stochastic_depth=0.1),
            of_patches("32-patch4", _DISTILLED, (4, 32, 2, 4, 64), 0, 16, stochastic_depth=0.1),
            of_patches("64-patch4", _DISTILLED, (4, 64, 4, 4, 128), 1000, 16, stochastic_depth=0.1),
            of_patches("128-patch4", _DISTILLED, (4, 128, 6, 4, 512), 5000, 24, stochastic_depth=0.1),
            of_patches("192-patch8", _DISTILLED, (8, 192, 9, 3, 768), 10_000, 48, stochastic_depth=0.1),
        )
    },
    tiny={"image": (_DISTILLED, TINY_OF_PATCHES)},
    settings=({"rate": 3e-3}, {"rate": 1e-3}, {"rate": 3e-3, "listening": "soft"}),
    reference=(
        Reference("transformers.DeiTForImageClassificationWithTeacher", f"{_TESTS}::test_deit_is_transformers"),
        Reference("transformers.ViTForImageClassification", f"{_TESTS}::test_vit_is_transformers"),
        Reference(
            "equations 2 and 3 of the paper, one row at a time",
            f"{_TESTS}::test_distillation_is_the_papers",
            "losses_written_out",
        ),
    ),
    departs="In a race the teacher is a small residual network (8, 16 and 32 maps, three blocks) that learns from the "
    "same training rows for the first 30 % of the steps; from Python `teacher=` of the recipe takes one that has "
    "learned already, as in the paper, whose teacher is a RegNetY-16GF. Both heads are joined by the mean of their "
    "logits, as in the authors' code. First weights are those of ViT. No RandAugment, erasing or repeated pictures "
    "are added here. Sizes without a distillation token are plain Vision Transformers, which learn from labels alone "
    "unless they are given a teacher.",
    phases=True,
)
