"""`bestiary size NAME`: how big, how slow, how much memory: counted, and measured where that is cheap."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Annotated

import typer

from bestiary import catalogue
from bestiary.cli import output
from bestiary.cli import words as say
from bestiary.errors import InputError, nearest

BYTES = {"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1}
# AdamW in float32: weights, gradients, two moments. In fp16 or bf16 (Rajbhandari et al. 2020, section 3.1): weights and
# gradients in two bytes each, and in float32 a copy of the weights and two moments: sixteen bytes as well.
TRAINING_BYTES = 16
LOOKING = ("graph", "graphs", "pairs")  # kinds whose networks do what their inputs say: FLOPs are counted with numbers
MEASURED_PARAMETERS, MEASURED_FLOPS, BATCH = 30_000_000, 1e10, 32


def command(
    name: Annotated[str, typer.Argument(help="An architecture, one of its sizes, or a number of parameters: 7B.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change a word: --set width=256. Repeatable.")
    ] = None,
    precision: Annotated[str, typer.Option(help="fp32, fp16, bf16 or int8.")] = "fp32",
    device: Annotated[str, typer.Option(help="Where a step is measured: auto, cpu or cuda.")] = "cpu",
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Time a training step and an inference.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say how big an architecture is: parameters per part, FLOPs, bytes per precision, memory and time of a step."""
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
        keywords: of its constructor.
        parts: name -> parameters of the parts that the network consists of.
        parameters: in all, tied ones once.
        flops: of one example forward, two a multiply-add; None for a bare number.
        example: shapes of the arguments that FLOPs were counted for.
        timing: measured seconds, or None.
        unmeasured: why nothing was measured.
    """

    name: str
    keywords: dict[str, object]
    parts: dict[str, int]
    parameters: int
    flops: int | None = None
    example: tuple[tuple[int, ...], ...] = ()
    timing: dict[str, object] | None = None
    unmeasured: str = ""

    def words(self) -> dict[str, object]:
        """As plain JSON, with the bytes of weights and of training."""
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


def _counted(name: str, given: dict[str, object]) -> Report:
    size = catalogue.size(name)
    from bestiary.cli.layers import arguments_of, count, flops, network_of

    network = network_of(size, given)
    row = catalogue.find(name)
    looking = size.kind in LOOKING or row.family == "energy"
    place = "cpu" if looking and count(network) < MEASURED_PARAMETERS else "meta"
    arguments = arguments_of(row, size, given, 1, place)
    own = sum(p.numel() for p in network.parameters(recurse=False))
    parts = {part: count(child) for part, child in network.named_children()} | ({"(itself)": own} if own else {})
    try:
        operations = flops(network_of(size, given, place), arguments) // len(arguments[0])
    except NotImplementedError:  # too large for memory, and it must see its inputs
        operations = None
    shapes = tuple(tuple(a.shape[1:]) for a in arguments)
    return Report(size.name, {**size.keywords, **given}, parts, count(network), operations, shapes)


def _measured(report: Report, name: str, given: dict[str, object], device: str) -> Report:
    if report.parameters > MEASURED_PARAMETERS or (report.flops or 0) > MEASURED_FLOPS:
        limit = f"{say.short(MEASURED_PARAMETERS)} parameters and {say.short(MEASURED_FLOPS)}FLOPs an example"
        return dataclasses.replace(report, unmeasured=f"larger than {limit}")
    from bestiary.cli.layers import arguments_of, network_of, timed

    size, place = catalogue.size(name), device_of(device)
    network = network_of(size, given, place)
    batch = min(BATCH, max(2, int(MEASURED_FLOPS / max(1, report.flops or 0))))
    timing = timed(network, arguments_of(catalogue.find(name), size, given, batch, place), place)
    return dataclasses.replace(report, timing=dataclasses.asdict(timing))


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
        (
            "Training",
            f"{say.size(report.parameters * TRAINING_BYTES)} with AdamW, activations not counted: "
            f"{TRAINING_BYTES} bytes a parameter (weights, gradients, two moments)",
        ),
    ]
    if report.flops is not None:
        shapes = ", ".join(" x ".join(map(str, shape)) or "its length" for shape in report.example)
        lines.append(
            (
                "FLOPs",
                f"{say.short(report.flops)} an example of {shapes}, forward (a multiply-add is two; matrix products, "
                "convolutions and attention counted); training about three times as many",
            )
        )
    if report.timing:
        t = report.timing
        batch, step, inference = int(str(t["batch"])), float(str(t["training"])), float(str(t["inference"]))
        lines.append(
            (
                "Measured",
                f"training step {say.seconds(step)}, inference {say.seconds(inference)}, batch of {batch}, fp32, on "
                f"{t['device']}, {t['threads']} threads, median of {t['repeats']}: "
                f"{batch / step:,.0f} examples a second trained, {batch / inference:,.0f} predicted",
            )
        )
    elif report.unmeasured:
        lines.append(("Measured", f"no: {report.unmeasured}"))
    return lines
