"""The small networks of introductions to the field: their published sizes and shapes, and none of their faults.

`guide_examples.EXAMPLES` lists them all, each with its networks and with what is wrong in print; every fault names the
test in `test_guide_faults` or `test_guide_makers` that shows that it is right here.
"""

import pytest
import torch

from bestiary.architectures.build import count, create
from bestiary.layers.attention import attend_written_out
from tests.references import test_guide_faults, test_guide_makers
from tests.references.guide_examples import EXAMPLES, KEYS, RAN, Part

PARTS = [
    pytest.param(part, id=f"{key}-{number}")
    for key, example in EXAMPLES.items()
    for number, part in enumerate(example.parts, 1)
]
FAULTS = [(key, fault, test) for key, example in EXAMPLES.items() for fault, test in example.faults.items()]


# -------------------------------------------------------------------------------------------- size and shapes


def test_no_example_is_left_out() -> None:
    assert tuple(EXAMPLES) == KEYS and len(KEYS) == 38


@pytest.mark.parametrize(("key", "fault", "test"), FAULTS)
def test_every_fault_has_its_test(key: str, fault: str, test: str) -> None:
    known = {RAN, *vars(test_guide_faults), *vars(test_guide_makers)}
    assert test in known, f"{key}, {fault}: there is no {test}"


@pytest.mark.parametrize("part", PARTS)
def test_example(part: Part) -> None:
    network = part.build()
    assert count(network) == part.count
    inputs = part.inputs()
    with torch.no_grad():
        found = network(*inputs)
        further = {name: getattr(network, name)(*inputs).shape for name in part.methods}
    outputs = found if isinstance(found, tuple) else (found,)
    assert tuple(tuple(output.shape) for output in outputs) == part.outputs
    assert {name: tuple(shape) for name, shape in further.items()} == part.methods
    assert all(bool(torch.isfinite(output).all()) for output in outputs)


def test_counts_that_differ_from_print_do_so_for_a_reason() -> None:
    differing = {key: part for key, example in EXAMPLES.items() for part in example.parts if part.printed is not None}
    assert set(differing) == {"G0.11"}
    projection, for_all_heads, for_each_head = 16 * 32 + 32, 16 + 1, 4 * (8 + 8)
    assert differing["G0.11"].printed == projection + for_all_heads
    assert differing["G0.11"].count == projection + for_each_head


def test_moving_statistics_are_what_keras_counts_beside_parameters() -> None:
    generator = EXAMPLES["G1.8"].parts[0].build()
    moving = [
        value.numel() for name, value in generator.named_buffers() if name.endswith(("running_mean", "running_var"))
    ]
    assert count(generator) + sum(moving) == 2_330_944


def test_attention_weights_of_the_example() -> None:
    queries, keys, values = (torch.randn(1, 1, 4, 64) for _ in range(3))
    attended, weights = attend_written_out(queries, keys, values)
    assert attended.shape == (1, 1, 4, 64) and weights[:, 0].shape == (1, 4, 4)
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 1, 4))


def test_the_sizes_of_a_two_layer_lstm_classifier_follow_their_formula() -> None:
    for vocabulary, embedding, width, outputs in ((10_000, 128, 256, 2), (50, 3, 4, 5)):
        words = {"vocabulary": vocabulary, "embedding": embedding, "width": width, "outputs": outputs}
        lstm = 4 * width * (embedding + width + 2) + 4 * width * (2 * width + 2)
        assert count(create("lstm_classifier", **words)) == vocabulary * embedding + lstm + (width + 1) * outputs
