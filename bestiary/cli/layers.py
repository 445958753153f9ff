"""A network measured without memory: its layers with shapes and parameters, its FLOPs; and timed with memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from bestiary import kinds
from bestiary.architectures.build import count
from bestiary.catalogue import Row, Size
from bestiary.cli.examples import Costed, costed
from bestiary.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


MEASURED_PARAMETERS = 30_000_000


@dataclass(frozen=True)
class Layer:
    """One module of a network: where it stands, its class, the shape of what it returned, its own parameters."""

    path: str
    name: str
    shape: tuple[int, ...] | None
    parameters: int
    inside: bool  # whether it holds other modules

    @property
    def depth(self) -> int:
        """How many modules it stands in."""
        return self.path.count(".") + 1 if self.path else 0


def layers(network: nn.Module, arguments: tuple[Tensor, ...]) -> list[Layer]:
    """Every module in order, with the shape that it returned for these arguments."""
    shapes: dict[str, tuple[int, ...]] = {}

    def note(path: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, given: object, output: object) -> None:
            first = output[0] if isinstance(output, tuple) else output
            if isinstance(first, Tensor):
                shapes.setdefault(path, tuple(first.shape))

        return hook

    hooks = [module.register_forward_hook(note(path)) for path, module in network.named_modules()]
    _forward(network, arguments)
    for hook in hooks:
        hook.remove()
    return [
        Layer(path, type(module).__name__, shapes.get(path), count(module), any(True for _ in module.children()))
        for path, module in network.named_modules()
    ]


def flops(network: nn.Module, arguments: tuple[Tensor, ...]) -> int:
    """Floating-point operations of one forward pass, two a multiply-add: matrix products, convolutions, attention, and
    the sums over neighbours of graph networks.

    Raises:
        InputError: when the network cannot take these arguments.
    """
    sums = torch.ops.aten
    counter = FlopCounterMode(
        display=False,
        custom_mapping={sums._embedding_bag: _bags, sums._embedding_bag_forward_only: _bags},
    )
    with counter:
        _forward(network, arguments)
    return counter.get_total_flops()


def _bags(table: Sequence[int], rows: Sequence[int], *rest: Any, **words: Any) -> int:
    """Of sums over rows of a table [N F]: an addition each, and a product where rows have weights."""
    weighted = len(rest) > 4 and rest[4] is not None
    return rows[0] * prod(table[1:]) * (2 if weighted else 1)


def _forward(network: nn.Module, arguments: tuple[Tensor, ...]) -> None:
    """One forward pass in evaluation mode, lengths of sequences where they are given or, for packing, on the CPU."""
    network.eval()
    with torch.no_grad():
        try:
            network(*arguments)
        except NotImplementedError:  # packing reads lengths, which the meta device does not hold
            _forward_packed(network, arguments)
        except RuntimeError as reason:
            shapes = ", ".join(" x ".join(map(str, a.shape)) for a in arguments)
            raise InputError(f"the network cannot take inputs of {shapes} ({reason}); change it with --set") from reason


def _forward_packed(network: nn.Module, arguments: tuple[Tensor, ...]) -> None:
    """The same with lengths on the CPU, where there are any."""
    if len(arguments) < 2 or arguments[1].ndim != 1:
        raise NotImplementedError("its operations depend on its inputs")
    first, lengths, *others = arguments
    network(first, torch.full(lengths.shape, first.shape[1]), *others)


@dataclass(frozen=True)
class Timing:
    """Median seconds of one batch, measured on this machine; `training` is None where no update could be timed."""

    batch: int
    training: float | None
    inference: float
    threads: int
    device: str
    repeats: int


def timed(
    network: nn.Module,
    arguments: tuple[Tensor, ...],
    batch: int,
    device: str,
    update: Callable[[], None] | None,
    repeats: int = 3,
) -> Timing:
    """Times an inference of one batch and an update, after a warm-up of each.

    Args:
        network: on the device, with memory.
        arguments: of forward, on the device.
        batch: examples in them.
        device: "cpu" or "cuda".
        update: makes one step of training; None where there is none to be timed.
        repeats: measurements, of which the median is taken.
    """

    def inference() -> None:
        with torch.inference_mode():
            network(*arguments)

    network.eval()
    quick = _median(inference, device, repeats)
    network.train()
    step = _median(update, device, repeats) if update else None
    return Timing(batch, step, quick, torch.get_num_threads(), device, repeats)


def _median(work: Callable[[], object], device: str, repeats: int) -> float:
    def once() -> float:
        started = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - started

    once()
    return statistics.median(once() for _ in range(repeats))


def place_of(example: Costed) -> str:
    """Where a forward pass is counted: on the meta device, without memory; on the CPU where what a network does depends
    on the numbers that it sees, if it is small enough."""
    kind = example.size.kind
    looks = (kind and not kinds.find(kind).counted) or "export" in example.row.exceptions
    return "cpu" if looks and count(example.network()) < MEASURED_PARAMETERS else "meta"


def print_layers(size: Size, row: Row, screen: Console) -> None:
    """Prints the modules of a size as a tree, with shapes and parameters."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    example = costed(row, size, {})
    place = place_of(example)
    network = example.network(place)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("layer", overflow="fold")
    table.add_column("of class", overflow="fold")
    table.add_column("returns", overflow="fold")
    table.add_column("parameters", justify="right", no_wrap=True)
    for layer in layers(network, example.arguments(1, place)):
        place = "  " * layer.depth + (layer.path.rpartition(".")[2] or size.name)
        shape = " x ".join(map(str, layer.shape)) if layer.shape else ""
        style = "bold" if layer.inside else ""
        table.add_row(escape(place), layer.name, shape, f"{layer.parameters:,}", style=style)
    screen.print("\n[bold]Layers, for a batch of one[/]")
    screen.print(table)
