"""The capsule network against the paper's text, a capsule at a time."""

import random

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.convolution.capsnet import CapsNet, route, route_written_out, squash
from bestiary.contracts import Batch, ImageInputs, ImageSpec
from bestiary.objectives.margin import Margin, margin_loss, shifted
from bestiary.rows.store import ArrayData
from bestiary.sampling.insides.capsules import inspect, perturbed
from bestiary.targets import Classes
from tests.references.parity import assert_same, close


def plain_squash(s: Tensor) -> Tensor:
    """Equation 1."""
    norm = s.norm()
    return norm**2 / (1 + norm**2) * s / norm


def procedure_1(below: Tensor, weight: Tensor, rounds: int) -> tuple[Tensor, Tensor]:
    """Dynamic routing as it is printed, for one image: capsules [I E], matrices [K I E D]."""
    classes, capsules = weight.shape[:2]
    votes = [[below[i] @ weight[j, i] for j in range(classes)] for i in range(capsules)]  # equation 2
    logits = [[torch.zeros(()) for _ in range(classes)] for _ in range(capsules)]
    for number in range(rounds):
        couplings = [torch.stack(row).softmax(0) for row in logits]  # equation 3
        above = [plain_squash(sum(couplings[i][j] * votes[i][j] for i in range(capsules))) for j in range(classes)]
        if number < rounds - 1:
            logits = [[logits[i][j] + votes[i][j] @ above[j] for j in range(classes)] for i in range(capsules)]
    return torch.stack(above), torch.stack(couplings)


@pytest.mark.parametrize("seed", range(4))
def test_routing_is_the_procedure_of_the_paper(seed: int) -> None:
    roll = random.Random(seed)
    capsules, classes, size, before, rounds = (roll.randint(1, 5) for _ in range(5))
    below, weight = torch.randn(3, capsules, before), torch.randn(classes, capsules, before, size)
    plain = [procedure_1(image, weight, rounds) for image in below]
    votes = torch.einsum("bie,kied->bikd", below, weight)
    for found in (route(below, weight, rounds), route_written_out(votes, rounds)):
        close(found[0], torch.stack([above for above, _ in plain]), "capsules")
        close(found[1], torch.stack([couplings for _, couplings in plain]), "couplings")


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_routing_has_the_gradient_of_the_procedure(rounds: int) -> None:
    class Ours(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 4, 2, 5))

        def forward(self, below: Tensor) -> Tensor:
            return route(below, self.weight, rounds)[0]

    ours = Ours()
    plain = lambda below: torch.stack([procedure_1(image, ours.weight, rounds)[0] for image in below])  # noqa: E731
    assert_same(ours, plain, (torch.randn(2, 4, 2),))
    below, weight = torch.randn(2, 3, 2).double(), torch.randn(2, 3, 2, 4).double()
    inputs = (below.requires_grad_(), weight.requires_grad_())
    assert torch.autograd.gradcheck(lambda b, w: route(b, w, rounds)[0], inputs)


def test_couplings_add_up_to_one_over_the_classes_and_begin_equal() -> None:
    below, weight = torch.randn(2, 6, 3), torch.randn(4, 6, 3, 5)
    close(route(below, weight, 3)[1].sum(2), torch.ones(2, 6), "sum of the couplings")
    close(route(below, weight, 1)[1], torch.full((2, 6, 4), 0.25), "couplings of the first round")
    assert (squash(100 * torch.randn(50, 8)).norm(dim=1) < 1).all()


def rewritten(network: CapsNet, pixels: Tensor) -> Tensor:
    """The lengths of the class capsules by the paper's section 4, a capsule at a time."""
    maps = F.conv2d(F.conv2d(pixels, network.c1.weight, network.c1.bias).relu(), *network.primary.parameters(), 2)
    size = network.primary.size
    answers = []
    for image in maps:
        places = [image[m : m + size, y, x] for m in range(0, len(image), size) for y in range(2) for x in range(1)]
        below = torch.stack([plain_squash(capsule) for capsule in places])
        answers.append(procedure_1(below, network.classes.weight, network.classes.rounds)[0].norm(dim=1))
    return torch.stack(answers)


def small(**words: object) -> CapsNet:
    given = {"channels": 2, "image_size": (19, 17), "outputs": 3, "width": 4, "maps": 3, "primary": 4, "size": 5}
    return CapsNet(**{**given, "decoder": (6, 7), "sees": (19, 17), **words})  # type: ignore[arg-type]


@pytest.mark.parametrize("rounds", [1, 3])
def test_capsnet_is_what_the_paper_says(rounds: int) -> None:
    ours = small(decoder=None, rounds=rounds)
    nn.init.normal_(ours.classes.weight)  # votes that are worth agreeing on
    nn.init.normal_(ours.primary.convolution.weight, std=0.3)
    pixels = torch.rand(2, 2, 19, 17)
    close(ours(pixels).sigmoid(), rewritten(ours, pixels), "lengths")
    assert_same(ours, lambda x: torch.logit(rewritten(ours, x.clamp(0, 1))), (pixels,))


@pytest.mark.parametrize(("decoder", "parameters"), [((512, 1024), 8_215_568), (None, 6_804_224)])
def test_the_published_sizes(decoder: tuple[int, ...] | None, parameters: int) -> None:
    with torch.device("meta"):
        network = CapsNet(channels=1, image_size=(28, 28), outputs=10, decoder=decoder)
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_logits_are_the_chances_of_exactly_one_class() -> None:
    """Each class there or not for itself, and exactly one of them there: the posterior, by counting all cases."""
    network = small(decoder=None)
    nn.init.normal_(network.classes.weight)
    logits = network(torch.rand(5, 2, 19, 17))
    lengths = logits.sigmoid()
    alone = [torch.stack([lengths[:, j] if j == k else 1 - lengths[:, j] for j in range(3)]).prod(0) for k in range(3)]
    close(logits.softmax(1), torch.stack(alone, 1) / sum(alone)[:, None], "chances")
    assert torch.equal(logits.argmax(1), lengths.argmax(1))


# ------------------------------------------------------------------------------------------------------ the objective


def test_margin_loss_is_equation_4() -> None:
    lengths, label = torch.rand(6, 4), torch.randint(4, (6,))
    total = 0.0
    for row, true in zip(lengths.tolist(), label.tolist()):
        for k, length in enumerate(row):
            total += max(0, 0.9 - length) ** 2 if k == true else 0.5 * max(0, length - 0.1) ** 2
    assert margin_loss(lengths, label).item() == pytest.approx(total / 6, rel=1e-5)


def test_the_drawing_shows_the_true_class_alone_and_teaches_every_weight() -> None:
    network = small()
    nn.init.normal_(network.classes.weight)
    batch = Batch(ImageInputs(torch.rand(4, 2, 19, 17)), Classes(torch.tensor([0, 1, 2, 0])))
    loss, logs = Margin(drawing=0.5, shift=0)(network, batch, 0)
    capsules = network.capsules(batch.inputs.pixels)
    alone = torch.zeros_like(capsules)
    for row, label in enumerate(batch.truth.tolist()):
        alone[row, label] = capsules[row, label]
    x = alone.flatten(1)
    for layer in list(network.decoder.layers)[:-1]:  # type: ignore[union-attr]
        x = layer(x).relu()
    drawn = network.decoder.layers[-1](x).sigmoid().view(4, 2, 19, 17)  # type: ignore[union-attr]
    expected = margin_loss(capsules.norm(dim=2), batch.truth) + 0.5 * (drawn - batch.inputs.pixels).square().sum() / 4
    close(loss, expected, "loss")
    assert logs["margin"] < logs["loss"]
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_shifts_move_whole_images_and_repeat_the_border() -> None:
    images = torch.arange(20.0).view(1, 1, 4, 5).repeat(200, 1, 1, 1)
    moved = shifted(images, 1)
    padded = F.pad(images[:1], (1, 1, 1, 1), mode="replicate")[0, 0]
    places = [padded[y : y + 4, x : x + 5] for y in range(3) for x in range(3)]
    counts = [sum(torch.equal(image[0], place) for image in moved) for place in places]
    assert sum(counts) == 200
    assert min(counts) > 5
    assert shifted(images, 0) is images


# -------------------------------------------------------------------------------------------------------- pictures


def test_perturbed_drawings_shift_one_number_of_the_longest_capsule() -> None:
    network = small().eval()
    nn.init.normal_(network.classes.weight)
    capsules = network.capsules(torch.rand(1, 2, 19, 17))
    drawn = perturbed(network, capsules, (-0.2, 0.0, 0.3))
    assert drawn.shape == (5, 3, 2, 19, 17)
    label = capsules.norm(dim=2).argmax(1)
    moved = capsules.clone()
    moved[0, label, 4] += 0.3
    close(drawn[4, 2], network.decoder(moved, label)[0], "drawing")  # type: ignore[misc]
    for row in drawn:
        close(row[1], network.decoder(capsules, label)[0], "drawing of the capsule as it is")  # type: ignore[misc]


def test_pictures_of_a_network_with_and_without_a_decoder() -> None:
    facts = {"classes": ["ant", "bee", "cat"], "problem": "classification"}
    arrays = {"pixels": torch.rand(20, 1, 19, 17).numpy(), "target": (torch.arange(20) % 3).numpy()}
    data = ArrayData(ImageSpec(1, (19, 17), 3), facts, {"validation": arrays})
    titles = [p.title for p in inspect(small(channels=1).eval(), data, data.spec, facts)]
    assert titles[:2] == ["Images and what is drawn from their capsules", "Routing: where the votes go"]
    assert len(titles) == 5
    assert titles[2].removeprefix("What the numbers of a capsule mean: ") in facts["classes"]
    assert len(inspect(small(channels=1, decoder=None).eval(), data, data.spec, facts)) == 1
