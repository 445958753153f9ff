"""Sizes and speeds of the contenders, measured in the pool with all workers busy, before anything is planned."""

from __future__ import annotations

import inspect
import json
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from bestiary import kinds, tasks
from bestiary.architectures.build import resolve
from bestiary.planning.contenders import Candidate, batch_size
from bestiary.planning.plan import Entrant, Plan
from bestiary.planning.sizing import fair_share
from bestiary.race.pool.failures import failure, refuse_machine
from bestiary.race.pool.paces import Paces
from bestiary.race.pool.workers import Call, Pool
from bestiary.records import door
from bestiary.records.training import Probe, ProbeJob, Tried
from bestiary.rows.store import read_spec, write_text

END = 0.1  # seconds that a process takes to save what it has learned
PASSES = 4  # how often a contender should be able to see the training rows in one whole training


def measure(
    folder: Path,
    plan: Plan,
    candidates: Sequence[Candidate],
    pool: Pool,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Fills `plan.entrants` with every candidate, in the largest size that can see the data often enough.

    Args:
        folder: of the run.
        plan: with its budget, rows and rivals.
        candidates: who may race.
        pool: of processes.
        tick: called a few times a second.
    """
    fair = fair_share(plan.budget, plan.workers, len(candidates), len(plan.rivals))
    limit = min(3.0, max(0.3, plan.budget * plan.workers / len(candidates) / 50))
    paces = Paces(plan, read_spec(folder / "data")[0].written())
    words = {candidate.id: _words(folder, plan, candidate, fair, limit) for candidate in candidates}
    known = {name: tried for name, job in words.items() if (tried := paces.tried(job)) is not None}
    queue = deque(_call(folder, name, job) for name, job in words.items() if name not in known)
    for ended in pool.run(queue, tick):
        if ended.code:
            reason = failure(Path(ended.call.arguments[0]), ended.code)
            refuse_machine(reason, ended.code)
            plan.left_out[ended.call.id] = reason
    for candidate in candidates:
        path = folder / "probes" / candidate.id / "probe.json"
        if candidate.id not in known and path.exists():
            known[candidate.id] = door.read(path, Probe, inside=folder)["tried"]
            paces.note(words[candidate.id], known[candidate.id])
        if candidate.id in known:
            _enter(plan, candidate, known[candidate.id])
    paces.keep()


def settings_for(plan: Plan, candidate: Candidate) -> list[dict[str, object]]:
    """What a contender enters with; where the metric that ranks says what error to make small, with that too."""
    error = tasks.metric_named(plan.metric, plan.problem).error
    knows = error and "error" in inspect.signature(resolve(candidate.recipe)).parameters
    return [{**setting, **({"error": error} if knows else {})} for setting in candidate.row.settings]


def _words(folder: Path, plan: Plan, candidate: Candidate, fair: float, limit: float) -> ProbeJob:
    kind, batch = kinds.find(plan.kind), batch_size(plan.kind, plan.rows["train"])
    return {
        "sizes": [{"name": c.name, "network": c.network, "keywords": dict(c.keywords)} for c in candidate.sizes],
        "recipe": candidate.recipe,
        "settings": [{**setting, **candidate.whole} for setting in settings_for(plan, candidate)],
        "data": str(folder / "data"),
        "batch": batch,
        "epoch": kind.wanted // PASSES or kind.pass_of(plan.rows["train"], batch),
        "seed": plan.seed,
        "device": plan.device,
        "fair": fair,
        "least": 1 if candidate.begins else PASSES,
        "limit": limit,
        "optional": candidate.begins and f"{candidate.row.name}/{candidate.sizes[0].name}" not in plan.contenders,
    }


def _call(folder: Path, name: str, words: ProbeJob) -> Call:
    here = folder / "probes" / name
    here.mkdir(parents=True, exist_ok=True)
    write_text(here / "job.json", json.dumps(words, default=list))
    return Call(name, "probe", (str(here),))


def _enter(plan: Plan, candidate: Candidate, tried: Sequence[Tried]) -> None:
    measured = [
        (size["name"], size["step_seconds"], size["look_seconds"], size["start_seconds"], size["parameters"])
        for size in tried
        if "step_seconds" in size and "look_seconds" in size and "start_seconds" in size and "parameters" in size
    ]
    row = candidate.row
    if not measured:
        reasons = [(size["name"], size.get("reason", "not measured")) for size in tried]
        plan.left_out[candidate.id] = "; ".join(
            f"{size}: {reason}" if len(tried) > 1 else reason for size, reason in reasons
        )
        return
    name, step, look, start, parameters = measured[-1]
    contender = next(c for c in candidate.sizes if c.name == name)
    larger = [size["name"] for size in tried if size["name"] != name]
    if candidate.note and candidate.note not in plan.notes:
        plan.notes.append(candidate.note)
    plan.entrants.append(
        Entrant(
            name=f"{row.name}/{contender.name}{candidate.ending}",
            title=row.title,
            family=row.family,
            architecture=row.name,
            network=contender.network,
            keywords=dict(contender.keywords),
            recipe=candidate.recipe,
            settings=settings_for(plan, candidate),
            batch=batch_size(plan.kind, plan.rows["train"]),
            look_every=1,
            step_seconds=step,
            look_seconds=look,
            start_seconds=start + look + END,
            parameters=parameters + candidate.frozen[0],
            phases=row.phases,
            weights=candidate.weights,
            knows=candidate.knows,
            frozen_parameters=candidate.frozen[0],
            frozen_seconds=candidate.frozen[1],
            note=f"too slow to see the data {PASSES} times: {', '.join(larger)}" if larger else "",
        )
    )
