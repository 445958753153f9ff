"""Generative adversarial network: its row."""

from bestiary.catalogue.generative.common import CODES, DENSE, DIGITS, GAN, RECIPES, STEPS, TABLE_GAN, TINY, VERBS
from bestiary.catalogue.row import Contender, Reference, Row, Size

ROW = Row(
    name="gan",
    title="Generative adversarial network",
    family="generative",
    introductions=(0, 1, 2, 3, 4),
    paper="Goodfellow et al. 2014, Generative adversarial nets",
    year=2014,
    summary="One network makes data from random codes, another is shown both made and real data and tells them apart. "
    "The maker never sees data, only how to deceive its critic better. With plain dense layers it often collapses: it "
    "makes a few kinds of data well and the others never, which the classes that it covers give away.",
    learns=f"{STEPS}: cross-entropy, non-saturating for the generator.",
    recipes={"generate": f"{RECIPES}:adversarial"},
    sizes=(
        Size(
            "gan",
            GAN,
            {**DIGITS, "latent": 100, "widths": (256, 512)},
            1_093_137,
            "generator 100-256-512-784 of 559,632 and discriminator 784-512-256-1 of 533,505, Keras; all weights and "
            "biases are trainable, so counts agree",
        ),
        Size(
            "gan_generator",
            DENSE,
            {"latent": 100, "widths": (256,), "features": 784},
            227_344,
            "a generator 100-256-784 alone, torch.nn.Sequential",
            part=True,
            aliases=("gan_guide_generator",),
        ),
    ),
    races={
        "image": (
            Contender("128", GAN, {"widths": (128,)}),
            Contender("256-512", GAN, {"widths": (256, 512)}, rows=5000),
        ),
        "table": (Contender("128-128", TABLE_GAN, {"widths": (128, 128)}),),
    },
    tiny={
        "image": (GAN, {**TINY, "widths": (9, 7)}),
        "table": (TABLE_GAN, {"features": 6, "latent": 5, "widths": (9, 7)}),
    },
    settings=({"rate": 2e-4}, {"rate": 1e-3}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dense_players_equal_sequentials"),
    ),
    departs="Rectified and leaky units where the paper has maxout, codes from a normal distribution where it has a "
    "uniform one, Adam, whose rate falls over the last 30 % of training; no sigmoid at the end, the loss takes logits. "
    "Measured on 8x8 digits, the 256-512 size makes one or two of ten classes, the 128 size nine or ten.",
    example=CODES,
    inputs={"image": CODES, "table": CODES},
    verbs=VERBS,
)
