"""Reparameterisation."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="reparameterization_trick",
    title="Reparameterisation",
    sort="method",
    paper="Kingma, Welling 2014, Auto-encoding variational Bayes, arXiv 1312.6114; Rezende, Mohamed, Wierstra 2014, "
    "arXiv 1401.4082",
    year=2014,
    summary="A draw written as a function of its mean and variance, and of noise that depends on neither. So "
    "gradients pass through it to what made the mean and variance, which is how variational autoencoders learn.",
    formula="""
z = m + exp(l / 2) * n,  n from N(0, 1)           the same as z from N(m, exp(l))
dz/dm = 1,  dz/dl = exp(l / 2) * n / 2
m   mean;  l   logarithm of the variance, so that any number will do""",
    calls={"reparameterization_trick": "bestiary.architectures.representation.vae:draw"},
    example="""
>>> mean, log_variance = torch.zeros(1000, 5, requires_grad=True), torch.zeros(1000, 5)
>>> bestiary.part("reparameterization_trick")(mean, log_variance).sum().backward()
>>> mean.grad.unique()
tensor([1.])""",
    reference=(
        Reference(
            "torch.distributions.Normal", "tests/references/test_parts.py::test_reparameterisation_is_torchs_rsample"
        ),
        Reference(
            "the gradient of E[z^2]: closed form",
            "tests/references/test_parts.py::test_gradients_of_a_draw_are_those_of_its_mean",
            "slopes",
        ),
    ),
    same=("torch.distributions.Normal.rsample",),
    beware="Networks say the logarithm of the variance, so the deviation is exp(l / 2), not exp(l). It works where a "
    "draw is a smooth function of noise; for draws of classes it does not.",
    introductions=(0,),
    aliases=("reparameterisation", "reparameterization"),
)
