"""Image Transformers against transformers and their papers' equations, with equal weights."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import (
    DeiTConfig,
    DeiTForImageClassificationWithTeacher,
    SwinConfig,
    SwinForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from bestiary.algorithms.distillation import Distillation
from bestiary.algorithms.gradient_descent import GradientDescent
from bestiary.architectures.attention.deit import DistilledVisionTransformer
from bestiary.architectures.attention.swin import (
    PatchMerging,
    RelativePositionBias,
    SwinTransformer,
    WindowAttention,
    cut,
    join,
    neighbours,
)
from bestiary.architectures.attention.vit import VisionTransformer
from bestiary.architectures.build import give_weights
from bestiary.batches import Batch
from bestiary.contracts import ImageSpec
from bestiary.errors import InputError
from bestiary.inputs import ImageInputs
from bestiary.layers.patches import PatchEmbedding
from bestiary.layers.stochastic_depth import StochasticDepth, rising
from bestiary.objectives.distillation import HardDistillation, SoftDistillation
from bestiary.recipes.distillation import classifier
from bestiary.rows.store import ArrayData
from bestiary.targets import Classes
from bestiary.weights.loading import exported, maps_of
from bestiary.weights.maps import pairs
from bestiary.weights.translation import outward
from tests.references.parity import assert_same, close, gradients

SEEDS = range(3)
Network = TypeVar("Network", bound=nn.Module)


def stirred(network: Network, seed: int) -> Network:
    """All parameters random, so that nothing agrees because it is 1 or 0."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return network


def words_of(seed: int) -> dict[str, int]:
    roll = random.Random(seed)
    heads = roll.randint(1, 3)
    words = {"patch": roll.randint(2, 4), "width": heads * roll.randint(2, 5), "depth": roll.randint(1, 3)}
    return {**words, "heads": heads, "feedforward": roll.randint(4, 12), "outputs": roll.randint(2, 6)}


def config_of(kind: type, words: dict[str, int], size: tuple[int, int]) -> Any:
    return kind(
        image_size=size,
        patch_size=words["patch"],
        hidden_size=words["width"],
        num_hidden_layers=words["depth"],
        num_attention_heads=words["heads"],
        intermediate_size=words["feedforward"],
        num_labels=words["outputs"],
        layer_norm_eps=1e-6,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )


def given_our_weights(theirs: Any, ours: nn.Module, folder: Path) -> Any:
    """A network of transformers' with the weights that ours writes in its names."""
    from safetensors.torch import save_file

    theirs.config.save_pretrained(folder)
    save_file(exported(ours, "transformers"), folder / "model.safetensors", metadata={"format": "pt"})
    loaded, told = type(theirs).from_pretrained(folder, output_loading_info=True)
    assert not any(told.values()), told
    return loaded


def assert_equal_gradients(ours: nn.Module, theirs: nn.Module, pixels: Tensor, names: dict[str, str]) -> None:
    """Outputs and gradients of pixels and parameters, ours paired with theirs by name."""
    mine, known = dict(ours.named_parameters()), dict(theirs.named_parameters())
    assert len(mine) == len(known)
    outputs, inputs, found = gradients(ours, [pixels], mine, 3)
    other = {name: known[names[name]] for name in mine}
    expected, wanted, parameters = gradients(lambda x: theirs(x).logits, [pixels], other, 3)
    close(outputs, expected, "outputs")
    close(inputs[0], wanted[0], "gradient of the pixels")
    for name in mine:
        close(found[name], parameters[name], f"gradient of {name}")


def names_in_memory(ours: nn.Module, model: str) -> dict[str, str]:
    """Our parameter -> that of a living model of transformers', whose files have other names."""
    known = next(one for one in maps_of(ours) if one.library == "transformers")
    renamed = (
        (f"{model}.encoder.layer.", f"{model}.layers."),
        ("attention.self.relative", "attention.relative_position_bias.relative"),
        *((f"attention.self.{part}", f"attention.{part[0]}_proj") for part in ("query", "key", "value")),
        ("attention.attention.query", "attention.q_proj"),
        ("attention.attention.key", "attention.k_proj"),
        ("attention.attention.value", "attention.v_proj"),
        ("attention.output.dense", "attention.o_proj"),
        ("intermediate.dense", "mlp.fc1"),
        ("output.dense", "mlp.fc2"),
    )
    found = {}
    for pair in pairs(dict(ours.named_parameters()), known)[0]:
        name = pair.theirs[0]
        for old, new in renamed:
            name = name.replace(old, new)
        found[pair.ours[0]] = name
    return found


# ---------------------------------------------------------------------------------------------------------------- ViT


@pytest.mark.parametrize("seed", SEEDS)
def test_vit_is_transformers(seed: int, tmp_path: Path) -> None:
    words, roll = words_of(seed), random.Random(seed + 10)
    size = words["patch"] * roll.randint(2, 4), words["patch"] * roll.randint(2, 4)
    ours = stirred(VisionTransformer(channels=3, image_size=size, **words), seed).eval()
    theirs = ViTForImageClassification(config_of(ViTConfig, words, size))
    theirs = given_our_weights(theirs, ours, tmp_path).eval()
    assert_equal_gradients(ours, theirs, torch.randn(2, 3, *size), names_in_memory(ours, "vit"))
    stirred(ours, seed + 1)
    give_weights(ours, tmp_path / "model.safetensors")
    pixels = torch.randn(2, 3, *size)
    close(ours(pixels), theirs(pixels).logits, "outputs after loading")


def written_out(weights: Mapping[str, Tensor], pixels: Tensor, patch: int, heads: int, depth: int) -> Tensor:
    """Equations 1 to 4 of the paper, an image, a patch and a head at a time."""

    def normal(vector: Tensor, name: str) -> Tensor:
        apart = vector - vector.mean()
        return apart / (apart.square().mean() + 1e-6).sqrt() * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(vector: Tensor, name: str) -> Tensor:
        return weights[f"{name}.weight"] @ vector + weights[f"{name}.bias"]

    answers = []
    for image in pixels:
        matrix = weights["patches.project.weight"].flatten(1)
        sequence = [weights["token"][0, 0]]
        for top in range(0, image.shape[1], patch):
            for left in range(0, image.shape[2], patch):
                square = torch.zeros(len(image), patch, patch, dtype=image.dtype)
                part = image[:, top : top + patch, left : left + patch]
                square[:, : part.shape[1], : part.shape[2]] = part
                sequence.append(matrix @ square.flatten() + weights["patches.project.bias"])
        z = [vector + place for vector, place in zip(sequence, weights["positions"][0], strict=True)]
        for layer in range(depth):
            at = f"layers.{layer}"
            seen = [normal(vector, f"{at}.attention_norm") for vector in z]
            parts = [
                [linear(vector, f"{at}.attention.{word}").chunk(heads) for vector in seen]
                for word in ("query", "key", "value")
            ]
            for place in range(len(z)):
                gathered = []
                for head in range(heads):
                    query = parts[0][place][head]
                    scores = torch.stack([query @ key[head] for key in parts[1]]) / len(query) ** 0.5
                    shares = scores.exp() / scores.exp().sum()
                    gathered.append(sum(share * value[head] for share, value in zip(shares, parts[2], strict=True)))
                z[place] = z[place] + linear(torch.cat(gathered), f"{at}.attention.output")
            for place, vector in enumerate(z):
                hidden = linear(normal(vector, f"{at}.feedforward_norm"), f"{at}.feedforward.widen")
                hidden = hidden * (1 + torch.erf(hidden / 2**0.5)) / 2
                z[place] = vector + linear(hidden, f"{at}.feedforward.narrow")
        answers.append(linear(normal(z[0], "norm"), "head"))
    return torch.stack(answers)


@pytest.mark.parametrize("size", [(4, 6), (5, 3)])  # the second is padded
def test_vit_is_the_paper(size: tuple[int, int]) -> None:
    words = {"patch": 2, "width": 6, "depth": 2, "heads": 3, "feedforward": 5, "outputs": 3}
    ours = stirred(VisionTransformer(channels=2, image_size=size, **words), 0)
    weights = dict(ours.named_parameters())
    assert_same(ours, lambda pixels: written_out(weights, pixels, 2, 3, 2), (torch.randn(2, 2, *size),))


def test_a_patch_embedding_is_a_matrix_times_the_pixels_of_a_patch() -> None:
    torch.manual_seed(0)
    ours, pixels = PatchEmbedding(channels=3, patch=4, width=5), torch.randn(2, 3, 8, 12)
    patches = F.unfold(pixels, 4, stride=4).transpose(1, 2)  # [B, N, C * 16]
    matrix, bias = ours.project.weight.flatten(1), ours.project.bias
    close(ours(pixels).flatten(1, 2), patches @ matrix.T + bias, "vectors")


def test_without_positions_vit_does_not_know_where_a_patch_stands() -> None:
    words = {"patch": 2, "width": 8, "depth": 2, "heads": 2, "feedforward": 8, "outputs": 3}
    network = stirred(VisionTransformer(channels=1, image_size=(4, 4), **words), 1).eval()
    pixels = torch.randn(2, 1, 4, 4)
    moved = torch.cat([pixels[:, :, 2:], pixels[:, :, :2]], 2)  # rows of patches change places
    assert (network(pixels) - network(moved)).abs().max() > 1e-3
    nn.init.zeros_(network.positions)
    close(network(pixels), network(moved), "outputs without positions")


def test_an_image_of_another_size_is_refused() -> None:
    words = {"patch": 4, "width": 8, "depth": 1, "heads": 2, "feedforward": 8, "outputs": 3}
    network = VisionTransformer(channels=1, image_size=(8, 8), **words)
    with pytest.raises(InputError, match="positions for 4 patches; received an image of 6"):
        network(torch.zeros(1, 1, 8, 12))


def names_of_torchvision(depth: int) -> set[str]:
    """The names of torchvision.models.vit_b_16, written out."""
    names = {"class_token", "encoder.pos_embedding"}
    modules = ["conv_proj", "encoder.ln", "heads.head"]
    for layer in range(depth):
        at = f"encoder.layers.encoder_layer_{layer}"
        names |= {f"{at}.self_attention.in_proj_weight", f"{at}.self_attention.in_proj_bias"}
        modules += [f"{at}.{part}" for part in ("ln_1", "ln_2", "self_attention.out_proj", "mlp.0", "mlp.3")]
    return names | {f"{module}.{word}" for module in modules for word in ("weight", "bias")}


def names_of_timm(depth: int, tokens: tuple[str, ...] = (), heads: tuple[str, ...] = ("head",)) -> set[str]:
    """The names of timm's VisionTransformer and of the authors' DeiT, written out."""
    modules = ["patch_embed.proj", "norm", *heads]
    parts = ("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
    modules += [f"blocks.{layer}.{part}" for layer in range(depth) for part in parts]
    return {"cls_token", "pos_embed", *tokens} | {f"{m}.{word}" for m in modules for word in ("weight", "bias")}


def test_vit_has_the_names_of_torchvision_and_timm() -> None:
    from bestiary import create

    with torch.device("meta"):
        ours = create("vit_b16", depth=2)
        found = exported(ours, "torchvision"), exported(ours, "timm")
    assert found[0].keys() == names_of_torchvision(2) and found[1].keys() == names_of_timm(2)
    assert found[0]["encoder.pos_embedding"].shape == found[1]["pos_embed"].shape == (1, 197, 768)
    assert found[1]["blocks.0.attn.qkv.weight"].shape == (2304, 768)


def test_queries_keys_and_values_are_joined_in_the_order_of_torch() -> None:
    """torch.nn.MultiheadAttention, on whose names torchvision's ViT stands, computes the same with what is written."""
    words = {"patch": 2, "width": 6, "depth": 1, "heads": 3, "feedforward": 5, "outputs": 3}
    ours = stirred(VisionTransformer(channels=1, image_size=(4, 4), **words), 0).eval()
    known = next(one for one in maps_of(ours) if one.library == "torchvision")
    written = outward(pairs(ours.state_dict(), known)[0], ours.state_dict())
    theirs, at = nn.MultiheadAttention(6, 3, batch_first=True), "encoder.layers.encoder_layer_0.self_attention."
    theirs.load_state_dict({name.removeprefix(at): t for name, t in written.items() if name.startswith(at)})
    z = torch.randn(2, 5, 6)
    close(ours.layers[0].attention(z), theirs(z, z, z)[0], "attention")  # pyright: ignore


# --------------------------------------------------------------------------------------------------------------- DeiT


@pytest.mark.parametrize("seed", SEEDS)
def test_deit_is_transformers(seed: int, tmp_path: Path) -> None:
    words, roll = words_of(seed), random.Random(seed + 20)
    size = words["patch"] * roll.randint(2, 4), words["patch"] * roll.randint(2, 4)
    ours = stirred(DistilledVisionTransformer(channels=3, image_size=size, **words), seed).eval()
    theirs = DeiTForImageClassificationWithTeacher(config_of(DeiTConfig, words, size))
    theirs = given_our_weights(theirs, ours, tmp_path).eval()
    assert_equal_gradients(ours, theirs, torch.randn(2, 3, *size), names_in_memory(ours, "deit"))
    stirred(ours, seed + 1)
    give_weights(ours, tmp_path / "model.safetensors")
    pixels = torch.randn(2, 3, *size)
    found = theirs(pixels)
    close(ours(pixels), found.logits, "outputs after loading")
    labels, teacher = ours.by_head(pixels)
    close(labels, found.cls_logits, "the head of labels")
    close(teacher, found.distillation_logits, "the head of the teacher")


def test_deit_has_the_names_of_timm() -> None:
    from bestiary import create

    with torch.device("meta"):
        found = exported(create("deit_base_distilled", depth=2), "timm")
    assert found.keys() == names_of_timm(2, ("dist_token",), ("head", "head_dist"))
    assert found["pos_embed"].shape == (1, 198, 768)


class TwoHeads(nn.Module):
    """A linear student with a head for the teacher."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.labels, self.teacher = nn.Linear(features, outputs), nn.Linear(features, outputs)

    def by_head(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        return self.labels(pixels.flatten(1)), self.teacher(pixels.flatten(1))

    def forward(self, pixels: Tensor) -> Tensor:
        labels, teacher = self.by_head(pixels)
        return (labels + teacher) / 2


class OneHead(nn.Module):
    """A linear classifier of pixels."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.output = nn.Linear(features, outputs)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.output(pixels.flatten(1))


def losses_written_out(
    labelled: Tensor, taught: Tensor, teacher: Tensor, target: Tensor, share: float, temperature: float
) -> tuple[Tensor, Tensor]:
    """Equations 3 and 2 of the paper: hard and soft distillation, a row at a time."""

    def probabilities(logits: Tensor) -> Tensor:
        return logits.exp() / logits.exp().sum()

    hard, soft = [], []
    for ours, heard, said, label in zip(labelled, taught, teacher, target.tolist(), strict=True):
        known = -probabilities(ours)[label].log()
        hard.append((1 - share) * known - share * probabilities(heard)[int(said.argmax())].log())
        wanted, found = probabilities(said / temperature), probabilities(heard / temperature)
        divergence = (wanted * (wanted.log() - found.log())).sum()
        soft.append((1 - share) * known + share * temperature**2 * divergence)
    return torch.stack(hard).mean(), torch.stack(soft).mean()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("student", [TwoHeads, OneHead, DistilledVisionTransformer])
def test_distillation_is_the_papers(student: type[nn.Module], share: float) -> None:
    torch.manual_seed(1)
    batch = Batch(ImageInputs(torch.randn(6, 1, 2, 3)), Classes(torch.randint(0, 4, (6,))))
    if student is DistilledVisionTransformer:
        words = {"patch": 1, "width": 4, "depth": 1, "heads": 2, "feedforward": 4}
        network = stirred(student(channels=1, image_size=(2, 3), outputs=4, **words), 0).eval()
    else:
        network = student(6, 4)
    teacher = OneHead(6, 4)
    parameters = dict(network.named_parameters())
    heads = network.by_head if hasattr(network, "by_head") else lambda x: (network(x), network(x))
    for number, objective in enumerate((HardDistillation(teacher, share), SoftDistillation(teacher, share, 3.0))):

        def expected(pixels: Tensor, number: int = number) -> Tensor:
            labelled, taught = heads(pixels)
            return losses_written_out(labelled, taught, teacher(pixels).detach(), batch.truth, share, 3.0)[number]

        loss, _ = objective(network, batch, 0)
        close(loss, expected(batch.inputs.pixels), "loss")
        found = torch.autograd.grad(loss, list(parameters.values()), materialize_grads=True)
        wanted = torch.autograd.grad(expected(batch.inputs.pixels), list(parameters.values()), materialize_grads=True)
        for name, one, other in zip(parameters, found, wanted, strict=True):
            close(one, other, f"gradient of {name}")
    assert all(p.grad is None for p in teacher.parameters()), "a teacher is asked, not taught"


def lessons(seed: int = 0) -> tuple[ArrayData, nn.Module, Tensor, Tensor]:
    """Rows whose labels are random, a teacher that knows a rule, pixels to judge by and what the rule says of them."""
    torch.manual_seed(seed)
    pixels, teacher = torch.randn(256, 1, 2, 3), OneHead(6, 3)
    nn.init.normal_(teacher.output.weight, std=2.0)
    target = torch.randint(0, 3, (256,))
    arrays = {"pixels": pixels[:192].numpy(), "target": target[:192].numpy(), "row": torch.arange(192).numpy()}
    facts = {"problem": "classification", "classes": ["a", "b", "c"]}
    data = ArrayData(ImageSpec(1, (2, 3), 3), facts, {"train": arrays, "validation": arrays}, batch=64)
    return data, teacher, pixels[192:], teacher(pixels[192:]).argmax(-1)


@pytest.mark.parametrize("listening", ["hard", "soft"])
def test_the_head_of_the_teacher_learns_what_the_teacher_knows_and_the_other_one_does_not(listening: str) -> None:
    data, teacher, pixels, rule = lessons()
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    student = TwoHeads(6, 3)
    learner = classifier(student, data.spec, rate=0.05, listening=listening, teacher=teacher)
    for _ in learner.updates(data, 0, 150):
        pass
    labels, taught = student.by_head(pixels)
    assert (taught.argmax(-1) == rule).float().mean() > 0.9
    assert (labels.argmax(-1) == rule).float().mean() < 0.6
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.state_dict().items())
    assert learner.answer is student


def test_a_new_teacher_learns_first_and_the_student_after_it() -> None:
    data, _, _, _ = lessons()
    words = {"patch": 1, "width": 4, "depth": 1, "heads": 2, "feedforward": 4}
    student = DistilledVisionTransformer(channels=1, image_size=(2, 3), outputs=3, **words)
    learner = classifier(student, data.spec, schooling=0.4)
    assert isinstance(learner, Distillation)

    def state() -> tuple[Tensor, Tensor]:
        teacher, taught = (
            torch.cat([p.detach().flatten() for p in n.parameters()]) for n in (learner.teacher, student)
        )
        return teacher, taught

    changed, last = [], state()
    for _ in learner.updates(data, 0, 5):
        now = state()
        changed.append(tuple(not torch.equal(a, b) for a, b in zip(last, now)))
        last = now
    assert changed == [(True, False)] * 2 + [(False, True)] * 3


def test_a_student_that_makes_no_teacher_needs_one_and_words_that_cannot_be_are_refused() -> None:
    spec = ImageSpec(1, (2, 3), 3)
    assert isinstance(classifier(OneHead(6, 3), spec), GradientDescent)  # from labels alone
    for words in ({"listening": "soft"}, {"share": 0.2}):
        with pytest.raises(InputError, match="OneHead makes no teacher for itself; give one"):
            classifier(OneHead(6, 3), spec, **words)
    wrong = {"listening": "often", "share": 1.5, "temperature": 0.0, "schooling": 1.0, "teacher_rate": -1.0}
    for word, value in wrong.items():
        with pytest.raises(InputError, match=r"; received .*; try "):
            classifier(OneHead(6, 3), spec, teacher=OneHead(6, 3), **{word: value})


# --------------------------------------------------------------------------------------------------------------- Swin


@pytest.mark.parametrize("seed", SEEDS)
def test_swin_is_transformers(seed: int, tmp_path: Path) -> None:
    roll = random.Random(seed)
    window, patch, outputs = roll.randint(2, 3), roll.randint(1, 3), roll.randint(2, 6)
    heads, depths = (roll.randint(1, 2), roll.randint(1, 2)), (roll.randint(2, 3), roll.randint(1, 2))
    width = heads[0] * heads[1] * roll.randint(1, 3)
    sides = [roll.randint(2 * window + 1, 2 * window + 5) for _ in range(2)]  # places: some maps have to be padded
    size = (patch * sides[0] - roll.randint(0, patch - 1), patch * sides[1] - roll.randint(0, patch - 1))
    ours = SwinTransformer(
        channels=3, patch=patch, window=window, width=width, depths=depths, heads=heads, outputs=outputs
    )
    stirred(ours, seed).eval()
    config: Any = SwinConfig(
        image_size=size,
        patch_size=patch,
        embed_dim=width,
        depths=list(depths),
        num_heads=list(heads),
        window_size=window,
        num_labels=outputs,  # pyright: ignore[reportCallIssue]
    )
    theirs = given_our_weights(SwinForImageClassification(config), ours, tmp_path).eval()
    assert_equal_gradients(ours, theirs, torch.randn(2, 3, *size), names_in_memory(ours, "swin"))
    stirred(ours, seed + 1)
    give_weights(ours, tmp_path / "model.safetensors")
    pixels = torch.randn(2, 3, *size)
    close(ours(pixels), theirs(pixels).logits, "outputs after loading")


def window_attention_written_out(
    weights: Mapping[str, Tensor], x: Tensor, side: int, shift: tuple[int, int], heads: int
) -> Tensor:
    """Equation 4 of the paper a place at a time: it sees those whose window, before any rolling, is its own.

    The map x [B, H, W, D] has sides that are multiples of the window's.
    """

    def linear(vector: Tensor, name: str) -> Tensor:
        return weights[f"inside.{name}.weight"] @ vector + weights[f"inside.{name}.bias"]

    images = []
    for image in x:
        places = [(row, column) for row in range(x.shape[1]) for column in range(x.shape[2])]
        home = {(r, c): ((r - shift[0]) // side, (c - shift[1]) // side) for r, c in places}
        made = {
            word: {place: linear(image[place], word).chunk(heads) for place in places}
            for word in ("query", "key", "value")
        }
        answers = []
        for place in places:
            seen = [other for other in places if home[other] == home[place]]
            gathered = []
            for head in range(heads):
                query = made["query"][place][head]
                scores = []
                for other in seen:
                    down, across = place[0] - other[0] + side - 1, place[1] - other[1] + side - 1
                    bias = weights["bias.table"][down * (2 * side - 1) + across, head]
                    scores.append(query @ made["key"][other][head] / len(query) ** 0.5 + bias)
                shares = torch.stack(scores).softmax(0)
                gathered.append(sum(share * made["value"][o][head] for share, o in zip(shares, seen, strict=True)))
            answers.append(linear(torch.cat(gathered), "output"))
        images.append(torch.stack(answers).unflatten(0, x.shape[1:3]))
    return torch.stack(images)


SHIFTS = [((4, 4), 2, False, (0, 0)), ((4, 6), 2, True, (1, 1)), ((6, 3), 3, True, (1, 0)), ((3, 3), 3, True, (0, 0))]


@pytest.mark.parametrize(("size", "side", "shifted", "shift"), SHIFTS)
def test_shifted_windows_equal_their_slow_twin(
    size: tuple[int, int], side: int, shifted: bool, shift: tuple[int, int]
) -> None:
    ours = stirred(WindowAttention(width=4, heads=2, window=side, shifted=shifted), 0)
    weights = dict(ours.named_parameters())
    twin = lambda x: window_attention_written_out(weights, x, side, shift, 2)  # noqa: E731
    assert_same(ours, twin, (torch.randn(2, *size, 4),))


@pytest.mark.parametrize("shifted", [False, True])
def test_a_place_changes_those_of_its_window_and_no_others(shifted: bool) -> None:
    ours, shift = stirred(WindowAttention(width=4, heads=2, window=3, shifted=shifted), 1), int(shifted)
    torch.manual_seed(0)
    x = torch.randn(1, 6, 9, 4)
    before = ours(x)
    for place in ((0, 0), (2, 4), (5, 8), (0, 8)):
        other = x.clone()
        other[0][place] += 1.0
        changed = (ours(other) - before).abs().amax(-1)[0] > 1e-6
        window = [(place[0] - shift) // 3, (place[1] - shift) // 3]
        home = [[[(r - shift) // 3, (c - shift) // 3] == window for c in range(9)] for r in range(6)]
        assert changed.tolist() == home


def test_the_places_of_a_window_have_no_order_but_that_of_their_biases() -> None:
    ours = stirred(WindowAttention(width=4, heads=2, window=3, shifted=True), 2)
    torch.manual_seed(0)
    x = torch.randn(2, 6, 6, 4)
    order = torch.randperm(9)
    moved = x.clone()
    moved[:, 1:4, 1:4] = x[:, 1:4, 1:4].flatten(1, 2)[:, order].unflatten(1, (3, 3))  # a whole window, shifted by one
    assert (ours(moved)[:, 1:4, 1:4].flatten(1, 2) - ours(x)[:, 1:4, 1:4].flatten(1, 2)[:, order]).abs().max() > 1e-3
    nn.init.zeros_(ours.bias.table)
    expected = ours(x)
    expected[:, 1:4, 1:4] = expected[:, 1:4, 1:4].flatten(1, 2)[:, order].unflatten(1, (3, 3))
    close(ours(moved), expected, "a window whose places change, and all others")


def test_windows_are_cut_and_joined_and_masks_know_what_was_rolled() -> None:
    x = torch.randn(2, 6, 4, 3)
    windows = cut(x, 2)
    assert windows.shape == (12, 4, 3) and torch.equal(join(windows, 2, 6, 4), x)
    assert torch.equal(windows[3], x[0, 2:4, 2:4].flatten(0, 1))  # row by row, the second in the second row
    assert neighbours(6, 4, 2, (0, 0), x.device).all()
    mask = neighbours(6, 4, 2, (1, 1), x.device)
    assert mask[0].all() and not mask[1].all()
    assert mask.flatten(1).sum(1).tolist() == [16, 8, 16, 8, 8, 4]  # the last window holds four parts of one place


def test_offsets_of_biases_are_those_between_places() -> None:
    bias = RelativePositionBias(side=2, heads=1)
    with torch.no_grad():
        bias.table.copy_(torch.arange(9.0)[:, None])
    assert bias()[0].tolist() == [[4, 3, 1, 0], [5, 4, 2, 1], [7, 6, 4, 3], [8, 7, 5, 4]]


def test_patches_are_merged_in_the_authors_order() -> None:
    merge = PatchMerging(width=1)
    nn.init.eye_(merge.reduce.weight)
    x = torch.tensor([[0.0, 10.0], [2.0, 5.0]])[None, :, :, None]
    first, second = merge(x).detach().flatten().tolist()
    values = torch.tensor([0.0, 2.0, 10.0, 5.0])  # 0,0  1,0  0,1  1,1
    wanted = (values - values.mean()) / (values.var(unbiased=False) + 1e-5).sqrt()
    close(torch.tensor([first, second]), wanted[:2], "the first two of the four")


def names_of_swin(stages: tuple[int, ...], merges: str, head: str) -> set[str]:
    """The names of timm's SwinTransformer and of the authors' files, written out; `merges` says which stage merges."""
    modules = ["patch_embed.proj", "patch_embed.norm", "norm", head]
    parts = ("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
    names = set()
    for stage, depth in enumerate(stages):
        modules += [f"layers.{stage}.blocks.{block}.{part}" for block in range(depth) for part in parts]
        names |= {f"layers.{stage}.blocks.{block}.attn.relative_position_bias_table" for block in range(depth)}
        if stage:
            at = f"layers.{stage if merges == 'before' else stage - 1}.downsample"
            names |= {f"{at}.reduction.weight", f"{at}.norm.weight", f"{at}.norm.bias"}
    return names | {f"{module}.{word}" for module in modules for word in ("weight", "bias")}


def test_swin_has_the_names_of_timm_torchvision_and_the_authors() -> None:
    from bestiary import create

    with torch.device("meta"):
        ours = create("swin_t")
        timm, authors, torchvision = (exported(ours, name) for name in ("timm", "microsoft", "torchvision"))
    assert timm.keys() == names_of_swin((2, 2, 6, 2), "before", "head.fc")
    assert authors.keys() == names_of_swin((2, 2, 6, 2), "after", "head")
    assert timm["layers.3.downsample.reduction.weight"].shape == (768, 1536)
    assert torchvision["features.6.reduction.weight"].shape == (768, 1536)
    assert torchvision["features.5.5.attn.relative_position_bias_table"].shape == (169, 12)
    assert torchvision["features.0.2.weight"].shape == (96,) and torchvision["features.1.0.mlp.3.weight"].shape[0] == 96
    assert len(torchvision) == len(timm) == len(ours.state_dict()) - 2 * 2 * 12  # queries, keys and values are one


# --------------------------------------------------------------------------------------------------- stochastic depth


def test_stochastic_depth_leaves_out_whole_rows_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    branch, layer = torch.randn(4000, 2, 3), StochasticDepth(0.25)
    found = layer(branch)
    kept = found.flatten(1).any(1)
    assert torch.equal(found[~kept], torch.zeros_like(found[~kept]))
    close(found[kept], branch[kept] / 0.75, "rows that stay")
    assert 0.22 < 1 - kept.float().mean() < 0.28
    assert torch.equal(layer.eval()(branch), branch)
    assert rising(0.1, 1) == [0.0] and rising(0.3, 4) == pytest.approx([0.0, 0.1, 0.2, 0.3])
