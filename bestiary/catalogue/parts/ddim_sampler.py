"""Implicit sampling of denoising diffusion."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="ddim_sampler",
    title="DDIM sampler (implicit sampling)",
    sort="method",
    paper="Song, Meng, Ermon 2021, Denoising diffusion implicit models, arXiv 2010.02502",
    year=2021,
    summary="From noise to an image in a few long strides, with the same trained network. No fresh noise is drawn "
    "unless asked for, so the noise that it began with decides the image, and 20 to 50 strides do instead of a "
    "thousand steps.",
    formula="""
n = (x(t) - sqrt(A(t)) x0) / sqrt(1 - A(t))                           the noise that x0 amounts to
x(r) = sqrt(A(r)) x0 + sqrt(1 - A(r) - s^2) n + s n',  n' from N(0, 1)      equation 12, to any earlier r
s^2 = e^2 (1 - A(r)) / (1 - A(t)) (1 - A(t) / A(r))                   e = 0 draws nothing, e = 1 is DDPM
x0   what the network makes of x(t);  A(t)   share of the data's variance that is left""",
    calls={"ddim_sampler": "bestiary.sampling.diffusion:ddim"},
    example="""
>>> from bestiary.layers.noise import linear, signal
>>> from bestiary.sampling.diffusion import spaced
>>> kept, strides = signal(linear(1000)), spaced(1000, 20)  # A of 1000 steps, of which 20 are taken
>>> denoise, noise = lambda x, step: torch.full_like(x, 0.5), torch.randn(1, 1, 1, 2)
>>> made = bestiary.part("ddim_sampler")(denoise, noise, kept, strides)
>>> made.round(decimals=3)  # a denoiser that knows the data ends there
tensor([[[[0.5000, 0.5000]]]])""",
    reference=(
        Reference(
            "diffusers.schedulers.scheduling_ddim.DDIMScheduler",
            "tests/references/test_diffusion.py::test_ddim_is_diffusers",
        ),
    ),
    beware="Which steps are taken matters: here the last is always among them (trailing), elsewhere often not. "
    "Clipped estimates spoil few strides unless the noise is reckoned again from them, as it is here.",
    introductions=(2,),
)
