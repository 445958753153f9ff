"""`bestiary sample RUN`: new images, texts or rows from a trained network or a fitted baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bestiary import kinds
from bestiary.cli import options
from bestiary.cli.output import say
from bestiary.cli.spreadsheet import for_spreadsheets
from bestiary.cli.steps import Steps
from bestiary.cli.there import check_run
from bestiary.cli.words import settings
from bestiary.cli.writing import check_out, check_seed
from bestiary.errors import InputError

"""Kind of data -> how a file ends that holds what is made of it."""


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a race, a training or a model.")],
    contender: options.Contender = None,
    count: Annotated[int, typer.Option(help="Number of samples.")] = 16,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers; another seed gives other samples.")] = 0,
    prompt: Annotated[str | None, typer.Option(help="Text: the beginning of each sample.")] = None,
    length: Annotated[int | None, typer.Option(help="Text: length of each sample in tokens.")] = None,
    steps: Annotated[int | None, typer.Option(help="Number of denoising or Gibbs sampling steps.")] = None,
    sampler: Annotated[str | None, typer.Option(help="Diffusion models: ddim or ddpm.")] = None,
    temperature: Annotated[
        float | None, typer.Option(help="Sampling temperature; below 1 gives likelier, less varied samples.")
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="Text: draw only from the K likeliest tokens.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Text: draw only from the likeliest tokens whose probabilities add up to P.")
    ] = None,
    min_p: Annotated[
        float | None, typer.Option(help="Text: draw only from tokens at least P times as likely as the likeliest.")
    ] = None,
    beams: Annotated[
        int | None, typer.Option(help="Text: beam search of this width instead of random sampling.")
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Any other option of the sampler as name=value. Repeatable.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write: .png, .txt or .csv. Texts are also printed. Default: samples.png or samples.csv."
        ),
    ] = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """Make new data with a trained network or a fitted baseline."""
    check_run(run)
    if not 1 <= count <= 10_000:
        raise InputError(f"--count must be from 1 to 10000; received {count}; try 16")
    check_seed(seed)
    given = {
        "prompt": prompt, "length": length, "steps": steps, "sampler": sampler, "temperature": temperature,
        "top_k": top_k, "top_p": top_p, "min_p": min_p, "beams": beams,
    }  # fmt: skip
    words = {word: value for word, value in given.items() if value is not None} | settings(changes or [])
    from bestiary.runs.trained import trained

    found = trained(run, contender)
    found.sampler()  # what makes nothing, or could not be written, is refused before any work is done
    ending = kinds.find(found.spec.kind).samples
    if out is not None and ending:
        out = out if out.suffix else out.with_suffix(ending)
        check_out(out, (ending,), f"samples{ending}")
    with Steps(f"making {count:,}") as line:
        found.watch = line.told
        samples = found.sample(count, seed, **words)
    if samples.texts is not None:
        for number, text in enumerate(samples.texts, 1):
            say(f"--- {number} ---\n{text}")
    if samples.table is not None:
        samples = samples.on_table(lambda frame: for_spreadsheets(frame, spreadsheet_safe, None))
    if out is not None or samples.texts is None:
        for path in samples.write(out or Path("samples")):
            say(f"{len(samples):,} samples of {found.name} written to {path}")
