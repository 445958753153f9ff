"""Diffusion against diffusers with equal weights: the U-Net, the schedules, and every step of both samplers."""

import io
import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from diffusers.models.unets.unet_2d import UNet2DModel
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from PIL import Image
from torch import Tensor, nn

from bestiary.architectures.generative.ddpm import DDPM, CosineDDPM, VelocityDDPM
from bestiary.architectures.generative.unet import Double, UNet
from bestiary.contracts import Batch, ImageInputs, ImageSpec
from bestiary.errors import InputError
from bestiary.layers.noise import CLEAN, NOISE, VELOCITY, Prediction, cosine, linear, scales, signal
from bestiary.objectives.denoising import Denoising
from bestiary.optimisation.averaging import MovingAverage
from bestiary.recipes.diffusion import diffusion
from bestiary.rows.store import ArrayData
from bestiary.sampling.denoising import inspect, sample
from bestiary.sampling.diffusion import ddim, ddpm, large, small, spaced
from tests.references.parity import assert_same, close
from tests.references.renaming import rename

# ---------------------------------------------------------------------------------------------------- the network

RESIDUAL = (
    ("norm1.{}", "norm1.{}"),
    ("convolution1.{}", "conv1.{}"),
    ("time.{}", "time_emb_proj.{}"),
    ("norm2.{}", "norm2.{}"),
    ("convolution2.{}", "conv2.{}"),
    ("shortcut.{}", "conv_shortcut.{}"),
)
ATTENTION = (
    ("norm.{}", "group_norm.{}"),
    ("attention.query.{}", "to_q.{}"),
    ("attention.key.{}", "to_k.{}"),
    ("attention.value.{}", "to_v.{}"),
    ("attention.output.{}", "to_out.0.{}"),
)
ENDS = (
    ("time.expand.{}", "time_embedding.linear_1.{}"),
    ("time.mix.{}", "time_embedding.linear_2.{}"),
    ("entry.{}", "conv_in.{}"),
    ("norm.{}", "conv_norm_out.{}"),
    ("exit.{}", "conv_out.{}"),
)


def renaming(levels: int, depth: int) -> list[tuple[str, str]]:
    """Ours -> theirs. Our way down is one list; theirs is a list of levels."""

    def block(ours: str, theirs: str, number: int) -> list[tuple[str, str]]:
        residual = [(f"{ours}.residual.{a}", f"{theirs}.resnets.{number}.{b}") for a, b in RESIDUAL]
        return residual + [(f"{ours}.attention.{a}", f"{theirs}.attentions.{number}.{b}") for a, b in ATTENTION]

    table = list(ENDS)
    for level in range(levels):
        first = level * (depth + 1)
        for number in range(depth):
            table += block(f"down.{first + number}", f"down_blocks.{level}", number)
        table.append((f"down.{first + depth}.convolution.{{}}", f"down_blocks.{level}.downsamplers.0.conv.{{}}"))
        for number in range(depth + 1):
            table += block(f"up.{level}.blocks.{number}", f"up_blocks.{level}", number)
        table.append((f"up.{level}.enlarge.convolution.{{}}", f"up_blocks.{level}.upsamplers.0.conv.{{}}"))
    return table + block("middle.0", "mid_block", 0) + block("middle.1", "mid_block", 1)


def reference(
    channels: int, widths: Sequence[int], depth: int, attention: Sequence[int], groups: int, dropout: float = 0.0
) -> UNet2DModel:
    """The U-Net of Ho et al. in diffusers' words: sines first, a border at the right and the bottom, eps 1e-6."""
    down = tuple("AttnDownBlock2D" if level in attention else "DownBlock2D" for level in range(len(widths)))
    return UNet2DModel(
        in_channels=channels,
        out_channels=channels,
        block_out_channels=tuple(widths),
        layers_per_block=depth,
        norm_num_groups=groups,
        down_block_types=down,
        up_block_types=tuple(name.replace("Down", "Up") for name in reversed(down)),
        attention_head_dim=None,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        norm_eps=1e-6,
        dropout=dropout,
    )


def stir(network: nn.Module) -> None:
    """Weights of which none is so small that it hides what comes before it."""
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3 if parameter.ndim < 2 else (parameter[0].numel()) ** -0.5)


@pytest.mark.parametrize("seed", range(4))
def test_unet_is_diffusers(seed: int) -> None:
    roll = random.Random(seed)
    torch.manual_seed(seed)
    levels, depth, groups, channels = roll.randint(1, 3), roll.randint(1, 2), roll.choice([2, 4]), roll.randint(1, 3)
    widths = [4 * roll.randint(1, 4) for _ in range(levels)]
    attention = [level for level in range(levels) if roll.random() < 0.5]
    ours = UNet(channels=channels, widths=widths, depth=depth, attention=attention, groups=groups)
    stir(ours)
    theirs = reference(channels, widths, depth, attention, groups)
    names = rename([name for name, _ in ours.named_parameters()], renaming(levels, depth))
    assert rename(names.values(), renaming(levels, depth), back=True) == {v: k for k, v in names.items()}
    theirs.load_state_dict({names[name]: tensor for name, tensor in ours.state_dict().items()})
    known = dict(theirs.named_parameters())
    sides = [roll.randint(1, 3) * 2 ** (levels - 1) for _ in range(2)]
    inputs = (torch.randn(3, channels, *sides), torch.tensor([0, 500, 999]))
    parameters = {name: known[names[name]] for name in names}
    assert_same(ours, lambda x, step: theirs(x, step).sample, inputs, parameters=parameters)


@pytest.mark.parametrize("kind", [DDPM, CosineDDPM, VelocityDDPM])
def test_every_denoiser_is_diffusers_network(kind: type[DDPM]) -> None:
    torch.manual_seed(0)
    ours = kind(channels=2, image_size=(4, 4), widths=(4, 8), depth=1, attention=(1,), groups=2)
    stir(ours)
    theirs = reference(2, (4, 8), 1, (1,), 2)
    names = rename([name for name, _ in ours.network.named_parameters()], renaming(2, 1))
    theirs.load_state_dict({names[name]: tensor for name, tensor in ours.network.state_dict().items()})
    noisy, step = torch.randn(3, 2, 4, 4), torch.tensor([0, 500, 999])
    close(ours(noisy, step), theirs(noisy, step).sample, "outputs")


def test_the_published_size_is_diffusers() -> None:
    with torch.device("meta"):
        ours, theirs = DDPM(channels=3, image_size=(32, 32)), reference(3, (128, 256, 256, 256), 2, (1,), 32)
    names = rename([name for name, _ in ours.network.named_parameters()], renaming(4, 2))
    assert set(names.values()) == {name for name, _ in theirs.named_parameters()}
    assert sum(p.numel() for p in ours.parameters()) == 35_746_307


@pytest.mark.parametrize("size", [(1, 1), (5, 4), (7, 2)])
def test_doubling_is_a_convolution_of_the_doubled_image(size: tuple[int, int]) -> None:
    layer = Double(3)
    inputs = (torch.randn(2, 3, *size),)
    assert_same(layer, layer.written_out, inputs)


def test_images_of_any_size_keep_it() -> None:
    network = UNet(channels=2, widths=(4, 8, 8), depth=1, groups=4)
    stir(network)
    step = torch.tensor([7])
    x = torch.randn(1, 2, 9, 6)
    wide = torch.zeros(1, 2, 12, 8)
    wide[:, :, :9, :6] = x
    assert network(x, step).shape == x.shape
    close(network(x, step), network(wide, step)[:, :, :9, :6], "an image that is filled up")


def test_patches_are_read_and_laid_out_pixel_by_pixel() -> None:
    """With patches of 2x2 the network is the plain one on a quarter of the pixels with four times the channels."""
    ours = UNet(channels=2, widths=(4, 8), depth=1, groups=4, patch=2)
    plain = UNet(channels=8, widths=(4, 8), depth=1, groups=4)
    stir(ours)
    plain.load_state_dict(ours.state_dict())
    step = torch.tensor([7])
    x = torch.randn(1, 2, 8, 12)
    squares = torch.stack([x[:, c, a::2, b::2] for c in range(2) for a in range(2) for b in range(2)], 1)
    said, told = ours(x, step), plain(squares, step)
    for place, (c, a, b) in enumerate((c, a, b) for c in range(2) for a in range(2) for b in range(2)):
        close(said[:, c, a::2, b::2], told[:, place], "a pixel of every square")


def test_widths_that_do_not_divide_are_refused() -> None:
    with pytest.raises(InputError, match="groups and heads must divide every width"):
        UNet(channels=1, widths=(8, 12), groups=8)


# ----------------------------------------------------------------------------------------------------- the noise

SCHEDULES = {"linear": linear, "squaredcos_cap_v2": cosine}
KINDS = {"epsilon": NOISE, "v_prediction": VELOCITY, "sample": CLEAN}


def scheduler(kind: type, schedule: str, predicts: str = "epsilon", steps: int = 1000, **words: object):
    scaled = {"beta_start": 0.1 / steps, "beta_end": 20 / steps}
    words = {"clip_sample": False, **scaled, **words}
    return kind(steps, beta_schedule=schedule, prediction_type=predicts, **words)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("steps", [1000, 100])
def test_schedules_are_diffusers(schedule: str, steps: int) -> None:
    theirs = scheduler(DDPMScheduler, schedule, steps=steps)
    close(SCHEDULES[schedule](steps), theirs.betas, "betas")
    close(signal(SCHEDULES[schedule](steps)), theirs.alphas_cumprod, "signal")


@pytest.mark.parametrize(("kind", "schedule"), [(DDPM, "linear"), (CosineDDPM, "squaredcos_cap_v2")])
def test_noising_is_diffusers(kind: type[DDPM], schedule: str) -> None:
    network = kind(channels=1, image_size=(3, 3), widths=(4,), depth=1, groups=2, attention=())
    data, noise, step = torch.randn(5, 1, 3, 3), torch.randn(5, 1, 3, 3), torch.tensor([0, 1, 500, 998, 999])
    theirs = scheduler(DDPMScheduler, schedule)
    close(network.noised(data, noise, step), theirs.add_noise(data, noise, step), "noised")


def test_velocity_is_diffusers() -> None:
    network = VelocityDDPM(channels=1, image_size=(3, 3), widths=(4,), depth=1, groups=2, attention=())
    data, noise, step = torch.randn(5, 1, 3, 3), torch.randn(5, 1, 3, 3), torch.tensor([0, 1, 500, 998, 999])
    theirs = scheduler(DDPMScheduler, "squaredcos_cap_v2").get_velocity(data, noise, step)
    close(network.target(data, noise, step), theirs, "velocity")


@pytest.mark.parametrize("predicts", KINDS.values(), ids=KINDS)
def test_what_was_asked_for_tells_data_and_noise(predicts: Prediction) -> None:
    data, noise = torch.randn(3, 1, 2, 2).double(), torch.randn(3, 1, 2, 2).double()
    a, s = scales(signal(linear(10)).double(), torch.tensor([0, 4, 9]))
    told = predicts.parts(a * data + s * noise, predicts.target(data, noise, a, s), a, s)
    torch.testing.assert_close(told, (data, noise))


# ---------------------------------------------------------------------------------------------------- the samplers


def believer(
    predicts: Prediction, table: Tensor, reach: float = 1.0
) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """A made-up network, whose answers reach so far, and the denoiser that it amounts to."""

    def network(x: Tensor, step: int) -> Tensor:
        return reach * torch.tanh(x.flip(-1) + step / 1000)

    def denoise(x: Tensor, step: int) -> Tensor:
        return predicts.parts(x, network(x, step), *scales(table, torch.tensor([step])))[0]

    return network, denoise


@pytest.mark.parametrize("variance", [small, large])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("predicts", KINDS)
def test_ddpm_is_diffusers(predicts: str, schedule: str, variance: Callable) -> None:
    theirs = scheduler(DDPMScheduler, schedule, predicts, steps=60, variance_type=f"fixed_{variance.__name__}")
    table = signal(SCHEDULES[schedule](60)).double()
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    network, denoise = believer(KINDS[predicts], table)
    x = start = torch.randn(2, 1, 3, 3).double()
    generator = torch.Generator().manual_seed(0)
    for step in reversed(range(60)):
        x = theirs.step(network(x, step), step, x, generator).prev_sample
    found = ddpm(denoise, start, table, variance=variance, generator=torch.Generator().manual_seed(0))
    close(found, x, "images")


@pytest.mark.parametrize("eta", [0.0, 0.6])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("predicts", KINDS)
def test_ddim_is_diffusers(predicts: str, schedule: str, eta: float) -> None:
    theirs = scheduler(DDIMScheduler, schedule, predicts, timestep_spacing="trailing")
    theirs.set_timesteps(20)
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    assert spaced(1000, 20) == theirs.timesteps.tolist()
    table = signal(SCHEDULES[schedule](1000)).double()
    network, denoise = believer(KINDS[predicts], table)
    x = start = torch.randn(2, 1, 3, 3).double()
    generator = torch.Generator().manual_seed(0)
    for step in theirs.timesteps.tolist():
        # the last step has nothing to draw: its variance is 0
        x = theirs.step(network(x, step), step, x, eta if step > 49 else 0.0, generator=generator).prev_sample
    found = ddim(denoise, start, table, spaced(1000, 20), eta=eta, generator=torch.Generator().manual_seed(0))
    close(found, x, "images")


def clipped(denoise: Callable[..., Tensor], most: list[float]) -> Callable[..., Tensor]:
    """A denoiser whose estimates are kept to -1 to 1; notes how far they reached."""

    def within(x: Tensor, step: int) -> Tensor:
        estimate = denoise(x, step)
        most.append(float(estimate.abs().max()))
        return estimate.clamp(-1, 1)

    return within


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("predicts", KINDS)
def test_clipped_ddim_is_diffusers(predicts: str, schedule: str) -> None:
    """The noise follows from the clipped estimate, as where diffusers is told to `use_clipped_model_output`."""
    theirs = scheduler(DDIMScheduler, schedule, predicts, timestep_spacing="trailing", clip_sample=True)
    theirs.set_timesteps(20)
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    table, most = signal(SCHEDULES[schedule](1000)).double(), list[float]()
    network, denoise = believer(KINDS[predicts], table, reach=2.0)
    x = start = 2 * torch.randn(2, 1, 3, 3).double()
    for step in theirs.timesteps.tolist():
        x = theirs.step(network(x, step), step, x, 0.0, use_clipped_model_output=True).prev_sample
    close(ddim(clipped(denoise, most), start, table, spaced(1000, 20)), x, "images")
    assert max(most) > 1.5, "or nothing was clipped"


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("predicts", KINDS)
def test_clipped_strides_of_ddpm_are_diffusers(predicts: str, schedule: str) -> None:
    theirs = scheduler(DDPMScheduler, schedule, predicts, timestep_spacing="trailing", clip_sample=True)
    theirs.set_timesteps(50)
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    table, most = signal(SCHEDULES[schedule](1000)).double(), list[float]()
    network, denoise = believer(KINDS[predicts], table, reach=2.0)
    x = start = 2 * torch.randn(2, 1, 3, 3).double()
    generator = torch.Generator().manual_seed(0)
    for step in theirs.timesteps.tolist():
        x = theirs.step(network(x, step), step, x, generator).prev_sample
    generator = torch.Generator().manual_seed(0)
    close(ddpm(clipped(denoise, most), start, table, spaced(1000, 50), generator=generator), x, "images")
    assert max(most) > 1.5, "or nothing was clipped"


def test_ddim_that_draws_all_its_noise_is_ddpm() -> None:
    table = signal(linear(1000)).double()
    _, denoise = believer(NOISE, table)
    start = torch.randn(2, 1, 3, 3).double()
    for steps in (None, spaced(1000, 30)):
        one = ddpm(denoise, start, table, steps, generator=torch.Generator().manual_seed(1))
        other = ddim(denoise, start, table, steps, eta=1.0, generator=torch.Generator().manual_seed(1))
        close(other, one, "images")


@pytest.mark.parametrize("sampler", [ddpm, ddim])
def test_a_denoiser_that_knows_the_data_ends_there(sampler: Callable[..., Tensor]) -> None:
    data = torch.randn(2, 1, 3, 3)
    table = signal(cosine(50))
    found = sampler(lambda x, step: data, torch.randn(2, 1, 3, 3), table, spaced(50, 7))
    torch.testing.assert_close(found, data)


@pytest.mark.parametrize("steps", [0, 51, -1])
def test_more_steps_than_there_are_are_refused(steps: int) -> None:
    with pytest.raises(InputError, match="steps must be from 1 to 50"):
        spaced(50, steps)


# ------------------------------------------------------------------------------------------- learning and looking


def tiny_diffusion() -> VelocityDDPM:
    torch.manual_seed(0)
    words = {"channels": 1, "image_size": (6, 5), "widths": (4, 8), "depth": 1, "attention": (), "groups": 2}
    return VelocityDDPM(**words, steps=30)  # type: ignore[arg-type]


FACTS = {"pixel_mean": [100.0], "pixel_scale": [50.0], "pixel_range": [0.0, 200.0], "problem": "generate"}


def tiny_data() -> ArrayData:
    pixels = torch.randint(0, 201, (24, 1, 6, 5), dtype=torch.uint8)
    return ArrayData(ImageSpec(1, (6, 5), 1), FACTS, {"train": {"pixels": pixels.numpy()}}, batch=8)


def test_the_average_is_the_sum_that_defines_it() -> None:
    line = nn.Linear(2, 1)
    average, expected = MovingAverage(line, decay=0.9), line.weight.detach().clone()
    for step in range(120):
        nn.init.normal_(line.weight)
        average.update(line, step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * line.weight.detach()
    close(average.network.weight, expected, "average")  # type: ignore[arg-type]
    other = MovingAverage(line)
    other.load_state_dict(average.state_dict())
    assert torch.equal(other.network.weight, average.network.weight)  # type: ignore[arg-type]


def test_the_loss_is_the_squared_error_of_what_should_have_been_said() -> None:
    network, pixels = tiny_diffusion(), torch.randn(4, 1, 6, 5)
    network.units.measure(FACTS)
    torch.manual_seed(3)
    loss, _ = Denoising()(network, Batch(ImageInputs(pixels)), 0)
    torch.manual_seed(3)
    noise, step = torch.randn(4, 1, 6, 5), torch.randint(30, (4,))
    data = pixels * 50 / 100  # units of a batch are 50 wide, the range reaches 100 to either side of the mean
    a, s = scales(network.signal, step)
    said = network(a * data + s * noise, step)
    close(loss, (said - (a * noise - s * data)).square().mean(), "loss")


def test_samples_are_images_and_the_average_ships() -> None:
    network, data = tiny_diffusion(), tiny_data()
    learner = diffusion(network, data.spec, rate=1e-2, keep=0.5, warmup=0)
    for _ in learner.updates(data, 0, 5):
        pass
    answer = learner.answer
    assert isinstance(answer, VelocityDDPM)
    assert not torch.equal(answer.network.exit.weight, network.network.exit.weight)
    made = answer.sample(3, torch.Generator().manual_seed(0), steps=4)
    assert made.shape == (3, 1, 6, 5)
    assert made.abs().max() <= 2 + 1e-6  # (200 - 100) / 50
    assert torch.equal(made, answer.sample(3, torch.Generator().manual_seed(0), steps=4))
    samples = sample(answer, data.spec, FACTS, count=3, seed=0, steps=4)
    assert samples.images is not None
    close(samples.images, (made + 2) / 4, "images from 0 to 1")
    ancestral = sample(answer, data.spec, FACTS, count=3, seed=0, sampler="ddpm")
    assert ancestral.images is not None and not torch.equal(ancestral.images, samples.images)


@pytest.mark.parametrize(
    ("words", "message"), [({"sampler": "dim"}, "sampler must be one of ddim, ddpm"), ({"steps": 31}, "from 1 to 30")]
)
def test_samplers_that_are_not_there_are_refused(words: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sample(tiny_diffusion(), ImageSpec(1, (6, 5), 1), FACTS, count=1, seed=0, **words)


def test_pictures_show_noise_on_the_left_and_images_on_the_right() -> None:
    network, data = tiny_diffusion().eval(), tiny_data()
    network.units.measure(FACTS)
    strip, beliefs = inspect(network, data, data.spec, FACTS)
    for picture, rows in ((strip, 12), (beliefs, 12)):
        image = Image.open(io.BytesIO(picture.png))
        assert image.width / image.height == pytest.approx((11 * 6 - 1) / (rows * 7 - 1), rel=0.01)
    left = np.asarray(Image.open(io.BytesIO(beliefs.png)))
    scale = left.shape[1] // (11 * 6 - 1)
    first = left[: 6 * scale : scale, : 5 * scale : scale] / 255
    shown = data.batch("train", 0).inputs.pixels[0, 0].numpy() / 4 + 0.5  # type: ignore[attr-defined]
    np.testing.assert_allclose(first, shown, atol=1 / 255)


def test_steps_that_mean_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="keep must be from 0 to below 1"):
        diffusion(tiny_diffusion(), ImageSpec(1, (6, 5), 1), keep=1.0)
