"""Which values the words of recipes can have."""

import functools
import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from bestiary.errors import InputError

P = ParamSpec("P")
T = TypeVar("T")


def formerly(**renamed: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Lets a recipe take words by their former names, which plans and trainings of earlier versions hold.

    Args:
        **renamed: former name -> name; `former` of the recipe has them.

    Example:
        >>> @formerly(follow="tau")
        ... def recipe(*, tau: float = 0.0) -> float:
        ...     return tau
        >>> recipe(follow=0.1), recipe(tau=0.2), recipe.former
        (0.1, 0.2, {'follow': 'tau'})
    """

    def decorate(recipe: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(recipe)
        def taking(*arguments: P.args, **words: P.kwargs) -> T:
            current = {renamed.get(word, word): value for word, value in words.items()}
            return recipe(*arguments, **current)  # pyright: ignore[reportCallIssue]

        setattr(taking, "former", renamed)  # noqa: B010 (functions declare no such attribute)
        return taking

    return decorate


def check(
    *,
    rate: float,
    decay: float = 0.0,
    smoothing: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    max_norm: float | None = None,
) -> None:
    """Refuses settings with which nothing can be learned.

    Args:
        rate: learning rate, above 0.
        decay: of weights, 0 or more.
        smoothing: of labels, from 0 to below 1.
        clip: largest norm of the gradient, above 0, or None.
        warmup: steps, 0 or more.
        max_norm: greatest length of weight vectors, above 0, or None.

    Raises:
        InputError: for the first that cannot be.

    Example:
        >>> check(rate=-1)
        Traceback (most recent call last):
        ...
        bestiary.errors.InputError: rate must be above 0; received -1; try 0.001
    """
    if not 0 < rate < math.inf:
        raise InputError(f"rate must be above 0; received {rate!r}; try 0.001")
    if not 0 <= decay < math.inf:
        raise InputError(f"decay must be 0 or more; received {decay!r}; try 0.01")
    if not 0 <= smoothing < 1:
        raise InputError(f"smoothing must be from 0 to below 1; received {smoothing!r}; try 0.1")
    if clip is not None and not clip > 0:
        raise InputError(f"clip must be above 0; received {clip!r}; try 1, or None for no limit")
    if warmup < 0:
        raise InputError(f"warmup must be 0 steps or more; received {warmup!r}; try 100")
    if max_norm is not None and not 0 < max_norm < math.inf:
        raise InputError(f"max_norm must be above 0; received {max_norm!r}; try 3, or None for no limit")


def check_error(error: str) -> None:
    """Refuses an error of numbers that no objective knows.

    Raises:
        InputError: with those that there are.
    """
    from bestiary.objectives.supervised import ERRORS

    if error not in ERRORS:
        raise InputError(f"error must be {' or '.join(ERRORS)}; received {error!r}")
