"""`bestiary sample RUN`: new images, texts or rows from a trained network."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from bestiary.cli.words import settings
from bestiary.errors import InputError, nearest


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a race or a training, or a model folder.")],
    contender: Annotated[
        str | None, typer.Option(help="Of a race: another one than the winner, by its name on the leaderboard.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many.")] = 16,
    seed: Annotated[int, typer.Option(help="Another seed gives others.")] = 0,
    prompt: Annotated[str | None, typer.Option(help="What texts begin with.")] = None,
    length: Annotated[int | None, typer.Option(help="Tokens of a text.")] = None,
    steps: Annotated[int | None, typer.Option(help="Of denoising, or of Gibbs sampling.")] = None,
    sampler: Annotated[str | None, typer.Option(help="Of a diffusion model: ddim or ddpm.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Of texts: below 1 is bolder in the likely.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Of texts: only so many of the likeliest tokens.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Of texts: only the likeliest tokens of this much mass.")] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Of texts: only tokens at least so likely beside the best.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="A further word of its sampler: name=value. Repeatable.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write; samples.png, .txt or .csv unless given. Texts are printed too.")
    ] = None,
) -> None:
    """Make new data with a trained network."""
    if not 1 <= count <= 10_000:
        raise InputError(f"--count must be from 1 to 10000; received {count}; try 16")
    given = {
        "prompt": prompt, "length": length, "steps": steps, "sampler": sampler, "temperature": temperature,
        "top_k": top_k, "top_p": top_p, "min_p": min_p,
    }  # fmt: skip
    words = {word: value for word, value in given.items() if value is not None} | settings(changes or [])
    from bestiary.runs.trained import trained

    found = trained(run, contender)
    samples = _samples(found, count, seed, words)
    if samples.texts is not None:
        for number, text in enumerate(samples.texts, 1):
            print(f"--- {number} ---\n{text}")
    if out is not None or samples.texts is None:
        for path in samples.write(out or Path("samples")):
            print(f"{len(samples):,} samples of {found.name} written to {path}")


def _samples(found: Any, count: int, seed: int, words: dict[str, Any]) -> Any:
    from bestiary.sampling.baselines import from_baseline

    if found.row is None and hasattr(found.answer, "sample"):
        if words:
            raise InputError(f"{found.name} takes no further words; received {next(iter(words))!r}; leave it out")
        return from_baseline(found.answer, found.spec, found.facts, count, seed)
    make = found.verb("sample")
    known = [n for n, p in inspect.signature(make).parameters.items() if p.kind is p.KEYWORD_ONLY]
    for word in words:
        if word not in known:
            taken = ", ".join(name for name in known if name not in ("count", "seed")) or "none"
            raise InputError(f"{found.name} samples with the words: {taken}; received {word!r}{nearest(word, known)}")
    return make(found.answer, found.spec, found.facts, count=count, seed=seed, **words)
