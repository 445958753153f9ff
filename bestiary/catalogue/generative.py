"""The family `generative`, one row an architecture."""

from bestiary.catalogue.row import Contender, Row, Size

_HERE = "bestiary.architectures.generative"

_DIFFUSION = f"{_HERE}.ddpm:DDPM", f"{_HERE}.ddpm:CosineDDPM", f"{_HERE}.ddpm:VelocityDDPM"


def _cifar(name: str, network: str, source: str) -> Size:
    words = {"channels": 3, "image_size": (32, 32), "widths": (128, 256, 256, 256), "depth": 2, "attention": (1,)}
    return Size(name, network, words, 35_746_307, source, "image")


DDPM = Row(
    name="ddpm",
    title="Denoising diffusion (U-Net)",
    family="generative",
    guides="G2 G4",
    paper="Ho, Jain, Abbeel 2020, Denoising diffusion probabilistic models, arXiv 2006.11239; Song, Meng, Ermon 2021, "
    "Denoising diffusion implicit models, arXiv 2010.02502; Nichol, Dhariwal 2021, arXiv 2102.09672; Salimans, Ho 2022, "
    "arXiv 2202.00512",
    year=2020,
    summary="Images are drowned in noise, a little at every step, and a U-shaped network learns to tell the noise from "
    "the image at every depth. New images are then made by starting from nothing but noise and taking it away, step by "
    "step. Steady to train, where adversarial networks collapse; slow to sample, which strides of DDIM make good.",
    learns="By gradient descent on how well the noise is told, at random steps (denoising score matching); what ships is "
    "a moving average of the weights.",
    recipes={"generate": "bestiary.recipes.diffusion:diffusion"},
    sizes=(
        _cifar("ddpm_unet", _DIFFUSION[0], "diffusers.UNet2DModel, the size for CIFAR-10"),
        _cifar("ddpm_cosine", _DIFFUSION[1], "as ddpm_unet: schedules have no parameters"),
        _cifar("ddpm_velocity", _DIFFUSION[2], "as ddpm_unet: what is predicted has none"),
    ),
    races={
        "image": (
            Contender("small", _DIFFUSION[2], {"widths": (32, 64), "depth": 1, "attention": (), "groups": 8}),
            Contender(
                "patched",
                _DIFFUSION[2],
                {"widths": (64, 128), "depth": 1, "attention": (), "groups": 8, "patch": 2},
                smallest=16,
            ),
            Contender(
                "large",
                _DIFFUSION[2],
                {"widths": (64, 128, 128), "depth": 2, "attention": (1,), "groups": 16, "patch": 2},
                rows=10_000,
                smallest=24,
            ),
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
    reference="diffusers.UNet2DModel, DDPMScheduler, DDIMScheduler",
    departs="Those that race predict the velocity under the cosine schedule, read squares of 2x2 pixels as one where "
    "images allow it, and are narrow: made for minutes on a processor. The estimate of the data is kept to -1 to 1 in "
    "every sampler. Images of any size are filled up inside the network.",
    verbs={
        "sample": "bestiary.sampling.denoising:sample",
        "inspect": "bestiary.sampling.denoising:inspect",
    },
)

ROWS: tuple[Row, ...] = (DDPM,)
