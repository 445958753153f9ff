"""Activation functions."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

_HERE = "bestiary.parts.activations"
_TORCHS = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softplus": "Softplus",
    "silu": "SiLU",
    "gelu": "GELU",
    "softmax": "Softmax",
}
PART = Part(
    name="activations",
    title="Activation functions (ReLU, leaky ReLU, ELU, sigmoid, tanh, softplus, SiLU, GELU, softmax)",
    sort="part",
    paper="Nair, Hinton 2010, Rectified linear units improve restricted Boltzmann machines; Maas, Hannun, Ng 2013 "
    "(leaky ReLU); Clevert, Unterthiner, Hochreiter 2016 (ELU); Hendrycks, Gimpel 2016 (GELU); Elfwing, Uchibe, Doya "
    "2018 (SiLU); Bridle 1990 (softmax)",
    year=2010,
    summary="What bends the sum of a unit: without it, layers upon layers could say no more than one linear layer. "
    "Rectifiers are cheap and let gradients through; sigmoid and tanh keep numbers in a range; softmax turns the "
    "scores of a last layer into probabilities.",
    formula="""
relu(x) = max(0, x)                     leaky_relu(x) = x if x > 0, else s x      s = 0.01
elu(x) = x if x > 0, else e^x - 1       softplus(x) = log(1 + e^x)
sigmoid(x) = 1 / (1 + e^-x)             tanh(x) = (e^x - e^-x) / (e^x + e^-x)
silu(x) = x sigmoid(x)                  gelu(x) = x P(Z < x),  Z standard normal
gelu_tanh(x) = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
softmax(x)_i = e^x_i / (e^x_1 + ... + e^x_n)""",
    calls={
        "activations": f"{_HERE}:activation",
        **{name: f"{_HERE}:{name}" for name in _TORCHS},
        "gelu_tanh": f"{_HERE}:gelu_tanh",
    },
    example="""
>>> bestiary.part("activations")("relu", torch.tensor([-2.0, 3.0]))
tensor([0., 3.])
>>> bestiary.part("leaky_relu")(torch.tensor([-2.0, 3.0]), slope=0.5)
tensor([-1.,  3.])
>>> bestiary.part("softmax")(torch.tensor([1.0, 1.0, 1.0, 1.0]))
tensor([0.2500, 0.2500, 0.2500, 0.2500])""",
    reference=tuple(
        Reference(f"torch.nn.functional.{name}", "tests/references/test_parts.py::test_activations_are_torchs")
        for name in _TORCHS
    ),
    same=(
        *(f"torch.nn.{module}" for module in _TORCHS.values()),
        *(f"torch.nn.functional.{name}" for name in _TORCHS),
        *(f"torch.{name}" for name in ("relu", "sigmoid", "tanh", "softmax")),
        *(f"torch.Tensor.{name}" for name in ("relu", "relu_", "sigmoid", "tanh", "softmax")),
    ),
    beware="The slope of a leaky ReLU is 0.01 in torch, 0.2 or 0.3 in Keras by version, 0.2 in most adversarial "
    "networks. GELU is exact in torch, the tanh form in GPT-2. Softmax needs an axis; losses of torch take scores, "
    "not probabilities.",
    introductions=(0, 1, 2, 3),
    aliases=("activation_functions",),
)
