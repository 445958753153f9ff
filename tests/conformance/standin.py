"""A stand-in accelerator: a second device on which every operation is computed by the CPU.

`torch.device("standin")` holds tensors of its own type. What real accelerators refuse it refuses too: operands on
different devices (numbers without axes may stay on the CPU, as may indices) and a generator of another device. So a
network, an algorithm or a sampler that makes a tensor on a fixed device fails here, on any machine, with a sentence
that names the operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten
from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend

NAME = "standin"
_INDICES = {"aten.index", "aten.index_put", "aten.index_put_", "aten._index_put_impl_"}
_COPIES = {"aten._to_copy", "aten.copy_", "aten.copy"}


class Placed(Tensor):
    """A tensor on the stand-in; `held` is the same on the CPU."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> Placed:
        made = Tensor._make_wrapper_subclass(  # pyright: ignore[reportAttributeAccessIssue]
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            layout=held.layout,
            device=torch.device(NAME, 0),
            requires_grad=False,
        )
        made.held = held
        return made

    def __repr__(self, **words: Any) -> str:
        return f"Placed({self.held!r})"

    def tolist(self) -> Any:
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class Factories(TorchDispatchMode):
    """Sends what is made on the stand-in there."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _is_standin(device: object) -> bool:
    return device is not None and torch.device(device).type == NAME  # pyright: ignore[reportArgumentType]


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """One operation: on the CPU as it is, or on the stand-in, if all that enters is there."""
    flat, shape = tree_flatten((args, kwargs))
    here = [value for value in flat if isinstance(value, Placed)]
    asked = kwargs.get("device")
    goes = _is_standin(asked) or (bool(here) and asked is None)
    if not here and not goes:
        return func(*args, **kwargs)
    name = str(func).rpartition(".")[0] if str(func).count(".") > 1 else str(func)
    if here and name not in _COPIES:
        _check(name, func, args, flat)
    generator = kwargs.get("generator")
    if goes and isinstance(generator, torch.Generator):
        raise RuntimeError(f"{name}: expected a generator of {NAME}; received one of {generator.device}")
    held: dict[int, Placed] = {id(value.held): value for value in here}

    def lay(value: Any) -> Any:
        return (
            value.held
            if isinstance(value, Placed)
            else torch.device("cpu")
            if isinstance(value, torch.device)
            else value
        )

    cpu_args, cpu_kwargs = tree_unflatten([lay(value) for value in flat], shape)
    result = _CELLS.get(name, func)(*cpu_args, **cpu_kwargs)
    if torch.Tag.inplace_view in func.tags:
        with no_dispatch():
            func(*args, **kwargs)  # the shape that the tensor itself shows
    stays = goes or (name in _COPIES and asked is None and isinstance(args[0], Placed))

    def lift(value: Any) -> Any:
        if not isinstance(value, Tensor) or not stays:
            return value
        return held[id(value)] if id(value) in held else Placed(value)

    if name == "aten._pack_padded_sequence":
        return lift(result[0]), result[1]
    if name == "aten.copy_" and not isinstance(args[0], Placed):
        return args[0]
    return tree_map(lift, result)


def _check(name: str, func: Any, args: Any, flat: list[Any]) -> None:
    """Refuses operands on the CPU, but for numbers without axes and for indices."""
    if name == "aten._pack_padded_sequence":
        return  # its lengths are on the CPU, whatever the sequence is on
    others = [v for v in flat if isinstance(v, Tensor) and not isinstance(v, Placed) and v.ndim > 0]
    if name in _INDICES and isinstance(args[0], Placed):
        others = [v for v in others if not any(v is index for index in args[1])]
    if others:
        shapes = ", ".join(str(tuple(v.shape)) for v in others)
        raise RuntimeError(f"{name}: expected all tensors on {NAME}; received one on the CPU of shape {shapes}")


# ------------------------------------------------- cells that the CPU has no kernel for, as accelerators compute them


def _gru_cell(inputs: Tensor, hidden: Tensor, state: Tensor, bias: Any = None, other: Any = None) -> Any:
    (ri, zi, ni), (rh, zh, nh) = (
        (gates if b is None else gates + b).chunk(3, 1) for gates, b in ((inputs, bias), (hidden, other))
    )
    reset, update = (ri + rh).sigmoid(), (zi + zh).sigmoid()
    candidate = (ni + reset * nh).tanh()
    return (state - candidate) * update + candidate, torch.cat([reset, update, candidate, state, nh], 1)


def _gru_cell_backward(grad: Tensor, workspace: Tensor, has_bias: bool) -> Any:
    reset, update, candidate, state, nh = workspace.chunk(5, 1)
    of_candidate = grad * (1 - update) * (1 - candidate.square())
    of_update = grad * (state - candidate) * update * (1 - update)
    of_reset = of_candidate * nh * reset * (1 - reset)
    inputs = torch.cat([of_reset, of_update, of_candidate], 1)
    hidden = torch.cat([of_reset, of_update, of_candidate * reset], 1)
    biases = (inputs.sum(0), hidden.sum(0)) if has_bias else (None, None)
    return inputs, hidden, grad * update, *biases


def _lstm_cell(inputs: Tensor, hidden: Tensor, memory: Tensor, bias: Any = None, other: Any = None) -> Any:
    gates = inputs + hidden if bias is None else inputs + hidden + bias + other
    i, f, g, o = gates.chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    kept = f * memory + i * g
    return o * kept.tanh(), kept, torch.cat([i, f, g, o], 1)


def _lstm_cell_backward(
    grad: Any, grad_kept: Any, memory: Tensor, kept: Tensor, workspace: Tensor, has_bias: bool
) -> Any:
    i, f, g, o = workspace.chunk(4, 1)
    grad = torch.zeros_like(kept) if grad is None else grad
    squashed = kept.tanh()
    of_kept = grad * o * (1 - squashed.square()) + (0 if grad_kept is None else grad_kept)
    gates = [of_kept * g * i * (1 - i), of_kept * memory * f * (1 - f), of_kept * i * (1 - g.square())]
    joined = torch.cat([*gates, grad * squashed * o * (1 - o)], 1)
    return joined, of_kept * f, joined.sum(0) if has_bias else None


_CELLS: dict[str, Callable[..., Any]] = {
    "aten._thnn_fused_gru_cell": _gru_cell,
    "aten._thnn_fused_gru_cell_backward": _gru_cell_backward,
    "aten._thnn_fused_lstm_cell": _lstm_cell,
    "aten._thnn_fused_lstm_cell_backward_impl": _lstm_cell_backward,
}


def register() -> None:
    """Makes the name known to torch; once a process, before its first backward pass."""
    if torch._C._get_privateuse1_backend_name() != NAME:  # pyright: ignore[reportAttributeAccessIssue]
        _setup_privateuseone_for_python_backend(NAME, backend_module=_Streams())
        for operator, kernel in (("empty_strided", _empty_strided), ("_copy_from", _copy_from)):
            _LIBRARY.impl(operator, kernel, "PrivateUse1")  # `torch.tensor(..., device=...)` goes past every mode


class _Streams(_DummyBackendModule):
    """The stand-in draws from the CPU's stream of random numbers, and has none of its own."""

    def get_rng_state(self, device: object = None) -> Tensor:
        return torch.empty(0, dtype=torch.uint8)

    def set_rng_state(self, state: Tensor, device: object = None) -> None:
        pass

    def manual_seed_all(self, seed: int) -> None:
        pass


_LIBRARY = torch.library.Library("aten", "IMPL")


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, **words: Any) -> Placed:
    return Placed(torch.empty_strided(size, stride, dtype=dtype, device="cpu"))


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    to_cpu(target).copy_(to_cpu(source))
    return target


@contextmanager
def standin() -> Iterator[torch.device]:
    """The device, for as long as the block lasts.

    Example:
        >>> with standin() as device:
        ...     torch.zeros(2, device=device) + torch.zeros(2)
        Traceback (most recent call last):
        RuntimeError: aten.add: expected all tensors on standin; received one on the CPU of shape (2,)
    """
    register()
    with Factories():
        yield torch.device(NAME, 0)


def to_cpu(value: Tensor) -> Tensor:
    """The numbers of a tensor, wherever it is."""
    return value.held if isinstance(value, Placed) else value


def _refused(*calls: Callable[[], object]) -> None:
    for number, call in enumerate(calls):
        try:
            call()
        except RuntimeError as reason:
            assert NAME in str(reason), reason
            continue
        raise AssertionError(f"call {number} was not refused")


if __name__ == "__main__":
    with standin() as here:
        there, index = torch.arange(6.0).to(here), torch.tensor([1, 2])
        assert (there + torch.tensor(1.0)).tolist() == [1, 2, 3, 4, 5, 6]  # a number without axes may stay
        assert there[index].tolist() == [1, 2]  # as may an index
        _refused(
            lambda: there + torch.ones(6),
            lambda: torch.nn.Linear(6, 1).to(here)(torch.ones(6)),
            lambda: torch.bernoulli(there / 6, generator=torch.Generator()),
            lambda: torch.cat([there, torch.ones(1)]),
        )
