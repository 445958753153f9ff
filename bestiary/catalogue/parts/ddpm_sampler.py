"""Ancestral sampling of denoising diffusion."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="ddpm_sampler",
    title="DDPM sampler (ancestral sampling)",
    sort="method",
    paper="Ho, Jain, Abbeel 2020, Denoising diffusion probabilistic models, arXiv 2006.11239",
    year=2020,
    summary="From noise to an image in as many small steps as the network was trained with: at each one the network "
    "says what image is under the noise, a step is made towards it, and a little fresh noise is added. Slow, and true "
    "to what the network has learned.",
    formula="""
x(T) from N(0, 1);  then for t = T ... 1, with noise n from N(0, 1), none at t = 1:
x(t-1) = sqrt(A(t-1)) b / (1 - A(t)) x0 + sqrt(1 - b) (1 - A(t-1)) / (1 - A(t)) x(t) + s n      equations 6, 7
x0   what the network makes of x(t);  A(t)   share of the data's variance that is left, A(0) = 1
b = 1 - A(t) / A(t-1);  s^2 = b (1 - A(t-1)) / (1 - A(t)), or b""",
    calls={"ddpm_sampler": "bestiary.sampling.diffusion:ddpm"},
    example="""
>>> from bestiary.layers.noise import linear, signal
>>> kept = signal(linear(50))  # A of 50 steps
>>> denoise, noise = lambda x, step: torch.full_like(x, 0.5), torch.randn(1, 1, 2, 2)
>>> bestiary.part("ddpm_sampler")(denoise, noise, kept)  # a denoiser that knows the data ends there
tensor([[[[0.5000, 0.5000],
          [0.5000, 0.5000]]]])""",
    reference=(
        Reference(
            "diffusers.schedulers.scheduling_ddpm.DDPMScheduler",
            "tests/references/test_diffusion.py::test_ddpm_is_diffusers",
        ),
    ),
    beware="Two variances s^2 are in use, the smaller and the larger of the paper. Estimates that are clipped to the "
    "range of pixels change samples. Steps that are left out need variances of their own.",
    introductions=(2,),
    aliases=("ancestral_sampling",),
)
