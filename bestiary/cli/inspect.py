"""`bestiary inspect RUN`: a page about what is inside a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bestiary import kinds
from bestiary.cli.output import say
from bestiary.cli.there import check_run
from bestiary.cli.writing import check_out


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a race or a training, or a model folder.")],
    contender: Annotated[
        str | None, typer.Option(help="Of a race: another one than the winner, by its name on the leaderboard.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option(help="Needed where it acts in a module:Class, whose code is then run.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The page; inspect.html in the folder unless given.")] = None,
) -> None:
    """Look into a trained network."""
    check_run(run)
    if out is not None:
        check_out(out, (".html", ".htm"), "inspect.html")
    from bestiary.records import names
    from bestiary.report.inspection import write_inspection
    from bestiary.runs.trained import trained

    names.give([environment] if environment else [])
    found = trained(run, contender)
    if word := kinds.find(found.spec.kind).runs:
        names.check_world(getattr(found.spec, word))
    say(str(write_inspection(found, out or run / "inspect.html")))
