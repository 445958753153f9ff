"""Every row works wherever its data are: networks, algorithms, judges and samplers on a second device.

The stand-in (`tests.conformance.standin`) is there on any machine; a real accelerator is taken as well where there is
one. Both run as `tests.conformance.placed` in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from tests.conformance.standin import NAME
from tests.conformance.test_rows import LEARNING

PARTS = 3


def results(*words: object) -> dict[str, str]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.conformance.placed", *map(str, words)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return json.loads(made.stdout.splitlines()[-1])


@pytest.mark.parametrize("part", range(PARTS))
def test_every_row_learns_on_another_device(part: int) -> None:
    told = results(NAME, part, PARTS)
    assert list(told) == [case.id for case in LEARNING[part::PARTS]]
    assert not {name: reason for name, reason in told.items() if reason}


def test_a_tensor_on_a_fixed_device_is_found() -> None:
    """The stand-in refuses what an accelerator would."""
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.conformance.standin"], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr[-2000:]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no accelerator")
def test_every_row_learns_on_an_accelerator() -> None:
    told = results("cuda", 0, 1)
    assert not {name: reason for name, reason in told.items() if reason}
