"""Two networks with equal weights are one function: outputs, gradients of inputs, gradients of parameters."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn


def stir(network: nn.Module) -> None:
    """Gives norms random scales, shifts and running statistics, so that no test passes because all are 1 and 0."""
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            for scale in (module.weight, module.running_var):
                nn.init.uniform_(scale, 0.5, 1.5)
            for shift in (module.bias, module.running_mean):
                nn.init.normal_(shift, std=0.3)


def copy_in_order(ours: nn.Module, theirs: nn.Module) -> None:
    """Copies weights and running statistics from ours to theirs, by their order."""
    source, target = ours.state_dict(), theirs.state_dict()
    assert [t.shape for t in source.values()] == [t.shape for t in target.values()]
    theirs.load_state_dict(dict(zip(target, source.values())))


def gradients(
    compute: Callable[..., Tensor], inputs: Sequence[Tensor], parameters: Mapping[str, nn.Parameter], seed: int
) -> tuple[Tensor, list[Tensor], dict[str, Tensor]]:
    """Outputs, and the gradients of floating inputs and of parameters along a random direction of the outputs."""
    torch.manual_seed(seed)
    given = [t.clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
    outputs = compute(*given)
    direction = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(seed))
    wanted = [t for t in given if t.is_floating_point()]
    found = torch.autograd.grad((outputs * direction).sum(), [*wanted, *parameters.values()])
    return outputs, list(found[: len(wanted)]), dict(zip(parameters, found[len(wanted) :]))


def assert_same(
    ours: nn.Module,
    theirs: Callable[..., Tensor],
    inputs: Sequence[Tensor],
    names: Mapping[str, str] | None = None,
    parameters: Mapping[str, nn.Parameter] | None = None,
) -> None:
    """Asserts that both compute the same function of inputs and parameters, to 1e-5 of the largest value.

    `theirs` is a module whose weights equal ours, paired by `names` (ours -> theirs) or by order; or a function that
    reads `parameters`, by default ours.
    """
    mine = dict(ours.named_parameters())
    if isinstance(theirs, nn.Module):
        known = dict(theirs.named_parameters())
        pairs = names or dict(zip(mine, known))
        other = {name: known[pairs[name]] for name in mine}
        assert len(known) == len(mine)
    else:
        other = dict(parameters or mine)
    seed = int(torch.randint(2**31, ()))
    outputs, input_gradients, parameter_gradients = gradients(ours, inputs, mine, seed)
    expected, expected_inputs, expected_parameters = gradients(theirs, inputs, other, seed)
    close(outputs, expected, "outputs")
    for found, wanted in zip(input_gradients, expected_inputs, strict=True):
        close(found, wanted, "gradient of the input")
    for name in mine:
        close(parameter_gradients[name], expected_parameters[name], f"gradient of {name}")


def close(found: Tensor, wanted: Tensor, what: str) -> None:
    """Asserts that two tensors agree to 1e-5, relative to the larger of 1 and the largest wanted value."""
    assert found.shape == wanted.shape, what
    scale = max(1.0, float(wanted.detach().abs().max()))
    difference = float((found - wanted).detach().abs().max()) / scale
    assert difference <= 1e-5, f"{what} differs by {difference:.1e}"
