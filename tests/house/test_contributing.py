"""Following docs/contributing.md literally works: its code is put into a copy of the project and tested there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> dict[str, tuple[str, str]]:
    """What stands after each `<!-- word: path -->`: word -> (path, code)."""
    found = re.findall(r"<!-- (\w+): (\S+) -->\n```python\n(.*?)```", page, flags=re.DOTALL)
    return {word: (path, code) for word, path, code in found}


def test_the_example_works(tmp_path: Path) -> None:
    for part in ("bestiary", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    example = blocks((ROOT / "docs/contributing.md").read_text(encoding="utf-8"))
    for word in ("file", "reference", "count"):
        path, code = example[word]
        (tmp_path / path).write_text(code, encoding="utf-8")
    for word, table in (("row", "ROWS"), ("claim", "CLAIMS")):
        path, code = example[word]
        with (tmp_path / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{table} += ({code.strip()},)\n")
    tests = [
        "tests/conformance",
        "tests/references/test_highway.py",
        "tests/learning",
        "tests/house/test_house.py",
        "-k",
        "highway",
        "-q",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed is not None
    assert int(passed[1]) >= 15
    listing = "import bestiary; assert 'highway' in bestiary.list(family='feedforward'); print(bestiary.__file__)"
    run = subprocess.run(
        [sys.executable, "-c", listing], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert str(tmp_path) in run.stdout, "the copy was tested, not the original"
