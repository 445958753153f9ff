"""What a race trained, loaded again to be looked at: networks and baselines as its tasks take them."""

from __future__ import annotations

from bestiary.architectures.build import build
from bestiary.baselines import load_baseline
from bestiary.contracts import Spec
from bestiary.data.opening import open_data
from bestiary.errors import InputError
from bestiary.judging.evidence import Standing
from bestiary.records.training import read_job
from bestiary.report.gather import Evidence
from bestiary.rows.store import StoredData


def opened(evidence: Evidence) -> StoredData:
    """The data of a race, its test rows open: the verdict has been spoken."""
    return open_data(evidence.run / "data", sealed=evidence.run / "sealed")


def answers(evidence: Evidence, spec: Spec, most: int = 6) -> list[tuple[Standing, object]]:
    """Whoever was tested, best first, with the network or fitted baseline; those that cannot be read are left out.

    Args:
        evidence: of the race.
        spec: of its data.
        most: how many; baselines are kept before further networks.
    """
    tested = [standing for standing in evidence.verdict.standings if standing.test and standing.folder]
    baselines = [standing for standing in tested if not standing.network]
    networks = [standing for standing in tested if standing.network][: max(1, most - len(baselines))]
    found = []
    for standing in tested:
        if standing in networks or standing in baselines:
            try:
                found.append((standing, _load(evidence, standing, spec)))
            except (InputError, OSError, KeyError, ValueError):
                continue
    return found


def _load(evidence: Evidence, standing: Standing, spec: Spec) -> object:
    from safetensors.torch import load_model

    here = evidence.run / standing.folder
    if not standing.network:
        name = standing.name.partition("/")[2]
        return load_baseline(here / "model.skops", spec.kind, evidence.verdict.problem, name, spec)
    job = read_job(here)
    network = build(job["network"], job["keywords"], spec, seed=job["seed"])
    load_model(network, str(here / "answer.safetensors"), strict=True)
    return network.eval()
