"""`bestiary inspect RUN`: a page about what is inside a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bestiary import kinds
from bestiary.cli import options
from bestiary.cli.output import say
from bestiary.cli.there import check_run
from bestiary.cli.writing import check_out


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a race, a training or a model.")],
    contender: options.Contender = None,
    environment: Annotated[
        str | None, typer.Option(help="Needed if the environment is a module:Class. Its code is run.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Page to write. Default: inspect.html in the folder.")] = None,
) -> None:
    """Write a page that shows the inside of a trained network."""
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
