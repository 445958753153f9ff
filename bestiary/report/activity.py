"""What the layers of a network answer while it is used, and which of their units are dead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from bestiary.sampling.looking import evaluating

RECTIFIERS = (
    *("relu", "relu_", "relu6", "threshold", "threshold_", "_threshold"),  # the last is what F.threshold is called
    *("rnn_relu", "rnn_relu_cell"),  # torch's kernels of recurrence
)
RECTIFYING = (nn.ReLU, nn.ReLU6, nn.Threshold)
FIRST = (  # layers whose units are the axis after the rows: convolutions, norms and pools of them
    *(nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.GroupNorm),
    *(nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveMaxPool1d, nn.AdaptiveAvgPool1d),
)


@dataclass(frozen=True)
class Activity:
    """What one layer answered.

    Attributes:
        name, kind: of the layer. A rectifier that is a function has the name of the layer that answered before it.
        units: of its last axis, or its channels.
        mean, spread: of its answers.
        zeros: share of its answers that are exactly 0.
        dead: units that answered 0 whenever they were asked; None of layers that are no rectifiers.
    """

    name: str
    kind: str
    units: int
    mean: float
    spread: float
    zeros: float
    dead: int | None


def activity(network: nn.Module, use: Callable[[], object]) -> list[Activity]:
    """A line for each layer without layers of its own and for each rectifier, in the order in which they answer.

    Rectifiers that are functions (`F.relu` and its like) have no module that could be asked, so calls of them are
    listened to as well.

    Args:
        network: what is looked at.
        use: has the network answer something; of several answers of a layer the first counts, but a unit is dead only
            if it was silent in all of them.

    Example:
        >>> import torch
        >>> hidden = nn.Linear(2, 3)
        >>> _ = nn.init.constant_(hidden.weight, 1.0), nn.init.constant_(hidden.bias, -9.0)
        >>> lines = activity(nn.Sequential(hidden), lambda: torch.relu(hidden(torch.ones(4, 2))))
        >>> [(line.name, line.dead) for line in lines]
        [('0', None), ('0 → relu', 3)]
    """
    notes = _Notes()
    handles: list[RemovableHandle] = []
    for name, module in network.named_modules():
        if name and not any(module.children()) and not isinstance(module, nn.Dropout):
            handles.append(module.register_forward_pre_hook(notes.entering))
            handles.append(module.register_forward_hook(notes.leaving(name)))
    try:
        with evaluating(network), notes:
            use()
    finally:
        for handle in handles:
            handle.remove()
    return notes.finished()


@dataclass(eq=False)
class _Notes(TorchFunctionMode):
    """Hears the answers of layers through hooks, and those of functions as torch's mode of functions.

    Attributes:
        lines: what has been noted, by name.
        alive: units of each rectifier that have answered something else than 0.
        last: the layer that answered last; `axis`, of its units; `since`: rectifiers that have answered after it.
        within: whether a layer that is itself a rectifier is at work: it is noted under its own name.
    """

    lines: dict[str, Activity] = field(default_factory=dict)
    alive: dict[str, Tensor] = field(default_factory=dict)
    last: str = "input"
    axis: int | None = None
    since: int = 0
    within: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def entering(self, module: nn.Module, given: object) -> None:
        self.within = isinstance(module, RECTIFYING)

    def leaving(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def note(module: nn.Module, given: object, answer: object) -> None:
            rectifies = isinstance(module, RECTIFYING)
            if not rectifies:
                self.axis = 1 if isinstance(module, FIRST) else None
            self.last, self.since, self.within = name, 0, False
            self._note(name, type(module).__name__, answer, rectifies)

        return note

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        answer = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name in RECTIFIERS and not self.within:
            self.since += 1
            which = f" {self.since}" if self.since > 1 else ""
            shown = answer[0] if isinstance(answer, tuple) else answer
            self._note(f"{self.last} → {name.strip('_')}{which}", "function", shown, True)
        return answer

    def _note(self, name: str, kind: str, answer: object, rectifies: bool) -> None:
        if not isinstance(answer, Tensor) or not answer.is_floating_point() or answer.ndim < 2:
            return
        values = answer.detach().float()
        axis = 1 if values.ndim == 4 else values.ndim - 1 if self.axis is None else min(self.axis, values.ndim - 1)
        if rectifies:
            others = [k for k in range(values.ndim) if k != axis]
            alive = values.abs().amax(others) > 0
            before = self.alive.setdefault(name, alive)
            if len(before) == len(alive):
                self.alive[name] = before | alive
        if name not in self.lines:
            spread, zeros = float(values.std(unbiased=False)), float((values == 0).float().mean())
            self.lines[name] = Activity(name, kind, values.shape[axis], float(values.mean()), spread, zeros, None)

    def finished(self) -> list[Activity]:
        """The lines, with the dead units of rectifiers."""
        dead = {name: int((~alive).sum()) for name, alive in self.alive.items()}
        return [replace(line, dead=dead.get(name)) for name, line in self.lines.items()]
