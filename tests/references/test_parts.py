"""Parts and methods as written out: equal to torch's own or to a closed form, with their gradients."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from bestiary.parts import backpropagation as by_hand
from bestiary.parts.backpropagation import backpropagation
from bestiary.parts.layer_norm import LayerNorm
from tests.references.parity import assert_same


def shaken(module: nn.Module) -> nn.Module:
    """With random parameters, so that no test passes because gains are 1 and biases 0."""
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def twin(ours: nn.Module, theirs: nn.Module) -> nn.Module:
    """`theirs` with the parameters of `ours`, in their order."""
    values = [parameter.detach().clone() for parameter in ours.parameters()]
    for parameter, value in zip(theirs.parameters(), values, strict=True):
        assert parameter.shape == value.shape
        parameter.data = value
    return theirs


# ------------------------------------------------------------------------------------------------- layer norm


def test_layer_norm_is_torchs() -> None:
    for eps in (1e-5, 1e-12):
        ours = shaken(LayerNorm(width=7, eps=eps))
        assert_same(ours, twin(ours, nn.LayerNorm(7, eps=eps)), (3 * torch.randn(2, 5, 7) + 1,))


# -------------------------------------------------------------------------------------------- backpropagation


def layers_of(*widths: int) -> list[tuple[Tensor, Tensor]]:
    return [(torch.randn(b, a, dtype=torch.float64), torch.randn(b, dtype=torch.float64)) for a, b in pairwise(widths)]


def test_backpropagation_is_autograds() -> None:
    """By hand and by autograd, in double precision, for one layer to four, and every unit."""
    functions = {by_hand.TANH: torch.tanh, by_hand.SIGMOID: torch.sigmoid, by_hand.RECTIFIED: torch.relu}
    for unit, function in functions.items():
        for widths in ((3, 2), (3, 5, 2), (4, 6, 5, 3, 1)):
            layers = layers_of(*widths)
            x = torch.randn(9, widths[0], dtype=torch.float64)
            target = torch.randn(9, widths[-1], dtype=torch.float64)
            loss, gradients = backpropagation(layers, x, target, unit)
            leaves = [tensor.clone().requires_grad_() for layer in layers for tensor in layer]
            hidden = x
            for place in range(0, len(leaves), 2):
                hidden = torch.nn.functional.linear(hidden, leaves[place], leaves[place + 1])
                hidden = function(hidden) if place < len(leaves) - 2 else hidden
            expected = (hidden - target).square().sum(1).mean() / 2
            assert torch.allclose(loss, expected, rtol=0, atol=1e-10)
            wanted = torch.autograd.grad(expected, leaves)
            found = [tensor for layer in gradients for tensor in layer]
            for mine, theirs in zip(found, wanted, strict=True):
                assert torch.allclose(mine, theirs, rtol=0, atol=1e-10)


def test_backpropagation_is_the_slope_of_the_loss() -> None:
    """Finite differences of the loss agree, so the gradient is right even where autograd would be wrong."""
    layers = layers_of(3, 4, 2)
    x, target = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 2, dtype=torch.float64)

    class ByHand(torch.autograd.Function):
        @staticmethod
        def forward(ctx: torch.autograd.function.FunctionCtx, *flat: Tensor) -> Tensor:
            loss, gradients = backpropagation(list(zip(flat[::2], flat[1::2])), x, target)
            ctx.found = [tensor for layer in gradients for tensor in layer]  # type: ignore[attr-defined]
            return loss

        @staticmethod
        def backward(ctx: torch.autograd.function.FunctionCtx, *above: Tensor) -> tuple[Tensor, ...]:
            return tuple(above[0] * tensor for tensor in ctx.found)  # type: ignore[attr-defined]

    leaves = [tensor.requires_grad_() for layer in layers for tensor in layer]
    assert torch.autograd.gradcheck(ByHand.apply, leaves)
