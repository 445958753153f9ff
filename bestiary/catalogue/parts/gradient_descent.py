"""Gradient descent."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

_HERE = "bestiary.parts.gradient_descent"
PART = Part(
    name="gradient_descent",
    title="(Stochastic) gradient descent, with momentum",
    sort="method",
    paper="Robbins, Monro 1951, A stochastic approximation method; Polyak 1964 (momentum); Sutskever, Martens, Dahl, "
    "Hinton 2013 (Nesterov's momentum)",
    year=1951,
    summary="Every weight takes a small step against the gradient of the loss. Stochastic means that the gradient is "
    "that of a few rows at a time, which stands for that of all. With momentum a step also goes on in the direction "
    "of those before.",
    formula="""
w = w - r g                               gradient descent
v = k v + g,  w = w - r v                 momentum
v = k v + g,  w = w - r (g + k v)         Nesterov's
g   gradient of the loss by w;  r   rate;  k   what is kept of the velocity v, such as 0.9;  v = 0 at first""",
    calls={name: f"{_HERE}:{name}" for name in ("gradient_descent", "momentum", "nesterov")},
    example="""
>>> place = torch.tensor([3.0])
>>> for _ in range(50):
...     bestiary.part("gradient_descent")(place, 2 * (place - 1), rate=0.1)  # gradient of (place - 1)^2
>>> place.round(decimals=3)
tensor([1.])""",
    reference=(Reference("torch.optim.SGD", "tests/references/test_parts.py::test_gradient_descent_is_torchs"),),
    same=(
        "bestiary.optimisation.minimise.Minimise",
        "bestiary.algorithms.gradient_descent.GradientDescent",
        "torch.optim.SGD",
    ),
    beware="Here as in torch the rate multiplies the velocity; in Keras it is inside, so that a change of the rate "
    "acts later. `bestiary/algorithms/gradient_descent.py` has the loop over batches; most recipes take Adam's steps "
    "in it.",
    introductions=(1, 2),
    aliases=("sgd", "stochastic_gradient_descent"),
)
