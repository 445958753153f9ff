"""`bestiary report RUN`: the report made anew from the saved predictions alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bestiary.cli.output import say
from bestiary.cli.there import check_run


def command(run: Annotated[Path, typer.Argument(help="Folder of a finished race.")]) -> None:
    """Make report.html again from the saved predictions."""
    check_run(run, "a race or a training")
    from bestiary.report import write_report

    say(str(write_report(run)))
