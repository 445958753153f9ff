"""What every row of the catalogue promises. A new row is tested by being a row; exceptions are read from the row."""

import importlib
import inspect
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_model, save_model
from torch import nn

from bestiary import catalogue, tasks
from bestiary.architectures.build import build, count, inputs_for, resolve
from bestiary.catalogue import Row, Size
from bestiary.contracts import ImageSpec, SeriesSpec, Spec
from bestiary.fit import fit
from bestiary.runs.run import RunFolder
from tests.conformance.kinds import ROWWISE, inputs, spec_of, tiny_data

PROMISES = {"companions", "padding", "gradients", "meta", "round trip", "deterministic", "resume"}
PROMISES |= {"compile", "export", "unused", "features"}  # of test_portable.py

SIZES = [pytest.param(row, size, id=size.name) for row in catalogue.ROWS for size in row.sizes]
TINY = [pytest.param(row, kind, id=f"{row.name}-{kind}") for row in catalogue.ROWS for kind in row.tiny]
RACING = [
    pytest.param(row, kind, contender, id=f"{row.name}/{contender.name}-{kind}")
    for row in catalogue.ROWS
    for kind, contenders in row.races.items()
    for contender in contenders
]
LEARNING = [
    pytest.param(row, kind, problem, id=f"{row.name}-{kind}-{problem}")
    for row in catalogue.ROWS
    for kind in row.tiny
    for problem in row.recipes
    if kind not in row.races or any(not c.tasks or problem in c.tasks for c in row.races[kind])
]
ANSWERED = {"classification", "regression", "nodes", "graphs"}
"""Tasks whose networks give one answer a row or node, of as many numbers as the data have outputs."""


def keep(row: Row, promise: str) -> None:
    if promise in row.exceptions:
        pytest.skip(row.exceptions[promise])


def tiny(row: Row, kind: str, seed: int = 0) -> nn.Module:
    network, keywords = row.tiny[kind]
    return build(network, keywords, seed=seed)


def outputs(network: nn.Module, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
    result = network(*inputs)
    return result[0] if isinstance(result, tuple) else result


# ------------------------------------------------------------------------------------------------- the rows


def test_names_are_unique() -> None:
    rows = [row.name for row in catalogue.ROWS]
    sizes = [name for row in catalogue.ROWS for size in row.sizes for name in (size.name, *size.aliases)]
    assert len(set(rows)) == len(rows)
    assert len(set(sizes)) == len(sizes)
    for size in sizes:
        assert size not in rows or catalogue.find(size).name == size


def test_a_row_stands_in_the_file_of_its_name_in_the_folder_of_its_family() -> None:
    here = Path(catalogue.__file__).parent
    files = {
        path.relative_to(here).with_suffix("").as_posix() for path in here.glob("*/*.py") if path.parent.name != "parts"
    }
    rows = {f"{row.family}/{row.name}" for row in catalogue.ROWS}
    assert rows <= files
    assert {name.split("/")[1] for name in files - rows} <= {"__init__", "common"}


@pytest.mark.parametrize("row", catalogue.ROWS, ids=lambda row: row.name)
def test_row_is_complete(row: Row) -> None:
    assert row.sizes and row.title and row.paper and row.summary and row.learns and row.reference
    assert 1940 < row.year < 2030
    assert set(row.exceptions) <= PROMISES, f"unknown promises; known are {PROMISES}"
    assert set(row.races) <= set(row.tiny), "every kind that it races on needs a tiny network for these tests"
    for target in {size.network for size in row.sizes}:
        module = importlib.import_module(target.partition(":")[0])
        assert f"architectures.{row.family}" in module.__name__ or "layers" in module.__name__
        assert module.__doc__
        assert resolve(target).__doc__
    assert set(row.verbs) <= {"sample", "encode", "play", "inspect"}
    for target in row.verbs.values():
        assert resolve(target).__doc__
    for problem, recipe in row.recipes.items():
        assert problem in tasks.names()
        accepted = inspect.signature(resolve(recipe)).parameters
        for settings in row.settings:
            assert set(settings) <= set(accepted), f"{recipe} does not take {set(settings) - set(accepted)}"


@pytest.mark.parametrize("row", [row for row in catalogue.ROWS if row.races], ids=lambda row: row.name)
def test_contenders_grow(row: Row) -> None:
    for contenders in row.races.values():
        assert contenders[0].rows == 0, "the smallest contender enters with any amount of data"
        assert [c.rows for c in contenders] == sorted(c.rows for c in contenders)
        assert len({c.name for c in contenders}) == len(contenders)


# ------------------------------------------------------------------------------------------------ the sizes


@pytest.mark.parametrize(("row", "size"), SIZES)
def test_parameters_are_exact(row: Row, size: Size) -> None:
    keep(row, "meta")
    with torch.device("meta"):
        network = build(size.network, size.keywords)
    assert size.parameters is not None
    assert count(network) == size.parameters


# --------------------------------------------------------------------------------------------- tiny networks


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_every_parameter_receives_a_gradient(row: Row, kind: str) -> None:
    keep(row, "gradients")
    network = tiny(row, kind)
    received = {name: False for name, _ in network.named_parameters()}
    for _ in range(5):
        network.zero_grad()
        outputs(network, inputs(row, kind, row.tiny[kind][1], batch=6)).square().sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            received[name] |= bool(parameter.grad.abs().sum() > 0)
    assert all(received.values()), [name for name, got in received.items() if not got]


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_round_trip_is_bit_equal(row: Row, kind: str, tmp_path: Path) -> None:
    keep(row, "round trip")
    network, other = tiny(row, kind, seed=0), tiny(row, kind, seed=1)
    given = inputs(row, kind, row.tiny[kind][1], batch=3)
    outputs(network, given)  # running statistics move
    assert not torch.equal(outputs(network.eval(), given), outputs(other.eval(), given))
    save_model(network, str(tmp_path / "weights.safetensors"))
    load_model(other, str(tmp_path / "weights.safetensors"))
    assert torch.equal(outputs(network, given), outputs(other, given))


@pytest.mark.parametrize(("row", "kind"), TINY)
def test_deterministic_under_a_seed(row: Row, kind: str) -> None:
    keep(row, "deterministic")
    given = inputs(row, kind, row.tiny[kind][1], batch=3)
    before = torch.get_rng_state()
    first, second, other = tiny(row, kind, 0), tiny(row, kind, 0), tiny(row, kind, 1)
    assert torch.equal(before, torch.get_rng_state()), "building under a seed leaves the global stream alone"
    results = []
    for network in (first, second, other):
        torch.manual_seed(3)
        results.append(outputs(network, given))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize(("row", "kind"), [p for p in TINY if p.values[1] in ROWWISE])
def test_a_row_ignores_its_companions(row: Row, kind: str) -> None:
    keep(row, "companions")
    network = tiny(row, kind).eval()
    given = inputs(row, kind, row.tiny[kind][1], batch=5)
    together = outputs(network, given)
    for place in range(5):
        alone = outputs(network, tuple(tensor[place : place + 1] for tensor in given))
        torch.testing.assert_close(alone[0], together[place], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("row", "kind"), [p for p in TINY if p.values[1] in ("text", "series")])
def test_a_row_ignores_its_padding(row: Row, kind: str) -> None:
    keep(row, "padding")
    network = tiny(row, kind).eval()
    values, lengths = inputs_for(kind, row.tiny[kind][1], batch=4)
    together = outputs(network, (values, lengths))
    for place, length in enumerate(lengths.tolist()):
        cut = outputs(network, (values[place : place + 1, :length], lengths[place : place + 1]))
        torch.testing.assert_close(cut[0], together[place], atol=1e-5, rtol=1e-5)
    noise = values.clone()  # what stands in the padding is nobody's business
    for place, length in enumerate(lengths.tolist()):
        noise[place, length:] = 1
    torch.testing.assert_close(outputs(network, (noise, lengths)), together, atol=1e-5, rtol=1e-5)


# ---------------------------------------------------------------------------------------------- contenders


@pytest.mark.parametrize(("row", "kind", "contender"), RACING)
def test_contender_takes_any_data_of_its_kind(row: Row, kind: str, contender: catalogue.Contender) -> None:
    if not (set(contender.tasks or row.recipes) & ANSWERED):
        with torch.device("meta"):
            assert count(build(contender.network, contender.keywords, spec_of(kind, 3))) > 0
        return
    small = contender.smallest
    specs = [spec_of(kind, 3)]
    if kind == "image":
        specs += [ImageSpec(3, (max(small, 8), max(small, 8)), 2), ImageSpec(1, (max(small, 31), max(small, 45)), 7)]
    if kind == "series":
        specs += [SeriesSpec(1, max(small, 5), 2)]
    for spec in specs:
        network = build(contender.network, contender.keywords, spec, seed=0).eval()
        with torch.no_grad():
            given = inputs(row, kind, {**contender.keywords, **spec.sizes()})
            result = network(*given)
        answers = len(given[0]) if kind == "graph" else 2
        assert result.shape == (answers, spec.outputs)


# ------------------------------------------------------------------------------------------------- learning


class Silent:
    """A judge that looks at the end alone."""

    def due(self, step: int) -> bool:
        return False

    def __call__(self, answer: nn.Module, step: int) -> dict[str, float]:
        return {"loss": 1.0}


def learner_network(row: Row, kind: str, problem: str, spec: Spec, seed: int) -> nn.Module:
    """The tiny one; where a task has a class of its own, the smallest of that class that races."""
    mine = [c for c in row.races.get(kind, ()) if problem in c.tasks]
    if mine and all(c.network != row.tiny[kind][0] for c in mine):
        return build(mine[0].network, mine[0].keywords, spec, seed=seed)
    return tiny(row, kind, seed)


@pytest.mark.parametrize(("row", "kind", "problem"), LEARNING)
def test_resumes_bit_equal(row: Row, kind: str, problem: str, tmp_path: Path) -> None:
    keep(row, "resume")
    network, keywords = row.tiny[kind]
    if problem == "regression":
        row = Row(**{**row.__dict__, "tiny": {kind: (network, {**keywords, "outputs": 1})}})
    recipe = resolve(row.recipes[problem])

    def learner(seed: int):
        torch.manual_seed(seed)
        return recipe(learner_network(row, kind, problem, data.spec, seed), data.spec, **row.settings[-1])

    data = tiny_data(row, kind, problem)
    whole = learner(0)
    made = fit(whole, data, RunFolder(tmp_path / "whole"), 9, Silent(), horizon=12)
    fit(learner(0), data, RunFolder(tmp_path / "parts"), 4, Silent(), horizon=12)
    torch.rand(7)
    parts = learner(5)
    assert fit(parts, data, RunFolder(tmp_path / "parts"), 9, Silent(), horizon=12) == made
    expected, found = whole.answer.state_dict(), parts.answer.state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert math.isfinite(sum(float(t.double().sum()) for t in expected.values()))
    fresh = learner(0).answer.state_dict()
    assert any(not torch.equal(expected[name], fresh[name]) for name in expected), "nothing was learned"
