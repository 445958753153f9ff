"""The race: plan, contenders, workers, verdict. The package itself can be called: `bestiary.race(data, target=...)`.

`bestiary.race` names both this package and what it is for, whichever of the two was imported first; so the package
passes a call on to `bestiary.race.race.race`, whose docstring has the words.
"""

import inspect
import sys
import time
import types


class _Callable(types.ModuleType):
    def __call__(self, *words: object, **named: object) -> object:
        began = time.monotonic()  # the imports are part of the race
        from bestiary.race.race import race

        return race(*words, **{"began": began, **named})

    @property
    def __signature__(self) -> inspect.Signature:
        """That of `race`, for whoever asks how to call it."""
        from bestiary.race.race import race

        return inspect.signature(race)


sys.modules[__name__].__class__ = _Callable
