"""What the report shows of codes: rows beside what codes give back, maps and walks, and what codes are good for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bestiary.judging.evidence import Standing
from bestiary.report import words
from bestiary.report.gather import Evidence
from bestiary.report.sections import Section
from bestiary.report.trained import answers, opened
from bestiary.rows.store import StoredData
from bestiary.sampling.insides.maps import code_map
from bestiary.sampling.latents import collapse, sweeps, walks
from bestiary.sampling.looking import evaluating, some_places
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import unit_images

SHOWN, LEARNED, ASKED, LABELS, NEIGHBOURS = 12, 4_000, 2_000, 100, 5


class Coder(Protocol):
    """A network or a fitted baseline that encodes rows and reconstructs them."""

    def encode(self, *inputs: Tensor) -> Tensor: ...

    def reconstruct(self, rows: Tensor) -> Tensor: ...


Entrants = Sequence[tuple[Standing, Coder]]


def sections(evidence: Evidence) -> list[Section]:
    """Rows and what was given back, the space of codes, and codes put to use where the rows have labels."""
    data = opened(evidence)
    entrants = cast("Entrants", answers(evidence, data.spec))
    if not entrants:
        return []
    found = [_side_by_side(entrants, data) if data.spec.picture is not None else _by_feature(entrants, data)]
    network = next((answer for _, answer in entrants if isinstance(answer, nn.Module)), None)
    if network is not None:
        found.append(_space(network, data))
    if data.facts.get("classes"):
        found.append(_put_to_use(entrants, data))
    return found


def name_of(standing: Standing) -> str:
    """What a standing is called in a table."""
    return standing.name if standing.network else standing.name.partition("/")[2].replace("_", " ")


# ------------------------------------------------------------------------------------------------ given back


def _side_by_side(entrants: Entrants, data: StoredData) -> Section:
    rows = data.take("test", some_places(data, SHOWN, "test")[:SHOWN]).inputs[0]
    lines, said = [rows], ["the images"]
    for standing, answer in entrants:
        with evaluating(answer):
            lines.append(answer.reconstruct(rows))
        said.append(f"{name_of(standing)} ({_error(standing)})")
    images = unit_images(torch.cat(lines), data.facts)
    caption = "Line by line, from above: " + "; ".join(said) + "."
    text = (
        f"Test images beside what is made of their codes of {_code_size(data)} numbers: an image has "
        f"{rows[0].numel():,}. The error is the root mean square over pixels, as a share of their range."
    )
    picture = Picture("Reconstructions side by side", caption, png=png(grid(images, columns=len(rows)), 720))
    return Section("Reconstructions", text, [picture])


def _by_feature(entrants: Entrants, data: StoredData) -> Section:
    rows = data.take("test", some_places(data, ASKED, "test")).inputs[0]
    left = []
    for _, answer in entrants:
        with evaluating(answer):
            left.append((answer.reconstruct(rows) - rows).square().mean(0).sqrt().tolist())
    names = _feature_names(data.facts, rows.shape[1])
    table = [[name, *(words.number(error, digits=3) for error in errors)] for name, *errors in zip(names, *left)]
    worst = sorted(table, key=lambda line: -float(line[1].replace("−", "-")))[:20]
    text = (
        f"What is lost of each feature of the test rows in codes of {_code_size(data)} numbers, as a root mean "
        "square in its standard deviations; the worst features first."
    )
    return Section("What is lost", text, heads=["feature", *(name_of(s) for s, _ in entrants)], rows=worst)


def _feature_names(facts: Mapping[str, object], count: int) -> list[str]:
    known = cast("Sequence[Mapping[str, str]]", facts.get("columns", ()))
    columns = [column["name"] for column in known if column.get("role") != "left out"]
    return columns if len(columns) == count else [f"feature {k}" for k in range(count)]


def _code_size(data: StoredData) -> object:
    """How many numbers a code has."""
    return data.spec.sizes().get("code", 0)


def _error(standing: Standing) -> str:
    found = standing.test.get("reconstruction_rmse")
    return words.number(found.value, digits=3) if found else "–"


# ------------------------------------------------------------------------------------------------ the space of codes


def _space(network: nn.Module, data: StoredData) -> Section:
    pictures = [code_map(network, data, "test")]
    text = ""
    if data.spec.picture is not None:
        rows = data.take("test", some_places(data, 2 * SHOWN, "test")[:10]).inputs[0]
        pictures.append(walks(network, rows, data.facts))
        if hasattr(network, "posterior"):
            pictures.append(sweeps(network, rows[:1], data.facts))
    if hasattr(network, "posterior"):
        text = collapse(network, data)
    return Section("The space of codes", text, pictures)


# ------------------------------------------------------------------------------------------------ put to use


def _put_to_use(entrants: Entrants, data: StoredData) -> Section:
    """Neighbours and a classifier with few labels, in the rows themselves and in every space of codes."""
    train, test = (data.take(split, some_places(data, most, split)) for split, most in _PARTS)
    spaces: list[tuple[str, Tensor, Tensor]] = [("the rows themselves", train.inputs[0], test.inputs[0])]
    for standing, answer in entrants:
        with evaluating(answer):
            codes = [answer.encode(*part.inputs) for part in (train, test)]
        spaces.append((name_of(standing), codes[0], codes[1]))
    labels = train.truth.numpy(), test.truth.numpy()
    lines = []
    for name, known, asked in spaces:
        near, few = put_to_use(known.flatten(1).numpy(), asked.flatten(1).numpy(), *labels)
        lines.append([name, str(known[0].numel()), f"{100 * near:.1f} %", f"{100 * few:.1f} %"])
    text = (
        f"Labels, which were not used in training, predicted from the codes of test rows: by the "
        f"{NEIGHBOURS} nearest of {len(train):,} training rows, and by a logistic regression that is given "
        f"{min(LABELS, len(train))} labels."
    )
    heads = ["told from", "numbers", f"{NEIGHBOURS} nearest", f"logistic, {min(LABELS, len(train))} labels"]
    return Section("Codes in use", text, heads=heads, rows=lines)


_PARTS = (("train", LEARNED), ("test", ASKED))


def put_to_use(
    train: NDArray[np.float32], test: NDArray[np.float32], known: NDArray[np.int64], asked: NDArray[np.int64]
) -> tuple[float, float]:
    """How many labels of test rows are told right from their codes.

    Args:
        train, test: codes [N Z] and [M Z].
        known, asked: class numbers [N] and [M].

    Returns:
        By the five nearest training rows, and by a logistic regression on a hundred of them, class by class.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    near = KNeighborsClassifier(min(NEIGHBOURS, len(train))).fit(train, known).score(test, asked)
    order = np.random.default_rng(0).permutation(len(known))
    inside = np.concatenate([order[known[order] == k][: max(1, LABELS // len(np.unique(known)))] for k in set(known)])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, C=0.1))
    return float(near), float(model.fit(train[inside], known[inside]).score(test, asked))
