"""`bestiary weights list` and `bestiary weights export`: what weights there are, and the way out under other names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bestiary import catalogue
from bestiary.cli import options
from bestiary.cli.output import remark, say
from bestiary.errors import InputError, nearest

if TYPE_CHECKING:
    from torch import nn

ACTIONS = ("list", "export")
SUFFIXES = (".safetensors", ".pt", ".pth")


def command(
    action: Annotated[str, typer.Argument(help="list or export.")],
    model: Annotated[Path | None, typer.Argument(help="export: folder of a race, a training or a model.")] = None,
    file: Annotated[
        Path | None, typer.Argument(help="export: file to write, .safetensors or .pt (torch.save).")
    ] = None,
    to: Annotated[
        str,
        typer.Option(help="export: naming scheme of the tensors: torchvision, transformers, torch, ..., or bestiary."),
    ] = "bestiary",
    contender: options.Contender = None,
    as_json: Annotated[bool, typer.Option("--json", help="list: print one JSON list.")] = False,
) -> None:
    """List known published weights and naming schemes, or export a model's weights under such names."""
    if action not in ACTIONS:
        raise InputError(f"expected {' or '.join(ACTIONS)}; received {action!r}{nearest(action, ACTIONS)}")
    if action == "list":
        if model is not None:
            raise InputError(f"`weights list` takes no other argument; received {str(model)!r}; leave it out")
        _list(as_json)
    elif model is None or file is None:
        raise InputError("expected the folder of a model and a file to write; try: weights export RUN out.safetensors")
    else:
        _export(model, file, to, contender)


def _export(model: Path, file: Path, to: str, contender: str | None) -> None:
    from bestiary.cli.there import check_run
    from bestiary.cli.writing import check_out

    check_run(model)
    check_out(file, SUFFIXES, "weights.safetensors", model, "FILE")
    from bestiary.files import replacing
    from bestiary.runs.trained import trained
    from bestiary.weights.loading import exported

    found = trained(model, contender)
    tensors = exported(_network(found.answer, found.name), to)
    with replacing(file) as temporary:
        if file.suffix == ".safetensors":
            from safetensors.torch import save_file

            save_file(tensors, temporary, {"format": "pt"})
        else:
            import torch

            torch.save(tensors, temporary)
    remark(f"{len(tensors):,} tensors of {found.name} written to {file} under {to}'s names")


def _network(answer: object, name: str) -> nn.Module:
    from torch import nn

    found = getattr(answer, "network", answer)
    if not isinstance(found, nn.Module):
        raise InputError(f"{name} is not a single network, so it has no weights to export; name one with --contender")
    return found


def _list(as_json: bool) -> None:
    lines = list(_lines())
    if as_json:
        say(json.dumps(lines, indent=1))
        return
    from bestiary.cli.console import console

    screen = console()
    for line in lines:
        names = ", ".join(line["names"])  # pyright: ignore[reportArgumentType, reportCallIssue]
        screen.print(f"[bold cyan]{line['architecture']}[/]  names: {names}", soft_wrap=True)
        for one in line["weights"]:  # pyright: ignore[reportGeneralTypeIssues]
            screen.print(f"    {one['size']} [bold]{one['name']}[/]  {one['file']}  {one['source']}", soft_wrap=True)
            screen.print(f"[dim]        seen {one['seen']}[/]", soft_wrap=True)
            screen.print(f"[dim]        sha256 {one['sha256']}; licence: {one['licence']}[/]", soft_wrap=True)
    screen.print(
        "Every architecture also reads and writes bestiary's own names. Nothing is downloaded: "
        "bestiary.create(SIZE, weights=FILE)"
    )


def _lines() -> Iterator[dict[str, object]]:
    """For each architecture that knows published names or weights: both."""
    from bestiary.architectures.build import resolve
    from bestiary.weights.loading import maps_of

    for row in catalogue.ROWS:
        kinds = dict.fromkeys(size.network for size in row.sizes)
        names = dict.fromkeys(
            known.library
            for target in kinds
            for known in maps_of(resolve(target))  # pyright: ignore[reportArgumentType]
        )
        weights = [{"size": size.name, **vars(one)} for size in row.sizes for one in size.weights]
        if names or weights:
            yield {"architecture": row.name, "names": list(names), "weights": weights}
