"""How close made rows are to real ones: what each pair of rows, one real and one made, adds to the measures.

Sources: Gretton et al. 2012, "A kernel two-sample test"; Binkowski et al. 2018, "Demystifying MMD GANs" (the cubic
kernel); Heusel et al. 2017, "GANs trained by a two time-scale update rule" (the Frechet distance); Kynkaanniemi et al.
2019, "Improved precision and recall metric for assessing generative models"; Naeem et al. 2020, "Reliable fidelity and
diversity metrics for generative models" (density and coverage); Yoon et al. 2023, "Diffusion probabilistic models
generalize when they fail to memorize" (a row that is three times closer to one training row than to any other).
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# N rows, M other rows, D features

BLOCK = 2_048  # rows whose distances are held at a time
NEAR, NEARER = 5, 3  # neighbours that density and coverage, precision and recall go by, as their papers recommend
COPIED = 1 / 3


def kernel_means(a: Float[Tensor, "N D"], b: Float[Tensor, "M D"], same: bool = False) -> Float[Tensor, " N"]:
    """For each row of `a` the mean of (a.b / D + 1)^3 over the rows of `b`; without itself when both are the same."""
    parts = []
    for block in a.split(BLOCK):
        kernel = (block @ b.T / a.shape[1] + 1) ** 3
        parts.append(kernel.sum(1, dtype=torch.float64))
    sums = torch.cat(parts)
    if same:
        own = (a.square().sum(1) / a.shape[1] + 1).double() ** 3
        return (sums - own) / max(1, len(b) - 1)
    return sums / len(b)


def kernel_distance(real: Float[Tensor, "N D"], made: Float[Tensor, "M D"]) -> float:
    """The unbiased squared maximum mean discrepancy with the cubic kernel; 0 on average for rows of one distribution.

    Example:
        >>> rows = torch.randn(400, 8, generator=torch.Generator().manual_seed(0))
        >>> abs(kernel_distance(rows[:200], rows[200:])) < 0.1 < kernel_distance(rows[:200], rows[200:] + 0.5)
        True
    """
    within = kernel_means(real, real, same=True).mean() + kernel_means(made, made, same=True).mean()
    return float(within - 2 * kernel_means(real, made).mean())


def kernel_terms(real: Float[Tensor, "N D"], made: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
    """What each pair of rows adds to the kernel distance: their mean is the distance, their spread its uncertainty.

    The distance is a mean over pairs of pairs; h(i) is the mean over all that hold pair i. Resampling rows moves the
    distance by twice what it moves the mean of h (Hoeffding 1948), so the terms are 2 h(i) - distance.
    """
    within = kernel_means(real, real, same=True) + kernel_means(made, made, same=True)
    h = within - kernel_means(real, made) - kernel_means(made, real)
    return 2 * h - h.mean()


def distances(a: Float[Tensor, "N D"], b: Float[Tensor, "M D"]) -> Float[Tensor, "N M"]:
    """Euclidean; from expanded squares, which is fast and tells a copy to a thousandth of the length of the rows."""
    return torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist")


def radii(rows: Float[Tensor, "N D"], neighbours: int) -> Float[Tensor, " N"]:
    """The distance of each row to its k-th neighbour among the others."""
    k = min(neighbours, len(rows) - 1) + 1  # the first is the row itself
    return torch.cat([distances(block, rows).topk(k, largest=False).values[:, -1] for block in rows.split(BLOCK)])


def manifolds(real: Float[Tensor, "N D"], made: Float[Tensor, "N D"]) -> dict[str, Float[Tensor, " N"]]:
    """How the balls around real rows and around made ones hold the others.

    Returns:
        For made row i: `precise` (1 when some ball of real rows holds it) and `dense` (the share of 5 balls that do).
        For real row i: `recalled` (1 when some ball of made rows holds it) and `covered` (1 when its ball holds one).
    """
    near, nearer, around = radii(real, NEAR), radii(real, NEARER), radii(made, NEARER)
    precise, dense, recalled = [], [], []
    covered = torch.zeros(len(real), dtype=torch.bool)
    for block, own in zip(made.split(BLOCK), around.split(BLOCK)):
        between = distances(block, real)  # [n, N]
        inside = between <= near
        precise.append((between <= nearer).any(1))
        dense.append(inside.sum(1) / min(NEAR, max(1, len(real) - 1)))
        recalled.append((between <= own[:, None]).any(0))
        covered |= inside.any(0)
    hit: Bool[Tensor, " N"] = torch.stack(recalled).any(0)
    columns = {"precise": torch.cat(precise), "dense": torch.cat(dense), "recalled": hit, "covered": covered}
    return {name: column.float() for name, column in columns.items()}


def copied(made: Float[Tensor, "N D"], train: Float[Tensor, "M D"]) -> Float[Tensor, " N"]:
    """1 for each made row that is more than three times closer to one training row than to any other.

    Args:
        made: rows to be asked about.
        train: training rows, equal ones once, or else a copy of a row that comes twice would be none.

    Example:
        >>> train = torch.tensor([[0.0], [1.0], [5.0]])
        >>> copied(torch.tensor([[0.01], [0.5], [4.8]]), train)
        tensor([1., 0., 1.])
    """
    if len(train) < 2:
        return torch.zeros(len(made))
    nearest = torch.cat([distances(block, train).topk(2, largest=False).values for block in made.split(BLOCK // 4)])
    return (nearest[:, 0] < COPIED * nearest[:, 1]).float()


def frechet_distance(real: Float[Tensor, "N D"], made: Float[Tensor, "M D"]) -> float:
    """The squared Frechet distance between the normal distributions that fit both; biased upwards by few rows.

    |m - n|^2 + tr(S + T - 2 (S T)^(1/2)), whose last trace is the sum of the roots of the eigenvalues of S T.

    Example:
        >>> rows = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
        >>> round(frechet_distance(rows, rows + 2), 3)
        12.0
    """
    a, b = real.double(), made.double()
    means = (a.mean(0) - b.mean(0)).square().sum()
    first, second = torch.cov(a.T).reshape(a.shape[1], -1), torch.cov(b.T).reshape(a.shape[1], -1)
    roots = torch.linalg.eigvals(first @ second).real.clamp(min=0).sqrt().sum()
    return float(means + first.trace() + second.trace() - 2 * roots)
