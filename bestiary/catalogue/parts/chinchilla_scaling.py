"""Chinchilla scaling."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

_HERE = "bestiary.parts.chinchilla_scaling"
PART = Part(
    name="chinchilla_scaling",
    title="Chinchilla scaling (20 tokens a parameter)",
    sort="method",
    paper="Hoffmann et al. 2022, Training compute-optimal large language models, arXiv 2203.15556",
    year=2022,
    summary="How large a language model should be for what its training may cost: parameters and tokens grow alike, "
    "about 20 tokens a parameter. A model of 7 billion parameters should read 140 billion tokens; its weights are 14 "
    "GB in two bytes each.",
    formula="""
C = 6 N D                                      operations of training
D = 20 N                                       the rule: N = sqrt(C / 120)
L(N, D) = 1.69 + 406.4 / N^0.34 + 410.7 / D^0.28      loss in nats a token, equation (10)
N = G (C / 6)^(0.28 / 0.62),  G = (0.34 * 406.4 / (0.28 * 410.7))^(1 / 0.62)      least L at a given C, (4)
N   parameters;  D   tokens, each read once""",
    calls={
        "chinchilla_scaling": f"{_HERE}:chinchilla_scaling",
        "chinchilla_loss": f"{_HERE}:chinchilla_loss",
        "chinchilla_optimum": f"{_HERE}:chinchilla_optimum",
    },
    example="""
>>> training = bestiary.part("chinchilla_scaling")(parameters=7e9)
>>> f"{training.tokens:.3g} tokens, {training.flops:.3g} operations, {training.weights_bytes:.3g} bytes"
'1.4e+11 tokens, 5.88e+21 operations, 1.4e+10 bytes'""",
    reference=(
        Reference(
            "scipy.optimize.minimize_scalar", "tests/references/test_parts.py::test_the_optimum_has_the_least_loss"
        ),
        Reference(
            "the sizes, tokens and compute of table 3 of the paper",
            "tests/references/test_parts.py::test_twenty_tokens_a_parameter_are_table_3",
            "published",
        ),
    ),
    beware="The paper fits three ways, which disagree: by the first two the ratio stays near 20, by the third, which "
    "the loss is of, it grows with the compute. Models that are used much are trained far longer.",
    introductions=(2,),
    aliases=("chinchilla",),
)
