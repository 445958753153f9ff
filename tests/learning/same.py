"""`python -m tests.learning.same REVISION`: results that a change of code has left as they were are not stale.

A result that was not stale at a revision of the repository, and is now, stands if its short form, learned at both from
the same seed on this machine, tells exactly the same: every score of every judge to the last digit, and the state that
the random stream is left in. What has no short form stands with the study that runs the same code, in `BESIDE`, as long
as the file that says how long it learns is the same.
"""

import hashlib
import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.learning import results

BESIDE = {
    "capsnet-mnist": "capsnet-classes",
    "dcgan-mnist": "dcgan-digits",
    "sngan-mnist": "sngan-digits",
    "ddpm-mnist": "ddpm-digits",
    "ddpm-strides": "ddpm-digits",
    "ddpm-beside-adversaries": "ddpm-digits",
    "attention_network-words": "attention_network-spelling",
    "transformer-words": "transformer-spelling",
    "gpt2-corpus-bible-bpe": "gpt2-corpus-genesis",
    "gpt2-corpus-bible-bytes": "gpt2-corpus-genesis",
}
"""Studies that are too long for a short form -> those whose short form stands for them."""

NOW, LONG, TELL = (
    f"import json, sys; from tests.learning import same; print(json.dumps({call}))"
    for call in ("same.digests()", "same.long_forms()", "same.tell(sys.argv[1:])")
)


def digests() -> dict[str, str]:
    """Of everything that can be measured, by name."""
    claims = {claim.name: results.digest(claim) for claim in results.CLAIMS}
    return claims | {study.name: results.study_digest(study) for study in results.all_studies()}


def long_forms() -> dict[str, str]:
    """What the files of studies without a short form do, as digests, by name."""
    runs = {s.name: getattr(s.run, "func", s.run) for s in results.all_studies() if s.name in BESIDE}
    code = {name: results.code(Path(inspect.getfile(run))) for name, run in runs.items()}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in code.items()}


def tell(names: Iterable[str]) -> dict[str, str]:
    """What short forms tell, as digests, by name."""
    import torch

    told: list[Any] = []
    for judge in _judges():
        judge.score = _listening(judge.score, told)
    claims = {claim.name: claim for claim in results.CLAIMS}
    studies = {study.name: study for study in results.all_studies()}
    found = {}
    for name in names:
        told.clear()
        torch.set_num_threads(1)
        torch.manual_seed(0)
        run = claims.get(name)
        told.append(results.learn(run).score if run else studies[name].run(0, False, False))
        told.append(torch.get_rng_state().sum().item())
        found[name] = hashlib.sha256(repr(told).encode()).hexdigest()
        print(name, told[-2], file=sys.stderr, flush=True)
    return found


def _judges() -> tuple[Any, ...]:
    """What makes scores of answers: every score is told once, also at a revision that had them elsewhere."""
    try:
        from bestiary.tasks.class_evidence import ClassEvidence
        from bestiary.tasks.evidence import ColumnEvidence
        from bestiary.tasks.regression.scoring import ValueEvidence
    except ImportError:
        import bestiary.tasks.evidence as before
        from bestiary import tasks

        return getattr(tasks, "Classification"), getattr(tasks, "Regression"), getattr(before, "Evidence")  # noqa: B009
    return ClassEvidence, ValueEvidence, ColumnEvidence


def _listening(score: Any, told: list[Any]) -> Any:
    def listened(*given: Any, **words: Any) -> Any:
        found = score(*given, **words)
        told.append(found)
        return found

    return listened


def main(revision: str) -> int:
    """Stamps what stands with the digest of today; returns 1 when something does not."""
    with tempfile.TemporaryDirectory() as place:
        old = Path(place) / "old"
        subprocess.run(["git", "clone", "--quiet", results.ROOT, old], check=True)
        subprocess.run(["git", "-C", old, "checkout", "--quiet", revision], check=True)
        (old / "tests" / "learning" / "same.py").write_bytes(Path(__file__).read_bytes())  # it may not have it yet
        before, today = _ask(old, NOW), digests()
        longer = _ask(old, LONG)
        changed = {name for name, form in long_forms().items() if longer.get(name) != form}
        stands = {
            name: result
            for name in today
            if (result := _result(name)) and result["digest"] == before.get(name) != today[name]
            if name not in changed
        }
        asked = sorted({BESIDE.get(name, name) for name in stands})
        print(f"{len(stands)} results, {len(asked)} short forms at {revision} and here")
        then, here = (_ask(tree, TELL, asked) for tree in (old, results.ROOT))
    differ = [name for name in stands if then[BESIDE.get(name, name)] != here[BESIDE.get(name, name)]]
    for name, result in stands.items():
        if name not in differ:
            text = json.dumps({**result, "digest": today[name]}, indent=1) + "\n"
            results.write_text(results.RESULTS / f"{name}.json", text)
    results.write_text(results.RESULTS / "README.md", results.page())
    print(f"{len(stands) - len(differ)} stand; measure again: {', '.join(differ) or 'none'}")
    return 1 if differ else 0


def _result(name: str) -> dict[str, Any]:
    path = results.RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _ask(tree: Path, question: str, words: Iterable[str] = ()) -> dict[str, str]:
    """What a tree answers; it runs on the packages of this environment and its own code."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", question, *words]
    answer = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(answer.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
