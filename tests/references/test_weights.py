"""Published weights in and out: names, shapes, outputs; and files that do not fit, or mean harm."""

from __future__ import annotations

import importlib
import os
import pickle
import random
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel, ResNetConfig, ResNetForImageClassification

import bestiary
from bestiary import catalogue
from bestiary.architectures.attention.gpt import GPT
from bestiary.architectures.attention.transformer_encoder import PreNormTransformerEncoder, TransformerEncoder
from bestiary.architectures.build import give_weights, resolve
from bestiary.architectures.convolution import resnet
from bestiary.architectures.convolution.lenet import LeNet5
from bestiary.architectures.graph.gcn import GCN
from bestiary.architectures.recurrence.gru import GRU
from bestiary.architectures.recurrence.lstm import LSTM
from bestiary.architectures.recurrence.rnn import RNN
from bestiary.errors import InputError
from bestiary.layers.attention import Attention
from bestiary.weights.loading import exported, load_weights, maps_of, tensors_of
from bestiary.weights.maps import NameMap, joined, pairs, parted, same, spread, turned
from bestiary.weights.translation import inward, outward
from tests.references.parity import close

SEEDS = range(3)
TORCHVISION = "BESTIARY_TORCHVISION"
"""Names a folder made by `pip install --no-deps --target FOLDER torchvision`; in the environment it breaks others."""
RESNETS = {
    resnet.BasicResNet: {"layer_type": "basic"},
    resnet.BottleneckResNet: {"layer_type": "bottleneck"},
    resnet.PaperResNet: {"layer_type": "bottleneck", "downsample_in_bottleneck": True},
}


def stirred(network: nn.Module, seed: int = 0) -> nn.Module:
    """Everything that is saved random, so that nothing agrees because it is 1 or 0; variances positive."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, tensor in tensors_of(network).items():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.5 if "running_var" in name else 0.3 * torch.randn_like(tensor))
    return network.eval()


def saved(tensors: dict[str, Tensor], path: Path) -> Path:
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path)
    return path


# ------------------------------------------------------------------------------- outputs against their libraries


def resnet_pair(kind: type[resnet.ResidualNetwork], seed: int) -> tuple[nn.Module, nn.Module, tuple[Tensor, ...]]:
    roll = random.Random(seed)
    stages = roll.randint(1, 3)
    widths, depths = [4 * roll.randint(1, 4) for _ in range(stages)], [roll.randint(1, 2) for _ in range(stages)]
    channels, entry, outputs = roll.randint(1, 3), 4 * roll.randint(1, 3), roll.randint(2, 6)
    config = ResNetConfig(
        num_channels=channels,
        embedding_size=entry,
        hidden_sizes=widths,
        depths=depths,
        num_labels=outputs,
        **RESNETS[kind],
    )
    ours = kind(channels=channels, outputs=outputs, widths=widths, depths=depths, entry=entry)
    return ours, ResNetForImageClassification(config), (torch.randn(2, channels, 40, 33),)


def gpt_pair(seed: int) -> tuple[nn.Module, nn.Module, tuple[Tensor, ...]]:
    roll = random.Random(seed)
    heads = roll.randint(1, 3)
    width, depth, length, vocabulary = heads * roll.randint(1, 5), roll.randint(1, 3), roll.randint(5, 9), 11
    config = GPT2Config(
        vocab_size=vocabulary, n_positions=length, n_embd=width, n_layer=depth, n_head=heads, bos_token_id=0,
        eos_token_id=0,
    )  # fmt: skip
    ours = GPT(vocabulary=vocabulary, length=length, width=width, depth=depth, heads=heads)
    return ours, GPT2LMHeadModel(config), (torch.randint(vocabulary, (2, length)),)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [*RESNETS, GPT], ids=lambda kind: kind.__name__)
def test_what_transformers_saved_computes_the_same_here_and_back(kind: type, seed: int, tmp_path: Path) -> None:
    ours, theirs, inputs = gpt_pair(seed) if kind is GPT else resnet_pair(kind, seed)
    stirred(theirs, seed).save_pretrained(tmp_path / "theirs")
    loaded = give_weights(stirred(ours, seed + 1), tmp_path / "theirs")
    assert loaded.names == "transformers" and not loaded.fresh
    expected = theirs(*inputs).logits
    close(ours(*inputs), expected, "outputs after loading")
    again = type(theirs)(theirs.config).eval()
    again.load_state_dict(exported(ours, "transformers"))
    assert exported(ours, "transformers").keys() == theirs.state_dict().keys()
    assert torch.equal(again(*inputs).logits, expected), "out again is what came in"


def lstm_like(kind: type, theirs: type, seed: int) -> tuple[nn.Module, nn.Module, Callable, Callable]:
    roll = random.Random(seed)
    channels, width, depth, both = roll.randint(1, 5), roll.randint(1, 6), roll.randint(1, 3), roll.random() < 0.5
    ours = kind(channels=channels, width=width, depth=depth, bidirectional=both)
    other = theirs(channels, width, depth, batch_first=True, bidirectional=both)
    values = torch.randn(3, 6, channels)
    return ours, other, lambda: ours(values)[0], lambda: other(values)[0]


def torch_pair(name: str, seed: int) -> tuple[nn.Module, nn.Module, Callable, Callable]:
    """Ours and torch's, and what to compare."""
    recurrent = {"LSTM": (LSTM, nn.LSTM), "GRU": (GRU, nn.GRU), "RNN": (RNN, nn.RNN)}
    if name in recurrent:
        return lstm_like(*recurrent[name], seed)
    roll = random.Random(seed)
    heads, depth, feedforward = roll.randint(1, 3), roll.randint(1, 3), roll.randint(2, 9)
    width = heads * roll.randint(1, 4)
    sequence = torch.randn(2, 5, width)
    if name == "Attention":
        mine, other = Attention(width=width, heads=heads), nn.MultiheadAttention(width, heads, batch_first=True)
        return mine, other, lambda: mine(sequence), lambda: other(sequence, sequence, sequence)[0]
    first = name == "PreNormTransformerEncoder"
    layer = nn.TransformerEncoderLayer(width, heads, feedforward, 0.0, batch_first=True, norm_first=first)
    other = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(width) if first else None, enable_nested_tensor=False)
    kind = PreNormTransformerEncoder if first else TransformerEncoder
    mine = kind(width=width, depth=depth, heads=heads, feedforward=feedforward)
    return mine, other, lambda: mine(sequence), lambda: other(sequence)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN", "Attention", "TransformerEncoder", "PreNormTransformerEncoder"])
def test_what_torch_saved_computes_the_same_here_and_back(name: str, seed: int, tmp_path: Path) -> None:
    ours, theirs, mine, other = torch_pair(name, seed)
    stirred(ours, seed + 1)
    torch.save(stirred(theirs, seed).state_dict(), tmp_path / "weights.pt")
    assert load_weights(ours, tmp_path / "weights.pt").names == "torch"
    close(mine(), other().detach(), "outputs after loading")
    found = exported(ours, "torch")
    assert found.keys() == theirs.state_dict().keys()
    assert all(torch.equal(found[key], tensor) for key, tensor in theirs.state_dict().items())


def test_graph_weights_come_from_torch_geometric(tmp_path: Path) -> None:
    from torch_geometric.nn import models

    ours, theirs = GCN(features=4, width=5, outputs=3, depth=2), models.GCN(4, 5, 2, 3)
    torch.save(stirred(theirs).state_dict(), tmp_path / "gcn.pt")
    load_weights(ours, tmp_path / "gcn.pt")
    nodes, edges = torch.randn(6, 4), torch.randint(0, 6, (2, 9))
    edges = edges[:, edges[0] != edges[1]]
    close(ours.eval()(nodes, edges), theirs.eval()(nodes, edges).detach(), "outputs after loading")


class Tutorial(nn.Module):
    """LeNet-5 as PyTorch's tutorials name its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        pool = nn.functional.max_pool2d
        x = pool(self.conv2(pool(self.conv1(x).relu(), 2)).relu(), 2).flatten(1)
        return self.fc3(self.fc2(self.fc1(x).relu()).relu())


def test_lenet_reads_the_names_of_tutorials(tmp_path: Path) -> None:
    theirs, pixels = stirred(Tutorial()), torch.randn(2, 1, 28, 28)
    torch.save({"epoch": 3, "state_dict": theirs.state_dict()}, tmp_path / "lenet.pt")
    ours = bestiary.load("lenet5", weights=tmp_path / "lenet.pt")
    assert not ours.training
    close(ours(pixels), theirs(pixels).detach(), "outputs after loading")
    assert exported(ours, "pytorch").keys() == theirs.state_dict().keys()


# ------------------------------------------------------------------------------------------------- torchvision


def torchvision_names(depths: tuple[int, ...], convolutions: int, projected: range) -> set[str]:
    """The names of torchvision.models.ResNet, written out."""
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    names = {"conv1.weight", "fc.weight", "fc.bias", *(f"bn1.{word}" for word in norm)}
    for stage, depth in enumerate(depths, 1):
        for block in range(depth):
            place = f"layer{stage}.{block}"
            for number in range(1, convolutions + 1):
                names |= {f"{place}.conv{number}.weight", *(f"{place}.bn{number}.{word}" for word in norm)}
            if not block and stage in projected:
                names |= {f"{place}.downsample.0.weight", *(f"{place}.downsample.1.{word}" for word in norm)}
    return names


@pytest.mark.parametrize(
    ("name", "depths", "convolutions", "projected"),
    [("resnet18", (2, 2, 2, 2), 2, range(2, 5)), ("resnet50", (3, 4, 6, 3), 3, range(1, 5))],
)
def test_resnet_has_the_names_of_torchvision(
    name: str, depths: tuple[int, ...], convolutions: int, projected: range
) -> None:
    with torch.device("meta"):
        found = exported(bestiary.create(name), "torchvision")
    assert found.keys() == torchvision_names(depths, convolutions, projected)
    assert found["conv1.weight"].shape == (64, 3, 7, 7) and found["fc.bias"].shape == (1000,)


@pytest.fixture
def torchvision() -> Iterator[object]:
    folder = os.environ.get(TORCHVISION)
    if not folder:
        pytest.skip(f"{TORCHVISION} names no folder with torchvision")
    sys.path.insert(0, folder)
    try:
        importlib.import_module("tests.references.torchvision_shim")
        yield importlib.import_module("torchvision.models")
    finally:
        sys.path.remove(folder)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vgg11_bn", "alexnet", "efficientnet_b0_symmetric"])
def test_what_torchvision_saved_computes_the_same_here_and_back(name: str, torchvision: object, tmp_path: Path) -> None:
    theirs, pixels = stirred(getattr(torchvision, name)()), torch.randn(1, 3, 70, 65)
    with torch.no_grad():
        for module in theirs.modules():  # random residual branches would grow beyond what float32 can compare
            if isinstance(module, nn.Conv2d):
                module.weight.mul_(0.1)
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")
    ours = bestiary.load(name, weights=tmp_path / "weights.pth")
    with torch.no_grad():
        expected = theirs(pixels)
        scale = expected.abs().max()
        close(ours(pixels) / scale, expected / scale, "outputs after loading")
    theirs.load_state_dict(exported(ours, "torchvision"))


# ---------------------------------------------------------------------------------------------- the map itself


@pytest.mark.parametrize("row", [row for row in catalogue.ROWS if row.tiny], ids=lambda row: row.name)
def test_every_map_goes_both_ways_for_every_small_network_of_the_catalogue(row: catalogue.Row) -> None:
    for target, keywords in row.tiny.values():
        network = resolve(target)(**keywords)
        for known in maps_of(network):  # type: ignore[arg-type]
            ours = tensors_of(network)  # type: ignore[arg-type]
            found, without = pairs(ours, known)
            if known.ignored:  # a published encoder has no head
                assert all(name.startswith("head.") for name in without)
            else:
                assert not without
            theirs = outward(found, ours)
            shapes = {name: tuple(tensor.shape) for name, tensor in ours.items()}
            back = {name: t for pair in found for name, t in inward(pair, theirs.__getitem__, shapes).items()}
            assert back.keys() == ours.keys() - set(without)
            assert all(torch.equal(back[name], ours[name]) for name in back)


def test_every_network_that_a_map_names_is_there() -> None:
    modules = {size.network.partition(":")[0] for row in catalogue.ROWS for size in row.sizes}
    known = [(module, one) for module in modules for one in getattr(importlib.import_module(module), "PUBLISHED", ())]
    assert known
    for module, one in known:
        assert all(hasattr(importlib.import_module(module), name) for name in one.networks), one.of


def test_the_language_of_maps_renames_turns_joins_and_parts() -> None:
    known = NameMap(
        "x", "", (),
        (
            same("a.{layer}.{*}", "{*}_{layer+2}"),
            turned("b.{*}", "B.{*}"),
            joined(("q", "k"), "qk", turned=True),
            parted("gates", ("reset", "update")),
            spread("scale", "gamma", 2),
        ),
    )  # fmt: skip
    shapes = {
        "a.0.weight": (2, 3),
        "b.weight": (4, 1),
        "b.bias": (4,),
        "q": (3, 2),
        "k": (1, 2),
        "gates": (6, 5),
        "scale": (4,),
    }
    ours = {name: torch.randn(shape) for name, shape in shapes.items()}
    found, without = pairs([*ours, "stranger"], known)
    assert without == ["stranger"]
    theirs = outward(found, ours)
    assert torch.equal(theirs["weight_2"], ours["a.0.weight"])
    assert torch.equal(theirs["B.weight"], ours["b.weight"].T) and torch.equal(theirs["B.bias"], ours["b.bias"])
    assert torch.equal(theirs["qk"], torch.cat([ours["q"], ours["k"]]).T)
    assert torch.equal(theirs["gamma"], ours["scale"][:, None, None])
    assert torch.equal(theirs["reset"], ours["gates"][:3]) and torch.equal(theirs["update"], ours["gates"][3:])
    back = {name: t for pair in found for name, t in inward(pair, theirs.__getitem__, shapes).items()}
    assert all(torch.equal(back[name], tensor) for name, tensor in ours.items())


def test_a_square_matrix_that_is_not_turned_computes_something_else(tmp_path: Path) -> None:
    """The trap of Conv1D: the shapes agree either way, so only the map knows."""
    ours, theirs, inputs = gpt_pair(0)
    weights = stirred(theirs).state_dict()
    weights.pop("lm_head.weight")
    name = "transformer.h.0.attn.c_proj.weight"
    assert weights[name].shape == weights[name].T.shape
    load_weights(ours.eval(), saved({**weights, name: weights[name].T}, tmp_path / "turned.safetensors"))
    assert (ours(*inputs) - theirs(*inputs).logits).abs().max() > 1e-3


def test_old_files_of_gpt2_have_masks_and_no_prefix(tmp_path: Path) -> None:
    ours, theirs, inputs = gpt_pair(1)
    weights = {name.removeprefix("transformer."): t for name, t in stirred(theirs).state_dict().items()}
    weights.pop("lm_head.weight")
    weights["h.0.attn.bias"] = torch.ones(1, 1, 4, 4)
    load_weights(ours.eval(), saved(weights, tmp_path / "old.safetensors"))
    close(ours(*inputs), theirs(*inputs).logits.detach(), "outputs after loading")


# ------------------------------------------------------------------------------------ files that do not fit or harm


@pytest.fixture
def lenet(tmp_path: Path) -> tuple[LeNet5, dict[str, Tensor], Path]:
    network = LeNet5(channels=1, image_size=(28, 28), outputs=10)
    return network, exported(network), tmp_path / "weights.safetensors"


FAULTS: dict[str, Callable[[dict[str, Tensor]], dict[str, Tensor]]] = {
    r"1 missing: c3\.bias; build the size": lambda w: {n: t for n, t in w.items() if n != "c3.bias"},
    r"1 too many: c4\.bias": lambda w: {**w, "c4.bias": torch.ones(2)},
    r"1 of another shape: f6\.bias \(85,\) for \(84,\)": lambda w: {**w, "f6.bias": torch.ones(85)},
    r"2 of another shape: output.*only the last part differs: new_head=True": lambda w: {
        **w, "output.weight": torch.ones(3, 84), "output.bias": torch.ones(3),
    },
    r"c1\.bias in .* not finite numbers": lambda w: {**w, "c1.bias": torch.full((6,), float("nan"))},
    r"c1\.bias is torch\.float32 here and int8": lambda w: {**w, "c1.bias": torch.ones(6, dtype=torch.int8)},
    r"its names are of something else: x": lambda w: {"x": torch.ones(1)},
}  # fmt: skip


@pytest.mark.parametrize("message", FAULTS)
def test_weights_that_do_not_fit_are_refused_by_name_and_change_nothing(message: str, lenet: tuple) -> None:
    network, weights, path = lenet
    before = {name: tensor.clone() for name, tensor in tensors_of(network).items()}
    saved(FAULTS[message](weights), path)
    with pytest.raises(InputError, match=message) as told:
        give_weights(network, path)
    assert len(str(told.value).splitlines()) == 1
    assert all(torch.equal(before[name], tensor) for name, tensor in tensors_of(network).items())


def test_a_head_that_is_tied_must_be_what_it_is_tied_to(tmp_path: Path) -> None:
    ours, theirs, _ = gpt_pair(2)
    weights = {**stirred(theirs).state_dict(), "lm_head.weight": torch.zeros(11, ours.embed.embedding_dim)}
    with pytest.raises(InputError, match=r"lm_head\.weight .* tied; it differs"):
        load_weights(ours, saved(weights, tmp_path / "untied.safetensors"))


def test_a_new_last_part_is_fresh_and_all_else_is_loaded(lenet: tuple) -> None:
    network, weights, path = lenet
    saved(weights, path)
    fresh = bestiary.create("lenet5", weights=path, new_head=True, outputs=3, seed=5)
    other = bestiary.create("lenet5", outputs=3, seed=5)
    assert torch.equal(fresh.output.weight, other.output.weight)  # type: ignore[union-attr]
    assert torch.equal(fresh.c1.weight, network.c1.weight)  # type: ignore[union-attr]
    pixels = torch.randn(2, 1, 28, 28)
    body = bestiary.create("lenet5", weights=path, outputs=None)
    network.output = nn.Identity()
    assert torch.equal(body(pixels), network(pixels))
    with pytest.raises(InputError, match="give the file too"):
        bestiary.create("lenet5", new_head=True)


def test_half_precision_and_double_are_read_in_our_own(lenet: tuple) -> None:
    _, weights, path = lenet
    for kind in (torch.float64, torch.bfloat16):
        saved({name: tensor.to(kind) for name, tensor in weights.items()}, path)
        made = bestiary.create("lenet5", weights=path)
        assert all(torch.equal(p, weights[n].to(kind).float()) for n, p in made.named_parameters())


class Harm:
    """What runs code where a pickle is loaded."""

    def __reduce__(self) -> tuple:
        return (os.system, ("touch harmed",))


def test_nothing_in_a_file_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Harm()}, "zipped.pt")
    Path("plain.pt").write_bytes(pickle.dumps({"weight": Harm()}))
    torch.save({"weight": Harm()}, "old.pt", _use_new_zipfile_serialization=False)
    for name in ("zipped.pt", "plain.pt", "old.pt"):
        with pytest.raises(InputError, match=r"executed|cannot be read"):
            bestiary.create("lenet5", weights=name)
    assert not Path("harmed").exists()


def test_bombs_and_rubbish_are_one_line(tmp_path: Path) -> None:
    weights = exported(bestiary.create("lenet5"))
    torch.save(weights, tmp_path / "good.pt")
    with (
        zipfile.ZipFile(tmp_path / "good.pt") as archive,
        zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in archive.infolist():
            bomb.writestr(entry.filename, archive.read(entry))
    (tmp_path / "rubbish").write_bytes(random.Random(0).randbytes(500))
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "good.pt").read_bytes()[:2000])
    saved(weights, tmp_path / "good.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "good.safetensors").read_bytes()[:-3])
    (tmp_path / "large.safetensors").write_bytes((2**62).to_bytes(8, "little") + b"{}")
    torch.save([torch.ones(2)], tmp_path / "list.pt")
    torch.save({"c1.weight": torch.ones(2).to_sparse()}, tmp_path / "sparse.pt")
    (tmp_path / "folder").mkdir()
    told = {
        "bomb.pt": "compressed",
        "list.pt": "dictionary",
        "sparse.pt": "not a plain tensor",
        "folder": "found none of",
    }
    told |= {"gone.safetensors": "No such file"}
    for name in ("rubbish", "empty", "cut.pt", "cut.safetensors", "large.safetensors", *told):
        with pytest.raises(InputError, match=told.get(name, "cannot be read")) as found:
            bestiary.create("lenet5", weights=tmp_path / name)
        assert len(str(found.value).splitlines()) == 1


def test_a_tensor_that_claims_to_be_large_is_never_laid_out(tmp_path: Path) -> None:
    weights = {**exported(bestiary.create("lenet5")), "c1.bias": torch.ones(1).expand(10**12)}
    torch.save(weights, tmp_path / "expanded.pt")
    with pytest.raises(InputError, match=r"c1\.bias \(1000000000000,\) for \(6,\)"):
        bestiary.create("lenet5", weights=tmp_path / "expanded.pt")


def test_old_files_of_torch_are_read(tmp_path: Path) -> None:
    network = bestiary.create("lenet5", seed=3)
    weights = {f"module.{name}": tensor for name, tensor in exported(network).items()}
    torch.save(weights, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    made = bestiary.create("lenet5", weights=tmp_path / "old.pth")
    assert all(torch.equal(a, b) for a, b in zip(made.parameters(), network.parameters()))
