"""`bestiary train NAME DATA`: one architecture, without a race."""

from __future__ import annotations

import time as clock
from pathlib import Path
from typing import Annotated, cast

import typer

from bestiary.cli import options
from bestiary.cli.there import check_data
from bestiary.cli.words import settings
from bestiary.errors import InputError


def command(
    name: Annotated[
        str | None,
        typer.Argument(help="Architecture (lstm), size used in races (resnet/small) or published size (resnet50)."),
    ] = None,
    data: Annotated[
        str | None, typer.Argument(help="File, folder of images, or name of a built-in data set such as digits.")
    ] = None,
    target: options.Target = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Set an option of the network or of its training: width=256, rate=3e-4. Repeatable."
        ),
    ] = None,
    pretrained: Annotated[
        str | None,
        typer.Option(help="Weights to start from: a file, a model folder, or the name of published weights."),
    ] = None,
    weights: Annotated[str | None, typer.Option(hidden=True)] = None,
    budget: Annotated[str | None, typer.Option(help="Wall-clock time for the whole run: 90s, 5m, 1h.")] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Most passes over the training rows. Default: 50, or no limit with --budget.")
    ] = None,
    metric: options.Metric = None,
    kind: options.Kind = None,
    problem: options.Problem = None,
    group: options.Group = None,
    time: options.Time = None,
    test: options.Test = None,
    text: options.Text = None,
    id_: options.Id = None,
    source_node: options.SourceNode = None,
    target_node: options.TargetNode = None,
    image_size: options.ImageSize = None,
    separator: options.Separator = None,
    encoding: options.Encoding = None,
    keep: options.Keep = None,
    drop: options.Drop = None,
    dates: options.Dates = None,
    missing: options.Missing = None,
    order: options.Order = None,
    weight: options.Weight = None,
    further: options.Further = None,
    seed: options.Seed = 0,
    threads: Annotated[
        int | None,
        typer.Option(
            help="CPU threads. Default: 1 or all cores, whichever is measured to be faster.",
            rich_help_panel=options.TRAINING,
        ),
    ] = None,
    device: options.Device = "auto",
    out: options.Out = None,
    resume: Annotated[
        Path | None, typer.Option(help="Continue the training in this folder, after an interruption or with --add.")
    ] = None,
    add: Annotated[str | None, typer.Option(help="With --resume: extra time, such as 10m.")] = None,
    environment: options.Environment = None,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Train one architecture on your data, with early stopping."""
    began = clock.monotonic()  # imports and reading are part of the budget
    _one_of(name, data, resume, add)
    check_data(data)
    given = settings(changes or [])
    if pretrained is not None and weights is not None:
        raise InputError("--weights is the old name of --pretrained; received both; leave one out")
    from bestiary.cli.console import console
    from bestiary.cli.display import display
    from bestiary.cli.result import tell

    reading = options.reading(
        further, text=text, id=id_, source_node=source_node, target_node=target_node, image_size=image_size,
        separator=separator, encoding=encoding, keep=keep, drop=drop, dates=dates,
        missing=missing, order=order, weight=weight,
    )  # fmt: skip
    with display(console(), quiet, as_json) as show:
        if resume is not None:
            from bestiary.race import race as races

            outcome = races.resume(resume, add=add, listener=show, environment=environment)
        else:
            from bestiary.race.train import train

            outcome = train(
                cast("str", name), data, target, set=given, weights=pretrained or weights, budget=budget, epochs=epochs,
                metric=metric, kind=kind, problem=problem, group=group, time=time, test=test, seed=seed,
                threads=threads, device=device, out=out, listener=show, began=began, **reading,
            )  # fmt: skip
    tell(outcome, as_json)


def _one_of(name: str | None, data: str | None, resume: Path | None, add: str | None) -> None:
    if resume is None and (name is None or data is None):
        received = f"{name!r} alone" if name else "neither"
        raise InputError(
            f"expected an architecture and data, or --resume RUN; received {received}; try: bestiary train cnn digits"
        )
    if resume is not None and name is not None:
        raise InputError(
            f"--resume uses the architecture and data of its training; received {name!r} as well; leave it out"
        )
    if add is not None and resume is None:
        raise InputError("--add needs --resume RUN: the training that gets more time")
