"""The family `generative`, one row an architecture."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.generative"

_GAN, _TABLE_GAN, _DENSE = (f"{_HERE}.gan:{name}" for name in ("GAN", "TableGAN", "DenseGenerator"))
_DCGAN, _DCGAN_GENERATOR = (f"{_HERE}.dcgan:{name}" for name in ("DCGAN", "DCGANGenerator"))
_SMALL, _WGAN, _SNGAN = f"{_HERE}.dcgan_small:SmallDCGAN", f"{_HERE}.wgan:WGAN", f"{_HERE}.sngan:SNGAN"
_RECIPES = "bestiary.recipes.adversarial"
_CODES = "bestiary.layers.adversaries:example"
_VERBS = {"sample": "bestiary.sampling.adversarial:sample", "inspect": "bestiary.sampling.adversarial:inspect"}
_DIGITS = {"channels": 1, "image_size": (28, 28)}
_COLOUR = {"channels": 3, "image_size": (64, 64)}
_TINY = {"channels": 1, "image_size": (8, 8), "latent": 6}
_STEPS = "The discriminator learns to tell made from real, the generator to deceive it, in turn"
_DIFFUSION = f"{_HERE}.ddpm:DDPM", f"{_HERE}.ddpm:CosineDDPM", f"{_HERE}.ddpm:VelocityDDPM"
_PLAIN = {"depth": 1, "attention": (), "groups": 8}


def _cifar(name: str, network: str, source: str) -> Size:
    words = {"channels": 3, "image_size": (32, 32), "widths": (128, 256, 256, 256), "depth": 2, "attention": (1,)}
    return Size(name, network, words, 35_746_307, source, "image")


GAN = Row(
    name="gan",
    title="Generative adversarial network",
    family="generative",
    introductions=(0, 1, 2, 3, 4),
    paper="Goodfellow et al. 2014, Generative adversarial nets",
    year=2014,
    summary="One network makes data from random codes, another is shown both made and real data and tells them apart. "
    "The maker never sees data, only how to deceive its critic better. With plain dense layers it often collapses: it "
    "makes a few kinds of data well and the others never, which the classes that it covers give away.",
    learns=f"{_STEPS}: cross-entropy, non-saturating for the generator.",
    recipes={"generate": f"{_RECIPES}:adversarial"},
    sizes=(
        Size(
            "gan",
            _GAN,
            {**_DIGITS, "latent": 100, "widths": (256, 512)},
            1_093_137,
            "generator 100-256-512-784 of 559,632 and discriminator 784-512-256-1 of 533,505, Keras; all weights and "
            "biases are trainable, so counts agree",
        ),
        Size(
            "gan_generator",
            _DENSE,
            {"latent": 100, "widths": (256,), "features": 784},
            227_344,
            "a generator 100-256-784 alone, torch.nn.Sequential",
            part=True,
            aliases=("gan_guide_generator",),
        ),
    ),
    races={
        "image": (
            Contender("128", _GAN, {"widths": (128,)}),
            Contender("256-512", _GAN, {"widths": (256, 512)}, rows=5000),
        ),
        "table": (Contender("128-128", _TABLE_GAN, {"widths": (128, 128)}),),
    },
    tiny={
        "image": (_GAN, {**_TINY, "widths": (9, 7)}),
        "table": (_TABLE_GAN, {"features": 6, "latent": 5, "widths": (9, 7)}),
    },
    settings=({"rate": 2e-4}, {"rate": 1e-3}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dense_players_equal_sequentials"),
    ),
    departs="Rectified and leaky units where the paper has maxout, codes from a normal distribution where it has a "
    "uniform one, Adam, whose rate falls over the last 30 % of training; no sigmoid at the end, the loss takes logits. "
    "Measured on 8x8 digits, the 256-512 size makes one or two of ten classes, the 128 size nine or ten.",
    example=_CODES,
    inputs={"image": _CODES, "table": _CODES},
    verbs=_VERBS,
)

DCGAN = Row(
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
    learns=f"{_STEPS}: cross-entropy, non-saturating for the generator.",
    recipes={"generate": f"{_RECIPES}:adversarial"},
    sizes=(
        Size(
            "dcgan",
            _DCGAN,
            {**_COLOUR, "latent": 100, "width": 64},
            6_342_272,
            "generator 3,576,704 and discriminator 2,765,568, as torch's example",
        ),
        Size(
            "dcgan_generator_1024",
            _DCGAN_GENERATOR,
            {**_COLOUR, "latent": 100, "width": 128},
            12_658_432,
            "the generator of the paper's figure 1, 100-1024-512-256-128-3 with filters of 4x4, by hand",
            part=True,
        ),
        Size(
            "dcgan_mnist",
            _SMALL,
            {**_DIGITS, "latent": 100},
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
    tiny={"image": (_DCGAN, {**_TINY, "width": 4})},
    settings=({"rate": 1e-3}, {"rate": 2e-4}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dcgan_equals_sequentials"),
    ),
    departs="Filters of 4x4 pixels; codes from a normal distribution where the paper has a uniform one; the rate "
    "decays over the last 30 % of training.",
    example=_CODES,
    inputs={"image": _CODES},
    verbs=_VERBS,
)

WGAN = Row(
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
    recipes={"generate": f"{_RECIPES}:wasserstein_clipping"},
    sizes=(
        Size(
            "wgan",
            _WGAN,
            {**_COLOUR, "latent": 100, "width": 64},
            6_340_480,
            "DCGAN's generator of 3,576,704, and 2,763,776 of its discriminator without norms",
        ),
    ),
    races={"image": (Contender("32", _WGAN, {"width": 32}, smallest=4),)},
    tiny={"image": (_WGAN, {**_TINY, "width": 4})},
    settings=({"rate": 5e-4}, {"rate": 5e-5}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dcgan_equals_sequentials"),
    ),
    departs="The critic has no batch norm; bodies are DCGAN's; the rate falls over the last 30 % of training.",
    example=_CODES,
    inputs={"image": _CODES},
    verbs=_VERBS,
)

WGAN_GP = Row(
    name="wgan_gp",
    title="Wasserstein GAN with gradient penalty",
    family="generative",
    introductions=(2,),
    paper="Gulrajani et al. 2017, Improved training of Wasserstein GANs",
    year=2017,
    summary="A Wasserstein GAN whose critic is held back by a penalty on the slope of its score, between real and made "
    "data, where that slope is not 1. It trains slowly and surely, and seldom leaves out a class.",
    learns="The critic takes five steps, then the generator one: difference of mean scores and gradient penalty, Adam.",
    recipes={"generate": f"{_RECIPES}:wasserstein_penalty"},
    sizes=(
        Size(
            "wgan_gp",
            _WGAN,
            {**_COLOUR, "latent": 100, "width": 64},
            6_340_480,
            "DCGAN's generator of 3,576,704, and 2,763,776 of its discriminator without norms",
        ),
    ),
    races={
        "image": (
            Contender("dense", _GAN, {"widths": (256, 512)}),
            Contender("32", _WGAN, {"width": 32}, smallest=4),
        ),
        "table": (Contender("128-128", _TABLE_GAN, {"widths": (128, 128)}),),
    },
    tiny={
        "image": (_WGAN, {**_TINY, "width": 4}),
        "table": (_TABLE_GAN, {"features": 6, "latent": 5, "widths": (9, 7)}),
    },
    settings=({"rate": 5e-4}, {"rate": 1e-4}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_whole_pairs_equal_sequentials"),
        Reference("torch.nn.Sequential", "tests/references/test_adversarial.py::test_dcgan_equals_sequentials"),
    ),
    departs="The critic has no norm at all (the paper has layer norm in some); bodies are DCGAN's. Five times as many "
    "rows are seen by the critic in an update as by a plain discriminator. The rate falls over the last 30 % of "
    "training.",
    example=_CODES,
    inputs={"image": _CODES, "table": _CODES},
    verbs=_VERBS,
)

SNGAN = Row(
    name="sngan",
    title="Spectrally normalised GAN",
    family="generative",
    introductions=(2,),
    paper="Miyato, Kataoka, Koyama, Yoshida 2018, Spectral normalization for generative adversarial networks",
    year=2018,
    summary="An adversarial pair whose discriminator has each of its layers divided by its largest singular value, so "
    "that its judgement cannot change faster than its input does. One step of power iteration at each forward keeps "
    "track of it.",
    learns=f"{_STEPS}: the hinge loss.",
    recipes={"generate": f"{_RECIPES}:hinge"},
    sizes=(
        Size(
            "sngan",
            _SNGAN,
            {**_COLOUR, "latent": 100, "width": 64},
            6_340_480,
            "DCGAN's generator of 3,576,704, and 2,763,776 of its discriminator without norms; singular vectors are "
            "buffers",
        ),
    ),
    races={
        "image": (
            Contender("32", _SNGAN, {"width": 32}, smallest=4),
            Contender("64", _SNGAN, {"width": 64}, rows=5000, smallest=4),
        )
    },
    tiny={"image": (_SNGAN, {**_TINY, "width": 4})},
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
    example=_CODES,
    inputs={"image": _CODES},
    verbs=_VERBS,
)


DDPM = Row(
    name="ddpm",
    title="Denoising diffusion (U-Net)",
    family="generative",
    introductions=(2, 4),
    paper="Ho, Jain, Abbeel 2020, Denoising diffusion probabilistic models, arXiv 2006.11239; Song, Meng, Ermon 2021, "
    "Denoising diffusion implicit models, arXiv 2010.02502; Nichol, Dhariwal 2021, arXiv 2102.09672; Salimans, Ho "
    "2022, "
    "arXiv 2202.00512",
    year=2020,
    summary="Images are drowned in noise, a little at every step, and a U-shaped network learns to tell the noise from "
    "the image at every depth. New images are then made by starting from nothing but noise and taking it away, step by "
    "step. Steady to train, where adversarial networks collapse; slow to sample, which strides of DDIM make good.",
    learns="By gradient descent on how well the noise is told, at random steps (denoising score matching); what ships "
    "is a moving average of the weights.",
    recipes={"generate": "bestiary.recipes.diffusion:diffusion"},
    sizes=(
        _cifar("ddpm_unet", _DIFFUSION[0], "diffusers.UNet2DModel, the size for CIFAR-10"),
        _cifar("ddpm_cosine", _DIFFUSION[1], "as ddpm_unet: schedules have no parameters"),
        _cifar("ddpm_velocity", _DIFFUSION[2], "as ddpm_unet: what is predicted has none"),
    ),
    races={
        "image": (
            Contender("small", _DIFFUSION[2], {**_PLAIN, "widths": (16, 32)}),
            Contender("patched", _DIFFUSION[2], {**_PLAIN, "widths": (32, 64), "patch": 2}, smallest=16),
            Contender("medium", _DIFFUSION[2], {**_PLAIN, "widths": (32, 64)}, rows=1000),
            Contender("large", _DIFFUSION[2], {**_PLAIN, "widths": (64, 128), "patch": 2}, rows=10_000, smallest=16),
        ),
    },
    tiny={
        "image": (
            _DIFFUSION[2],
            {
                "channels": 2,
                "image_size": (8, 9),
                "widths": (4, 8),
                "depth": 1,
                "attention": (1,),
                "groups": 2,
                "steps": 20,
            },
        ),
    },
    inputs={"image": f"{_HERE}.ddpm:example"},
    settings=({"rate": 1e-3, "keep": 0.999}, {"rate": 3e-4, "keep": 0.999}),
    reference=(
        Reference(
            "diffusers.UNet2DModel", "tests/references/test_diffusion.py::test_every_denoiser_is_diffusers_network"
        ),
        Reference("diffusers.UNet2DModel", "tests/references/test_diffusion.py::test_unet_is_diffusers"),
        Reference("diffusers.DDPMScheduler", "tests/references/test_diffusion.py::test_noising_is_diffusers"),
        Reference("diffusers.DDPMScheduler", "tests/references/test_diffusion.py::test_ddpm_is_diffusers"),
        Reference("diffusers.DDIMScheduler", "tests/references/test_diffusion.py::test_ddim_is_diffusers"),
    ),
    departs="Samples are made in strides by DDIM unless told otherwise, where the paper takes all 1,000 steps: in 20 "
    "by `network.sample` and while it is judged, in 50 by `bestiary sample`; `--sampler ddpm` is the paper's way. "
    "Those that race predict the velocity under the cosine schedule, read squares of 2x2 pixels as one where images "
    "allow it, and are narrow: made for minutes on a processor. The estimate of the data is kept to -1 to 1 in every "
    "sampler. Images of any size are filled up inside the network. The average warms up, and follows quickly at first; "
    "the rate rises for 100 updates (5,000 in the authors' code) and falls over the last 30 %. The sizes for CIFAR-10 "
    "have no dropout, and images are not flipped.",
    verbs={
        "sample": "bestiary.sampling.denoising:sample",
        "inspect": "bestiary.sampling.denoising:inspect",
    },
)

ROWS: tuple[Row, ...] = (
    GAN,
    DCGAN,
    WGAN,
    WGAN_GP,
    SNGAN,
    DDPM,
)
