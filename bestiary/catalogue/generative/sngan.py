"""Spectrally normalised GAN: its row."""

from bestiary.catalogue.generative.common import CODES, COLOUR, RECIPES, SNGAN, STEPS, TINY, VERBS
from bestiary.catalogue.row import Contender, Reference, Row, Size

ROW = Row(
    name="sngan",
    title="Spectrally normalised GAN",
    family="generative",
    introductions=(2,),
    paper="Miyato, Kataoka, Koyama, Yoshida 2018, Spectral normalization for generative adversarial networks",
    year=2018,
    summary="An adversarial pair whose discriminator has each of its layers divided by its largest singular value, so "
    "that its judgement cannot change faster than its input does. One step of power iteration at each forward keeps "
    "track of it.",
    learns=f"{STEPS}: the hinge loss.",
    recipes={"generate": f"{RECIPES}:hinge"},
    sizes=(
        Size(
            "sngan",
            SNGAN,
            {**COLOUR, "latent": 100, "width": 64},
            6_340_480,
            "DCGAN's generator of 3,576,704, and 2,763,776 of its discriminator without norms; singular vectors are "
            "buffers",
        ),
    ),
    races={
        "image": (
            Contender("32", SNGAN, {"width": 32}, smallest=4),
            Contender("64", SNGAN, {"width": 64}, rows=5000, smallest=4),
        )
    },
    tiny={"image": (SNGAN, {**TINY, "width": 4})},
    settings=({"rate": 5e-4}, {"rate": 2e-4}),
    reference=(
        Reference(
            "torch.nn.utils.spectral_norm",
            "tests/references/test_adversarial.py::test_a_spectral_discriminator_equals_torchs_on_each_layer",
        ),
        Reference(
            "torch.nn.utils.parametrizations.spectral_norm",
            "tests/references/test_adversarial.py::test_spectral_equals_torch",
        ),
    ),
    departs="Bodies are DCGAN's; the paper's discriminator has further layers of stride 1. Adam's (0, 0.9) comes with "
    "five steps of the discriminator there, with one here (`critic_steps`); power iteration makes three steps an "
    "update, as torch's does, where the paper makes one. The rate falls over the last 30 % of training.",
    example=CODES,
    inputs={"image": CODES},
    verbs=VERBS,
)
