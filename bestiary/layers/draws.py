"""Random numbers for tensors on any device, from a stream that may live on another one.

A generator belongs to one device. Samplers take one on the CPU, so that a seed gives the same numbers wherever the
network is; what is drawn there is then moved. Without a generator the stream of the tensor's own device is used.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def bernoulli(probability: Float[Tensor, "..."], generator: torch.Generator | None = None) -> Float[Tensor, "..."]:
    """1 with the given probabilities, else 0.

    Args:
        probability: probabilities, on any device.
        generator: on any device, or None for the global stream.

    Example:
        >>> bernoulli(torch.tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    if generator is None or generator.device == probability.device:
        return torch.bernoulli(probability, generator=generator)
    return torch.bernoulli(probability.to(generator.device), generator=generator).to(probability.device)


def normal(
    shape: tuple[int, ...] | torch.Size, like: Tensor, generator: torch.Generator | None = None
) -> Float[Tensor, "..."]:
    """Numbers from a normal distribution with mean 0 and variance 1.

    Args:
        shape: of what is drawn.
        like: a tensor of the wanted device and type.
        generator: on any device, or None for the global stream.

    Example:
        >>> normal((2, 3), torch.zeros(1), torch.Generator().manual_seed(0)).shape
        torch.Size([2, 3])
    """
    where = like.device if generator is None else generator.device
    return torch.randn(shape, generator=generator, dtype=like.dtype, device=where).to(like.device)


def category(probability: Float[Tensor, "B K"], generator: torch.Generator | None = None) -> Int[Tensor, " B"]:
    """One number of 0 ... K-1 for each row, with the given probabilities.

    Args:
        probability: probabilities, or weights that are proportional to them.
        generator: on any device, or None for the global stream.

    Example:
        >>> category(torch.tensor([[0.0, 1.0], [1.0, 0.0]])).tolist()
        [1, 0]
    """
    if generator is None or generator.device == probability.device:
        return torch.multinomial(probability, 1, generator=generator)[:, 0]
    return torch.multinomial(probability.to(generator.device), 1, generator=generator)[:, 0].to(probability.device)
