"""`make results`: every claim in full, three seeds, written to `docs/results/`, resumable; then one page of all.

A result holds a digest of the source files that it was measured on; when they have changed since, the page says stale.
"""

import hashlib
import json
import platform
import statistics
import sys
from pathlib import Path

import torch

from bestiary import __version__, catalogue
from bestiary.data.store import write_text
from tests.learning.claims import CLAIMS, Claim
from tests.learning.learn import learn

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
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measures what is missing or stale; returns 1 when a claim is not met."""
    failed = 0
    for number, claim in enumerate(CLAIMS, 1):
        path = RESULTS / f"{claim.name}.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if known.get("digest") != digest(claim):
            known = measure(claim)
            write_text(path, json.dumps(known, indent=1) + "\n")
        print(f"[{number}/{len(CLAIMS)}] {claim.name}: {known['mean']} (twin {known['twin']})", flush=True)
        failed += not known["met"]
    write_text(RESULTS / "README.md", page())
    print(f"{len(CLAIMS) - failed} of {len(CLAIMS)} claims met; {RESULTS / 'README.md'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
