"""`bestiary size NAME`: how big, how slow, how much memory: counted, and measured where that is cheap."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from bestiary import catalogue, kinds
from bestiary.cli import output
from bestiary.cli import words as say
from bestiary.errors import InputError, nearest

if TYPE_CHECKING:
    from torch import nn

BYTES = {"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1}
# AdamW in float32: weights, gradients, two moments. In fp16 or bf16 (Rajbhandari et al. 2020, section 3.1): weights and
# gradients in two bytes each, and in float32 a copy of the weights and two moments: sixteen bytes as well.
TRAINING_BYTES = 16
MEASURED_PARAMETERS, MEASURED_FLOPS, BATCH = 30_000_000, 1e10, 32


def command(
    name: Annotated[str, typer.Argument(help="Architecture, size, or a number of parameters such as 7B.")],
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change an option of the network or of its input: --set width=256. Repeatable."),
    ] = None,
    precision: Annotated[str, typer.Option(help="Precision of the weights: fp32, fp16, bf16 or int8.")] = "fp32",
    device: Annotated[str, typer.Option(help="Device on which to time a step: auto, cpu or cuda.")] = "cpu",
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Time one training step and one inference.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the size of an architecture: parameters per part, FLOPs, bytes, and memory and time per step."""
    if precision not in BYTES:
        raise InputError(
            f"--precision must be one of {', '.join(BYTES)}; received {precision!r}{nearest(precision, BYTES)}"
        )
    given = say.settings(changes or [])
    number = _number(name)
    if number is not None and given:
        raise InputError(f"--set needs the name of an architecture; received {name}, a number of parameters")
    report = Report(name, {}, {}, number) if number is not None else _counted(name, given)
    if number is None and measure:
        report = _measured(report, name, given, device)
    if as_json:
        output.say(json.dumps(report.words(), indent=1, default=list))
    else:
        _print(report, precision)


@dataclass(frozen=True)
class Report:
    """What is known of a size.

    Attributes:
        name: of the size, or a number.
        keywords: of its constructor, as the network was built.
        parts: name -> parameters of the parts that the network consists of.
        parameters: in all, tied ones once.
        example: words of the input that FLOPs and times are of.
        shapes: of that input's arrays, for one example.
        flops: of one example forward, two a multiply-add; None where they were not counted.
        uncounted: why not.
        training_bytes: what its own way of learning keeps in float32, activations not counted; None for a bare number.
        keeps: what that consists of.
        optimiser: that changes the weights, or "".
        timing: measured seconds, or None.
        unmeasured: why nothing was measured, or no step of training.
    """

    name: str
    keywords: dict[str, object]
    parts: dict[str, int]
    parameters: int
    example: dict[str, object] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] = ()
    flops: int | None = None
    uncounted: str = ""
    training_bytes: int | None = None
    keeps: str = ""
    optimiser: str = ""
    timing: dict[str, object] | None = None
    unmeasured: str = ""

    def words(self) -> dict[str, object]:
        """As plain JSON, with the bytes of weights, and of training with AdamW."""
        bytes_of = {precision: self.parameters * each for precision, each in BYTES.items()}
        return {
            **dataclasses.asdict(self),
            "weights_bytes": bytes_of,
            "training_bytes_adamw": self.parameters * TRAINING_BYTES,
        }


def _number(name: str) -> int | None:
    """A bare number of parameters such as 7B, 350M or 61706."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmMbBgGtT]?)", name)
    if found is None:
        return None
    return round(float(found[1]) * {"": 1, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}[found[2].lower()])


def _parts(network: nn.Module) -> dict[str, int]:
    """Parameters of each part, those that several parts share counted with the first."""
    from torch import nn

    seen, parts = set[int](), dict[str, int]()
    own = {"(itself)": nn.ParameterList(network.parameters(recurse=False))}
    for name, part in {**dict(network.named_children()), **own}.items():
        new = {id(p): p.numel() for p in part.parameters() if id(p) not in seen}
        seen |= set(new)
        if new or name != "(itself)":
            parts[name] = sum(new.values())
    return parts


def _counted(name: str, given: dict[str, object]) -> Report:
    from bestiary.cli.examples import costed
    from bestiary.cli.layers import flops, place_of
    from bestiary.cli.training import memory_of

    row, size = catalogue.sized(name)
    rowwise = int(not size.kind or kinds.find(size.kind).rowwise)  # else an example is all of the arrays
    example = costed(row, size, given)
    network, place = example.network(), place_of(example)
    parts = _parts(network)
    memory = memory_of(example, network)
    operations, uncounted = None, example.row.exceptions.get("export", "")
    arguments = example.arguments(1, place)
    if not uncounted:
        try:
            operations = flops(example.network(place), arguments)
        except NotImplementedError:  # too large for memory, and it must see its inputs
            uncounted = "its operations depend on the values of its inputs, and it is too large to run here"
    return Report(
        size.name,
        example.keywords,
        parts,
        sum(parts.values()),
        example.example,
        tuple(tuple(a.shape[rowwise:]) for a in arguments),
        operations,
        uncounted,
        memory.bytes,
        memory.what,
        memory.optimiser,
    )


def _measured(report: Report, name: str, given: dict[str, object], device: str) -> Report:
    if report.parameters > MEASURED_PARAMETERS or (report.flops or 0) > MEASURED_FLOPS:
        limit = f"{say.short(MEASURED_PARAMETERS)} parameters and {say.short(MEASURED_FLOPS)}FLOPs an example"
        return dataclasses.replace(report, unmeasured=f"larger than {limit}")
    from bestiary.cli.examples import costed
    from bestiary.cli.layers import timed
    from bestiary.cli.training import step_of

    (row, size), place = catalogue.sized(name), device_of(device)
    example = costed(row, size, given)
    network = example.network(place)
    one = size.kind and kinds.find(size.kind).updates == 1  # all of it at once
    batch = 1 if one else min(BATCH, max(2, int(MEASURED_FLOPS / max(1, report.flops or 0))))
    update = step_of(example, network, batch, place)
    timing = timed(network, example.arguments(batch, place), batch, place, update)
    acts = "play" in example.row.verbs
    why = "it learns in an environment; use `bestiary train`" if acts else "it has no training of its own"
    return dataclasses.replace(
        report, timing=dataclasses.asdict(timing), unmeasured="" if update else f"no step of training: {why}"
    )


def device_of(given: str) -> str:
    """The device that a word stands for: "auto" takes an accelerator where there is one.

    Raises:
        InputError: for an unknown word, or "cuda" where there is none.
    """
    import torch

    if given not in ("auto", "cpu", "cuda"):
        raise InputError(f"--device must be auto, cpu or cuda; received {given!r}{nearest(given, ('auto', 'cuda'))}")
    if given == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda needs an accelerator that torch can use; none was found; give --device cpu")
    return "cuda" if given != "cpu" and torch.cuda.is_available() else "cpu"


def _print(report: Report, precision: str) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from bestiary.cli.console import console

    screen = console()
    keywords = ", ".join(f"{word}={value!r}" for word, value in report.keywords.items())
    screen.print(f"[bold cyan]{report.name}[/]{' · ' if keywords else ''}{escape(keywords)}\n")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("part")
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    for part, parameters in report.parts.items():
        table.add_row(part, f"{parameters:,}", f"{parameters / max(1, report.parameters):.1%}")
    table.add_row("[bold]all[/]", f"[bold]{report.parameters:,}[/]", "")
    screen.print(table)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    for word, text in _facts(report, precision):
        facts.add_row(word, text)
    screen.print("", facts)


def _facts(report: Report, precision: str) -> list[tuple[str, str]]:
    each = ", ".join(f"{p} {say.size(report.parameters * b)}" for p, b in BYTES.items() if p != precision)
    lines = [
        ("Weights", f"{say.size(report.parameters * BYTES[precision])} in {precision} ({each})"),
        ("Training", _training(report)),
    ]
    if report.example:
        words = ", ".join(f"{word}={value!r}" for word, value in report.example.items())
        lines.append(("Example", f"{words}; --set changes it"))
    if report.flops is not None:
        shapes = ", ".join(" x ".join(map(str, shape)) or "its length" for shape in report.shapes)
        lines.append(
            (
                "FLOPs",
                f"{say.short(report.flops)} an example of {shapes}, forward (a multiply-add is two; matrix products, "
                "convolutions, attention and sums over neighbours counted); by gradient descent a step of training "
                "takes about three times as many",
            )
        )
    elif report.uncounted:
        lines.append(("FLOPs", f"not counted: {report.uncounted}"))
    if report.timing:
        lines.append(("Measured", _speeds(report.timing)))
    if report.unmeasured:
        lines.append(("", report.unmeasured) if report.timing else ("Measured", f"no: {report.unmeasured}"))
    return lines


def _training(report: Report) -> str:
    if report.training_bytes is None:
        return (
            f"{say.size(report.parameters * TRAINING_BYTES)} with AdamW, activations not counted: "
            f"{TRAINING_BYTES} bytes a parameter (weights, gradients, two moments)"
        )
    if not report.optimiser:
        return (
            f"{say.size(report.training_bytes)}: its own rule changes the weights, without gradients ({report.keeps})"
        )
    each = f", {report.training_bytes / report.parameters:.3g} bytes a parameter" if report.parameters else ""
    return f"{say.size(report.training_bytes)} with {report.optimiser}, activations not counted{each} ({report.keeps})"


def _speeds(timing: dict[str, object]) -> str:
    batch, inference = int(str(timing["batch"])), float(str(timing["inference"]))
    where = f"batch of {batch}, fp32, on {timing['device']}, {timing['threads']} threads, median of {timing['repeats']}"
    rates = f"{batch / inference:,.0f} predicted"
    if timing["training"] is None:
        return f"inference {say.seconds(inference)}, {where}: examples a second: {rates}"
    step = float(str(timing["training"]))
    return (
        f"training step {say.seconds(step)}, inference {say.seconds(inference)}, {where}: "
        f"examples a second: {batch / step:,.0f} trained, {rates}"
    )
