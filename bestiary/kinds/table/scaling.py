"""Numbers of a table in units of their spread: what scikit-learn fits, kept as plain arrays.

    number -> robust scale -> linear in the middle, logarithmic in the tails -> median for gaps -> standardised

scikit-learn's own transformers do the same to the last bit; as arrays they need neither it nor a pickle to be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bestiary.kinds.table.decoder import STRAIGHT, unsquash

if TYPE_CHECKING:
    from sklearn.preprocessing import RobustScaler

Floats = NDArray[np.float64]
MANY = 100  # columns from which on it is worth while
FARTHEST = 1e15  # robust deviations of a number that is not bent: its square still fits float32


@dataclass(frozen=True)
class Scaling:
    """What was fitted on numbers of P columns, each array [P].

    Attributes:
        centre, spread: median, and the distance of the quartiles in units of that of a normal distribution.
        fill: what takes the place of a gap, after both tails were bent.
        mean, deviation: by which what comes out is standardised.
    """

    centre: Floats
    spread: Floats
    fill: Floats
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, values: Floats) -> Scaling:
        """Fitted on training rows [N P]; NaN where a cell is missing."""
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import StandardScaler

        near = robust(values)
        centre, spread = np.asarray(near.center_, np.float64), np.asarray(near.scale_, np.float64)
        bent = squash((values - centre) / spread)
        fill = SimpleImputer(strategy="median").fit(bent)
        standard = StandardScaler().fit(fill.transform(bent))
        return cls(centre, spread, *(np.asarray(v) for v in (fill.statistics_, standard.mean_, standard.scale_)))

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Scaling:
        """From what `state` gave, whatever it is now: see `sound`."""
        return cls(**{one.name: np.asarray(arrays[one.name]) for one in fields(cls)})  # pyright: ignore[reportArgumentType]

    def state(self) -> dict[str, Floats]:
        """What it consists of, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def sound(self, columns: int) -> bool:
        """Whether it has numbers for so many columns, and all of its units are positive."""
        whole = all(
            one.shape == (columns,) and one.dtype == np.float64 and bool(np.isfinite(one).all())
            for one in self.state().values()
        )
        return whole and bool((self.spread > 0).all() and (self.deviation > 0).all())

    def transform(self, values: Floats) -> Floats:
        """Numbers [N P] as a network gets them."""
        bent = squash((values - self.centre) / self.spread)
        return (np.where(np.isnan(bent), self.fill, bent) - self.mean) / self.deviation

    def straight(self, values: Floats) -> Floats:
        """Numbers [N P] after the robust scale, the median in gaps, and not bent."""
        scaled = (values - self.centre) / self.spread
        return np.clip(np.where(np.isnan(scaled), 0.0, scaled), -FARTHEST, FARTHEST)

    def inverse(self, features: Floats) -> Floats:
        """Numbers [N P] from what `transform` made of them, gaps filled."""
        return unsquash(features * self.deviation + self.mean) * self.spread + self.centre


def squash(values: Floats) -> Floats:
    """Linear up to `STRAIGHT`, logarithmic beyond; smooth, and never changes order.

    Example:
        >>> squash(np.array([-1.0, 2.0, 1002.0])).round(2).tolist()
        [-1.0, 2.0, 9.91]
    """
    beyond = np.maximum(np.abs(values) - STRAIGHT, 0.0)
    return np.sign(values) * (np.minimum(np.abs(values), STRAIGHT) + np.log1p(beyond))


def robust(values: Floats) -> RobustScaler:
    """scikit-learn's scaler to the median and the quartiles of each column, on many columns at once, where it goes
    column by column; to the last bit what `RobustScaler.fit` finds.

    Args:
        values: [N C]; NaN where a cell is missing.

    Example:
        >>> from sklearn.preprocessing import RobustScaler
        >>> values = np.random.default_rng(0).normal(size=(9, MANY))
        >>> bool((robust(values).scale_ == RobustScaler(unit_variance=True).fit(values).scale_).all())
        True
    """
    from scipy.stats import norm
    from sklearn.preprocessing import RobustScaler

    scaler = RobustScaler(unit_variance=True)
    if values.shape[1] < MANY or np.isnan(values).any():
        return scaler.fit(values)
    scaler.fit(values[:, :1])
    low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
    spread = high - low
    spread[spread < 10 * np.finfo(np.float64).eps] = 1.0
    scale = spread / (norm.ppf(0.75) - norm.ppf(0.25))
    vars(scaler).update(center_=middle, scale_=scale, n_features_in_=values.shape[1])
    return scaler
