"""What `predict` imports: packages that a model does not need are not waited for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.doors.folders import FIXTURES, baseline_folder, model_folder

NEVER = ("matplotlib", "optuna", "pytest", "rich.progress", "sympy", "torch._dynamo", "torch._inductor")
"""What no answer to rows of a table needs."""
OF_OTHERS = ("scipy", "sklearn", "skops", "networkx", "PIL", "pyarrow.dataset")
"""What only other models and other kinds of data need."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model`, a network, and `baseline.linear/model`, both of a table of numbers and words."""
    here = tmp_path_factory.mktemp("imports")
    model_folder("table", here)
    baseline_folder("table", "linear", here)
    return here


def imported(model: Path, out: Path) -> set[str]:
    """Modules that a process has after `bestiary predict MODEL penguins.csv --out FILE`."""
    words = ["bestiary", "predict", str(model), str(FIXTURES / "penguins.csv"), "--out", str(out)]
    code = f"import sys; sys.argv = {words}; from bestiary.cli.main import main; assert not main(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert len(pd.read_csv(out)) > 300
    return set(done.stdout.split())


def test_predicting_with_a_network_imports_what_it_needs(folder: Path) -> None:
    found = imported(folder / "model", folder / "network.csv")
    assert "torch" in found and not found & {*NEVER, *OF_OTHERS}


def test_predicting_with_a_baseline_imports_what_it_needs(folder: Path) -> None:
    found = imported(folder / "baseline.linear" / "model", folder / "baseline.csv")
    assert "sklearn" in found and not found & set(NEVER)
