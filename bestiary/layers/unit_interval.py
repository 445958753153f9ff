"""Between the units of a batch, standardised pixels, and 0 to 1, in which intensities are chances."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.layers.pixel_range import bounds


class UnitInterval(nn.Module):
    """From the units of a batch to 0 to 1, and back; what it knows of the data is saved with the weights.

    One range holds for all channels, so that images may come flattened. Fresh, it takes its inputs to lie in 0 to 1.

    Example:
        >>> unit = UnitInterval()
        >>> unit.measure({"pixel_mean": [4.0], "pixel_scale": [2.0], "pixel_range": [0.0, 16.0]})
        >>> unit(torch.tensor([-2.0, 2.0, 6.0])).tolist()
        [0.0, 0.5, 1.0]
        >>> unit.back(torch.tensor([0.25])).item()
        0.0
    """

    low: Tensor
    span: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("span", torch.ones(()))

    def measure(self, facts: Mapping[str, object]) -> None:
        """Takes the range from the facts of the training data, see `pixel_range.bounds`."""
        low, high = bounds(facts)
        self.low.copy_(low.min())
        self.span.copy_((high.max() - low.min()).clamp(min=1e-6))  # pixels that never vary

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        return ((inputs - self.low) / self.span).clamp(0, 1)

    def back(self, unit: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """From 0 to 1 to the units of a batch."""
        return unit * self.span + self.low


def measure(network: nn.Module, facts: Mapping[str, object]) -> None:
    """Tells every `UnitInterval` of a network the range of its data."""
    for part in network.modules():
        if isinstance(part, UnitInterval):
            part.measure(facts)
