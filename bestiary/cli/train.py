"""`bestiary train NAME DATA`: one architecture, without a race."""

from __future__ import annotations

import time as clock
from typing import Annotated

import typer

from bestiary.cli import options
from bestiary.cli.words import settings


def command(
    name: Annotated[
        str, typer.Argument(help="An architecture (lstm), a size for races (resnet/small) or a named one (resnet50).")
    ],
    data: Annotated[str, typer.Argument(help="A file, a folder of images, or a built-in data set such as digits.")],
    target: options.Target = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="A word of the network or its recipe: width=256, rate=3e-4. Repeatable."),
    ] = None,
    budget: Annotated[str | None, typer.Option(help="Wall-clock time of everything: 90s, 5m, 1h.")] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training rows, at most; 50 unless a budget is given.")
    ] = None,
    metric: options.Metric = None,
    kind: options.Kind = None,
    problem: options.Problem = None,
    group: options.Group = None,
    time: options.Time = None,
    test: options.Test = None,
    text: options.Text = None,
    id_: options.Id = None,
    image_size: options.ImageSize = None,
    separator: options.Separator = None,
    encoding: options.Encoding = None,
    further: options.Further = None,
    seed: options.Seed = 0,
    threads: Annotated[
        int | None,
        typer.Option(
            help="Of the training; one or all cores, the faster, unless given.", rich_help_panel=options.TRAINING
        ),
    ] = None,
    device: options.Device = "auto",
    out: options.Out = None,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Train one architecture on your data, with early stopping."""
    began = clock.monotonic()  # imports and reading are part of the budget
    given = settings(changes or [])
    from bestiary.cli.console import console
    from bestiary.cli.display import display
    from bestiary.cli.result import tell

    reading = options.reading(
        further, text=text, id=id_, image_size=image_size, separator=separator, encoding=encoding,
    )  # fmt: skip
    with display(console(), quiet, as_json) as show:
        from bestiary.race.train import train

        outcome = train(
            name, data, target, set=given, budget=budget, epochs=epochs, metric=metric, kind=kind, problem=problem,
            group=group, time=time, test=test, seed=seed, threads=threads, device=device, out=out, listener=show,
            began=began, **reading,
        )  # fmt: skip
    tell(outcome, as_json)
