"""What `predict` imports: packages that a model does not need are not waited for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.doors import folders
from tests.doors.folders import baseline_folder, model_folder

NEVER = ("matplotlib", "optuna", "pytest", "sympy", "torch._dynamo", "torch._inductor")
"""What no answer to rows of a table needs."""
OF_OTHERS = ("scipy", "sklearn", "skops", "networkx", "PIL", "pyarrow.dataset")
"""What only other models and other kinds of data need."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`rows.csv` of numbers, words and dates; `model`, a network, and `baseline.linear/model`, both of two targets."""
    here, draw = tmp_path_factory.mktemp("imports"), np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(size=(90, 3)), columns=["one", "a", "b"])
    frame["sort"], frame["sure"] = draw.choice(["oak", "elm", "ash"], 90), draw.choice(["yes", "no"], 90)
    frame["day"] = pd.date_range("2024-01-01", periods=90).strftime("%Y-%m-%d")
    frame.to_csv(here / "rows.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(folders.SOURCES, "mixed", lambda: (here / "rows.csv", {"target": "a,b"}))
        patch.setitem(folders.NETWORKS, "mixed", folders.NETWORKS["table"])
        model_folder("mixed", here)
        baseline_folder("mixed", "linear", here)
    return here


def imported(model: Path, rows: Path, out: Path) -> set[str]:
    """Modules that a process has after `bestiary predict MODEL rows.csv --out FILE`."""
    words = ["bestiary", "predict", str(model), str(rows), "--out", str(out)]
    code = f"import sys; sys.argv = {words}; from bestiary.cli.main import main; assert not main(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert len(pd.read_csv(out)) == 90
    return set(done.stdout.split())


def test_predicting_with_a_network_imports_what_it_needs(folder: Path) -> None:
    found = imported(folder / "model", folder / "rows.csv", folder / "network.csv")
    assert "torch" in found and not found & {*NEVER, *OF_OTHERS}


def test_predicting_with_a_baseline_imports_what_it_needs(folder: Path) -> None:
    found = imported(folder / "baseline.linear" / "model", folder / "rows.csv", folder / "baseline.csv")
    assert "sklearn" in found and not found & set(NEVER)
