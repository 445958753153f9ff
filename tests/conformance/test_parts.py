"""What every part and method promises. A new one is tested by being a file of the catalogue."""

import dataclasses
import doctest
import inspect
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import bestiary
from bestiary import catalogue
from bestiary.architectures.build import build, count, create, resolve
from bestiary.catalogue import Reference, Size
from bestiary.catalogue.part import Part
from bestiary.catalogue.parts import PARTS, SORTS
from bestiary.cli.main import main
from bestiary.errors import InputError
from tests.conformance import claims

EVERY = [pytest.param(part, id=part.name) for part in PARTS]
CALLS = [pytest.param(part, name, id=f"{part.name}-{name}") for part in PARTS for name in part.calls]
SIZES = [pytest.param(part, size, id=size.name) for part in PARTS for size in part.sizes]
REFERENCES = [
    pytest.param(part, reference, id=f"{part.name}-{number}")
    for part in PARTS
    for number, reference in enumerate(part.reference)
]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


# ------------------------------------------------------------------------------------------- listed and shown


def test_names_are_unique_in_the_whole_catalogue() -> None:
    rows = [name for row in catalogue.ROWS for name in {row.name, *(s.name for s in row.sizes)}]
    mine = [name for part in PARTS for name in {part.name, *part.calls, *part.aliases}]
    assert len({*rows, *mine}) == len(rows) + len(mine)
    assert all(size.name in {part.name, *part.calls} for part in PARTS for size in part.sizes)


TAUGHT = (
    *("activations", "adam", "backpropagation", "batch_norm", "bptt", "cheb_conv", "chinchilla_scaling"),
    *("cross_attention", "ddim_sampler", "ddpm_sampler", "dropout", "embedding", "experience_replay"),
    *("gradient_descent", "layer_norm", "max_pooling", "pca", "recurrent_dropout", "reparameterization_trick"),
    *("residual_connection", "scaled_dot_product_attention", "self_attention", "sinusoidal_positional_encoding"),
    *("spectral_norm", "transposed_convolution"),
)
"""Parts and methods that introductory texts name, by their usual names."""


@pytest.mark.parametrize("name", TAUGHT)
def test_what_is_taught_is_shown_and_called(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Some parts, such as attention, are rows of a family: their sizes are created."""
    assert said(capsys, "show", name)[0] == 0
    if catalogue.parts.named(name):
        assert callable(bestiary.part(name))
    else:
        assert isinstance(bestiary.create(name), nn.Module)


@pytest.mark.parametrize("part", EVERY)
def test_a_part_is_complete(part: Part) -> None:
    assert part.title and part.summary.count(".") >= 2 and part.sort in SORTS
    assert 1900 < part.year < 2030 and str(part.year) in part.paper
    assert "=" in part.formula and part.example.count(">>>") >= 2 and part.reference
    assert bool(part.sizes) == bool(part.inputs)
    assert all((claims.ROOT / file).is_file() for file in part.files)
    for line in (*part.formula.splitlines(), *part.example.splitlines()):
        assert len(line) <= 110, f"wraps in a terminal: {line}"


@pytest.mark.parametrize("sort", SORTS)
def test_parts_are_listed(sort: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = [part.name for part in PARTS if part.sort == sort]
    assert bestiary.list(family=sort) == expected
    code, out, _ = said(capsys, "list", "--family", sort, "--json")
    assert code == 0 and [one["name"] for one in json.loads(out)] == expected
    alone, everything = said(capsys, "list", "--family", sort)[1], said(capsys, "list")[1]
    for name in expected:
        assert f"\n{name} " in alone and f"\n{name} " in everything
    assert not set(expected) & set(bestiary.list()), "what is listed without a family, `create` builds"
    listed = {one["name"] for one in json.loads(said(capsys, "list", "--family", sort, "--taught", "2", "--json")[1])}
    assert listed == {part.name for part in PARTS if part.sort == sort and len(part.introductions) >= 2}


@pytest.mark.parametrize("part", EVERY)
@pytest.mark.parametrize("columns", ["80", "120"])
def test_a_part_is_shown(
    part: Part, columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for name in (part.name, *part.aliases, *part.calls):
        code, out, _ = said(capsys, "show", name)
        plain, lines = " ".join(out.split()), out.splitlines()
        assert code == 0 and max(map(len, lines)) <= int(columns)
        for text in (part.title, part.summary, part.paper, part.beware, *part.files, *part.formula.splitlines()):
            assert " ".join(text.split()) in plain
        for target in part.calls.values():
            assert re.search(rf"(def |class |\b){target.partition(':')[2]}(\(|:)", plain)
        assert "Used by" in plain and "How to use it" in plain


# ------------------------------------------------------------------------------------------------------ called


@pytest.mark.parametrize(("part", "name"), CALLS)
def test_a_part_can_be_called(part: Part, name: str) -> None:
    thing = bestiary.part(name)
    assert thing is resolve(part.calls[name]) and callable(thing)
    assert inspect.getdoc(thing), "says what it takes"
    if name == next(iter(part.calls)):
        assert all(bestiary.part(other) is thing for other in (part.name, *part.aliases))


@pytest.mark.parametrize("part", EVERY)
def test_the_session_that_is_shown_gives_what_it_says(part: Part) -> None:
    known = {"bestiary": bestiary, "torch": torch}
    held = doctest.DocTestParser().get_doctest(part.example.strip("\n") + "\n", known, part.name, part.name, 0)
    told: list[str] = []
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(held, out=told.append).failed == 0, told
    assert any(f'bestiary.part("{name}")' in part.example for name in part.calls)


def test_an_unknown_part_is_refused_in_a_line() -> None:
    with pytest.raises(InputError, match="did you mean 'layer_norm'"):
        bestiary.part("layer_nrom")


# ------------------------------------------------------------------------------------------------------ sizes


@pytest.mark.parametrize(("part", "size"), SIZES)
def test_a_size_has_its_parameters_and_is_created(part: Part, size: Size, capsys: pytest.CaptureFixture[str]) -> None:
    with torch.device("meta"):
        assert count(build(size.network, size.keywords)) == size.parameters
    assert size.part and size.network in part.calls.values()
    assert type(create(size.name)) is resolve(size.network)
    code, out, _ = said(capsys, "size", size.name, "--no-measure", "--json")
    assert code == 0 and json.loads(out)["parameters"] == size.parameters
    assert said(capsys, "show", size.name, "--layers")[0] == 0


@pytest.mark.parametrize("part", [pytest.param(part, id=part.name) for part in PARTS if not part.sizes])
def test_what_has_no_size_says_so_in_a_line(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "size", part.name)
    assert code == 2 and err.count("\n") == 1 and f"{part.name} is a {part.sort} without weights of its own" in err
    with pytest.raises(InputError, match="without weights of its own"):
        bestiary.create(part.name)


@pytest.mark.parametrize("part", EVERY)
def test_a_part_alone_is_not_trained(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "train", part.name, "digits", "--budget", "1s")
    assert code == 2 and err.count("\n") == 1 and f"{part.name} is a {part.sort}" in err


# ---------------------------------------------------------------------------------------------------- compared


@pytest.mark.parametrize(("part", "reference"), REFERENCES)
def test_a_reference_is_a_test_that_runs_and_compares(part: Part, reference: Reference) -> None:
    claims.check_it_runs(reference)
    claims.check_it_uses(part.name, {target.partition(":")[0] for target in part.calls.values()}, reference)


@pytest.mark.parametrize(("part", "name"), CALLS)
def test_what_answers_otherwise_fails_a_test_of_its_part(part: Part, name: str, tmp_path: Path) -> None:
    tests = {reference.test: reference for reference in part.reference}
    assert any(notices(reference, part.calls[name], tmp_path) for reference in tests.values()), list(tests)


def notices(reference: Reference, target: str, folder: Path) -> bool:
    """Whether a test that passes fails, in any of its cases, when what a part gives is changed."""
    test = getattr(claims.module_of(reference), reference.test.partition("::")[2])
    for case in claims.cases(test):
        with changed(target, vars(claims.module_of(reference))):
            same = claims.passes(test, case, folder)
        if not same:
            assert claims.passes(test, case, folder), f"{reference.test} fails by itself"
            return True
    return False


@contextmanager
def changed(target: str, place: dict[str, Any]) -> Iterator[None]:
    """Makes what a class or function gives a hundredth larger, and a hundredth more, also where a test imported it."""
    thing: Any = resolve(target)
    with pytest.MonkeyPatch.context() as patch:
        if isinstance(thing, type):
            methods = ["forward"] if issubclass(thing, nn.Module) else [n for n in vars(thing) if n[0] != "_"]
            for name in methods:
                if inspect.isfunction(vars(thing).get(name)):
                    patch.setattr(thing, name, wrong(getattr(thing, name)))
        else:
            other = wrong(thing)
            patch.setattr(inspect.getmodule(thing), thing.__name__, other)
            for name in [name for name, value in place.items() if value is thing]:
                patch.setitem(place, name, other)
        yield


def wrong(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same, whose answer is changed; or its first tensor where it answers nothing and changes that."""

    def changed_work(*given: Any, **words: Any) -> Any:
        answer = work(*given, **words)
        if answer is None:
            with torch.no_grad():
                for tensor in (one for one in given if isinstance(one, Tensor)):
                    tensor.mul_(1.01).add_(0.01)
                    break
        return shifted(answer)

    return changed_work


def shifted(value: Any) -> Any:
    if isinstance(value, float):
        return value * 1.01 + 0.01
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: shifted(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(shifted(part) for part in value)
    return claims.shifted(value)
