"""The report's sections on sequences: answers side by side, errors by length, and where the best network looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bestiary.architectures.build import build
from bestiary.baselines import load_baseline
from bestiary.data.opening import open_data
from bestiary.judging.evidence import Standing
from bestiary.kinds.pairs.alphabets import alphabet_of
from bestiary.kinds.pairs.store import PairData
from bestiary.report.figures import BASELINE, SERIES, SOFT, draw
from bestiary.report.gather import Evidence, file_key
from bestiary.report.sections import Section
from bestiary.sampling.insides.alignments import inspect
from bestiary.sampling.pictures import Picture
from bestiary.tasks.predictions import read_predictions
from bestiary.tasks.transduce.scoring import Transduce, Writer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 12  # rows shown side by side
MOST = 4  # models beside each other
FEWEST = 20  # test rows of a length that make a point


def sections(evidence: Evidence) -> list[Section]:
    """Answers of the best models, wrong answers by length, and attention of the best network."""
    data = cast("PairData", open_data(evidence.run / "data"))
    tested = [standing for standing in evidence.verdict.standings if standing.test][:MOST]
    answers = {s.name: answer for s in tested if (answer := _answer(evidence, data, s)) is not None}
    return [*_beside(evidence, data, answers), *_lengths(evidence), *_attention(evidence, data)]


# --------------------------------------------------------------------------------------------- side by side


def _beside(evidence: Evidence, data: PairData, answers: dict[str, nn.Module | Writer]) -> list[Section]:
    if not answers:
        return []
    rows = torch.linspace(0, data.rows("validation") - 1, min(SHOWN, data.rows("validation"))).long()
    few = {name: array[rows].numpy() for name, array in data.arrays("validation").items()}
    some = PairData.of(data.spec, data.facts, {"validation": few})
    units = cast("list[dict[str, object]]", evidence.facts["units"])
    columns = [_texts(units[0], few["source"]), _texts(units[1], few["sequence"])]
    task = Transduce(evidence.facts)
    columns += [task.table(answer, some, "validation")["prediction"] for answer in answers.values()]
    cells = list(zip(*columns))
    marked = [(*row[:2], *("✓" if text == row[1] else text or "(nothing)" for text in row[2:])) for row in cells]
    words = "Validation rows from all over the data; ✓ stands for the true answer."
    heads = (str(evidence.facts["source"]), str(evidence.facts["target"]), *answers)
    return [Section("Answers side by side", words, heads=heads, rows=marked)]


def _texts(units: dict[str, object], tokens: NDArray[np.generic]) -> list[str]:
    alphabet = alphabet_of(units)
    return [alphabet.decode([token for token in row if token > 3]) for row in tokens.tolist()]


def _answer(evidence: Evidence, data: PairData, standing: Standing) -> nn.Module | Writer | None:
    if standing.network:
        return _network(evidence, data, standing)
    name = standing.name.rpartition("/")[2]
    path = evidence.run / "contenders" / f"baseline.{name}" / "model.skops"
    return load_baseline(path, "pairs", "transduce", name) if path.is_file() else None


def _network(evidence: Evidence, data: PairData, standing: Standing) -> nn.Module | None:
    from safetensors.torch import load_model

    path = evidence.run / standing.folder / "answer.safetensors"
    if evidence.plan is None or not path.is_file():
        return None
    entrant = evidence.plan.entrant(standing.name)
    network = build(entrant.network, entrant.keywords, data.spec)
    load_model(network, str(path))
    return network.eval()


# ------------------------------------------------------------------------------------------------- by length


def _lengths(evidence: Evidence) -> list[Section]:
    lines: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
    for standing in [standing for standing in evidence.verdict.standings if standing.test][:MOST]:
        path = evidence.run / "predictions" / f"{file_key(standing.name)}.parquet"
        if path.is_file():
            told = {name: column.numpy() for name, column in read_predictions(path).columns.items()}
            lines[standing.name] = _by_length(told["length"], told["wrong"])
    if not any(len(lengths) > 1 for lengths, _ in lines.values()):
        return []

    def paint(axes: Axes) -> None:
        colours, styles = iter(SERIES * 9), iter(("-", "--", ":") * 9)
        for name, (lengths, wrong) in lines.items():
            baseline = name.startswith("baseline/")
            colour, stroke = (BASELINE, next(styles)) if baseline else (next(colours), "-")
            label = name.removeprefix("baseline/")
            axes.plot(lengths, 100 * wrong, "o", markersize=3, color=colour)
            axes.plot(lengths, 100 * wrong, color=colour, linestyle=stroke, linewidth=1.8, label=label)
        axes.set(xlabel="tokens of the true answer", ylabel="wrong answers, %", ylim=(0, 102))
        axes.legend(frameon=False, labelcolor=SOFT, fontsize=9)

    caption = (
        f"Wrong answers on test rows by the length of the true one; lengths of which there are {FEWEST} rows or more."
    )
    picture = Picture("Wrong answers by length", caption, svg=draw("lengths", (520, 290), paint))
    return [Section("Long answers are harder", "", [picture])]


def _by_length(lengths: NDArray[np.int64], wrong: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The lengths that are common, and the share of wrong answers of each.

    Example:
        >>> lengths, wrong = _by_length(np.array([2] * 20 + [3] * 20 + [9]), np.array([0, 1] * 10 + [1] * 21))
        >>> lengths.tolist(), wrong.tolist()
        ([2, 3], [0.5, 1.0])
    """
    rows, errors = np.bincount(lengths), np.bincount(lengths, wrong)
    common = np.flatnonzero(rows >= FEWEST)
    return common, errors[common] / rows[common]


# ------------------------------------------------------------------------------------------------- attention


def _attention(evidence: Evidence, data: PairData) -> list[Section]:
    networks = [s for s in evidence.verdict.standings if s.network and s.test]
    network = _network(evidence, data, networks[0]) if networks else None
    if network is None or not hasattr(network, "look"):
        return []
    words = (
        f"Of {networks[0].name}, the best network: each row is a token that it wrote. A strong diagonal says that it "
        "reads in order."
    )
    return [Section("Where it looks", words, inspect(network, data, data.spec, evidence.facts))]
