"""Denoising diffusion (U-Net): its row."""

from bestiary.catalogue.generative.common import HERE
from bestiary.catalogue.row import Contender, Reference, Row, Size

_DIFFUSION = f"{HERE}.ddpm:DDPM", f"{HERE}.ddpm:CosineDDPM", f"{HERE}.ddpm:VelocityDDPM"
_PLAIN = {"depth": 1, "attention": (), "groups": 8}


def _cifar(name: str, network: str, source: str) -> Size:
    words = {"channels": 3, "image_size": (32, 32), "widths": (128, 256, 256, 256), "depth": 2, "attention": (1,)}
    return Size(name, network, words, 35_746_307, source, "image")


ROW = Row(
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
    inputs={"image": f"{HERE}.ddpm:example"},
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
