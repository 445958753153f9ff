"""What rows of the family `convolution` have in common."""

from bestiary.catalogue.row import Pretrained

HERE = "bestiary.architectures.convolution"
RATES = ({"rate": 1e-3}, {"rate": 3e-3})
IMAGENET = {"channels": 3, "outputs": 1000}
"""Words of networks for ImageNet-1k."""


def torchvision_file(number: int, file: str, enum: str) -> Pretrained:
    """Weights that torchvision publishes, trained on ImageNet-1k.

    Args:
        number: of the version, 1 or 2.
        file: "vgg16-397923af.pth"; what stands behind the last hyphen are the first digits of its sha256.
        enum: "VGG16", of torchvision's `VGG16_Weights`.
    """
    return Pretrained(
        f"imagenet1k_v{number}",
        file,
        f"torchvision, {enum}_Weights.IMAGENET1K_V{number}",
        "none stated by torchvision; ImageNet's images are for research and teaching",
        file.removesuffix(".pth").rpartition("-")[2],
        "ImageNet-1k (ILSVRC 2012): 1.28 million photographs of 1,000 classes",
    )
