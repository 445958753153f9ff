"""Spectral normalisation."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="spectral_norm",
    title="Spectral normalisation",
    sort="part",
    paper="Miyato, Kataoka, Koyama, Yoshida 2018, Spectral normalization for generative adversarial networks, arXiv "
    "1802.05957",
    year=2018,
    summary="A layer divided by its largest singular value, so that it stretches no input. A discriminator of such "
    "layers cannot change faster than its input does, which keeps an adversarial game steady. One step of power "
    "iteration at each forward in training follows the singular value.",
    formula="""
v = W^T u / |W^T u|,  u = W v / |W v|       one step of power iteration, algorithm 1
s = u^T W v                                 the largest singular value of W
y = (W / s) x
W   kernel as a matrix [outputs, all else];  u, v   vectors that are kept, not learned""",
    calls={"spectral_norm": "bestiary.layers.spectral:Spectral"},
    example="""
>>> layer = bestiary.part("spectral_norm")(torch.nn.Linear(3, 3, bias=False))
>>> _ = [layer(torch.eye(3)) for _ in range(100)]
>>> torch.linalg.matrix_norm(layer(torch.eye(3)).detach(), 2).round(decimals=3)
tensor(1.)""",
    reference=(
        Reference(
            "torch.nn.utils.parametrizations.spectral_norm",
            "tests/references/test_adversarial.py::test_spectral_equals_torch",
        ),
        Reference("torch.nn.utils.spectral_norm", "tests/references/test_adversarial.py::test_spectral_equals_torch"),
    ),
    beware="The vectors are buffers, so the count of parameters stays. Each forward in training makes a step of power "
    "iteration, of which an adversarial update has three. In torch's form `weight` is no longer a parameter.",
    introductions=(2,),
    aliases=("spectral_normalization",),
)
