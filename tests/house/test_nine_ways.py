"""docs/nine_ways_to_learn.md says what the sources say."""

import re
from typing import cast

import pytest

from bestiary import catalogue
from bestiary.architectures.build import resolve
from bestiary.catalogue import Row
from tests.conformance.kinds import tiny_data
from tests.conformance.test_rows import LEARNING, learner_network
from tests.house.nine_ways import PAGE, ROOT, WAYS, Way, find, page


def test_the_page_is_that_of_the_sources() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


def test_pictures_are_there_and_stand_alone() -> None:
    """Small SVG files that fetch nothing; `make docs` draws them."""
    shown = re.findall(r"^!\[[^]]+\]\(images/(\S+)\)$", page(), re.MULTILINE)
    assert shown == [name for way in WAYS for name, _ in way.pictures]
    for name in shown:
        svg = (PAGE.parent / "images" / name).read_text(encoding="utf-8")
        assert svg.startswith("<svg") and svg.endswith("</svg>\n") and len(svg) < 100_000
        assert "<script" not in svg and not re.search(r"href=\"(?!#)", svg)


def test_every_line_of_code_stands_in_the_file_that_is_named() -> None:
    blocks = re.findall(
        r"^\[`(\S+)`\]\(\.\./\S+\), `[\w.]+`:\n\n```python\n(.*?)\n```", page(), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == sum(1 + len(way.code) for way in WAYS)
    for path, code in blocks:
        source = {line.strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines()}
        assert not [line for line in code.splitlines() if line.strip() not in source]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_the_architectures_named_learn_that_way(way: Way) -> None:
    algorithm = find(way.algorithm)
    for name in way.rows:
        row = catalogue.find(name)
        learners = set[type]()
        for kind, problem in cases(name):
            spec = tiny_data(row, kind, problem).spec
            network = learner_network(row, kind, problem, spec, seed=0)
            learners.add(type(resolve(row.recipes[problem])(network, spec, **row.settings[0])))
        assert algorithm in learners, f"{name} learns by {learners}"


def cases(name: str) -> list[tuple[str, str]]:
    """Kinds and tasks that the conformance suite trains an architecture on."""
    found = [cast("tuple[Row, str, str]", case.values) for case in LEARNING]
    return [(kind, problem) for row, kind, problem in found if row.name == name and problem != "regression"]
