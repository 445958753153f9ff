"""Images turned and shifted, as a differentiable function of how much."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

# B batch, C channels, H height, W width

FACTORS = ("rotation", "right", "down")
"""What `move` can change, in the order of its settings."""
ANGLE = 45.0
SHIFT = 0.15


def move(
    images: Float[Tensor, "B C H W"], settings: Float[Tensor, "B 3"], angle: float = ANGLE, shift: float = SHIFT
) -> Float[Tensor, "B C H W"]:
    """Turns each image about its centre, then shifts it; what comes into view repeats the border.

    Args:
        images: in any unit.
        settings: rotation (counter-clockwise), shift to the right, shift downwards; each from -1 to 1.
        angle: degrees that a setting of 1 turns by.
        shift: share of the image's side that a setting of 1 shifts by.

    Example:
        >>> image = torch.zeros(1, 1, 5, 5)
        >>> image[0, 0, 2, 1] = 1.0
        >>> move(image, torch.tensor([[0.0, 1.0, 0.0]]), shift=0.2)[0, 0, 2].round().tolist()
        [0.0, 0.0, 1.0, 0.0, 0.0]
    """
    turn = settings[:, 0] * math.radians(angle)
    right, down = (2 * shift * settings[:, place] for place in (1, 2))  # a side is 2 long in the grid's units
    height, width = images.shape[2:]
    cosine, sine = turn.cos(), turn.sin()
    # where each pixel comes from: shifted back, then turned back, with pixels that need not be square in the grid
    matrix = torch.stack(
        [
            torch.stack([cosine, -sine * height / width], 1),
            torch.stack([sine * width / height, cosine], 1),
        ],
        1,
    )
    origin = -(matrix @ torch.stack([right, down], 1)[:, :, None])
    grid = F.affine_grid(torch.cat([matrix, origin], 2), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)
