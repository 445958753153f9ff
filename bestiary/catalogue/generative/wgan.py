"""Wasserstein GAN: its row."""

from bestiary.catalogue.generative.common import CODES, COLOUR, RECIPES, TINY, VERBS, WGAN
from bestiary.catalogue.row import Contender, Reference, Row, Size

ROW = Row(
    name="wgan",
    title="Wasserstein GAN",
    family="generative",
    introductions=(2,),
    paper="Arjovsky, Chintala, Bottou 2017, Wasserstein generative adversarial networks",
    year=2017,
    summary="The discriminator becomes a critic whose score may not change faster than its input: the gap between its "
    "mean scores estimates how far made data are from real ones, a loss that means something. Here its weights are "
    "clipped.",
    learns="The critic takes five steps with clipped weights, then the generator one: the difference of mean scores, "
    "RMSProp.",
    recipes={"generate": f"{RECIPES}:wasserstein_clipping"},
    sizes=(
        Size(
            "wgan",
            WGAN,
            {**COLOUR, "latent": 100, "width": 64},
            6_340_480,
            "DCGAN's generator of 3,576,704, and 2,763,776 of its discriminator without norms",
        ),
    ),
    races={"image": (Contender("32", WGAN, {"width": 32}, smallest=4),)},
    tiny={"image": (WGAN, {**TINY, "width": 4})},
    settings=({"rate": 5e-4}, {"rate": 5e-5}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dcgan_equals_sequentials"),
    ),
    departs="The critic has no batch norm; bodies are DCGAN's; the rate falls over the last 30 % of training.",
    example=CODES,
    inputs={"image": CODES},
    verbs=VERBS,
)
