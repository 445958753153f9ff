"""Codes without a network: principal components, of the rows themselves and of a kernel's feature space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bestiary.baselines.rivals import Rival, Setting
from bestiary.baselines.saved import array, fits
from bestiary.errors import InputError
from bestiary.sampling.looking import some_rows

Floats = NDArray[np.float64]
USUAL = 16  # numbers in a code when the data do not say
MOST = 20_000  # training rows of principal components: their directions are good to a fraction of a percent
MOST_KERNEL = 1_500  # of kernel components, whose cost grows as the cube of it


class Components:
    """Answers with the projection of a row on a few directions.

    Args:
        mean: of the training rows, [F].
        directions: orthonormal, [Z F].

    Example:
        >>> rows = torch.tensor([[0.0, 0.0, 5.0], [2.0, 2.0, 5.0]])
        >>> answer = Components(np.array([1.0, 1.0, 5.0]), np.array([[0.5**0.5, 0.5**0.5, 0.0]]))
        >>> answer.reconstruct(rows).round().tolist()
        [[0.0, 0.0, 5.0], [2.0, 2.0, 5.0]]
    """

    def __init__(self, mean: Floats, directions: Floats) -> None:
        self.mean, self.directions = torch.from_numpy(mean).float(), torch.from_numpy(directions).float()

    def encode(self, inputs: Tensor) -> Tensor:
        """The code of each row, [N Z]."""
        return (inputs.flatten(1) - self.mean) @ self.directions.T

    def reconstruct(self, inputs: Tensor) -> Tensor:
        """Each row from its code, of the inputs' shape."""
        return (self.encode(inputs) @ self.directions + self.mean).view_as(inputs)

    def state(self) -> dict[str, Any]:
        """What it consists of."""
        return {"mean": self.mean.double().numpy(), "directions": self.directions.double().numpy()}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        mean, directions = array(state, "mean", "f", 1), array(state, "directions", "f", 2)
        fits(directions.shape[1] == len(mean), "mean and directions")
        return cls(mean, directions)


class KernelComponents:
    """Answers with components in a kernel's feature space, and a ridge regression back from there.

    Args:
        estimator: a fitted `sklearn.decomposition.KernelPCA` with its inverse.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def encode(self, inputs: Tensor) -> Tensor:
        """The code of each row, [N Z]."""
        return torch.from_numpy(self.estimator.transform(inputs.flatten(1).double().cpu().numpy())).float()

    def reconstruct(self, inputs: Tensor) -> Tensor:
        """Each row from its code, of the inputs' shape."""
        given = self.estimator.inverse_transform(self.encode(inputs).double().numpy())
        return torch.from_numpy(np.asarray(given)).float().view_as(inputs)

    def state(self) -> dict[str, Any]:
        """What it consists of."""
        return {"estimator": self.estimator}

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """From what `state` gave."""
        from sklearn.decomposition import KernelPCA

        estimator = state.get("estimator")
        if not isinstance(estimator, KernelPCA):
            raise InputError("expected a fitted KernelPCA; received another estimator; train again")
        estimator.set_params(kernel="rbf", n_jobs=None)
        array(vars(estimator), "X_fit_", "f", 2)
        return cls(estimator)


def code_size(data: Any) -> int:
    """Numbers in a code: as the data say, at most one less than there are features or rows."""
    rows = some_rows(data, 2)
    features = rows[0].numel()
    return max(1, min(int(getattr(data.spec, "code", 0) or USUAL), features - 1, data.rows("train") - 1))


def flat_rows(data: Any, most: int) -> Floats:
    """Training rows as a matrix [N F]: all, or as many as are allowed, evenly spread."""
    count = data.rows("train")
    where = torch.linspace(0, count - 1, min(count, most), dtype=torch.float64).round().long()
    return data.take("train", where).inputs[0].flatten(1).double().numpy()


def principal(data: Any, setting: Setting, seed: int, seconds: float) -> Components:
    """The directions in which the training rows vary most (Pearson 1901)."""
    from sklearn.decomposition import PCA

    fitted = PCA(code_size(data), random_state=seed).fit(flat_rows(data, MOST))
    return Components(np.asarray(fitted.mean_), np.asarray(fitted.components_))


def kernel_principal(data: Any, setting: Setting, seed: int, seconds: float) -> KernelComponents:
    """Components in the feature space of a Gaussian kernel (Schölkopf, Smola, Müller 1998)."""
    from sklearn.decomposition import KernelPCA

    rows = flat_rows(data, MOST_KERNEL)
    middling = 1 / max(1e-12, rows.shape[1] * float(rows.var()))
    gamma = float(setting["gamma"]) * middling
    fitted = KernelPCA(
        code_size(data),
        kernel="rbf",
        gamma=gamma,
        fit_inverse_transform=True,
        alpha=float(setting["alpha"]),
        eigen_solver="arpack" if len(rows) > 200 else "auto",
        random_state=seed,
    )
    return KernelComponents(fitted.fit(rows))


def widths(data: Any) -> Sequence[Setting]:
    """Widths of the kernel (1: a usual row is 1/e similar to the middle) and penalties of the way back."""
    return tuple({"gamma": gamma, "alpha": alpha} for gamma, alpha in ((1.0, 1e-5), (0.5, 1e-6), (1.0, 1e-3)))


RIVALS: tuple[Rival, ...] = (
    Rival("pca", "principal components", ("reconstruct",), ("table", "image"), Components, principal),
    Rival(
        "kernel_pca",
        "kernel principal components",
        ("reconstruct",),
        ("table", "image"),
        KernelComponents,
        kernel_principal,
        widths,
        holds=f"training rows as they were encoded, up to {MOST_KERNEL:,} of them",
    ),
)
