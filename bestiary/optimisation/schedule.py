"""How fast to learn at each step: plain functions of (step, horizon) that return a factor of the base rate."""

import math
from collections.abc import Callable

Schedule = Callable[[int, int], float]


def constant(step: int, horizon: int) -> float:
    """Always 1."""
    return 1.0


def trapezoid(warmup: int = 0, decay: float = 0.3, floor: float = 0.02) -> Schedule:
    """Linear warm-up, a plateau at 1, then a linear decay to `floor` over the last share of the horizon.

    Until the decay begins the factor does not depend on the horizon, so training that is first planned short can be
    carried on as if it had been long from the start (Hägele et al. 2024, Scaling laws and compute-optimal training
    beyond fixed training durations).

    Args:
        warmup: steps until the plateau.
        decay: share of the horizon that the decay takes, 0 to 1.
        floor: where the decay leads: the factor that a step after the last one would have.

    Example:
        >>> schedule = trapezoid(warmup=10, decay=0.5)
        >>> [round(schedule(step, 100), 2) for step in (0, 9, 50, 75, 99)]
        [0.1, 1.0, 1.0, 0.51, 0.04]
    """

    def factor(step: int, horizon: int) -> float:
        rising = min(1.0, (step + 1) / warmup) if warmup else 1.0
        left = (horizon - step) / max(1.0, decay * horizon)
        return rising * (floor + (1 - floor) * min(1.0, max(0.0, left)))

    return factor


def inverse_square_root(width: int, warmup: int, decay: float = 0.0) -> Schedule:
    """width^-0.5 * min(step^-0.5, step * warmup^-1.5), steps counted from 1 (Vaswani et al. 2017, equation 3).

    Args:
        width: of the network; wide ones learn more slowly.
        warmup: steps of the linear rise; the highest factor is 1 / sqrt(width * warmup).
        decay: share of the horizon over which, at its end, the factor also falls as in `trapezoid`; not in the paper.

    Example:
        >>> schedule = inverse_square_root(width=512, warmup=4000)
        >>> [f"{schedule(step - 1, 100_000):.1e}" for step in (1, 2000, 4000, 16_000)]
        ['1.7e-07', '3.5e-04', '7.0e-04', '3.5e-04']
    """

    ending = trapezoid(decay=decay) if decay else constant

    def factor(step: int, horizon: int) -> float:
        number = step + 1
        return width**-0.5 * min(number**-0.5, number * warmup**-1.5) * ending(step, horizon)

    return factor


def cosine_log(cycles: int) -> Schedule:
    """Cosine waves, each twice as long as the one before: (1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2, t in 0 to 1.

    "coslog" of Holzmüller, Grinsztajn & Steinwart 2024, section 4: it is 0 at the beginning, at the end and between
    waves.

    Args:
        cycles: waves over the horizon.

    Example:
        >>> schedule = cosine_log(4)
        >>> [round(schedule(step, 150), 2) for step in (0, 10, 30, 70, 150)]
        [0.0, 0.0, 0.0, 0.0, 0.0]
        >>> round(schedule(100, 150), 2)
        0.98
    """

    def factor(step: int, horizon: int) -> float:
        share = step / max(1, horizon)
        return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + (2**cycles - 1) * share)))

    return factor


def flat_cosine(step: int, horizon: int) -> float:
    """1 for the first half of the horizon, then half a cosine wave to 0.

    Example:
        >>> [round(flat_cosine(step, 100), 2) for step in (0, 50, 75, 100)]
        [1.0, 1.0, 0.5, 0.0]
    """
    share = step / max(1, horizon)
    return 1.0 if share < 0.5 else 0.5 * (1 + math.cos(math.pi * (2 * share - 1)))
