"""What every kind of data promises. A new one is tested by being a folder in `bestiary/kinds`."""

import dataclasses
import inspect
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from bestiary import catalogue, kinds, tasks
from bestiary.architectures.build import build
from bestiary.baselines import competitors
from bestiary.batches import Inputs
from bestiary.errors import InputError
from bestiary.kinds import Kind
from bestiary.rows.encoder_files import write_encoder
from bestiary.rows.store import spec_from
from bestiary.specs import Spec

KINDS = [pytest.param(kind, id=kind.name) for kind in kinds.every().values()]
PARTS = ("read", "spec", "inputs", "store", "encoder", "facts", "saved")


def task_of(kind: Kind) -> str:
    """A task that these data are for."""
    return kind.task or next(name for name in tasks.names() if kind.name in tasks.kinds_of(name))


def taken(kind: Kind) -> tuple[catalogue.Row, dict[str, Any]]:
    """A row of the catalogue that learns from such data, and the words of its tiny network."""
    row = next(row for row in catalogue.ROWS if kind.name in row.races and task_of(kind) in row.recipes)
    return row, dict(row.tiny[kind.name][1])


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_names_is_there(kind: Kind) -> None:
    parts = {name: kind.part(name) for name in PARTS}
    assert issubclass(parts["spec"], Spec) and parts["spec"].kind == kind.name
    assert issubclass(parts["inputs"], Inputs)
    for made in (parts["spec"], parts["inputs"]):
        assert getattr(made, "__dataclass_params__").frozen and made.__doc__  # noqa: B009
    for name in ("guess", "show"):
        assert not getattr(kind, name) or callable(kind.part(name))
    words = inspect.signature(parts["read"]).parameters.values()
    assert all(word.kind is word.KEYWORD_ONLY for word in list(words)[1:]), "options of reading are keywords"
    assert set(parts["inputs"].__annotations__) >= {parts["inputs"].padded} - {""}
    example = kind.part("example")
    assert all(callable(getattr(example, name)) for name in ("inputs", "step", "spec", "data"))


@pytest.mark.parametrize("kind", KINDS)
def test_its_sizes_come_back_from_a_file(kind: Kind) -> None:
    spec = kind.part("example").spec(3)
    assert spec_from(spec.written()) == spec
    assert all(type(value) in (int, str, tuple, type(None)) for value in dataclasses.asdict(spec).values())
    with pytest.raises(InputError, match="is not as it was written"):
        spec_from({**spec.written(), "wings": 2})


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_learns_from_it(kind: Kind) -> None:
    row, words = taken(kind)
    batch, spec = kind.part("example").step(words, 4, task_of(kind))
    assert spec.kind == kind.name and len(batch)
    network = build(*row.tiny[kind.name], seed=0)
    assert torch.isfinite(network(*batch.arguments(network))).all()
    assert competitors(kind.name, task_of(kind)), "a network has to beat something"


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_a_function_of_seed_and_number(kind: Kind) -> None:
    _, words = taken(kind)
    made = []
    for order in ((0, 1, 5), (5, 0, 1)):
        torch.manual_seed(0)
        data = kind.part("example").data(words, task_of(kind))
        try:
            found = {number: data.batch("train", number) for number in order}
        except TypeError as reason:
            assert "the algorithm plays in it" in str(reason)
            return
        made.append(found)
    for number, batch in made[0].items():
        for part, twin in ((batch.inputs, made[1][number].inputs), (batch.target, made[1][number].target)):
            for field in dataclasses.fields(part):
                one, other = getattr(part, field.name), getattr(twin, field.name)
                assert torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


@pytest.mark.parametrize("kind", KINDS)
def test_an_epoch_has_every_row_once_and_padding_is_cut(kind: Kind) -> None:
    made = kind.part("inputs")
    if not made.padded:
        pytest.skip("nothing is padded")
    _, words = taken(kind)
    data = kind.part("example").data(words, task_of(kind), rows=24)
    batches = [data.batch("train", number) for number in range(data.epoch)]
    assert sum(map(len, batches)) == 24
    lengths = sorted(length for batch in batches for length in batch.inputs.lengths.tolist())
    assert lengths == sorted(data.arrays("train")["lengths"].tolist())
    for batch in batches:
        assert getattr(batch.inputs, made.padded).shape[1] == int(batch.inputs.lengths.max())


@pytest.mark.parametrize("kind", KINDS)
def test_another_encoder_is_refused(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        kind.part("encoder").load(tmp_path)

    class Other:
        kind = "no kind"
        spec: Spec
        facts: dict[str, object] = {}  # noqa: RUF012

    Other.spec = kind.part("example").spec(3)
    write_encoder(Other, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(InputError) as caught:
        kind.part("encoder").load(tmp_path)
    assert "\n" not in str(caught.value)


def test_kinds_are_looked_for_in_one_order() -> None:
    found = [(kind.precedence, kind.name) for kind in kinds.every().values()]
    assert found == sorted(found)
    guessing = [kind.precedence for kind in kinds.every().values() if kind.guess]
    assert all(one < other for one, other in pairwise(guessing)), "two kinds are looked for at the same time"


def test_descriptors_import_neither_torch_nor_pandas() -> None:
    code = (
        "import sys; from bestiary import kinds; kinds.every(); sys.exit(bool({'torch', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
