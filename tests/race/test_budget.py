"""The budget is kept, and spent on training. Slow: measured as a person would, a process of its own."""

import json
import subprocess
import sys
import time

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("budget", [60, 300])
def test_the_budget_is_kept(budget, tmp_path):
    out = tmp_path / "run"
    began = time.monotonic()
    call = f"import bestiary; bestiary.race('digits', budget={budget}, out={str(out)!r})"
    subprocess.run([sys.executable, "-c", call], check=True)
    taken = time.monotonic() - began
    verdict = json.loads((out / "verdict.json").read_text())
    assert taken <= 1.15 * budget
    if budget >= 300:
        assert verdict["trained"] >= 0.75 * verdict["available"] or taken < 0.9 * budget
