"""From files to batches: `read` gives a Source, `load_encoder` the fitted preprocessing of a saved model.

Both are imported when first used: `import bestiary.data` itself imports nothing heavy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bestiary.data.reading import load_encoder as load_encoder
    from bestiary.data.reading import read as read

__all__ = ["load_encoder", "read"]


def __getattr__(name: str) -> object:
    if name in __all__:
        import importlib

        module = importlib.import_module("bestiary.data.reading")
        globals().update(read=module.read, load_encoder=module.load_encoder)
        return globals()[name]
    raise AttributeError(f"module 'bestiary.data' has no attribute {name!r}")
