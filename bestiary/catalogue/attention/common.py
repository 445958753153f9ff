"""What rows of the family `attention` have in common."""

from bestiary.catalogue.row import Contender

HERE = "bestiary.architectures.attention"
VASWANI = "Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762"
AS_HOST = "As part of a network that holds it, by gradient descent."
OF_PATCHES = ("patch", "width", "depth", "heads", "feedforward")
TINY_OF_PATCHES: dict[str, object] = {
    "channels": 2,
    "image_size": (6, 5),
    "patch": 2,
    "width": 8,
    "depth": 2,
    "heads": 2,
    "feedforward": 12,
    "outputs": 3,
}
"""A Vision Transformer for tests."""


def of_patches(
    name: str, network: str, sizes: tuple[int, int, int, int, int], rows: int, smallest: int, **more: object
) -> Contender:
    """A Vision Transformer that races, by its sizes in the order of `OF_PATCHES`."""
    return Contender(name, network, {**dict(zip(OF_PATCHES, sizes)), **more}, rows=rows, smallest=smallest)
