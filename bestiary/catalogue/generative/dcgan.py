"""Deep convolutional GAN: its row."""

from bestiary.catalogue.generative.common import CODES, COLOUR, DIGITS, HERE, RECIPES, SMALL, STEPS, TINY, VERBS
from bestiary.catalogue.row import Contender, Reference, Row, Size

_DCGAN, _DCGAN_GENERATOR = (f"{HERE}.dcgan:{name}" for name in ("DCGAN", "DCGANGenerator"))

ROW = Row(
    name="dcgan",
    title="Deep convolutional GAN",
    family="generative",
    introductions=(1, 2),
    paper="Radford, Metz, Chintala 2016, Unsupervised representation learning with deep convolutional generative "
    "adversarial networks",
    year=2016,
    summary="An adversarial pair of convolutional networks: transposed convolutions grow an image from a code, strided "
    "ones shrink it to a judgement. A few rules (strides for pooling, batch norm, no dense layers) made deep pairs "
    "trainable.",
    learns=f"{STEPS}: cross-entropy, non-saturating for the generator.",
    recipes={"generate": f"{RECIPES}:adversarial"},
    sizes=(
        Size(
            "dcgan",
            _DCGAN,
            {**COLOUR, "latent": 100, "width": 64},
            6_342_272,
            "generator 3,576,704 and discriminator 2,765,568, as torch's example",
        ),
        Size(
            "dcgan_generator_1024",
            _DCGAN_GENERATOR,
            {**COLOUR, "latent": 100, "width": 128},
            12_658_432,
            "the generator of the paper's figure 1, 100-1024-512-256-128-3 with filters of 4x4, by hand",
            part=True,
        ),
        Size(
            "dcgan_mnist",
            SMALL,
            {**DIGITS, "latent": 100},
            2_518_337,
            "TensorFlow's tutorial for 28x28: 2,305,472 trainable of 2,330,944, and 212,865; Keras counts 25,472 "
            "moving "
            "statistics, which are buffers in torch",
            aliases=("dcgan_guide",),
        ),
    ),
    races={
        "image": (
            Contender("32", _DCGAN, {"width": 32}, smallest=4),
            Contender("64", _DCGAN, {"width": 64}, rows=5000, smallest=4),
        )
    },
    tiny={"image": (_DCGAN, {**TINY, "width": 4})},
    settings=({"rate": 1e-3}, {"rate": 2e-4}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dcgan_equals_sequentials"),
    ),
    departs="Filters of 4x4 pixels; codes from a normal distribution where the paper has a uniform one; the rate "
    "decays over the last 30 % of training.",
    example=CODES,
    inputs={"image": CODES},
    verbs=VERBS,
)
