"""Rules of the house that a machine can hold: which way imports point, how long files are, what imports torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "bestiary").rglob("*.py"))

# a part may import what stands in its line, beside itself, `errors` and `files`
ALLOWED = {
    "batches": set(),
    "specs": set(),
    "contracts": {"batches", "specs"},
    "catalogue": set(),
    "records": {"catalogue"},
    "layers": {"contracts"},
    "architectures": {"contracts", "layers", "catalogue", "sampling"},
    "objectives": {"contracts"},
    "optimisation": {"contracts"},
    "algorithms": {"contracts", "optimisation"},
    "tasks": {"contracts", "data", "rows", "kinds", "layers", "architectures", "sampling"},
    "sampling": {"contracts", "layers", "data", "rows", "kinds"},
    "rows": {"contracts", "records"},
    "kinds": {"contracts", "rows", "records"},
    "data": {"contracts", "rows", "kinds", "records"},
    "recipes": {
        "contracts",
        "layers",
        "objectives",
        "algorithms",
        "optimisation",
        "tasks",
        "data",
        "rows",
        "kinds",
        "sampling",
    },
    "fit": {"contracts"},
    "baselines": {"contracts", "data", "rows", "kinds", "tasks", "layers", "sampling", "records"},
    "runs": {
        "contracts",
        "catalogue",
        "architectures",
        "data",
        "rows",
        "kinds",
        "baselines",
        "tasks",
        "sampling",
        "records",
    },
    "race": {
        "contracts",
        "catalogue",
        "architectures",
        "recipes",
        "fit",
        "runs",
        "baselines",
        "tasks",
        "data",
        "rows",
        "kinds",
        "report",
        "objectives",
        "records",
    },
    "report": {
        "contracts",
        "printable",
        "catalogue",
        "data",
        "rows",
        "kinds",
        "race",
        "runs",
        "tasks",
        "sampling",
        "architectures",
        "baselines",
        "records",
    },
}
LIMIT = 400


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            if node.module == "bestiary":
                found |= {f"bestiary.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    part = path.relative_to(ROOT / "bestiary").parts[0].removesuffix(".py")
    if part not in ALLOWED:
        return
    used = {name.split(".")[1] for name in imports(path) - {"bestiary.kinds"} if name.startswith("bestiary.")}
    assert used <= ALLOWED[part] | {part, "errors", "files", "batches", "specs", "__version__"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_short(path: Path) -> None:
    if "catalogue" not in path.parts:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMIT


def test_contracts_and_the_loop_are_small() -> None:
    assert len((ROOT / "bestiary/contracts.py").read_text(encoding="utf-8").splitlines()) < 300
    assert len((ROOT / "bestiary/fit.py").read_text(encoding="utf-8").splitlines()) <= 60


def test_algorithms_and_objectives_know_no_architecture() -> None:
    for folder in ("algorithms", "objectives"):
        for path in (ROOT / "bestiary" / folder).glob("*.py"):
            assert not [name for name in imports(path) if "architectures" in name]


def test_nothing_imports_the_command_line() -> None:
    for path in FILES:
        if path.parts[-2] != "cli" and path.name not in ("__init__.py", "__main__.py"):
            assert not [name for name in imports(path) if name.startswith("bestiary.cli")], path


@pytest.mark.parametrize("code", ["import bestiary", "import bestiary; bestiary.list()", "import bestiary.cli.main"])
def test_no_torch_for_listing(code: str) -> None:
    check = f"{code}; import sys; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False, timeout=60).returncode == 0


def test_an_architecture_brings_torch_and_nothing_else_heavy() -> None:
    code = (
        "import sys, importlib, pathlib, bestiary.architectures as a\n"
        "root = pathlib.Path(a.__file__).parent\n"
        "for p in root.rglob('*.py'):\n"
        "    parts = p.relative_to(root).with_suffix('').parts\n"
        "    importlib.import_module('.'.join(('bestiary.architectures', *parts)).removesuffix('.__init__'))\n"
        "heavy = {'pandas', 'sklearn', 'scipy', 'matplotlib', 'transformers', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
