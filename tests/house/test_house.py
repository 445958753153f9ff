"""Rules of the house that a machine can hold: which way imports point, how long files are, what imports torch."""

import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bestiary import kinds, tasks

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "bestiary").rglob("*.py"))

# a part may import what stands in its line, beside itself, `errors` and `files`
ALLOWED = {
    "batches": set(),
    "inputs": {"batches"},
    "targets": {"batches"},
    "specs": set(),
    "contracts": {"batches", "inputs", "specs"},
    "catalogue": set(),
    "records": {"catalogue"},
    "weights": {"contracts", "catalogue"},
    "layers": {"contracts", "weights"},
    "architectures": {"contracts", "layers", "catalogue", "sampling", "weights"},
    "parts": {"layers"},
    "objectives": {"contracts"},
    "optimisation": {"contracts"},
    "algorithms": {"contracts", "optimisation"},
    "tasks": {"contracts", "data", "rows", "kinds", "layers", "architectures", "sampling", "optimisation"},
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
        "weights",
    },
    "planning": {
        "contracts",
        "weights",
        "catalogue",
        "architectures",
        "baselines",
        "runs",
        "tasks",
        "data",
        "rows",
        "kinds",
        "records",
        "judging",
    },
    "judging": {"contracts", "catalogue", "baselines", "runs", "tasks", "data", "rows", "kinds", "records"},
    "report": {
        "contracts",
        "printable",
        "catalogue",
        "data",
        "rows",
        "kinds",
        "planning",
        "judging",
        "records",
        "runs",
        "tasks",
        "sampling",
        "architectures",
        "baselines",
    },
    "race": {
        "contracts",
        "weights",
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
        "records",
        "planning",
        "judging",
        "report",
        "objectives",
    },
}
LIMIT = 400
DESCRIPTORS = {"bestiary.kinds", "bestiary.tasks", "bestiary.tasks.descriptor", "bestiary.tasks.metric"}
"""What kinds and tasks are. They import nothing else but `errors`, so everything may ask them."""


HELD = {
    "baselines": "baselines",
    "ngrams": "baselines",
    "joint_ngram": "baselines",
    "recipes": "recipes",
    "report": "report",
}
"""Files in the folder of a task or kind that are no part of how it scores or is read -> whose rules they keep."""


def part_of(path: Path) -> str:
    """Which line of `ALLOWED` a file has to keep; of the folder of a task or kind, that of what it holds."""
    parts = path.relative_to(ROOT / "bestiary").parts
    if parts[0] in ("tasks", "kinds") and len(parts) == 3 and path.stem in HELD:
        return HELD[path.stem]
    return parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            if node.module in ("bestiary", "bestiary.tasks"):
                there = {f"{node.module}.{alias.name}" for alias in node.names}
                found |= {name for name in there if (ROOT / name.replace(".", "/")).with_suffix(".py").is_file()}
                found |= {name for name in there if (ROOT / name.replace(".", "/")).is_dir()}
    return found


def test_rooms_stand_in_an_order() -> None:
    """No room may import, by way of others, one that may import it."""
    placed: set[str] = set()
    while True:
        ready = {part for part, others in ALLOWED.items() if others - {"printable"} <= placed} - placed
        if not ready:
            break
        placed |= ready
    assert set(ALLOWED) - placed == set(), "these import each other in a circle"


@pytest.mark.parametrize("room", ["data", "judging", "planning", "race", "sampling"])
def test_rooms_stay_small(room: str) -> None:
    for folder in (
        ROOT / "bestiary" / room,
        *(path.parent for path in (ROOT / "bestiary" / room).glob("*/__init__.py")),
    ):
        assert len(list(folder.glob("*.py"))) <= 17, f"{folder.name} is two rooms"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    if part not in ALLOWED:
        return
    ours = {name for name in imports(path) if name.startswith("bestiary.")} - DESCRIPTORS
    used = {name.split(".")[1] for name in ours}
    own = {path.parts[len(ROOT.parts) + 1]} & {"tasks", "kinds"}
    assert used <= ALLOWED[part] | own | {part, "errors", "files", "batches", "inputs", "targets", "specs"}


@pytest.mark.parametrize("name", sorted(DESCRIPTORS))
def test_descriptors_import_nothing_else(name: str) -> None:
    path = ROOT / name.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert {n for n in imports(file) if n.startswith("bestiary")} <= DESCRIPTORS | {
        "bestiary",
        "bestiary.errors",
        "bestiary.kinds.kind",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_tasks_are_asked_and_not_known_by_name(path: Path) -> None:
    """No comparison with the name of a task, and no table of tasks, stands outside of that task's own folder.

    Rows of the catalogue say which recipe they have for a task, which is no question.
    """
    folder = path.relative_to(ROOT / "bestiary").parts
    own = folder[1] if folder[0] == "tasks" and len(folder) == 3 else ""
    others = {task.name for task in tasks.every().values() if f".{own}." not in task.scoring}
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            about = any("problem" in ast.unparse(side) or "task" in ast.unparse(side) for side in sides)
            found += [ast.unparse(node)] if about and _strings(sides) & others else []
        elif isinstance(node, ast.Dict) and folder[0] != "catalogue":
            keys = _strings([key for key in node.keys if key is not None])
            files = "edges" in keys  # nodes, edges and graphs are files of a graph too
            found += [ast.unparse(node)] if len(keys & others) > 1 and not files else []
        elif isinstance(node, ast.MatchValue):
            found += [ast.unparse(node)] if _strings([node.value]) & others else []
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_kinds_are_asked_and_not_known_by_name(path: Path) -> None:
    """No comparison of a kind with a name, and no table of kinds, stands outside of that kind's own folder.

    Rows of the catalogue say what they have for a kind, and a task which baselines, which are no questions.
    """
    folder = path.relative_to(ROOT / "bestiary").parts
    own = {folder[1]} if folder[0] == "kinds" else set()
    others = set(kinds.names()) - own - ({"graph", "graphs"} if own & {"graph", "graphs"} else set())
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            about = any("kind" in ast.unparse(side) for side in sides)
            found += [ast.unparse(node)] if about and _strings(sides) & others else []
        elif isinstance(node, ast.Dict) and folder[0] not in ("catalogue", "tasks"):
            keys = _strings([key for key in node.keys if key is not None])
            found += [ast.unparse(node)] if len(keys & others) > 1 else []
        elif isinstance(node, ast.MatchValue):
            found += [ast.unparse(node)] if _strings([node.value]) & others else []
    assert found == []


OLD = (
    *("KINDS", "READERS", "ENCODERS", "STORES", "KIND_OF", "USUAL_TASK", "JUDGED", "TASKS", "CLASSES", "SECTIONS"),
    *("MODULES", "KNOWING_NOTHING", "DATA", "ENDLESS"),
)
"""Tables of kinds and tasks that descriptors took the place of."""


def test_no_table_of_kinds_or_tasks_is_left() -> None:
    known = set(kinds.names()) | set(tasks.names())
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
            named = {target.id for target in targets if isinstance(target, ast.Name)} & set(OLD)
            value = getattr(node, "value", None)
            if named and value is not None:
                inside = _strings([n for n in ast.walk(value) if isinstance(n, ast.expr)])
                assert len(inside & known) < 2, f"{path}: {named} is a table of kinds or tasks"


def modules() -> dict[str, Path]:
    """All modules of the project by name."""
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES}
    return {name.removesuffix(".__init__"): path for name, path in named.items()}


def reached(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the project that a file imports, sooner or later; not those that only its types name."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                there = {f"{child.module}.{alias.name}" for alias in child.names}
                found.update(full if full in known else str(child.module) for full in there)
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return {one for one in found if one in known} - {name}


SEARCHED = {"bestiary.baselines.baseline", "bestiary.baselines.search"}
"""A baseline is asked to search its own settings, and the search fits it: the one circle that is left."""


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports inside of functions count too: a circle there is a circle in the design."""
    known = modules()
    left = {name: reached(name, path, known) for name, path in known.items()}
    while True:  # what imports nothing that is left can be taken away; what stays is in a circle, or leads to one
        free = {name for name, there in left.items() if not there}
        if not free:
            break
        left = {name: there - free for name, there in left.items() if name not in free}
    while True:  # and what nothing imports that is left is in no circle
        asked = set().union(*left.values()) if left else set()
        loose = set(left) - asked
        if not loose:
            break
        left = {name: there for name, there in left.items() if name not in loose}
    assert set(left) <= SEARCHED


def _strings(nodes: Sequence[ast.expr]) -> set[str]:
    """The strings in expressions, those in tuples, lists and sets included."""
    plain = [node for node in nodes if isinstance(node, ast.Constant | ast.Tuple | ast.List | ast.Set)]
    inside = [one for node in plain for one in ast.walk(node)]
    return {one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str)}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_short(path: Path) -> None:
    if "catalogue" not in path.parts:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LIMIT


TYPED = ("judging", "planning", "race", "report")
"""Rooms that name the type of everything they pass on."""


@pytest.mark.parametrize("room", TYPED)
def test_rooms_name_their_types(room: str) -> None:
    for path in sorted((ROOT / "bestiary" / room).rglob("*.py")):
        assert "Any" not in _imported_from_typing(path), path


NO_TERMS = {"surprise": "td_error, bits or nats", "came": "target or backpointer", "chance": "epsilon or probability"}
"""Words of nobody's field -> what says it."""
LEARNING = ("algorithms", "objectives", "optimisation", "recipes", "layers", "tasks")


@pytest.mark.parametrize("room", LEARNING)
def test_learning_is_named_in_the_terms_of_its_field(room: str) -> None:
    for path in sorted((ROOT / "bestiary" / room).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = {n.id for n in nodes if isinstance(n, ast.Name)} | {n.arg for n in nodes if isinstance(n, ast.arg)}
        names |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
        assert not names & set(NO_TERMS), (path, {name: NO_TERMS[name] for name in names & set(NO_TERMS)})


UNTYPED = ("graphs", "nodes")
"""Tasks whose reports draw batches of graphs, of which `Data.batches` does not say the type."""


def test_reports_of_tasks_name_their_types() -> None:
    for path in sorted((ROOT / "bestiary" / "tasks").rglob("report.py")):
        assert "Any" not in _imported_from_typing(path) or path.parent.name in UNTYPED, path


def _imported_from_typing(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {alias.name for n in nodes if isinstance(n, ast.ImportFrom) and n.module == "typing" for alias in n.names}


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
