"""skops's reader and writer, imported without asking scikit-learn for all of its estimators.

skops trusts every estimator of scikit-learn by name and imports all its modules for their names (two seconds). Here
files may hold what our own lists name, and nothing is trusted besides. Where the process is ours alone, skops is
therefore told of no estimators; in a person's own program it is imported as it is, for others may use it there.
"""

from __future__ import annotations

from types import ModuleType

ours = False
"""Whether this process is the command line's or a training's, in which nobody else uses skops."""


def skops_io() -> ModuleType:
    """The module `skops.io`."""
    if ours:
        import sklearn.utils

        asked, sklearn.utils.all_estimators = sklearn.utils.all_estimators, lambda *words: []  # pyright: ignore
        try:
            import skops.io
        finally:
            sklearn.utils.all_estimators = asked
        return skops.io
    import skops.io

    return skops.io
