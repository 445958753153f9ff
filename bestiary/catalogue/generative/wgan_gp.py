"""Wasserstein GAN with gradient penalty: its row."""

from bestiary.catalogue.generative.common import CODES, COLOUR, GAN, RECIPES, TABLE_GAN, TINY, VERBS, WGAN
from bestiary.catalogue.row import Contender, Reference, Row, Size

ROW = Row(
    name="wgan_gp",
    title="Wasserstein GAN with gradient penalty",
    family="generative",
    introductions=(2,),
    paper="Gulrajani et al. 2017, Improved training of Wasserstein GANs",
    year=2017,
    summary="A Wasserstein GAN whose critic is held back by a penalty on the slope of its score, between real and made "
    "data, where that slope is not 1. It trains slowly and surely, and seldom leaves out a class.",
    learns="The critic takes five steps, then the generator one: difference of mean scores and gradient penalty, Adam.",
    recipes={"generate": f"{RECIPES}:wasserstein_penalty"},
    sizes=(
        Size(
            "wgan_gp",
            WGAN,
            {**COLOUR, "latent": 100, "width": 64},
            6_340_480,
            "DCGAN's generator of 3,576,704, and 2,763,776 of its discriminator without norms",
        ),
    ),
    races={
        "image": (
            Contender("dense", GAN, {"widths": (256, 512)}),
            Contender("32", WGAN, {"width": 32}, smallest=4),
        ),
        "table": (Contender("128-128", TABLE_GAN, {"widths": (128, 128)}),),
    },
    tiny={
        "image": (WGAN, {**TINY, "width": 4}),
        "table": (TABLE_GAN, {"features": 6, "latent": 5, "widths": (9, 7)}),
    },
    settings=({"rate": 5e-4}, {"rate": 1e-4}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dcgan_equals_sequentials"),
    ),
    departs="The critic has no norm at all (the paper has layer norm in some); bodies are DCGAN's. Five times as many "
    "rows are seen by the critic in an update as by a plain discriminator. The rate falls over the last 30 % of "
    "training.",
    example=CODES,
    inputs={"image": CODES, "table": CODES},
    verbs=VERBS,
)
