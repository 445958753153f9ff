"""The model folder of the winner: weights, words, preprocessing and card, copied out of the run."""

from __future__ import annotations

import shutil
from pathlib import Path

from bestiary.race.evidence import Verdict
from bestiary.race.folder import training_folder
from bestiary.race.plan import Plan
from bestiary.records.digests import check_result
from bestiary.records.training import read_job
from bestiary.rows.store import read_spec


def save_winner(folder: Path, verdict: Verdict, plan: Plan) -> None:
    """Writes `winner/`. Of several seeds the one with the lowest validation loss ships, and the card says so."""
    from safetensors.torch import load_model

    from bestiary.architectures.build import build
    from bestiary.report import model_card
    from bestiary.runs.model import save_baseline, save_network

    standing = next((s for s in verdict.standings if s.name == verdict.chosen), None)
    if standing is None:
        return
    spec, facts = read_spec(folder / "data")
    here = training_folder(folder, Path(standing.folder).name)
    check_result(here)
    temporary = folder / ".winner"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    encoder = folder / "data" / "encoder"
    if standing.network:
        entrant = plan.entrant(standing.name)
        job = read_job(here)
        network = build(entrant.network, entrant.keywords, spec, seed=job["seed"])
        load_model(network, str(here / "answer.safetensors"), strict=True)
        count = len(standing.seeds)
        seeds = (
            f"Trained with {count} seeds; this is seed {job['seed']}, the best on validation rows."
            if count > 1
            else f"Trained once, with seed {job['seed']}."
        )
        save_network(
            temporary,
            network,
            encoder=encoder,
            architecture=entrant.architecture,
            target=entrant.network,
            keywords=entrant.keywords,
            spec=spec,
            facts=facts,
            card=model_card(verdict, standing, (seeds,), plan.source),
        )
    else:
        name = standing.name.partition("/")[2]
        card = model_card(verdict, standing, source=plan.source)
        save_baseline(temporary, here / "model.skops", encoder=encoder, name=name, spec=spec, facts=facts, card=card)
    shutil.rmtree(folder / "winner", ignore_errors=True)
    temporary.rename(folder / "winner")
