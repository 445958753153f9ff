"""Real graphs that installed packages ship, and real graphs made of data that they ship."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions when it is imported, so that a checker cannot see them.
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bestiary.errors import InputError
from bestiary.kinds.graphs.molecules import read_sdf

INK = 2  # of 16, from which a pixel counts as written on


def karate() -> Any:
    """Zachary's karate club (1977): 34 members, who was a friend of whom, and which of two sides each took."""
    return _networkx().karate_club_graph()


def miserables() -> Any:
    """Who appears together with whom in Hugo's Les Miserables, and how often (Knuth 1993): 77 people, for links."""
    return _networkx().les_miserables_graph()


def strokes() -> dict[str, Any]:
    """1,797 handwritten digits of scikit-learn as graphs: written pixels, joined to the written ones around them.

    A node has its place (row and column from the middle of the ink) and how dark it is.
    """
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    nodes, edges = [], []
    for number, image in enumerate(digits["images"]):
        where = np.argwhere(image >= INK)  # [n, 2]
        places = where - where.mean(0)
        darkness = image[tuple(where.T)] / 16
        nodes += [(number, k, *place, dark) for k, (place, dark) in enumerate(zip(places.round(3), darkness))]
        near = np.abs(where[:, None] - where[None]).max(-1) == 1
        edges += [(number, a, b) for a, b in np.argwhere(np.triu(near))]
    return {
        "graphs": pa.table({"graph": range(len(digits["target"])), "label": digits["target"]}),
        "nodes": _table(nodes, ("graph", "id", "row", "column", "darkness")),
        "edges": _table(edges, ("graph", "source", "target")),
    }


def solubility(files: Sequence[Path]) -> dict[str, pa.Table]:
    """1,282 organic molecules and how well they dissolve in water (Huuskonen 2000), as examples of RDKit hold them.

    Classes are low (10^-3 mol/l at most), medium, and high (more than 10^-1 mol/l).

    Args:
        files: solubility.train.sdf and solubility.test.sdf.
    """
    parts, before = [], 0
    for found in map(read_sdf, files):
        shift = pa.scalar(before)
        parts.append({n: t.set_column(0, "graph", pc.add(t["graph"], shift)) for n, t in found.items()})
        before += found["graphs"].num_rows
    whole = {name: pa.concat_tables([part[name] for part in parts], promote_options="permissive") for name in parts[0]}
    graphs = whole["graphs"]
    classes = [text.partition(") ")[2] for text in graphs["SOL_classification"].to_pylist()]
    kept = {"graph": graphs["graph"], "name": graphs["NAME"], "log_solubility": pc.cast(graphs["SOL"], pa.float64())}
    return {**whole, "graphs": pa.table({**kept, "solubility": classes})}


def _table(rows: list[Any], names: tuple[str, ...]) -> pa.Table:
    return pa.table({name: pa.array(np.asarray(column)) for name, column in zip(names, zip(*rows))})


def _networkx() -> Any:
    try:
        import networkx
    except ImportError:
        raise InputError(
            "this graph comes with the package networkx, which is not installed; pip install networkx"
        ) from None
    return networkx
