"""`bestiary size`: every size of every row is costed, and the figures are those of an independent count."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bestiary import catalogue
from bestiary.catalogue import Row, Size
from bestiary.cli import size as sizing
from bestiary.cli.main import main

SIZES = [pytest.param(row, size, id=size.name) for row in catalogue.ROWS for size in row.sizes]
QUICK = 2e7  # FLOPs of an example, up to which a step is timed here


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["size", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def report(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = said(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.mark.parametrize(("row", "size"), SIZES)
def test_every_size_is_costed(
    row: Row, size: Size, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, and timed where that is quick; short examples, for steps are walked one by one."""
    monkeypatch.setattr(sizing, "MEASURED_FLOPS", QUICK)
    short = {"text": 8, "series": 8, "pairs": 4}.get(size.kind)
    told = report(capsys, size.name, *([] if short is None else ["--set", f"length={short}"]))
    assert sum(told["parts"].values()) == told["parameters"] == size.parameters
    assert told["keywords"] == json.loads(json.dumps(dict(size.keywords), default=list)), (
        "the network is the size's own"
    )
    assert short is None or told["shapes"][0][0] == short
    assert (told["flops"] is None) == ("export" in row.exceptions)
    assert told["flops"] is None or told["flops"] > 0 or size.parameters == 0
    assert told["training_bytes"] >= 4 * told["parameters"]
    assert told["timing"] or told["unmeasured"]
    if told["timing"]:
        assert 0 < told["timing"]["inference"] < 60
        assert told["timing"]["training"] or told["unmeasured"]


def attention(queries: int, keys: int, width: int, context: int) -> int:
    """Multiply-adds of four projections and two products."""
    return 2 * queries * width * width + 2 * keys * context * width + 2 * queries * keys * width


COUNTED = [  # name, words, multiply-adds by hand
    ("lenet5", {}, 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10),
    ("mlp", {}, 30 * 256 + 256 * 128 + 128 * 64 + 64 * 2),
    ("rnn", {"length": 50}, 50 * (10 * 64 + 64 * 64)),
    ("lstm", {"length": 20}, 20 * 4 * (10 * 128 + 128 * 128 + 2 * 128 * 128)),
    ("gru", {"length": 20}, 20 * 3 * (10 * 128 + 128 * 128 + 2 * 128 * 128)),
    ("self_attention", {"length": 512, "context_length": 512}, attention(512, 512, 512, 512)),
    ("cross_attention", {"length": 9, "context_length": 77}, attention(9, 77, 512, 768)),
    ("scaled_dot_product_attention", {"length": 100}, 2 * 100 * 100 * 64),
    ("additive_attention", {"length": 40}, 512 * 512 + 40 * 512 * 512 + 40 * 512 + 40 * 512),
    (
        "transformer_encoder",
        {"length": 16},
        6 * (attention(16, 16, 512, 512) + 2 * 16 * 512 * 2048),
    ),
    (
        "gpt2",
        {"length": 128},
        12 * (attention(128, 128, 768, 768) + 2 * 128 * 768 * 3072) + 128 * 768 * 50_257,
    ),
    ("vae", {}, 784 * 256 + 2 * 256 * 20 + 20 * 256 + 256 * 784),
    ("rbm", {}, 784 * 500),
    ("gan", {}, 100 * 256 + 256 * 512 + 512 * 784 + 784 * 512 + 512 * 256 + 256),
    ("dqn_cartpole", {}, 4 * 128 + 128 * 128 + 128 * 2),
]


@pytest.mark.parametrize(("name", "words", "products"), COUNTED, ids=[name for name, _, _ in COUNTED])
def test_flops_are_counted_by_hand(
    name: str, words: dict[str, int], products: int, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [part for word, value in words.items() for part in ("--set", f"{word}={value}")]
    told = report(capsys, name, "--no-measure", *given)
    assert told["flops"] == 2 * products
    assert told["parameters"] == catalogue.size(name).parameters
    for word, value in words.items():
        assert told["example"][word] == value


def test_a_graph_network_is_costed_on_the_nodes_and_edges_of_its_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Cora: 2,708 papers, 10,556 directed citations; a loop is added to every node."""
    nodes, edges = 2708, 10_556 + 2708
    sums = edges + 2 * edges * (16 + 7)  # degrees, and weighted means of both layers
    told = report(capsys, "gcn_cora", "--no-measure")
    assert told["example"] == {"nodes": 2708, "edges": 10_556}
    assert told["flops"] == 2 * nodes * (1433 * 16 + 16 * 7) + sums
    told = report(capsys, "gcn_cora", "--no-measure", "--set", "nodes=30", "--set", "edges=40")
    assert told["flops"] == 2 * 30 * (1433 * 16 + 16 * 7) + 70 + 2 * 70 * 23
    assert told["shapes"] == [[30, 1433], [2, 40]]


def test_flops_of_resnet50_are_the_published_ones(capsys: pytest.CaptureFixture[str]) -> None:
    told = report(capsys, "resnet50", "--no-measure")
    assert told["parameters"] == 25_557_032
    # 4.09 G multiply-adds at 224 x 224 with the stride on the 3x3 convolution (v1.5)
    assert told["flops"] / 2 == pytest.approx(4.09e9, rel=0.005)


def test_a_shorter_example_leaves_the_network_whole(capsys: pytest.CaptureFixture[str]) -> None:
    short = report(capsys, "gpt2", "--no-measure", "--set", "length=128")
    assert short["parameters"] == 124_439_808 and short["keywords"]["length"] == 1024 and short["shapes"] == [[128]]
    longer = report(capsys, "gpt2", "--no-measure", "--set", "length=2048")
    assert longer["parameters"] == 124_439_808 + 1024 * 768 and longer["shapes"] == [[2048]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mlp", "--set", "length=77"], "received 'length'"),
        (["fnn", "--set", "image_size=(9, 9)"], "received 'image_size'"),
        (["rnn", "--set", "nodes=7"], "received 'nodes'"),
        (["gcn_cora", "--set", "nodes=0"], "1 or more"),
        (["lstm", "--set", "length=1.5"], "1 or more"),
        (["resnet50", "--set", "image_size=7"], "height and width"),
        (["lenet5", "--set", "outputs=0"], "outputs of LeNet5 must be 1 or more"),
    ],
)
def test_words_that_nothing_uses_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, *words)
    assert (code, out) == (2, "") and message in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "bytes_each", "optimiser"),
    [("lenet5", 16, "AdamW"), ("rbm", 12, "SGD"), ("wgan", 12, "RMSprop"), ("hopfield", 4, ""), ("perceptron", 8, ""),
     ("ddpm_unet", 20, "AdamW"), ("dqn_cartpole", 20, "AdamW"), ("sngan", 16, "AdamW")],
)  # fmt: skip
def test_training_is_that_of_its_own_algorithm(
    name: str, bytes_each: int, optimiser: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights 4 bytes; gradients and each moment 4 more; 4 for a slower copy that ships or judges."""
    told = report(capsys, name, "--no-measure")
    assert told["training_bytes"] == bytes_each * told["parameters"] and told["optimiser"] == optimiser


def test_what_is_timed_is_a_step_of_its_own_algorithm(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bestiary.algorithms.adversarial import Adversarial
    from bestiary.algorithms.contrastive_divergence import ContrastiveDivergence

    seen: list[str] = []
    for algorithm in (Adversarial, ContrastiveDivergence):

        def noted(self: Any, data: Any, start: int, horizon: int, own: Any = algorithm.updates) -> Any:
            seen.append(type(self).__name__)
            return own(self, data, start, horizon)

        monkeypatch.setattr(algorithm, "updates", noted)
    for name in ("gan", "rbm"):
        assert report(capsys, name)["timing"]["training"] > 0
    assert seen == ["Adversarial", "ContrastiveDivergence"]
    told = report(capsys, "dqn_cartpole")
    assert told["timing"]["training"] is None and "learns in an environment" in told["unmeasured"]


def test_seven_billion_in_half_precision(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "7B", "--precision", "fp16")
    assert code == 0
    assert "14 GB in fp16" in out
    assert "112 GB with AdamW" in out


def test_set_changes_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    told = report(capsys, "fnn", "--set", "widths=(10, 5)", "--set", "features=4", "--no-measure")
    assert told["parameters"] == (4 * 10 + 10) + (10 * 5 + 5) + (5 * 10 + 10)


def test_what_is_printed_names_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "lstm", "--set", "length=100", "--no-measure")
    assert code == 0
    assert "length=100" in out
    assert re.search(r"FLOPs 40\.\dM an example of 100 x 10,", " ".join(out.split()))
