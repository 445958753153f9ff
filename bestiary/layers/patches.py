"""An image as a grid of patches, each turned into a vector by one matrix (Dosovitskiy et al. 2021, section 3.1).

Axes: B batch, C channels, H height, W width, h and w rows and columns of patches, D width of a vector.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def grid(image_size: tuple[int, int], patch: int) -> tuple[int, int]:
    """Rows and columns of the patches that cover an image.

    Args:
        image_size: (height, width) in pixels.
        patch: side of a patch in pixels.

    Example:
        >>> grid((224, 30), 16)
        (14, 2)
    """
    return -(-image_size[0] // patch), -(-image_size[1] // patch)


class PatchEmbedding(nn.Module):
    """Cuts an image into square patches and projects the pixels of each: a convolution whose stride is its size.

    Images whose sides are no multiples of the patch are padded with zeros below and on the right.

    Args:
        channels: of the image.
        patch: side of a patch in pixels.
        width: D, of the vector of each patch.

    Example:
        >>> import torch
        >>> PatchEmbedding(channels=3, patch=4, width=8)(torch.zeros(2, 3, 30, 32)).shape
        torch.Size([2, 8, 8, 8])
    """

    def __init__(self, *, channels: int, patch: int, width: int) -> None:
        super().__init__()
        self.patch = patch
        self.project = nn.Conv2d(channels, width, patch, stride=patch)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B h w D"]:
        height, width = pixels.shape[2:]
        whole = F.pad(pixels, (0, -width % self.patch, 0, -height % self.patch))
        return self.project(whole).permute(0, 2, 3, 1)
