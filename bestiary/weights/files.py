"""Files of weights, opened without executing anything: safetensors, and PyTorch's through its weights-only reader.

Names and shapes are known before a tensor is read, so that a file which does not fit costs no memory.
"""

from __future__ import annotations

import pickle
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from bestiary.errors import InputError
from bestiary.weights.translation import Shape

ADVICE = "give a file of safetensors, or one that torch.save wrote of a state_dict"
MOST = 100_000  # tensors
WORDS = 64 << 20  # bytes of a PyTorch file that are not tensors
INSIDE = ("model.safetensors", "winner/model.safetensors", "pytorch_model.bin")
"""Files of weights that a folder may hold: of a model, of a run, of transformers."""
NESTED = ("state_dict", "model_state_dict", "model", "state_dict_ema")
"""Words under which checkpoints of training scripts keep the weights."""
PARALLEL = "module."  # how torch's data-parallel wrappers begin every name


class WeightsFile(Protocol):
    """An opened file.

    Attributes:
        path: of it.
        shapes: name -> shape.
    """

    path: Path

    @property
    def shapes(self) -> Mapping[str, Shape]: ...

    def read(self, name: str) -> Tensor:
        """The tensor of a name, on the CPU."""
        ...


class SafetensorsFile:
    """A file of safetensors; see `WeightsFile`."""

    def __init__(self, path: Path) -> None:
        from safetensors import SafetensorError, safe_open

        self.path = path
        try:
            self._file = safe_open(path, framework="pt", device="cpu")
            names = list(self._file.keys())
            _few(path, len(names))
            self.shapes: dict[str, Shape] = {name: tuple(self._file.get_slice(name).get_shape()) for name in names}
        except (SafetensorError, OSError, ValueError, OverflowError) as reason:
            raise InputError(f"{path} cannot be read as safetensors ({_first(reason)}); {ADVICE}") from None

    def read(self, name: str) -> Tensor:
        """The tensor of a name."""
        from safetensors import SafetensorError

        try:
            return self._file.get_tensor(name)
        except (SafetensorError, OSError, ValueError, RuntimeError) as reason:
            raise InputError(f"{name} of {self.path} cannot be read ({_first(reason)}); {ADVICE}") from None


class Changed:
    """A file some of whose tensors are replaced; see `WeightsFile`.

    Args:
        file: opened.
        tensors: that take the place of those of the same name.
    """

    def __init__(self, file: WeightsFile, tensors: Mapping[str, Tensor]) -> None:
        self.path, self._file, self._tensors = file.path, file, tensors
        self.shapes: dict[str, Shape] = {
            **file.shapes, **{name: tuple(tensor.shape) for name, tensor in tensors.items()},
        }  # fmt: skip

    def read(self, name: str) -> Tensor:
        """The tensor of a name."""
        return self._tensors[name] if name in self._tensors else self._file.read(name)


class PyTorchFile:
    """What torch.save wrote of a dictionary of tensors, or of one that holds it; see `WeightsFile`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        whole = zipfile.is_zipfile(path)
        try:
            if whole:
                _check_archive(path)
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=whole)
        except InputError:
            raise
        except pickle.UnpicklingError:
            raise InputError(f"{path} holds more than tensors, which would be executed to be read; {ADVICE}") from None
        except Exception as reason:  # the reader raises whatever a damaged file provokes
            raise InputError(f"{path} cannot be read as a PyTorch file ({_first(reason)}); {ADVICE}") from None
        self._tensors = _tensors(found, path)
        self.shapes: dict[str, Shape] = {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}

    def read(self, name: str) -> Tensor:
        """The tensor of a name."""
        return self._tensors[name]


def open_weights(path: str | Path) -> WeightsFile:
    """A file of weights, told by its content; of a folder, the file of weights in it.

    Args:
        path: of safetensors, of a PyTorch file, or a folder of a model, a run or of transformers.

    Raises:
        InputError: when there is none, or it cannot be read without executing it.
    """
    file = weights_file(Path(path))
    with file.open("rb") as handle:
        head = handle.read(10)
    if head[:2] == b"PK" or (head[:1] == b"\x80" and head[8:9] != b"{"):  # a zip archive, or an older plain pickle
        return PyTorchFile(file)
    return SafetensorsFile(file)


def weights_file(path: Path) -> Path:
    """The file of weights that a path means; of a folder, the one in it.

    Raises:
        InputError: when there is none.
    """
    try:
        if path.is_dir():
            inside = [path / name for name in INSIDE if (path / name).is_file()]
            if not inside:
                if list(path.glob("*.index.json")):
                    raise InputError(f"the weights in {path} are cut into several files; save them as one")
                raise InputError(f"expected weights in {path}; found none of {', '.join(INSIDE)}; {ADVICE}")
            return inside[0]
        mode = path.stat().st_mode
    except (OSError, ValueError) as reason:
        told = getattr(reason, "strerror", None) or str(reason)
        raise InputError(f"expected a file of weights at {path}; {told}; {ADVICE}") from None
    if not stat.S_ISREG(mode):
        raise InputError(f"expected a file of weights at {path}; it is a pipe or a device; {ADVICE}")
    return path


def _check_archive(path: Path) -> None:
    """Refuses archives that hold more than their own size: torch.save compresses nothing."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    _few(path, len(entries))
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise InputError(f"{path} is a compressed archive, which torch.save does not write; {ADVICE}")
    if sum(entry.file_size for entry in entries if entry.filename.endswith(".pkl")) > WORDS:
        raise InputError(f"{path} has more words than tensors need; {ADVICE}")


def _tensors(found: Any, path: Path) -> dict[str, Tensor]:
    """Name -> tensor: of a dictionary of tensors, or of the one that a checkpoint keeps under a usual word."""
    if isinstance(found, dict) and not any(isinstance(value, Tensor) for value in found.values()):
        found = next((found[word] for word in NESTED if isinstance(found.get(word), dict)), found)
    if not isinstance(found, dict) or not found:
        raise InputError(f"expected a dictionary of tensors in {path}; received {type(found).__name__}; {ADVICE}")
    _few(path, len(found))
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise InputError(f"expected tensors in {path}; {str(name)[:80]!r} is {type(value).__name__}; {ADVICE}")
        if value.is_meta or value.layout is not torch.strided or value.is_quantized:
            raise InputError(f"{name[:80]!r} of {path} is not a plain tensor (sparse, quantised or empty); {ADVICE}")
    if all(name.startswith(PARALLEL) for name in found):
        return {name.removeprefix(PARALLEL): value.detach() for name, value in found.items()}
    return {name: value.detach() for name, value in found.items()}


def _few(path: Path, count: int) -> None:
    if count > MOST:
        raise InputError(f"expected at most {MOST:,} tensors in {path}; received {count:,}; {ADVICE}")


def _first(reason: BaseException) -> str:
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0][:200]
