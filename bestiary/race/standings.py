"""One line of the leaderboard from what a contender left in its folders."""

from __future__ import annotations

from collections.abc import Sequence

from bestiary.judging.evidence import Standing
from bestiary.planning.plan import OUT_OF_TIME, Ensemble, Job, Rival
from bestiary.race.course import Course


def standing_of(course: Course, name: str, jobs: Sequence[Job]) -> Standing:
    """A contender's line, without its test scores.

    Args:
        course: the race.
        name: of the contender.
        jobs: its trainings that were tested, the one that would ship first; empty when it was not tested.
    """
    plan = course.plan
    entrant = plan.entrant(name)
    stages = [s for s in plan.stages if name in s.entrants]
    mine = {job.id: job for stage in stages for job in stage.jobs if job.entrant == name}
    found = {key: result for key, job in mine.items() if (result := course.best_so_far(job))}
    status, reason = _fate(course, name, bool(jobs), bool(found))
    best = jobs[0] if jobs else min((mine[k] for k in found), key=lambda j: found[j.id]["loss"], default=None)
    standing = Standing(name, entrant.title, entrant.family, network=True, status=status, reason=reason)
    standing.parameters = entrant.parameters
    standing.train_seconds = sum(float(r["seconds"]) for r in found.values())
    standing.memory = max((int(r["memory"]) for r in found.values()), default=0)
    if best is None:
        return standing
    result = found[best.id]
    standing.rung = max(
        (s.rung for s in stages if any(course.result(j) for j in s.jobs if j.entrant == name)), default=0
    )
    standing.settings = dict(entrant.settings[best.setting])
    standing.steps, standing.selection = int(result["steps"]), result["scores"]
    standing.learned = _learned(float(result["loss"]), plan.constant)
    standing.seeds = [job.seed for job in jobs] or [best.seed]
    standing.folder = f"contenders/{best.id}"
    return standing


def _fate(course: Course, name: str, tested: bool, any_result: bool) -> tuple[str, str]:
    plan = course.plan
    if tested:
        again = [j for j in plan.jobs if j.entrant == name and (j.again or j.parts > 1)]
        how = "in half batches" if any(j.parts > 1 for j in again) else "again"
        return "finalist", f"trained {how} after a failure" if again else plan.entrant(name).note
    stages = [s for s in plan.stages if name in s.entrants]
    failures = [j.failed for s in stages for j in s.jobs if j.entrant == name and j.failed]
    if failures and (not any_result or stages[-1] is plan.stages[-1]):
        return "failed", failures[-1]
    if not stages:
        return "unfinished", OUT_OF_TIME
    return "eliminated", f"left after round {stages[-1].rung}"


def baseline_standing(course: Course, rival: Rival) -> Standing:
    """A baseline's line, without its test scores."""
    result = course.rival_result(rival)
    name = f"baseline/{rival.name}"
    if result is None:
        reason = rival.failed or OUT_OF_TIME
        status = "unfinished" if reason == OUT_OF_TIME else "failed"
        return Standing(name, rival.name, "baseline", network=False, status=status, reason=reason)
    standing = Standing(name, str(result.get("title", rival.name)), "baseline", network=False, status="baseline")
    standing.settings = dict(result.get("setting", {}))
    standing.parameters = int(result.get("parameters", 0))
    standing.train_seconds, standing.memory = float(result["seconds"]), int(result["memory"])
    standing.selection = dict(result.get("scores", {}))
    loss = result.get("loss") if rival.name != "constant" else None  # which has nothing to learn
    standing.learned = _learned(float(loss), course.plan.constant) if loss is not None else 0.0
    standing.seeds, standing.folder = [course.plan.seed], f"contenders/{rival.id}"
    return standing


def ensemble_title(ensemble: Ensemble) -> str:
    """What an ensemble is called in a sentence.

    Example:
        >>> from bestiary.planning.plan import Part
        >>> parts = [Part(f"{name}.0", f"{name}/small", [f"{name}.0"], 0.5) for name in ("mlp", "resnet")]
        >>> ensemble_title(Ensemble("ensemble/all", parts, 0.1, {}))
        'the ensemble of 2 networks'
    """
    networks = ensemble.networks
    what = "models" if 0 < networks < len(ensemble.parts) else "networks" if networks else "baselines"
    return f"the ensemble of {len(ensemble.parts)} {what}"


def parameters(course: Course, ensemble: Ensemble) -> int:
    """Of all its parts, each as often as it was trained."""
    total = 0
    rivals = {rival.id: rival for rival in course.plan.rivals}
    jobs = {job.id: job for job in course.plan.jobs}
    for name in ensemble.trainings:
        result = course.rival_result(rivals[name]) if name in rivals else course.best_so_far(jobs[name])
        total += result["parameters"] if result else 0
    return total


def ensemble_standing(course: Course, ensemble: Ensemble) -> Standing:
    """An ensemble's line, without its test scores."""
    title = ensemble_title(ensemble).removeprefix("the ")
    standing = Standing(ensemble.name, title, "ensemble", ensemble.networks > 0, status="ensemble")
    weights: dict[str, float] = {}
    for part in ensemble.parts:  # two settings of one contender count together
        weights[part.name] = round(weights.get(part.name, 0.0) + part.weight, 3)
    standing.settings = dict(weights)
    standing.parameters = parameters(course, ensemble)
    standing.selection = dict(ensemble.scores)
    standing.seeds = [course.plan.seed]
    return standing


def _learned(loss: float, constant: float) -> float:
    """How far a loss, which may be negative, lies below that of someone who knows nothing, as a share of it."""
    return (constant - loss) / abs(constant) if constant else 0.0
