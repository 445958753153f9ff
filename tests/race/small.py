"""A race small enough for tests: three contenders, a few dozen updates, everything on paper before it begins."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq

from bestiary.data.reading import read
from bestiary.planning.plan import Entrant, Job, Plan, Rival, Stage
from bestiary.race.prepare import Wishes, prepare

WISHES = Wishes(budget=600.0, equal="time", metric=None, seed=3, workers=2, device="cpu")
SUPERVISED = "bestiary.recipes.supervised:classifier"
NETWORKS = {
    "ann/64": ("ann", "bestiary.architectures.feedforward.ann:ANN", {"width": 16}),
    "fnn/small": ("fnn", "bestiary.architectures.feedforward.fnn:FNN", {"widths": [16, 8]}),
    "mlp/small": ("mlp", "bestiary.architectures.feedforward.mlp:MLP", {"widths": [16], "dropout": 0.2}),
}


def small_run(folder: Path, stages: bool = True, rivals: bool = True) -> Plan:
    """A run folder with data and a plan whose three rungs are written already."""
    (folder / "contenders").mkdir(parents=True)
    plan = prepare(read("breast_cancer"), {"source": "breast_cancer"}, folder, WISHES)
    plan.folds, plan.search = 0, False
    plan.rivals = [Rival("linear", 60.0)] if rivals else []  # for all its settings, however slow the machine is
    plan.shares["reserve"] = 1.0
    settings = [{"rate": 0.003}, {"rate": 0.001}]
    plan.entrants = [
        Entrant(name, row, "feedforward", row, network, words, SUPERVISED, settings[:], 32, 10, 1e-3, 1e-3, 0.01, 100)
        for name, (row, network, words) in NETWORKS.items()
    ]
    if stages:
        plan.stages = [
            Stage(1, [job(n, s, 20) for n in NETWORKS for s in (0, 1)], dict.fromkeys(NETWORKS, 1e-3)),
            Stage(2, [job(n, 0, 60) for n in ("ann/64", "mlp/small")], dict.fromkeys(NETWORKS, 1e-3)),
            Stage(3, [job(n, 0, 120, seed) for seed in (0, 1) for n in ("ann/64", "mlp/small")],
                  dict.fromkeys(NETWORKS, 1e-3)),
        ]  # fmt: skip
    plan.write(folder)
    return plan


def job(name: str, setting: int, steps: int, seed: int = 0) -> Job:
    """One training of the small race."""
    ending = f".seed{seed}" if seed else ""
    return Job(f"{name.replace('/', '.')}.{setting}{ending}", name, setting, 3 + seed, -1, steps, 120)


def fingerprint(run: Path) -> dict[str, object]:
    """What must be equal bit for bit: the winner, and every model's answers on the test rows."""
    words = json.loads((run / "winner" / "model.json").read_text())
    members = [(one.get("architecture") or one["baseline"], one["weight"]) for one in words.get("members", ())]
    found: dict[str, object] = {"winner": words.get("architecture") or words.get("baseline") or members}
    # the file of a baseline has the time in it; its answers are compared below
    found |= {name: digest for name, digest in words["files"].items() if name.endswith(".safetensors")}
    for path in sorted(run.glob("contenders/*/answer.safetensors")):
        found[path.parent.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted((run / "predictions").glob("*.parquet")):
        table = pq.read_table(path)
        found[path.name] = {name: table[name].to_numpy().tobytes() for name in table.column_names if name != "remark"}
    return found
