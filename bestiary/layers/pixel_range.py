"""Between the units of a batch, standardised pixels, and -1 to 1, in which networks that make images work."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

# C channels, H height, W width


def bounds(facts: Mapping[str, object]) -> tuple[Float[Tensor, "C 1 1"], Float[Tensor, "C 1 1"]]:
    """The smallest and the largest training pixel in the units of a batch, channel by channel.

    Args:
        facts: of `spec.json`: `pixel_mean` and `pixel_scale`, one number a channel, and `pixel_range`, the smallest and
            the largest training pixel of all channels; without them, pixels are taken to be in the units of a batch
            already and to reach from -1 to 1.

    Example:
        >>> low, high = bounds({"pixel_mean": [4.0], "pixel_scale": [2.0], "pixel_range": [0.0, 16.0]})
        >>> low.flatten(), high.flatten()
        (tensor([-2.]), tensor([6.]))
    """
    mean, scale = (
        torch.tensor(facts.get(word, [default]), dtype=torch.float32)[:, None, None]
        for word, default in (("pixel_mean", 0.0), ("pixel_scale", 1.0))
    )
    default = (0.0, 255.0) if "pixel_mean" in facts else (-1.0, 1.0)
    low, high = facts.get("pixel_range", default)  # pyright: ignore[reportGeneralTypeIssues]
    return (float(low) - mean) / scale, (float(high) - mean) / scale


class PixelRange(nn.Module):
    """From -1 to 1 to the units of a batch, and back; what it knows of the data is saved with the weights.

    Args:
        channels: of the images.

    Example:
        >>> pixels = PixelRange(channels=1)
        >>> pixels.measure({"pixel_mean": [4.0], "pixel_scale": [2.0], "pixel_range": [0.0, 16.0]})
        >>> pixels(torch.tensor([-1.0, 0.0, 1.0]).reshape(3, 1, 1, 1)).flatten()
        tensor([-2.,  2.,  6.])
        >>> pixels.signed(pixels(torch.full((1, 1, 1, 1), 0.25))).item()
        0.25
    """

    middle: Tensor
    reach: Tensor

    def __init__(self, *, channels: int) -> None:
        super().__init__()
        self.register_buffer("middle", torch.zeros(channels, 1, 1))
        self.register_buffer("reach", torch.ones(channels, 1, 1))

    def measure(self, facts: Mapping[str, object]) -> None:
        """Takes the range from the facts of the training data, see `bounds`."""
        low, high = bounds(facts)
        self.middle.copy_((low + high) / 2)
        self.reach.copy_(((high - low) / 2).clamp(min=1e-6))  # pixels that never vary

    def forward(self, signed: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        return signed * self.reach + self.middle

    def signed(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """From the units of a batch to -1 to 1."""
        return (pixels - self.middle) / self.reach
