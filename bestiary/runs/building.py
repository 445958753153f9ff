"""A network from its description and its weights: nothing takes more memory than the file of weights explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as modules

from bestiary.architectures.build import build
from bestiary.errors import InputError
from bestiary.specs import Spec

ADVICE = "save the model again"
SLACK = 4  # times the bytes of the file: tied weights are registered more than once


def built(network: str, keywords: Mapping[str, object], spec: Spec, file: Path, name: str) -> nn.Module:
    """The network of a description with the weights of a file, in evaluation mode.

    Args:
        network: "module:Class"; `records.names` has allowed it.
        keywords: words of its constructor.
        spec: of the data.
        file: of safetensors.
        name: of the architecture, for messages.

    Raises:
        InputError: when the description cannot be built, or asks for more or other weights than the file has.
    """
    size = file.stat().st_size
    try:
        with torch.device("meta"), _bounded(size):  # before any memory is taken
            planned = build(network, keywords, spec)
        asked = sum(p.numel() * p.element_size() for p in planned.parameters())
        if asked > size:
            raise InputError(f"{file.name} has {size:,} bytes; its description asks for {asked:,}")
        made = build(network, keywords, spec, seed=0)
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError, OverflowError, MemoryError) as reason:
        first = (str(reason).splitlines() or [type(reason).__name__])[0][:200]
        raise InputError(f"{name} cannot be built from its description ({first}); {ADVICE}") from reason
    _load_weights(made, file)
    return made.eval()


@contextmanager
def _bounded(size: int) -> Iterator[None]:
    """Ends the building of a network as soon as it has more parameters than a file of this size could hold."""
    total = 0

    def count(owner: nn.Module, name: str, parameter: Any) -> None:
        nonlocal total
        if parameter is None:
            return
        total += parameter.numel() * parameter.element_size()
        if total > SLACK * size + 65_536:
            raise InputError(f"the file of weights has {size:,} bytes; its description asks for {total:,} and more")

    handle = modules.register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def _load_weights(network: nn.Module, file: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_model

    try:
        load_model(network, str(file), strict=True)
    except (SafetensorError, RuntimeError, ValueError, KeyError) as reason:
        first = str(reason).splitlines()[0][:200]
        raise InputError(f"{file.name} does not fit its description ({first}); {ADVICE}") from reason
