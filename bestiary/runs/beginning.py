"""A network as it was before its training began: with the weights that its run has kept for it."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from bestiary.architectures.build import give_weights
from bestiary.errors import InputError
from bestiary.files import sha256_of

DIGITS = 16  # of the digest, in the name of a file


def begin_with(network: nn.Module, file: Path) -> None:
    """Gives a network the weights of a file of its run; its last part stays as it was drawn.

    Args:
        network: of the size that the file is of.
        file: named by the beginning of its digest.

    Raises:
        InputError: when the file was altered, or does not fit.
    """
    if not file.is_file() or sha256_of(file)[:DIGITS] != file.stem:
        raise InputError(f"{file} is not as it was written: its digest is another; race again")
    give_weights(network, file, new_head=True)
