"""Bestiary: every neural-network architecture on one bench.

Everything is imported when first used: `import bestiary` itself imports no torch.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bestiary import data as data
    from bestiary.architectures.build import create as create
    from bestiary.catalogue import names as list  # noqa: A004
    from bestiary.catalogue.parts import part as part
    from bestiary.cli.show import show as show
    from bestiary.errors import InputError as InputError
    from bestiary.race.outcome import open_run as open_run
    from bestiary.race.race import race as race
    from bestiary.race.train import train as train
    from bestiary.runs.model import load as load

__version__ = "0.1.0"

_WHERE = {
    "create": "bestiary.architectures.build:create",
    "list": "bestiary.catalogue:names",
    "part": "bestiary.catalogue.parts:part",
    "show": "bestiary.cli.show:show",
    "InputError": "bestiary.errors:InputError",
    "open_run": "bestiary.race.outcome:open_run",
    "train": "bestiary.race.train:train",
    "load": "bestiary.runs.model:load",
}
__all__ = ["InputError", "__version__", "create", "data", "list", "load", "open_run", "part", "race", "show", "train"]


def __dir__() -> tuple[str, ...]:
    return tuple(sorted(__all__))


def __getattr__(name: str) -> object:
    if name in _WHERE:
        module, _, attribute = _WHERE[name].partition(":")
        value = getattr(importlib.import_module(module), attribute)
        globals()[name] = value
        return value
    if name in ("data", "race"):  # packages; `bestiary.race` can be called
        return importlib.import_module(f"bestiary.{name}")
    raise AttributeError(f"module 'bestiary' has no attribute {name!r}")
