"""Baselines that make new data: one normal distribution, and one around each training row, on principal components.

The normal distribution knows how pixels vary together and nothing else (Turk & Pentland 1991, "Eigenfaces for
recognition"). The kernel density (Parzen 1962) makes a training row again, with noise; how much noise is decided by the
likelihood of validation rows and not by the judge, who would be pleased with none at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from bestiary.baselines.rivals import Rival, Setting
from bestiary.baselines.saved import array, fits
from bestiary.records.door import finite

FITTED = 20_000  # training rows that a baseline sees at most
COMPONENTS = (40, 15, 100)
WIDTHS = tuple(float(width) for width in np.geomspace(0.03, 1.5, 18))  # of kernels, in mean distances to a neighbour


class Gaussian:
    """A normal distribution on the first principal components.

    Args:
        mean: of the rows [F].
        components: each as long as its standard deviation [Q F].
        shape: of a row, in the units of a batch.

    Example:
        >>> maker = Gaussian(np.zeros(4), np.ones((1, 4)), (1, 2, 2))
        >>> maker.sample(3, torch.Generator().manual_seed(0)).shape
        torch.Size([3, 1, 2, 2])
    """

    def __init__(self, mean: NDArray[Any], components: NDArray[Any], shape: Sequence[int]) -> None:
        self.mean, self.components, self.shape = mean, components, tuple(int(side) for side in shape)

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Float[Tensor, "N ..."]:
        """New rows in the units of a batch; below a temperature of 1 nearer to the mean."""
        codes = temperature * torch.randn(count, len(self.components), generator=generator)
        rows = codes @ torch.from_numpy(self.components).float() + torch.from_numpy(self.mean).float()
        return rows.reshape(count, *self.shape)

    def state(self) -> dict[str, Any]:
        """For saving."""
        return {"mean": self.mean, "components": self.components, "shape": list(self.shape)}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        mean, components, shape = _directions(state)
        return cls(mean, components, shape)


class KernelDensity:
    """A training row drawn at random, and noise on its principal components.

    Args:
        mean: of the rows [F].
        components: orthonormal [Q F].
        codes: of the training rows [N Q].
        width: standard deviation of the noise.
        shape: of a row, in the units of a batch.
    """

    def __init__(
        self,
        mean: NDArray[Any],
        components: NDArray[Any],
        codes: NDArray[Any],
        width: float,
        shape: Sequence[int],
    ) -> None:
        self.mean, self.components, self.codes, self.width = mean, components, codes, float(width)
        self.shape = tuple(int(side) for side in shape)

    def sample(self, count: int, generator: torch.Generator, temperature: float = 1.0) -> Float[Tensor, "N ..."]:
        """New rows in the units of a batch; below a temperature of 1 nearer to training rows."""
        drawn = torch.randint(len(self.codes), (count,), generator=generator)
        noise = torch.randn(count, self.codes.shape[1], generator=generator)
        codes = torch.from_numpy(self.codes)[drawn] + temperature * self.width * noise
        rows = codes @ torch.from_numpy(self.components).float() + torch.from_numpy(self.mean).float()
        return rows.reshape(count, *self.shape)

    def state(self) -> dict[str, Any]:
        """For saving."""
        arrays = {"mean": self.mean, "components": self.components, "codes": self.codes}
        return {**arrays, "width": self.width, "shape": list(self.shape)}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        mean, components, shape = _directions(state)
        codes = array(state, "codes", "f", 2)
        fits(codes.shape[1] == len(components) and len(codes) > 0, "codes and components")
        fits(finite(state.get("width")), "width and codes")
        return cls(mean, components, codes, state["width"], shape)


def _directions(state: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any], list[int]]:
    """Mean, components and shape of a saved baseline."""
    mean, components, shape = array(state, "mean", "f", 1), array(state, "components", "f", 2), state.get("shape")
    sound = isinstance(shape, list) and all(type(side) is int and side > 0 for side in shape)
    fits(sound and math.prod(shape or []) == len(mean) == components.shape[1], "mean, components and shape")
    return mean, components, shape or []


def gaussian(data: Any, setting: Setting, seed: int, seconds: float) -> Gaussian:
    """Fits mean and principal components, each as long as its standard deviation."""
    rows, shape = training_rows(data, seed)
    mean, components = principal(rows, setting["components"], seed)
    spread = ((rows - mean) @ components.T).std(0)
    return Gaussian(mean.numpy(), (components * spread[:, None]).numpy(), shape)


def kernel_density(data: Any, setting: Setting, seed: int, seconds: float) -> KernelDensity:
    """Keeps the codes of the training rows; the width is that under which validation rows are likeliest."""
    rows, shape = training_rows(data, seed)
    mean, components = principal(rows, setting["components"], seed)
    codes = (rows - mean) @ components.T
    held = data.take("validation", slice(0, 1_000)).inputs[0].cpu().float().flatten(1)
    width = likeliest_width(codes, (held - mean) @ components.T)
    return KernelDensity(mean.numpy(), components.numpy(), codes.numpy(), width, shape)


def likeliest_width(codes: Float[Tensor, "N Q"], held: Float[Tensor, "M Q"]) -> float:
    """Of kernels around `codes`, the one under which the held rows are likeliest on average.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> codes, held = torch.randn(400, 1, generator=generator), torch.randn(400, 1, generator=generator)
        >>> 0.1 < likeliest_width(codes, held) < 1
        True
    """
    squares = torch.cdist(held, codes).double().square()  # [M, N]
    typical = squares.topk(min(20, len(codes)), largest=False).values.mean().sqrt().clamp(min=1e-9)

    def likelihood(width: float) -> float:
        return float(torch.logsumexp(-squares / (2 * width**2), 1).mean()) - codes.shape[1] * float(np.log(width))

    return max((factor * float(typical) for factor in WIDTHS), key=likelihood)


def training_rows(data: Any, seed: int) -> tuple[Float[Tensor, "N F"], tuple[int, ...]]:
    """Training rows as flat vectors in the units of a batch, and the shape of one."""
    count = data.rows("train")
    drawn = torch.randperm(count, generator=torch.Generator().manual_seed(seed))[:FITTED].sort().values
    rows = data.take("train", drawn).inputs[0].cpu().float()
    return rows.flatten(1), tuple(rows.shape[1:])


def principal(rows: Float[Tensor, "N F"], count: int, seed: int) -> tuple[Float[Tensor, " F"], Float[Tensor, "Q F"]]:
    """The mean of rows and their first principal components, orthonormal."""
    mean = rows.mean(0)
    count = max(1, min(count, rows.shape[1], len(rows) - 1))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        _, _, components = torch.pca_lowrank(rows - mean, q=count, center=False, niter=4)
    return mean, components.T.contiguous()


def settings(data: Any) -> Sequence[Setting]:
    """How many components, as far as the rows have them."""
    most = min(data.take("train", slice(0, 1)).inputs[0].numel(), data.rows("train") - 1)
    return [{"components": count} for count in dict.fromkeys(max(1, min(count, most)) for count in COMPONENTS)]


def enough(data: Any) -> Sequence[Setting]:
    """A single setting: the width is found by likelihood, which cannot be compared between numbers of components."""
    return [{"components": max(setting["components"] for setting in settings(data)[:1])}]


_HELD = f"training rows as codes that can be turned back into rows, up to {FITTED:,} of them"
RIVALS: tuple[Rival, ...] = (
    Rival(
        "gaussian", "normal distribution on components", ("generate",), ("table", "image"), Gaussian, gaussian, settings
    ),
    Rival(
        "density",
        "kernel density",
        ("generate",),
        ("table", "image"),
        KernelDensity,
        kernel_density,
        enough,
        holds=_HELD,
    ),
)
