"""The autoencoder: a network that is asked for its own input, through a code that is smaller than it.

Source: Hinton, Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks", Science 313; the idea of
learning codes by back-propagation: Rumelhart, Hinton, Williams 1986; that without hidden layers the code spans what
principal components span: Baldi, Hornik 1989, "Neural networks and principal component analysis".

    inputs -> [linear, rectifier] x widths -> linear -> code
    code -> [linear, rectifier] x widths, reversed -> linear -> inputs

Today's form: rectified units and Adam from the start; 2006 had logistic units whose weights were pre-trained by a stack
of Boltzmann machines (see `energy.dbn`).
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

from bestiary.layers.unit_interval import UnitInterval

# B batch, F features, Z numbers in a code


def dense(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers with rectifiers between them; none after the last."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Autoencoder(nn.Module):
    """Encoder and decoder of dense layers; codes and outputs are linear, for numbers of any size.

    Args:
        features: numbers in a row.
        code: numbers in a code.
        widths: units of the encoder's hidden layers, in order; none makes it linear, as principal components are.
        back: units of the decoder's hidden layers; the encoder's in reverse unless given.

    Example:
        >>> import torch
        >>> network = Autoencoder(features=784, code=64, widths=())
        >>> network(torch.randn(8, 784)).shape, network.encode(torch.randn(8, 784)).shape
        (torch.Size([8, 784]), torch.Size([8, 64]))
    """

    def __init__(
        self, *, features: int, code: int = 32, widths: Sequence[int] = (256, 64), back: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        back = tuple(reversed(widths)) if back is None else tuple(back)
        self.encoder = dense((features, *widths, code))
        self.decoder = dense((code, *back, features))

    def encode(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B Z"]:
        """The code of each row."""
        return self.encoder(inputs.flatten(1))

    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B F"]:
        """The row that a code stands for, flat."""
        return self.decoder(code)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        return self.decode(self.encode(inputs)).view_as(inputs)

    reconstruct = forward


class PixelAutoencoder(nn.Module):
    """The same for images: intensities from 0 to 1, logistic outputs that cannot leave that range.

    Args:
        features: pixels of an image, of all channels.
        code: numbers in a code.
        widths: units of the encoder's hidden layers, in order.
        back: units of the decoder's hidden layers; the encoder's in reverse unless given.

    Example:
        >>> import torch
        >>> network = PixelAutoencoder(features=784)
        >>> network(torch.rand(8, 1, 28, 28)).shape, network.encode(torch.rand(8, 784)).shape
        (torch.Size([8, 1, 28, 28]), torch.Size([8, 32]))
    """

    def __init__(
        self, *, features: int, code: int = 32, widths: Sequence[int] = (256, 64), back: Sequence[int] | None = None
    ) -> None:
        super().__init__()
        self.unit = UnitInterval()
        self.network = Autoencoder(features=features, code=code, widths=widths, back=back)

    def encode(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B Z"]:
        """The code of each image."""
        return self.network.encode(self.unit(inputs))

    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B F"]:
        """The pixels that a code stands for, flat, in the units of the input."""
        return self.unit.back(self.network.decode(code).sigmoid())

    def logits(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        """What the logistic function turns into intensities from 0 to 1."""
        return self.network.decode(self.encode(inputs)).view_as(inputs)

    def forward(self, inputs: Float[Tensor, "B ..."]) -> Float[Tensor, "B ..."]:
        return self.unit.back(self.logits(inputs).sigmoid())

    reconstruct = forward
