"""Gates of recurrent networks: when they write, keep, show and forget, along sequences.

Sources: Hochreiter & Schmidhuber 1997 and Gers, Schmidhuber, Cummins 2000 (input, forget and output gate); Cho et al.
2014 (reset and update gate). A gate is a number from 0, shut, to 1, open, for every unit at every step.

Axes: B batch, T time, I inputs, H width, G gates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Spec
from bestiary.layers.recurrent import Cell, Recurrence
from bestiary.sampling.insides.curves import Curve, draw
from bestiary.sampling.looking import evaluating
from bestiary.sampling.pictures import Picture, grid, png

LONGEST, MOST_UNITS = 64, 48  # steps and units that are drawn
BLOCKS = {
    "LSTMCell": {"input": 0, "forget": 1, "output": 3},
    "GRUCell": {"reset": 0, "update": 1},
    "ResetFirstCell": {"reset": 0, "update": 1},
}
"""Class of a cell -> gate -> its block of the weights."""
MEANINGS = {
    "input": "what is written into the memory",
    "forget": "what of it is kept",
    "output": "what of it is shown",
    "reset": "what of the past the candidate sees",
    "update": "what of the past is kept",
}


def inspect(network: nn.Module, data: Any, spec: Spec, facts: Mapping[str, Any]) -> list[Picture]:
    """The gates of the first layer along one sequence, unit by unit, and their means along many."""
    layer = next((m for m in network.modules() if isinstance(m, Recurrence)), None)
    if layer is None:
        return []
    cell: Cell = layer.layers[0][0]  # type: ignore[index, assignment]
    if type(cell).__name__ not in BLOCKS:
        return []
    with evaluating(network):
        sequence, lengths = heard(network, layer, data.batch("validation", 0).inputs)
        found = opened(cell, sequence[:, :LONGEST])
    return [_units(found, int(lengths[0])), _means(found, lengths)]


def heard(network: nn.Module, layer: Recurrence, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """What a recurrent layer is given [B T I] when the network is given a batch, and how long its rows are [B]."""
    given: list[tuple[Any, ...]] = []
    hook = layer.register_forward_pre_hook(lambda module, arguments: given.append(arguments))
    try:
        network(*inputs)
    finally:
        hook.remove()
    sequence, *rest = given[0]
    whole = torch.full((len(sequence),), sequence.shape[1])
    return sequence, (rest[0].cpu() if rest and rest[0] is not None else whole).clamp(max=LONGEST)


def opened(cell: Cell, sequence: Float[Tensor, "B T I"]) -> dict[str, Float[Tensor, "B T H"]]:
    """How open each gate of a cell is at each step, by the cell's own equations.

    Example:
        >>> from bestiary.architectures.recurrence.lstm import LSTMCell
        >>> gates = opened(LSTMCell(inputs=3, width=5), torch.randn(2, 7, 3))
        >>> sorted(gates), gates["forget"].shape
        (['forget', 'input', 'output'], torch.Size([2, 7, 5]))
    """
    blocks, state = BLOCKS[type(cell).__name__], cell.start(sequence)
    steps: dict[str, list[Tensor]] = {gate: [] for gate in blocks}
    for inputs in sequence.unbind(1):
        sums = (cell.from_input(inputs) + cell.from_hidden(state[0])).chunk(cell.gates, -1)
        for gate, block in blocks.items():
            steps[gate].append(sums[block].sigmoid())
        state = cell(inputs, state)
    return {gate: torch.stack(values, 1).cpu() for gate, values in steps.items()}


def _units(found: Mapping[str, Tensor], length: int) -> Picture:
    images = torch.stack([values[0, :length, :MOST_UNITS].T for values in found.values()])[:, None]
    told = ", ".join(f"{gate} ({MEANINGS[gate]})" for gate in found)
    caption = (
        f"From above: {told}. A line is a unit of the first layer, a column a step of one validation sequence; "
        "white is open, black shut."
    )
    return Picture("Gates, unit by unit", caption, png=png(grid(images, columns=1)))


def _means(found: Mapping[str, Tensor], lengths: Tensor) -> Picture:
    curves = []
    for gate, values in found.items():
        inside = torch.arange(values.shape[1]) < lengths[:, None]
        means = [values[inside[:, t], t].mean().item() for t in range(values.shape[1]) if inside[:, t].any()]
        curves.append(Curve(f"{gate} gate", list(range(1, len(means) + 1)), means))
    caption = "The mean over units and validation sequences, from 0, shut, to 1, open."
    return Picture("Gates along sequences", caption, svg=draw(curves, "step", "how open"))
