"""The report's sections on running text: what the contenders write, how context helps, what surprised the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from bestiary.architectures.build import build
from bestiary.baselines import load_baseline
from bestiary.contracts import CorpusSpec
from bestiary.data.opening import open_data
from bestiary.judging.evidence import Standing
from bestiary.report.figures import BASELINE, SERIES, SOFT, draw
from bestiary.report.gather import Evidence, file_key
from bestiary.report.sections import Section
from bestiary.rows.store import spec_from
from bestiary.sampling.pictures import Picture
from bestiary.sampling.texts import sample
from bestiary.tasks.continuation.ngrams import KneserNey
from bestiary.tasks.continuation.scoring import PLACES
from bestiary.tasks.predictions import read_predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WRITTEN = 240  # tokens of a sample
PROMPT = 48  # bytes
DEGREE = 0.8  # the temperature
MOST = 6  # models shown
SHOWN = 5  # windows shown of the most, and of the least, surprising


def sections(evidence: Evidence) -> list[Section]:
    """Samples, bits per byte along the window, and the most and least surprising text."""
    return [*_written(evidence), *_context(evidence), *_surprises(evidence)]


# ---------------------------------------------------------------------------------------------------- samples


def _written(evidence: Evidence) -> list[Section]:
    prompt = _prompt(evidence)
    rows = []
    for standing in _tested(evidence):
        write = _network_text if standing.network else _baseline_text
        text = write(evidence, standing, prompt)
        if text:
            rows.append((standing.name, text))
    if not rows:
        return []
    words = (
        f"Each goes on from the same words of the validation text, “{prompt.strip()}”, at a temperature of {DEGREE}."
    )
    return [Section("What they write", words, heads=("model", "text"), rows=rows)]


def _prompt(evidence: Evidence) -> str:
    """The first words of the validation text."""
    text = open_data(evidence.run / "data").text("validation")[0][:PROMPT].decode("utf-8", errors="ignore")  # pyright: ignore
    return text.partition("\n")[0].rpartition(" ")[0] or text


def _spec(evidence: Evidence) -> CorpusSpec:
    """What sizes the networks that raced."""
    spec = spec_from(evidence.sizes)
    assert isinstance(spec, CorpusSpec)
    return spec


def _network_text(evidence: Evidence, standing: Standing, prompt: str) -> str:
    from safetensors.torch import load_model

    path = evidence.run / standing.folder / "answer.safetensors"
    if evidence.plan is None or not path.is_file():
        return ""
    entrant = evidence.plan.entrant(standing.name)
    spec = _spec(evidence)
    network = build(entrant.network, entrant.keywords, spec)
    load_model(network, str(path))
    made = sample(network, spec, evidence.facts, count=1, seed=0, prompt=prompt, length=WRITTEN, temperature=DEGREE)
    return cast("list[str]", made.texts)[0]


def _baseline_text(evidence: Evidence, standing: Standing, prompt: str) -> str:
    name = standing.name.rpartition("/")[2]
    path = evidence.run / "contenders" / f"baseline.{name}" / "model.skops"
    if name != "ngram" or not path.is_file():
        return ""
    model: KneserNey = load_baseline(path, "corpus", "continue", name)
    return model.write(prompt.encode(), WRITTEN, 0, DEGREE).decode("utf-8", errors="replace")


# ---------------------------------------------------------------------------------------------------- context


def _context(evidence: Evidence) -> list[Section]:
    lines = {s.name: _along(told) for s in _tested(evidence) if (told := _told(evidence, s.name)) is not None}
    if not lines:
        return []
    length = _spec(evidence).length
    centres = (np.arange(PLACES) + 0.5) * length / PLACES

    def paint(axes: Axes) -> None:
        colours, strokes = iter(SERIES * 9), iter(("-", "--", ":") * 9)
        for name, bits in lines.items():
            baseline = name.startswith("baseline/")
            colour, stroke = (BASELINE, next(strokes)) if baseline else (next(colours), "-")
            label = name.removeprefix("baseline/")
            axes.plot(centres, bits, color=colour, linestyle=stroke, marker="o", markersize=3, label=label)
        axes.set(xlabel="place in the window, in tokens", ylabel="bits per byte, test text", xlim=(0, length))
        axes.legend(frameon=False, labelcolor=SOFT, fontsize=9)

    svg = draw("context", (520, 290), paint)
    caption = (
        f"Bits per byte by the place in a window of {length} tokens: networks see the window alone, so what stands "
        "early in it has little before it; a baseline has read all that went before."
    )
    return [Section("Does more context help?", "", [Picture("Bits per byte along the window", caption, svg=svg)])]


def _along(told: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    bits = np.array([told[f"bits_at_{part}"].sum() for part in range(PLACES)])
    return bits / np.maximum([told[f"bytes_at_{part}"].sum() for part in range(PLACES)], 1)


# -------------------------------------------------------------------------------------------------- surprises


def _surprises(evidence: Evidence) -> list[Section]:
    told = _told(evidence, evidence.verdict.chosen)
    if told is None or evidence.truth is None or not evidence.truth.remarks:
        return []
    share = told["bits"] / np.maximum(told["bytes"], 1)
    whole = np.flatnonzero(told["bytes"] >= 0.5 * np.median(told["bytes"]))
    order = whole[np.argsort(share[whole], kind="stable")]
    chosen = [*order[::-1][:SHOWN], *order[:SHOWN][::-1]]
    rows = [(f"{share[place]:.2f}", evidence.truth.remarks[place].replace("\n", " ⏎ ")) for place in chosen]
    name = evidence.verdict.chosen
    words = f"The pieces of test text that took {name} the most bits per byte, then those that took the fewest."
    return [Section("What surprised it", words, heads=("bits per byte", "text"), rows=rows)]


def _tested(evidence: Evidence) -> list[Standing]:
    return [standing for standing in evidence.verdict.standings if standing.test][:MOST]


def _told(evidence: Evidence, name: str) -> dict[str, NDArray[np.float64]] | None:
    path = evidence.run / "predictions" / f"{file_key(name)}.parquet"
    if not path.is_file():
        return None
    return {column: values.double().numpy() for column, values in read_predictions(path).columns.items()}
