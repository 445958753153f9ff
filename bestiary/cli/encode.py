"""`bestiary encode RUN DATA`: codes, embeddings and reconstruction errors, a row for each row given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bestiary.cli import options
from bestiary.cli.output import remark, rows
from bestiary.cli.predict import write
from bestiary.cli.spreadsheet import check_asked, for_spreadsheets
from bestiary.cli.there import check_data, check_run
from bestiary.cli.writing import TABLES, check_out


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a race, a training or a model.")],
    data: Annotated[str, typer.Argument(help="Rows in the same form as the training data, or a built-in data set.")],
    contender: options.Contender = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write: .csv, .tsv, .parquet or .jsonl. Default: standard output.")
    ] = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """Encode rows: the code of each row and its reconstruction error."""
    check_run(run)
    check_data(data)
    check_asked(spreadsheet_safe, out)
    if out is not None:
        check_out(out, TABLES, "codes.csv", Path(data))
    import pandas as pd
    import torch

    from bestiary.data import load_encoder
    from bestiary.data.opening import data_of
    from bestiary.rows.limits import called, guarded
    from bestiary.runs.model import opened
    from bestiary.runs.trained import trained

    found = trained(run, contender)
    make = found.verb("encode")
    where = run / "data" / "encoder" if found.run else run / "encoder"
    with guarded(called(data)):
        encoded = load_encoder(where).encode(opened(data))
    with torch.no_grad():
        columns = make(found.answer, data_of(found.spec, found.facts, {"test": encoded.arrays}), "test")
    order = sorted(columns, key=lambda name: name == "error")  # what is lost stands behind the code
    frame = pd.DataFrame({"row": encoded.rows, **{name: columns[name].cpu().numpy() for name in order}})
    if encoded.names:
        frame.insert(1, "name", [encoded.names[row] for row in encoded.rows])
    for warning in encoded.warnings:
        remark(f"warning: {warning}")
    frame = for_spreadsheets(frame, spreadsheet_safe, out)
    if out is None:
        rows(frame)
    else:
        write(frame, out)
        remark(f"{len(frame):,} codes of {found.name} written to {out}")
