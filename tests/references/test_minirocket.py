"""MiniROCKET is its formula, and gives what aeon's gives for the same thresholds and channels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from bestiary.baselines.minirocket import MiniRocket, spread
from bestiary.errors import InputError

AEON = """
import json, sys
import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket
told = json.loads(sys.stdin.read())
series = np.array(told["series"], np.float32)
theirs = MiniRocket(n_kernels=told["features"], random_state=0).fit(series)
parameters = [part.tolist() for part in theirs.parameters]
print(json.dumps({"parameters": parameters, "features": np.asarray(theirs.transform(series)).tolist()}))
"""


def series(rows: int, channels: int, steps: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(rows + channels + steps)
    return rng.normal(size=(rows, channels, steps)).cumsum(-1).astype(np.float32)


def formula(one: NDArray[np.float32], fitted: MiniRocket) -> list[float]:
    """The features of a series [C T], step by step: section 3.1 of the paper."""
    found: list[float] = []
    steps = one.shape[1]
    for number, (dilation, count) in enumerate(zip(*spread(steps, fitted.features))):
        for kernel, twos in enumerate(combinations(range(9), 3)):
            heard = fitted.chosen_[number, kernel] @ one
            inside = lambda t, heard=heard: heard[t] if 0 <= t < steps else 0.0  # noqa: E731
            weights = [2.0 if tap in twos else -1.0 for tap in range(9)]
            answer = [sum(w * inside(t + (tap - 4) * dilation) for tap, w in enumerate(weights)) for t in range(steps)]
            if (number + kernel) % 2:
                answer = answer[4 * dilation : steps - 4 * dilation]
            thresholds = fitted.thresholds_[len(found) : len(found) + count]
            found += [sum(value > threshold for value in answer) / len(answer) for threshold in thresholds]
    return found


@pytest.mark.parametrize(("channels", "steps"), [(1, 9), (1, 30), (3, 20)])
def test_features_are_the_formula(channels: int, steps: int) -> None:
    given = series(3, channels, steps)
    fitted = MiniRocket(features=84 * 5).fit(given)
    found = fitted.transform(given[:2])
    assert found.shape == (2, 84 * 5)
    expected = np.array([formula(one, fitted) for one in given[:2]])
    assert np.abs(found - expected).max() < 1.5 / steps and np.mean(np.abs(found - expected) > 1e-6) < 0.005


@pytest.mark.parametrize(("channels", "steps"), [(1, 40), (3, 25)])
def test_features_are_those_of_aeon(channels: int, steps: int) -> None:
    """With its thresholds and channels, which its own generator drew; without compiling, which would take a minute."""
    given = series(4, channels, steps)
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AEON],
        input=json.dumps({"series": given.tolist(), "features": 84 * 12}),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(told.stdout.splitlines()[-1])
    numbers, indices, dilations, counts, thresholds = theirs["parameters"]
    ours = MiniRocket(features=84 * 12).fit(given)
    assert [part.tolist() for part in spread(steps, 84 * 12)] == [dilations, counts]
    assert ours.thresholds_.shape == (len(thresholds),)
    ours.thresholds_ = np.array(thresholds, np.float32)
    chosen = ours.chosen_.reshape(-1, channels)
    chosen[:] = 0
    for row, part in zip(chosen, np.split(np.array(indices), np.cumsum(numbers)[:-1]), strict=True):
        row[part] = 1
    difference = np.abs(ours.transform(given) - np.array(theirs["features"]))
    assert np.mean(difference > 1e-6) < 0.005, (
        "a threshold is a value of a series: sums in another order fall beside it"
    )


def test_thresholds_are_quantiles_of_what_kernels_give() -> None:
    given = series(1, 1, 50)
    fitted = MiniRocket(features=84 * 10).fit(given)
    found = fitted.transform(given)[0]
    place, full = 0, []
    for number, count in enumerate(spread(50, 84 * 10)[1]):
        for kernel in range(84):
            if (number + kernel) % 2 == 0:
                full += range(place, place + count)
            place += count
    quantiles = (np.arange(1, len(found) + 1) * (np.sqrt(5) + 1) / 2) % 1
    assert np.abs(found[full] - (1 - quantiles[full])).max() < 2.5 / 50


def test_other_series_are_refused() -> None:
    fitted = MiniRocket(features=84).fit(series(2, 1, 20))
    assert fitted.transform(series(2, 1, 20)[:0]).shape == (0, 84)
    with pytest.raises(InputError, match="expected series of"):
        fitted.transform(series(2, 1, 21))
