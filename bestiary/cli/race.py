"""`bestiary race`: every architecture that fits, under one equal budget, and the best of them with the evidence."""

from __future__ import annotations

import time as clock
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bestiary.cli import options
from bestiary.cli.there import check_data
from bestiary.errors import InputError

ENTRY = "Who races, for how long"


def command(
    data: Annotated[
        str | None,
        typer.Argument(help="File, folder of images, or name of a built-in data set such as digits."),
    ] = None,
    target: options.Target = None,
    budget: Annotated[
        str, typer.Option(help="Wall-clock time for the whole run: 90s, 5m, 1h.", rich_help_panel=ENTRY)
    ] = "5m",
    contenders: Annotated[
        list[str] | None,
        typer.Option(
            help="Race only these, separated by commas: lstm,resnet/small,family:convolution.", rich_help_panel=ENTRY
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Leave these out, separated by commas.", rich_help_panel=ENTRY)
    ] = None,
    pretrained: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=FILE: add a contender, such as resnet18, that starts from the weights in FILE. Repeatable.",
            rich_help_panel=ENTRY,
        ),
    ] = None,
    weights: Annotated[list[str] | None, typer.Option(hidden=True)] = None,
    equal: Annotated[
        str, typer.Option(help="What every contender gets the same amount of: time or examples.", rich_help_panel=ENTRY)
    ] = "time",
    metric: options.Metric = None,
    prefer: Annotated[
        str,
        typer.Option(
            help="Model to deliver: best, or the smallest (small) or fastest (fast) of those that score as well.",
            rich_help_panel=options.TRAINING,
        ),
    ] = "best",
    refit: Annotated[
        bool,
        typer.Option(
            "--refit/--no-refit",
            help="After the test, train the delivered model again on all rows.",
            rich_help_panel=options.TRAINING,
        ),
    ] = True,
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
    workers: Annotated[
        int | None,
        typer.Option(
            help="Contenders trained in parallel. Default: number of CPU cores.", rich_help_panel=options.TRAINING
        ),
    ] = None,
    device: options.Device = "auto",
    out: options.Out = None,
    resume: Annotated[
        Path | None, typer.Option(help="Continue the race in this folder, after an interruption or with --add.")
    ] = None,
    add: Annotated[str | None, typer.Option(help="With --resume: extra time, such as 10m.")] = None,
    plan: Annotated[Path | None, typer.Option(help="Repeat the race of this plan.json bit for bit.")] = None,
    environment: options.Environment = None,
    quiet: options.Quiet = False,
    as_json: options.AsJson = False,
) -> None:
    """Race every architecture that fits on your data, beside honest baselines, under one equal budget."""
    began = clock.monotonic()  # imports and reading are part of the budget
    _one_of(data, resume, plan)
    check_data(data)
    if add is not None and resume is None:
        raise InputError("--add needs --resume RUN: the race that gets more time")
    reading = options.reading(
        further, text=text, id=id_, source_node=source_node, target_node=target_node, image_size=image_size,
        separator=separator, encoding=encoding, keep=keep, drop=drop, dates=dates,
        missing=missing, order=order, weight=weight,
    )  # fmt: skip
    from bestiary.cli.console import console
    from bestiary.cli.display import display
    from bestiary.cli.result import tell

    with display(console(), quiet, as_json) as show:
        from bestiary.planning.pretraining import split_weights
        from bestiary.race import race as races

        if resume is not None:
            outcome = races.resume(resume, add=add, listener=show, environment=environment)
        elif plan is not None:
            outcome = races.replay(plan, data, out=out, listener=show, environment=environment)
        else:
            outcome = races.race(
                data, target, budget=budget, equal=equal, contenders=contenders, exclude=exclude,
                weights=split_weights([*(pretrained or []), *(weights or [])]), metric=metric, kind=kind,
                problem=problem, group=group, time=time,
                test=test, seed=seed, workers=workers, device=device, prefer=cast("Any", prefer), refit=refit, out=out,
                listener=show, began=began, **reading,
            )  # fmt: skip
    tell(outcome, as_json)


def _one_of(data: str | None, resume: Path | None, plan: Path | None) -> None:
    """A plan may come with data, where it was made from data in memory."""
    if data is None and resume is None and plan is None:
        raise InputError("expected data to race on, --resume RUN or --plan FILE; try: bestiary race digits --budget 1m")
    if resume is not None and (data is not None or plan is not None):
        other = "data" if data is not None else "--plan"
        raise InputError(f"--resume uses the data and plan of its race; received {other} as well; leave it out")
