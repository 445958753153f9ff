"""`make results`: every claim in full, three seeds, written to `docs/results/`, resumable; then one page of all.

A result holds a digest of the source files that it was measured on; when they have changed since, the page says stale.
"""

import hashlib
import inspect
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from bestiary import __version__, catalogue
from bestiary.data.store import write_text
from tests.learning.claims import CLAIMS, Claim
from tests.learning.learn import learn
from tests.learning.study import Study, all_studies

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "results"
SEEDS = (0, 1, 2)
SHARED = ("fit.py", "recipes", "algorithms", "objectives", "optimisation", "layers", "data/store.py")


def digest(claim: Claim) -> str:
    """Of the files that a claim's result depends on."""
    row = catalogue.find(claim.row)
    contender = next(c for c in row.races[claim.kind] if c.name == claim.contender)
    module = contender.network.partition(":")[0].replace(".", "/") + ".py"
    paths = [ROOT / module]
    for part in SHARED:
        path = ROOT / "bestiary" / part
        paths += sorted(path.glob("*.py")) if path.is_dir() else [path]
    words = repr((claim, contender, row.settings[0])).encode()
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths) + words).hexdigest()[:16]


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
    modules = {size.network.partition(":")[0].replace(".", "/") + ".py" for size in row.sizes}
    paths = [ROOT / module for module in sorted(modules)] + [ROOT / "bestiary" / source for source in study.sources]
    paths += [Path(inspect.getfile(getattr(study.run, "func", study.run)))]  # of a partial: what it calls
    words = repr((study.name, study.floor, study.full, dict(row.settings[0]))).encode()
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths) + words).hexdigest()[:16]


def measure_study(study: Study) -> dict[str, object]:
    """The full result of a study."""
    torch.set_num_threads(1)
    floor = study.floor if study.full is None else study.full
    began = time.monotonic()
    scores = [study.run(seed, False, True) for seed in SEEDS]
    seconds = (time.monotonic() - began) / len(SEEDS)
    twin = study.run(SEEDS[0], True, True)
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
        "seconds": round(seconds, 1),
        "digest": study_digest(study),
        "versions": {"bestiary": __version__, "torch": torch.__version__, "python": platform.python_version()},
    }


def studies_table() -> list[str]:
    """The results of all studies that are there."""
    lines = [
        "",
        "## Every way of learning",
        "",
        "Three seeds each, by its own algorithm; errors are negative, so that higher is better everywhere. The twin is",
        "broken on purpose, as said.",
        "",
        "| architecture | data | what is measured | mean | range | floor | twin | how the twin is broken | seconds | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for study in all_studies():
        path = RESULTS / f"{study.name}.json"
        if not path.exists():
            continue
        r = json.loads(path.read_text(encoding="utf-8"))
        state = "stale" if r["digest"] != study_digest(study) else ("" if r["met"] else "**not met**")
        lines.append(
            f"| {r['architecture']} | {r['data']} | {r['metric']} | {r['mean']:.4g} | {r['spread']:.3g} | {r['floor']} "
            f"| {r['twin']:.4g} | {r['twin_is']} | {r['seconds']} | {state} |"
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
        path = RESULTS / f"{claim.name}.json"
        if not path.exists():
            continue
        r = json.loads(path.read_text(encoding="utf-8"))
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
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
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
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if known.get("digest") != study_digest(study):
            known = measure_study(study)
            write_text(path, json.dumps(known, indent=1) + "\n")
        print(f"[{number}/{len(studies)}] {study.name}: {known['mean']} (twin {known['twin']})", flush=True)
        failed += not known["met"]
    write_text(RESULTS / "README.md", page())
    total = len(claims) + len(studies)
    print(f"{total - failed} of {total} met; {RESULTS / 'README.md'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
