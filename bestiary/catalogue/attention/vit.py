"""Vision Transformer: its row."""

from bestiary.catalogue.attention.common import HERE, TINY_OF_PATCHES, of_patches
from bestiary.catalogue.row import Pretrained, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_VIT = f"{HERE}.vit:VisionTransformer"
_IMAGENET = "ImageNet-1k (ILSVRC 2012): 1.28 million photographs of 1,000 classes"
_SWAG = "3.6 billion photographs from Instagram with their hashtags (SWAG), then ImageNet-1k through a linear head"
_TERMS = "none stated by torchvision; ImageNet's images are for research and teaching"
_TESTS = "tests/references/test_vision_transformers.py"


def _published(file: str, name: str, licence: str, seen: str) -> Pretrained:
    digits = file.removesuffix(".pth").rpartition("-")[2]  # of its sha256: the first eight are part of its name
    return Pretrained(name.rpartition(".")[2].lower(), file, f"torchvision, {name}", licence, digits, seen)


_WEIGHTS = {
    "vit_b16": (_published("vit_b_16-c867db91.pth", "ViT_B_16_Weights.IMAGENET1K_V1", _TERMS, _IMAGENET),),
    "vit_b32": (_published("vit_b_32-d86f8d99.pth", "ViT_B_32_Weights.IMAGENET1K_V1", _TERMS, _IMAGENET),),
    "vit_l16": (_published("vit_l_16-852ce7e3.pth", "ViT_L_16_Weights.IMAGENET1K_V1", _TERMS, _IMAGENET),),
    "vit_h14": (
        _published(
            "vit_h_14_lc_swag-c1eb923e.pth", "ViT_H_14_Weights.IMAGENET1K_SWAG_LINEAR_V1", "CC-BY-NC-4.0", _SWAG
        ),
    ),
}


def _size(name: str, patch: int, width: int, depth: int, heads: int, parameters: int) -> Size:
    words = {"channels": 3, "image_size": (224, 224), "outputs": 1000, "patch": patch}
    words |= {"width": width, "depth": depth, "heads": heads, "feedforward": 4 * width}
    source = "transformers.ViTForImageClassification, 1,000 classes, 224 x 224 pixels"
    return Size(name, _VIT, words, parameters, source, "image", weights=_WEIGHTS.get(name, ()))


ROW = Row(
    name="vit",
    title="Vision Transformer (ViT)",
    family="attention",
    introductions=(0, 2, 4),
    paper="Dosovitskiy, Beyer, Kolesnikov et al. 2021, An image is worth 16x16 words: Transformers for image "
    "recognition at scale, arXiv 2010.11929",
    year=2021,
    summary="An image is cut into patches, which a Transformer encoder reads like the words of a sentence; a learned "
    "token that stands before them gathers the answer. It knows nothing of neighbourhoods and learns them from data, "
    "so that it needs more images than a convolutional network and gains more from many.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        _size("vit_b16", 16, 768, 12, 12, 86_567_656),
        _size("vit_ti16", 16, 192, 12, 3, 5_717_416),
        _size("vit_s16", 16, 384, 12, 6, 22_050_664),
        _size("vit_s32", 32, 384, 12, 6, 22_878_952),
        _size("vit_b32", 32, 768, 12, 12, 88_224_232),
        _size("vit_l16", 16, 1024, 24, 16, 304_326_632),
        _size("vit_l32", 32, 1024, 24, 16, 306_535_400),
        _size("vit_h14", 14, 1280, 32, 16, 632_045_800),
    ),
    races={
        "image": (
            of_patches("32-patch2", _VIT, (2, 32, 2, 4, 64), 0, 4),
            of_patches("32-patch4", _VIT, (4, 32, 2, 4, 64), 0, 16),
            of_patches("64-patch4", _VIT, (4, 64, 4, 4, 128), 1000, 16),
            of_patches("128-patch4", _VIT, (4, 128, 6, 4, 512), 5000, 24),
            of_patches("192-patch8", _VIT, (8, 192, 9, 3, 768), 10_000, 48),
            of_patches("ti16", _VIT, (16, 192, 12, 3, 768), 20_000, 128),
        )
    },
    tiny={"image": (_VIT, TINY_OF_PATCHES)},
    settings=({"rate": 3e-3}, {"rate": 1e-3}, {"rate": 1e-3, "decay": 0.1, "warmup": 50}),
    reference=(
        Reference("transformers.ViTForImageClassification", f"{_TESTS}::test_vit_is_transformers"),
        Reference(
            "the equations of the paper, one patch and one head at a time",
            f"{_TESTS}::test_vit_is_the_paper",
            "written_out",
        ),
    ),
    departs="Images whose sides are no multiples of the patch are padded with zeros. Separate matrices project "
    "queries, keys and values, where the authors' code has one of all three; weights are translated both ways. The "
    "head begins at random instead of zero and has no hidden layer, as in released weights. Small forms with patches "
    "of 2 to 8 pixels race; they learn by AdamW from the data at hand alone, where the paper pre-trains on 14 to 300 "
    "million images.",
)
