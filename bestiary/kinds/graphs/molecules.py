"""Molecules in SDF files as graphs: atoms are nodes, bonds are edges; nothing but the file is needed.

The V2000 connection table is read (Dalby et al. 1992, Description of several chemical structure file formats). A node
has its element, its charge and how many hydrogens are left out at it, by the usual valences; the weight of an edge is
the order of its bond, 1.5 where it is aromatic. Places in space are not read: they belong to a drawing more often than
to a molecule. The fields that follow a molecule are columns of the graphs, among them whatever is to be predicted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from bestiary.errors import InputError
from bestiary.rows.frame import COLUMNS
from bestiary.rows.limits import Ration, need, progress
from bestiary.rows.records import CELL, by_name, check_filled

LARGEST = 1 << 30  # bytes of a file
MOLECULES = 2_000_000
LINE, LINES = 1 << 20, 1 << 20  # characters of a line, lines of a molecule
ATOM, FIELD = 240, 120  # bytes of memory that an atom or a bond, and a field, take until all are read
_VALENCES = {
    **{"H": (1,), "B": (3,), "C": (4,), "Si": (4,), "N": (3, 5), "P": (3, 5), "As": (3, 5), "O": (2,)},
    **{"S": (2, 4, 6), "Se": (2, 4, 6), "F": (1,), "Cl": (1, 3, 5, 7), "Br": (1, 3, 5, 7), "I": (1, 3, 5, 7)},
}
_ORDERS = {1: 1.0, 2: 2.0, 3: 3.0, 4: 1.5}


def read_sdf(path: Path) -> dict[str, pa.Table]:
    """The molecules of a file as frames `graphs`, `nodes` and `edges`.

    Args:
        path: of an SDF file.

    Raises:
        InputError: for a file that is none, is cut off, or has tables of another version, with the molecule's number.
    """
    if path.stat().st_size > LARGEST:
        raise InputError(f"an SDF file has at most {LARGEST:,} bytes; {path.name} has more; split it")
    graphs: list[dict[str, object]] = []
    nodes: list[tuple[int, int, str, int, int]] = []
    edges: list[tuple[int, int, int, float]] = []
    names: set[str] = set()
    filled, ration = 0, Ration(f"reading {path.name}", "split it")
    for number, lines in enumerate(_molecules(_lines(path))):
        if number >= MOLECULES:
            raise InputError(f"at most {MOLECULES:,} molecules can be read; {path.name} has more; split it")
        try:
            atoms, bonds, rest = _table(lines)
        except (ValueError, IndexError) as why:
            told = f"expected V2000 molecules in {path.name}; number {number + 1} cannot be read ({why})"
            raise InputError(f"{told}; convert the file to SDF V2000") from None
        graphs.append({"graph": number, "name": lines[0].strip(), **_fields(rest)})
        names.update(graphs[-1])
        filled += len(graphs[-1])
        if len(names) > COLUMNS:
            raise InputError(f"at most {COLUMNS:,} fields can be read; {path.name} has more; leave some out")
        check_filled(number + 1, len(names), filled, path.name)
        ration.take(ATOM * (len(atoms) + len(bonds)) + FIELD * len(graphs[-1]) + sum(map(len, rest)))
        nodes += [(number, place, *atom) for place, atom in enumerate(atoms)]
        edges += [(number, first - 1, second - 1, order) for first, second, order in bonds]
    if not graphs:
        raise InputError(f"expected molecules, each ended by $$$$; {path.name} has none; export it as SDF")
    need(CELL * len(graphs) * len(names), f"a table of all fields of {path.name}", "leave some out, or split it")
    return {
        "graphs": pa.table(by_name(graphs)),
        "nodes": _columns(nodes, ("graph", "id", "element", "charge", "hydrogens")),
        "edges": _columns(edges, ("graph", "source", "target", "weight")),
    }


def hydrogens(element: str, charge: int, bonds: float) -> int:
    """How many are left out at an atom, whose drawn bonds have these orders together.

    Example:
        >>> hydrogens("C", 0, 3.0), hydrogens("N", 1, 1.0), hydrogens("S", 0, 4.0), hydrogens("Sn", 0, 1.0)
        (1, 3, 0, 0)
    """
    shift = -abs(charge) if element in ("C", "Si") else -charge if element == "B" else charge
    wanted = [valence + shift for valence in _VALENCES.get(element, ())]
    return next((valence - int(bonds) for valence in wanted if valence >= int(bonds)), 0)


def _lines(path: Path) -> Iterator[str]:
    done, size = 0, path.stat().st_size
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE + 1), "")):
            if len(line) > LINE:
                raise InputError(f"a line of an SDF file has at most {LINE:,} characters; {path.name} has a longer one")
            done += len(line)
            if number % 10_000 == 0:
                progress("scan", done / size)
            yield line.rstrip("\n")


def _molecules(lines: Iterable[str]) -> Iterator[list[str]]:
    held: list[str] = []
    for line in lines:
        if line.startswith("$$$$"):
            yield held
            held = []
        else:
            held.append(line)
            if len(held) > LINES:
                raise InputError(f"a molecule has at most {LINES:,} lines; is it an SDF file, each ended by $$$$?")
    if any(line.strip() for line in held):
        yield held


def _table(lines: list[str]) -> tuple[list[tuple[str, int, int]], list[tuple[int, int, float]], list[str]]:
    """Atoms (element, charge, hydrogens), bonds (atom, atom, order), and what follows the table."""
    counts = lines[3]
    if "V3000" in counts:
        raise ValueError("its table is V3000")
    many, joined = int(counts[:3]), int(counts[3:6])
    if not many:
        raise ValueError("it has no atoms")
    bonds = [_bond(line, many) for line in lines[4 + many : 4 + many + joined]]
    if len(bonds) < joined:
        raise ValueError(f"{joined} bonds are announced, {len(bonds)} are there")
    rest = lines[4 + many + joined :]
    drawn, charges = _atoms(lines[4 : 4 + many])
    written = [line for line in rest if line.startswith("M  CHG")]
    if written:
        charges = [0] * many
        for numbers in (line[9:].split() for line in written):
            for atom, charge in zip(numbers[::2], numbers[1::2]):
                charges[int(atom) - 1] = int(charge)
    orders = [0.0] * many
    for first, second, order in bonds:
        orders[first - 1] += order
        orders[second - 1] += order
    return [(e, c, hydrogens(e, c, o)) for e, c, o in zip(drawn, charges, orders)], bonds, rest


def _atoms(lines: list[str]) -> tuple[list[str], list[int]]:
    elements = [line[31:34].strip() for line in lines]
    if "" in elements:
        raise ValueError("an atom has no element")
    codes = [int(line[36:39].strip() or 0) for line in lines]  # 1 to 7: 3 to -3, 4 is a radical
    return elements, [4 - code if code in (1, 2, 3, 5, 6, 7) else 0 for code in codes]


def _bond(line: str, atoms: int) -> tuple[int, int, float]:
    first, second, kind = int(line[:3]), int(line[3:6]), int(line[6:9])
    if not (1 <= first <= atoms and 1 <= second <= atoms):
        raise ValueError(f"a bond leads to atom {max(first, second)} of {atoms}")
    return first, second, _ORDERS.get(kind, 1.0)


def _fields(lines: list[str]) -> dict[str, str]:
    """The lines "> <NAME>" with the line below each."""
    found: dict[str, str] = {}
    for line, below in pairwise(lines):
        if line.startswith(">") and "<" in line:
            name = line.partition("<")[2].partition(">")[0].strip()
            if name and name != "graph":
                found[name] = below.strip()
    return found


def _columns(rows: Sequence[tuple[object, ...]], names: tuple[str, ...]) -> pa.Table:
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
