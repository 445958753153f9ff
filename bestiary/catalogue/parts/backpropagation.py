"""Backpropagation."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="backpropagation",
    title="Backpropagation",
    sort="method",
    paper="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors, Nature 323",
    year=1986,
    summary="The gradient of a loss by all weights of a network in one pass backwards: the chain rule, from the last "
    "layer to the first, each layer's result used by the one below. It costs about as much as two passes forward, "
    "however many weights there are.",
    formula="""
h(0) = x,  a(l) = W(l) h(l-1) + b(l),  h(l) = f(a(l))        forward, layers l = 1 ... L
d(L) = dE/dh(L) * f'(a(L))                                   error of the last layer
d(l) = (W(l+1)^T d(l+1)) * f'(a(l))                          error of the layers below
dE/dW(l) = d(l) h(l-1)^T,  dE/db(l) = d(l)                   gradients, summed over the rows
* multiplies number by number""",
    calls={"backpropagation": "bestiary.parts.backpropagation:backpropagation"},
    example="""
>>> layers = [(torch.tensor([[2.0]]), torch.zeros(1))]  # y = 2 x + 0
>>> x, target = torch.tensor([[3.0]]), torch.tensor([[5.0]])
>>> bestiary.part("backpropagation")(layers, x, target)
(tensor(0.5000), [(tensor([[3.]]), tensor([1.]))])""",
    reference=(
        Reference("torch.autograd.grad", "tests/references/test_parts.py::test_backpropagation_is_autograds"),
        Reference(
            "torch.autograd.gradcheck", "tests/references/test_parts.py::test_backpropagation_is_the_slope_of_the_loss"
        ),
    ),
    same=("torch.Tensor.backward", "torch.autograd.grad"),
    beware="It is no rule of learning: it gives the gradient, and gradient descent or Adam use it. Networks here take "
    "it from torch's autograd.",
    introductions=(0, 1, 2, 3),
    aliases=("backprop",),
)
