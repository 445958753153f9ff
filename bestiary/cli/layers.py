"""A network measured without memory: its layers with shapes and parameters, its FLOPs; and timed with memory."""

from __future__ import annotations

import inspect
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from bestiary.architectures.build import build, count, inputs_for, resolve
from bestiary.catalogue import Row, Size
from bestiary.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


EXAMPLE_WORDS = ("image_size", "length")  # words that size an example even where the network takes any
SHAPES: Mapping[object, Mapping[str, object]] = {1000: {"image_size": (224, 224)}}  # classes of ImageNet -> its crops


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


def network_of(size: Size, words: Mapping[str, object], device: str = "meta") -> nn.Module:
    """A network of a size with some words changed; on the meta device it takes no memory.

    Words that size an example alone are left out when the network does not take them.

    Raises:
        InputError: for words that it does not take, or values that do not fit together.
    """
    taken = inspect.signature(resolve(size.network)).parameters
    words = {word: value for word, value in words.items() if word in taken or word not in EXAMPLE_WORDS}
    try:
        with torch.device(device):
            return build(size.network, {**size.keywords, **words}, seed=None if device == "meta" else 0)
    except (TypeError, ValueError, RuntimeError) as reason:
        raise reason if isinstance(reason, InputError) else InputError(f"{size.name}: {reason}") from reason


def arguments_of(
    row: Row, size: Size, words: Mapping[str, object], batch: int, device: str = "meta"
) -> tuple[Tensor, ...]:
    """Arguments of forward, sized by the words of the network."""
    keywords = {**SHAPES.get(size.keywords.get("outputs"), {}), **size.keywords, **words}
    if not size.kind:
        example = cast("Callable[[Mapping[str, object]], tuple[Tensor, ...]]", resolve(row.example))
        return tuple(argument.to(device) for argument in example(keywords))
    if size.kind in row.inputs:
        own = cast("Callable[[Mapping[str, object], int], tuple[Tensor, ...]]", resolve(row.inputs[size.kind]))
        return tuple(argument.to(device) for argument in own(keywords, batch))
    return tuple(argument.to(device) for argument in inputs_for(size.kind, keywords, batch))


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
    """Floating-point operations of one forward pass: matrix products, convolutions and attention, two a multiply-add.

    Raises:
        InputError: when the network cannot take these arguments.
    """
    counter = FlopCounterMode(display=False)
    with counter:
        _forward(network, arguments)
    return counter.get_total_flops()


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
        raise NotImplementedError("what it does depends on what it sees")
    first, lengths, *others = arguments
    network(first, torch.full(lengths.shape, first.shape[1]), *others)


@dataclass(frozen=True)
class Timing:
    """Median seconds of one batch, measured on this machine."""

    batch: int
    training: float
    inference: float
    threads: int
    device: str
    repeats: int


def timed(network: nn.Module, arguments: tuple[Tensor, ...], device: str, repeats: int = 3) -> Timing:
    """Times a training step (forward, backward, AdamW) and an inference of one batch, after a warm-up of each.

    Args:
        network: on the device, with memory.
        arguments: of forward, on the device.
        device: "cpu" or "cuda".
        repeats: measurements, of which the median is taken.
    """
    minimiser = torch.optim.AdamW(network.parameters(), lr=1e-4)

    def training() -> None:
        minimiser.zero_grad()
        outputs = network(*arguments)
        F.mse_loss(outputs, torch.zeros_like(outputs)).backward()
        minimiser.step()

    def inference() -> None:
        with torch.inference_mode():
            network(*arguments)

    network.train()
    step = _median(training, device, repeats)
    network.eval()
    return Timing(
        len(arguments[0]), step, _median(inference, device, repeats), torch.get_num_threads(), device, repeats
    )


def _median(work: Callable[[], None], device: str, repeats: int) -> float:
    def once() -> float:
        started = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - started

    once()
    return statistics.median(once() for _ in range(repeats))


def print_layers(size: Size, row: Row, screen: Console) -> None:
    """Prints the modules of a size as a tree, with shapes and parameters."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    network = network_of(size, {})
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    table.add_column("layer", overflow="fold")
    table.add_column("of class", overflow="fold")
    table.add_column("returns", overflow="fold")
    table.add_column("parameters", justify="right", no_wrap=True)
    for layer in layers(network, arguments_of(row, size, {}, 1)):
        place = "  " * layer.depth + (layer.path.rpartition(".")[2] or size.name)
        shape = " x ".join(map(str, layer.shape)) if layer.shape else ""
        style = "bold" if layer.inside else ""
        table.add_row(escape(place), layer.name, shape, f"{layer.parameters:,}", style=style)
    screen.print("\n[bold]Layers, for a batch of one[/]")
    screen.print(table)
