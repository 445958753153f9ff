"""`make results`: every claim in full, three seeds, written to `docs/results/`, resumable; then one page of all.

A result holds a digest of the code that it was measured on: the files that its network, its recipe and what else it
names import, without comments and docstrings. When it has changed since, the page says stale, until the result is
measured again or `tests.learning.same` shows that the change changes no figure.
"""

import ast
import functools
import hashlib
import inspect
import json
import os
import platform
import statistics
import sys
import time
import tokenize
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from bestiary import __version__, catalogue
from bestiary.rows.store import write_text
from tests.learning.claims import CLAIMS, Claim
from tests.learning.learn import learn
from tests.learning.study import Study, all_studies

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
SEEDS = (0, 1, 2)
WORDS = (
    "batches",
    "contracts",
    "errors",
    "specs",
)  # modules that only name things: they grow with every kind and say nothing


def digest(claim: Claim) -> str:
    """Of the files that a claim's result depends on."""
    row = catalogue.find(claim.row)
    contender = next(c for c in row.races[claim.kind] if c.name == claim.contender)
    names = [contender.network, *row.recipes.values(), "bestiary.fit:", "bestiary.rows.store:"]
    return _digest(needed(map(_path, names)), repr((claim, contender, row.settings[0])))


def _digest(paths: Iterable[Path], words: str) -> str:
    content = "".join(code(path) for path in sorted(paths))
    return hashlib.sha256((content + words).encode()).hexdigest()[:16]


@functools.cache
def code(path: Path) -> str:
    """What a file does: its tokens without comments, docstrings and layout, none of which changes a figure."""
    with path.open("rb") as file:
        tokens = [t for t in tokenize.tokenize(file.readline) if t.type not in (tokenize.COMMENT, tokenize.NL)]
    kept: list[str] = []
    fresh, spoken = True, False  # at the beginning of a statement; after a docstring
    for token, following in pairwise(tokens):
        blank = token.type in (tokenize.ENCODING, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        alone = fresh and token.type == tokenize.STRING and following.type == tokenize.NEWLINE
        if not alone and not spoken:
            kept.append(tokenize.tok_name[token.type] if blank else token.string)
        fresh, spoken = blank, alone
    return " ".join(kept)


def _path(name: str) -> Path:
    """Of the module in "module:object"."""
    return ROOT / (name.partition(":")[0].replace(".", "/") + ".py")


def needed(roots: Iterable[Path]) -> set[Path]:
    """Files of the package that these import when they are loaded, and all that those do, themselves included."""
    found: set[Path] = set()
    waiting = list(roots)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported(path)
    return found


@functools.cache
def imported(path: Path) -> tuple[Path, ...]:
    """Files of the package that a file's own import statements name, outside of functions and of `if TYPE_CHECKING`."""
    found = []
    for line in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.ImportFrom) and (line.module or "").startswith("bestiary"):
            names = [line.module, *(f"{line.module}.{alias.name}" for alias in line.names)]
            found += [_path(name) for name in names if name and name.rpartition(".")[2] not in WORDS]
    return tuple(path for path in found if path.is_file())


def measure(claim: Claim) -> dict[str, object]:
    """The full result of a claim."""
    floor, steps = claim.full or (claim.floor, claim.steps)
    learned = [learn(claim, seed, steps=steps) for seed in SEEDS]
    twin = learn(claim, SEEDS[0], wrong=True, steps=steps)
    scores = [one.score for one in learned]
    return {
        "architecture": claim.row,
        "kind": claim.kind,
        "contender": claim.contender,
        "data": claim.data,
        "metric": claim.metric,
        "floor": floor,
        "scores": [round(score, 4) for score in scores],
        "mean": round(statistics.mean(scores), 4),
        "spread": round(max(scores) - min(scores), 4),
        "twin": round(twin.score, 4),
        "met": min(scores) >= floor > twin.score,
        "steps": steps,
        "seconds": round(statistics.mean(one.seconds for one in learned), 1),
        "parameters": learned[0].parameters,
        "digest": digest(claim),
        "versions": {"bestiary": __version__, "torch": torch.__version__, "python": platform.python_version()},
    }


def study_digest(study: Study) -> str:
    """Of the files that a study's result depends on."""
    row = catalogue.find(study.row)
    names = [*(size.network for size in row.sizes), *row.recipes.values(), "bestiary.rows.store:"]
    paths = needed([*map(_path, names), *(ROOT / "bestiary" / source for source in study.sources)])
    paths |= {Path(inspect.getfile(getattr(study.run, "func", study.run)))}  # of a partial: what it calls
    return _digest(paths, repr((study.name, study.floor, study.full, dict(row.settings[0]))))


def measure_study(study: Study) -> dict[str, object]:
    """The full result of a study; each seed is kept as soon as it is there, so that a later call goes on."""
    torch.set_num_threads(1)
    floor = study.floor if study.full is None else study.full
    kept, digest = RESULTS / f".{study.name}.json", study_digest(study)  # of now: sources may change meanwhile
    known = _read(kept)
    if known.get("digest") != digest:
        known = {"digest": digest, "runs": earlier_runs(study)}
    runs: dict[str, tuple[float, float]] = known["runs"]
    for name, seed in {**{str(seed): seed for seed in range(study.seeds)}, "twin": 0}.items():
        if name not in runs:
            began = time.monotonic()
            runs[name] = (study.run(seed, name == "twin", True), time.monotonic() - began)
            write_text(kept, json.dumps(known))
    *scores, twin = (runs[name][0] for name in (*map(str, range(study.seeds)), "twin"))
    kept.unlink(missing_ok=True)
    return {
        "architecture": study.row,
        "data": study.data,
        "metric": study.metric,
        "floor": floor,
        "scores": [round(score, 4) for score in scores],
        "mean": round(statistics.mean(scores), 4),
        "spread": round(max(scores) - min(scores), 4),
        "twin": round(twin, 4),
        "twin_is": study.twin,
        "met": min(scores) >= floor > twin,
        "seconds": round(statistics.mean(runs[str(seed)][1] for seed in range(study.seeds)), 1),
        "digest": digest,
        "versions": {"bestiary": __version__, "torch": torch.__version__, "python": platform.python_version()},
    }


def earlier_runs(study: Study) -> dict[str, tuple[float, float]]:
    """Score and seconds of the seeds in a result that is not stale, so that one with fewer seeds can be added to."""
    result = _read(RESULTS / f"{study.name}.json")
    if result.get("digest") != study_digest(study):
        return {}
    runs = {str(seed): (score, result["seconds"]) for seed, score in enumerate(result["scores"])}
    return runs | {"twin": (result["twin"], 0.0)}


def complete(study: Study) -> bool:
    """Whether its result is there, not stale, and has as many seeds as are asked for."""
    result = _read(RESULTS / f"{study.name}.json")
    return result.get("digest") == study_digest(study) and len(result["scores"]) >= study.seeds


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def studies_table() -> list[str]:
    """The results of all studies that are there."""
    lines = [
        "",
        "## Every way of learning",
        "",
        "Three seeds each, by its own algorithm; errors are negative, so that higher is better everywhere. The twin is",
        "broken on purpose, as said. Seconds are of the clock, on one core that often had other work.",
        "",
        "| architecture | data | what is measured | mean | range | seeds | floor | twin | its defect | seconds | |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for study in all_studies():
        r = _read(RESULTS / f"{study.name}.json")
        if not r:
            continue
        state = "stale" if r["digest"] != study_digest(study) else ("" if r["met"] else "**not met**")
        lines.append(
            f"| {r['architecture']} | {r['data']} | {r['metric']} | {r['mean']:.4g} | {r['spread']:.3g} "
            f"| {len(r['scores'])} | {r['floor']} | {r['twin']:.4g} | {r['twin_is']} | {r['seconds']} | {state} |"
        )
    return lines


def page() -> str:
    """All results that are there, as one table."""
    lines = [
        "# Results",
        "",
        "Each architecture on real data, by its own algorithm: mean of three seeds, the range over them, and a twin",
        "that was taught with the labels of other rows. Made by `make results`; stale: its sources changed since.",
        "",
        "| architecture | kind | data | parameters | metric | mean | range | floor | twin | seconds | |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for claim in CLAIMS:
        r = _read(RESULTS / f"{claim.name}.json")
        if not r:
            continue
        state = "stale" if r["digest"] != digest(claim) else ("" if r["met"] else "**not met**")
        lines.append(
            f"| {r['architecture']}/{r['contender']} | {r['kind']} | {r['data']} | {r['parameters']:,} | {r['metric']} "
            f"| {r['mean']:.3f} | {r['spread']:.3f} | {r['floor']} | {r['twin']:.3f} | {r['seconds']} | {state} |"
        )
    return "\n".join(lines + studies_table()) + "\n"


def main(only: Sequence[str] = ()) -> int:
    """Measures what is missing or stale; returns 1 when a claim is not met.

    Args:
        only: names of claims or studies; everything unless given.
    """
    failed = 0
    claims = [claim for claim in CLAIMS if not only or claim.name in only]
    for number, claim in enumerate(claims, 1):
        path = RESULTS / f"{claim.name}.json"
        known = _read(path)
        if known.get("digest") != digest(claim):
            known = measure(claim)
            write_text(path, json.dumps(known, indent=1) + "\n")
        print(f"[{number}/{len(claims)}] {claim.name}: {known['mean']} (twin {known['twin']})", flush=True)
        failed += not known["met"]
    studies = [
        study
        for study in all_studies()
        if (not study.needs or os.environ.get(study.needs)) and (not only or study.name in only)
    ]
    for number, study in enumerate(studies, 1):
        path = RESULTS / f"{study.name}.json"
        if not complete(study):
            write_text(path, json.dumps(measure_study(study), indent=1) + "\n")
        known = _read(path)
        print(f"[{number}/{len(studies)}] {study.name}: {known['mean']} (twin {known['twin']})", flush=True)
        failed += not known["met"]
    write_text(RESULTS / "README.md", page())
    total = len(claims) + len(studies)
    print(f"{total - failed} of {total} met; {RESULTS / 'README.md'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
