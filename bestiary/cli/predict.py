"""`bestiary predict RUN FILE`: a row of answers for each row given, in order; written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bestiary.cli import options
from bestiary.cli.output import remark, rows
from bestiary.cli.spreadsheet import CELLS, check_asked, for_spreadsheets
from bestiary.cli.there import check_data, check_run
from bestiary.cli.writing import TABLES, check_out
from bestiary.files import TEMPORARY, replacing

if TYPE_CHECKING:
    import pandas as pd


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a race, a training or a model.")],
    file: Annotated[
        Path, typer.Argument(help="New rows in the same form as the training data. The target is not needed.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="File to write: .csv, .tsv, .parquet or .jsonl. Default: standard output.")
    ] = None,
    beams: Annotated[int | None, typer.Option(help="Sequence output: width of the beam search. Default: 1.")] = None,
    penalty: Annotated[
        float | None, typer.Option(help="Sequence output: length penalty of the beam search. Default: 0.6.")
    ] = None,
    separator: options.Separator = None,
    encoding: options.Encoding = None,
    spreadsheet_safe: options.SpreadsheetSafe = False,
) -> None:
    """Predict new rows with a trained model."""
    check_run(run)
    check_data(str(file))
    check_asked(spreadsheet_safe, out)
    if out is not None:
        check_out(out, TABLES, "predictions.csv", file)
    from bestiary.runs.model import load

    model = load(run)
    model.reading |= {n: word for n, word in (("separator", separator), ("encoding", encoding)) if word is not None}
    words = {"beams": beams, "penalty": penalty}
    answers = model.predict(str(file), **{n: value for n, value in words.items() if value is not None})
    answers = answers.drop(columns="row")
    for warning in model.warnings:
        remark(f"warning: {warning}")
    if out is None or out.suffix.lower() in CELLS:
        answers = with_lists_as_text(answers)
    answers = for_spreadsheets(answers, spreadsheet_safe, out)
    if out is None:
        rows(answers)
    else:
        write(answers, out)
        remark(f"{len(answers):,} predictions written to {out}")


def with_lists_as_text(answers: pd.DataFrame) -> pd.DataFrame:
    """The same, with lists of labels as JSON in one cell: a label may hold any separator."""
    kept = answers.copy(deep=False)
    for name in kept.columns:
        cells = kept[name].tolist()
        if any(isinstance(cell, list) for cell in cells):
            kept[name] = [json.dumps(cell, ensure_ascii=False) for cell in cells]
    return kept


def write(answers: pd.DataFrame, out: Path) -> None:
    """Writes a frame whole or not at all: temporary name, sync, rename; the form follows the suffix."""
    suffix = out.suffix.lower()
    try:
        with replacing(out) as temporary:
            if suffix == ".parquet":
                answers.to_parquet(temporary, index=False)
            elif suffix == ".jsonl":
                answers.to_json(temporary, orient="records", lines=True, force_ascii=False, double_precision=15)
            else:
                answers.to_csv(temporary, index=False, sep="\t" if suffix == ".tsv" else ",")
    except OSError as reason:
        if reason.filename is not None and not TEMPORARY.fullmatch(Path(str(reason.filename)).name):
            raise
        raise OSError(reason.errno, reason.strerror, str(out)) from reason
