"""Changed training pictures: nothing where nothing is asked for, exactly what is asked for, and better digits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary import kinds
from bestiary.architectures.build import build
from bestiary.contracts import Batch, ImageInputs, ImageSpec, TableSpec
from bestiary.errors import InputError
from bestiary.objectives.augmented import Augmentation, Augmented, augmented
from bestiary.objectives.supervised import CrossEntropy, SquaredError
from bestiary.planning.plan import Entrant
from bestiary.race.delivering.searching import draw
from bestiary.recipes.supervised import classifier, regressor
from bestiary.targets import Classes, Value

SPEC = ImageSpec(1, (8, 8), 10)
CNN = "bestiary.architectures.convolution.cnn:NormalisedCNN"


def digits() -> tuple[Tensor, Tensor]:
    pixels, target = load_digits(return_X_y=True)
    standard = torch.tensor((pixels - pixels.mean()) / pixels.std(), dtype=torch.float32)
    return standard.view(-1, 1, 8, 8), torch.tensor(target)


class Few:
    """Batches of 64 of the first digits of an order."""

    def __init__(self, rows: Tensor, seed: int) -> None:
        pixels, target = digits()
        self.pixels, self.target, self.seed = pixels[rows], target[rows], seed

    def batch(self, split: str, number: int) -> Batch:
        drawn = torch.Generator().manual_seed(1_000 * self.seed + number)
        where = torch.randint(len(self.pixels), (64,), generator=drawn)
        return Batch(ImageInputs(self.pixels[where]), Classes(self.target[where]))


def trained(seed: int, steps: int, **words: float) -> tuple[nn.Module, float]:
    """A network that learned from 100 digits, and its accuracy on the others."""
    order = torch.randperm(1_797, generator=torch.Generator().manual_seed(seed))
    network = build(CNN, {"widths": (8, 16), "hidden": 64}, SPEC, seed=seed)
    torch.manual_seed(seed)
    algorithm = classifier(network, SPEC, rate=3e-3, **words)  # type: ignore[arg-type]
    for _ in algorithm.updates(Few(order[:100], seed), 0, steps):  # type: ignore[arg-type]
        pass
    pixels, target = digits()
    with torch.no_grad():
        found = network.eval()(pixels[order[100:]]).argmax(1)
    return network, float((found == target[order[100:]]).float().mean())


def test_off_is_bit_equal_and_draws_nothing() -> None:
    objective = CrossEntropy()
    assert augmented(objective, SPEC, Augmentation()) is objective
    assert isinstance(regressor(nn.Linear(1, 1), ImageSpec(1, (8, 8), 1)).objective, SquaredError.__mro__[1])
    plain, off = (trained(0, 5, **words)[0] for words in ({}, {"shift": 0.0, "crop": 0.0, "flip": 0.0, "mixup": 0.0}))
    for one, other in zip(plain.parameters(), off.parameters()):
        assert torch.equal(one, other)
    before = torch.get_rng_state()
    batch = Few(torch.arange(64), 0).batch("train", 0)
    assert Augmentation().moved(batch.inputs.pixels) is batch.inputs.pixels and Augmentation().mixed(batch, 10) is batch
    assert torch.equal(before, torch.get_rng_state())


def test_a_shift_moves_by_whole_pixels_and_goes_on_at_the_border() -> None:
    torch.manual_seed(0)
    pixels = torch.randn(40, 2, 8, 10)
    moved = Augmentation(shift=0.25).moved(pixels)
    seen = set()
    for before, after in zip(pixels, moved):
        padded = torch.from_numpy(np.pad(before.numpy(), ((0, 0), (3, 3), (3, 3)), mode="edge"))
        fits = {
            (down, right)
            for down in range(7)
            for right in range(7)
            if torch.allclose(padded[:, down : down + 8, right : right + 10], after, atol=1e-4)
        }
        assert len(fits) == 1
        seen |= fits
    downs, rights = ({place[axis] - 3 for place in seen} for axis in (0, 1))
    assert max(map(abs, downs)) == 2 and max(map(abs, rights)) in (2, 3) and len(seen) > 8


def test_flips_mirror_and_crops_magnify() -> None:
    torch.manual_seed(0)
    pixels = torch.randn(200, 1, 6, 6)
    assert torch.allclose(Augmentation(flip=1.0).moved(pixels), pixels.flip(-1), atol=1e-5)
    half = Augmentation(flip=0.5).moved(pixels)
    mirrored = [torch.allclose(a, b.flip(-1), atol=1e-5) for a, b in zip(half, pixels)]
    assert 70 < sum(mirrored) < 130
    assert all(m or torch.allclose(a, b, atol=1e-5) for m, a, b in zip(mirrored, half, pixels))
    ramp = torch.arange(16.0).expand(50, 1, 16, 16)
    slope = Augmentation(crop=0.5).moved(ramp)[:, 0, 5, 1:-1].diff(dim=1)
    assert (slope.amin(1) > 0.49).all() and (slope.amax(1) < 1.01).all() and slope[:, 0].std() > 0.05
    assert Augmentation(crop=0.5).moved(ramp).amax() <= 15


def test_mixup_mixes_rows_and_targets_in_one_share() -> None:
    torch.manual_seed(0)
    batch = Batch(ImageInputs(torch.randn(7, 1, 4, 4)), Classes(torch.arange(7)))
    mixed = Augmentation(mixup=0.5).mixed(batch, 7)
    assert torch.allclose(mixed.truth.sum(1), torch.ones(7))
    assert torch.allclose(
        torch.einsum("nm,mchw->nchw", mixed.truth, batch.inputs.pixels), mixed.inputs.pixels, atol=1e-5
    )
    values = Batch(batch.inputs, Value(torch.randn(7)))
    torch.manual_seed(3)
    of_classes = Augmentation(mixup=0.5).mixed(batch, 7).truth
    torch.manual_seed(3)
    assert torch.allclose(Augmentation(mixup=0.5).mixed(values, 1).truth, of_classes @ values.truth, atol=1e-5)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 7))
    torch.manual_seed(3)
    loss, _ = Augmented(CrossEntropy(), Augmentation(mixup=0.5), 7)(network, batch, 0)
    pixels = torch.einsum("nm,mchw->nchw", of_classes, batch.inputs.pixels)
    expected = -(of_classes * F.log_softmax(network(pixels), 1)).sum(1).mean()
    assert torch.allclose(loss, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"shift": 0.6}, "shift must be from 0 to 0.5"),
        ({"flip": -1.0}, "flip must be"),
        ({"mixup": 99.0}, "mixup must"),
    ],
)
def test_what_cannot_be_is_refused(words: dict[str, float], told: str) -> None:
    with pytest.raises(InputError, match=told):
        classifier(nn.Linear(1, 1), SPEC, **words)  # type: ignore[arg-type]


def test_other_data_are_no_pictures() -> None:
    with pytest.raises(InputError, match="is for images; these data are table"):
        classifier(nn.Linear(2, 2), TableSpec(2, 2), shift=0.1)
    classifier(nn.Linear(2, 2), TableSpec(2, 2))


def test_a_race_draws_changes_for_pictures_alone() -> None:
    settings: list[dict[str, object]] = [{"rate": 1e-3}]
    recipe = "bestiary.recipes.supervised:classifier"
    words = {"title": "", "family": "", "network": "", "keywords": {}, "batch": 64, "look_every": 10}
    times = {"step_seconds": 0.1, "look_seconds": 0.1, "start_seconds": 0.1, "parameters": 1}
    cnn = Entrant(name="cnn/small", architecture="cnn", recipe=recipe, settings=settings, **words, **times)  # type: ignore[arg-type]
    drawn = [draw(cnn, np.random.default_rng(seed), kinds.find("image").drawn) for seed in range(60)]
    for word in ("shift", "crop", "flip", "mixup"):
        share = sum(word in one for one in drawn) / len(drawn)
        assert 0.1 < share < 0.45, word
    for one in drawn:
        network = build(CNN, {"widths": (8, 16), "hidden": 64}, SPEC)
        classifier(network, SPEC, **one)  # type: ignore[arg-type]
    assert not any("shift" in draw(cnn, np.random.default_rng(seed), kinds.find("series").drawn) for seed in range(30))


def test_digits_that_are_shifted_and_mixed_are_learned_better_and_mirrored_ones_worse() -> None:
    torch.set_num_threads(1)
    ways = ({}, {"shift": 0.13, "mixup": 0.3}, {"flip": 0.5})
    plain, changed, mirrored = (float(np.mean([trained(seed, 200, **way)[1] for seed in range(3)])) for way in ways)
    assert changed > plain > mirrored
