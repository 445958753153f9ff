"""Baselines on series: the nearest neighbour, models on a few summary features of each channel, and MiniROCKET.

The neighbour is Euclidean, on series stretched to one length. Dynamic time warping would often do a little better and
cost a few hundred times as much (Bagnall et al. 2017, "The great time series classification bake off").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from bestiary.baselines import tables
from bestiary.baselines.baseline import Arrays, Baseline, Inputs, Setting
from bestiary.baselines.minirocket import TAPS, MiniRocket
from bestiary.baselines.spaces import near, pick
from bestiary.contracts import SeriesSpec, Spec

POINTS = 256  # of a stretched series
LONGEST = 1_024  # steps that MiniROCKET looks at; longer series are stretched to as many
MOST_ROWS = 10_000  # with as many features: 400 MB
LAGS = (1, 2, 4, 8, 16)
BANDS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5001)  # edges, in cycles a step

Floats = NDArray[np.floating[Any]]


def stretched(arrays: Arrays, spec: Spec) -> Inputs:
    """Each series on the same number of points, [N, points * C]: linear interpolation between its steps.

    Example:
        >>> raw = {"values": np.array([[[0.0], [1.0], [0.0], [0.0]]]), "lengths": np.array([2])}
        >>> stretched(raw, SeriesSpec(1, 3, 2)).round(2).tolist()
        [[0.0, 0.5, 1.0]]
    """
    points = on_points(arrays, min(POINTS, cast("SeriesSpec", spec).length))
    return points.reshape(len(points), -1)


def whole(arrays: Arrays, spec: Spec) -> Inputs:
    """Each series on as many points as the longest has steps, but 9 to 1,024 of them, [N, C, points]."""
    points = min(LONGEST, max(TAPS, cast("SeriesSpec", spec).length))
    return np.ascontiguousarray(on_points(arrays, points).transpose(0, 2, 1))


def on_points(arrays: Arrays, points: int) -> NDArray[np.float32]:
    """Each series on so many points, [N, points, C], by linear interpolation; as it is where it has as many steps."""
    values = arrays["values"]
    answer = np.empty((len(values), points, values.shape[2]), dtype=np.float32)
    for length, rows in _by_length(arrays["lengths"]):
        place = np.linspace(0, length - 1, points)
        before = np.minimum(place.astype(int), max(length - 2, 0))
        share = (place - before)[:, None]
        part = np.asarray(values[rows, :length], dtype=np.float64)
        after = np.minimum(before + 1, length - 1)
        answer[rows] = part[:, before] * (1 - share) + part[:, after] * share
    return answer


def summary(arrays: Arrays, spec: Spec) -> Inputs:
    """28 numbers a channel, and the length: level, spread, quantiles, slope, steps, autocorrelation, spectrum."""
    values = arrays["values"]
    answer: Any = None
    for length, rows in _by_length(arrays["lengths"]):
        part = _summaries(np.asarray(values[rows, :length], dtype=np.float64))
        if answer is None:
            answer = np.empty((len(values), part.shape[1] + 1), dtype=np.float32)
        answer[rows, :-1] = part
        answer[rows, -1] = length
    return answer if answer is not None else np.empty((0, 28 * values.shape[2] + 1), dtype=np.float32)


def _by_length(lengths: NDArray[np.generic]) -> list[tuple[int, NDArray[np.int64]]]:
    return [(int(length), np.flatnonzero(lengths == length)) for length in np.unique(lengths)]


def _summaries(values: Floats) -> Floats:
    """Series of one length [N T C] -> [N, C * 28]."""
    steps = values.shape[1]
    mean, spread = values.mean(1), values.std(1)
    centred = values - mean[:, None]
    time = np.linspace(-1, 1, steps)[None, :, None]
    change = np.abs(np.diff(values, axis=1)) if steps > 1 else np.zeros_like(values)
    crossings = (np.diff(np.signbit(centred), axis=1) if steps > 1 else np.zeros_like(values)).mean(1)
    level = [mean, spread, values.min(1), values.max(1), *np.quantile(values, (0.1, 0.25, 0.5, 0.75, 0.9), axis=1)]
    skewed = (centred**3).mean(1) / np.maximum(spread, 1e-12) ** 3
    motion = [(centred * time).mean(1), change.mean(1), change.max(1), crossings, values[:, 0], values[:, -1]]
    every = [*level, skewed, *motion, *_autocorrelations(centred), *_spectrum(centred)]
    return np.stack(every, axis=-1).reshape(len(values), -1)


def _autocorrelations(centred: Floats) -> list[Floats]:
    power, steps = np.maximum((centred**2).mean(1), 1e-12), centred.shape[1]
    zero = np.zeros_like(power)
    return [(centred[:, lag:] * centred[:, :-lag]).sum(1) / steps / power if lag < steps else zero for lag in LAGS]


def _spectrum(centred: Floats) -> list[Floats]:
    """The share of power in six bands, and the frequency that has most."""
    power = np.abs(np.fft.rfft(centred, axis=1)) ** 2
    frequency = np.fft.rfftfreq(centred.shape[1])
    total = np.maximum(power.sum(1), 1e-12)
    inside = [(low <= frequency) & (frequency < high) for low, high in pairwise(BANDS)]
    return [*(power[:, band].sum(1) / total for band in inside), frequency[power.argmax(1)]]


def neighbour(target: str, setting: Setting, seed: int) -> Pipeline:
    """The nearest training series answer."""
    model = KNeighborsClassifier if target == "classes" else KNeighborsRegressor
    return make_pipeline(model(n_neighbors=setting["neighbours"], algorithm="brute", n_jobs=1))


def neighbour_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """One neighbour, or a few."""
    return [{"neighbours": number} for number in (1, 3, 5, 9) if number <= max(1, rows // 2)]


def rocket(target: str, setting: Setting, seed: int) -> Pipeline:
    """MiniROCKET's features, then ridge regression, or for classes logistic regression with a ridge penalty.

    The paper takes a ridge classifier where there are few series; it tells no probabilities, which a race asks for.
    """
    features = (MiniRocket(features=setting["features"], seed=seed), StandardScaler())
    if target == "classes":
        return make_pipeline(*features, LogisticRegression(C=1 / setting["penalty"], max_iter=200, tol=1e-3))
    return make_pipeline(*features, Ridge(alpha=setting["penalty"], random_state=seed))


def rocket_settings(target: str, rows: int, outputs: int) -> Sequence[Setting]:
    """A tenth of the features first; then all of them, with more and less shrinkage."""
    high = 1.0 if target == "classes" else 100.0
    penalties = (100 * high, 10 * high, 1000 * high, high)
    return [{"features": 1_000, "penalty": penalties[0]}, *({"features": 10_000, "penalty": p} for p in penalties)]


def rocket_space(target: str, rows: int, outputs: int, rng: np.random.Generator) -> Setting:
    """Any shrinkage."""
    high = 1.0 if target == "classes" else 100.0
    return {"features": pick(rng, (5_000, 10_000)), "penalty": near(rng, 0.1 * high, 10_000 * high)}


BASELINES: tuple[Baseline, ...] = (
    tables.BASELINES[0],
    Baseline(
        "neighbour",
        "nearest neighbour",
        stretched,
        neighbour,
        neighbour_settings,
        votes=lambda setting: setting["neighbours"],
        holds="every training series, stretched to one length, with its target",
    ),
    Baseline(
        "minirocket",
        "MiniROCKET and a linear model",
        whole,
        rocket,
        rocket_settings,
        lambda setting: setting["features"] / 1_000,
        most=MOST_ROWS,
        space=rocket_space,
    ),
    *tables.on(summary, "on summary features", "linear", "boosting", "forest"),
)
