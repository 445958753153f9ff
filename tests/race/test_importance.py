"""Which columns the answers rest on is found on held-out rows, whatever the column is made into."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from bestiary.data import read
from bestiary.errors import InputError
from bestiary.judging import importance
from bestiary.kinds.table.relations import relations
from bestiary.kinds.table.report import _rests
from bestiary.report.gather import Evidence
from bestiary.runs import model as models


class Reading(nn.Module):
    """Two logits from the features of one category and one number, and from nothing else."""

    def __init__(self, word: int, number: int) -> None:
        super().__init__()
        self.word, self.number = word, number

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        told = 8 * (features[:, self.word] - 0.5) + 0.5 * features[:, self.number]
        return torch.stack([-told, told], 1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Encoded rows of four columns, of which the colour makes the target."""
    draw = np.random.default_rng(0)
    colour = draw.choice(["red", "green", "blue"], 900)
    size = draw.normal(size=900)
    size[draw.random(900) < 0.1] = np.nan
    frame = pd.DataFrame(
        {
            "size": size,
            "colour": colour,
            "noise": draw.normal(size=900),
            "twin": 3 * size + 0.001 * draw.normal(size=900),
            "y": np.where(draw.random(900) < 0.05, "no", np.where(colour == "red", "yes", "no")),
        }
    )
    folder = tmp_path_factory.mktemp("importance") / "run"
    read(frame, "y").encode((np.arange(900) % 3).astype(np.int8), folder / "data", 0)
    (folder / "winner").mkdir()
    return folder


def judged(run: Path, monkeypatch: pytest.MonkeyPatch, seconds: float = 60.0) -> importance.Importance:
    from bestiary.data.reading import load_encoder

    encoder = load_encoder(run / "data" / "encoder")
    places = encoder.standing()  # type: ignore[attr-defined]
    names = list(encoder.words.categories[0])  # type: ignore[attr-defined]
    red = places["colour"]["features"][names.index("red")]
    answer = Reading(red, places["noise"]["features"][0])
    made = models.Model("reading", encoder.spec, encoder.facts, answer, encoder)
    monkeypatch.setattr(models, "load", lambda folder: made)
    verdict = SimpleNamespace(problem="classification", chosen="reading", metric="accuracy", higher=True)
    (run / importance.NAME).unlink(missing_ok=True)
    importance.measure(run, verdict, seconds)  # type: ignore[arg-type]
    found = importance.read(run)
    assert found is not None
    return found


def test_what_the_answers_rest_on_comes_first(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(run, monkeypatch)
    weights = {weight["column"]: weight for weight in found["weights"]}
    assert found["weights"][0]["column"] == "colour" and set(weights) == {"size", "colour", "noise", "twin"}
    assert found["rows"] == 300 and found["columns"] == 4
    low, value, high = (weights["colour"][name] for name in ("low", "value", "high"))
    assert low is not None and high is not None
    assert 0.25 < low < value < high < 0.6, "4 / 9 of the rows change their class"
    for unread in ("size", "twin"):
        assert weights[unread]["value"] == weights[unread]["low"] == weights[unread]["high"] == 0
    section = _rests(Evidence(run, SimpleNamespace(problem="classification", chosen="reading", metric="accuracy")))[0]  # type: ignore[arg-type]
    assert section.rows[0][0] == "colour" and section.rows[0][1].endswith(" points")
    other = SimpleNamespace(problem="classification", chosen="another", metric="accuracy")
    assert _rests(Evidence(run, other)) == [], "of another model it says nothing"  # type: ignore[arg-type]


def test_it_ends_in_time_and_says_so(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(run, monkeypatch, seconds=0.0)
    assert len(found["weights"]) == 1 and found["columns"] == 4
    section = _rests(Evidence(run, SimpleNamespace(problem="classification", chosen="reading", metric="accuracy")))[0]  # type: ignore[arg-type]
    assert "There was time for 1 of 4 columns." in section.text


def test_altered_weights_are_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(run, monkeypatch)
    (run / importance.NAME).write_text(json.dumps({**found, "weights": [{"column": 3}]}))
    with pytest.raises(InputError, match=r"importance\.json"):
        importance.read(run)


def test_correlations_and_missing_cells_are_those_of_the_training_rows(run: Path) -> None:
    from bestiary.data.reading import load_encoder

    encoder = load_encoder(run / "data" / "encoder")
    found = relations(encoder, run / "data", 2)  # type: ignore[arg-type]
    assert found.missing["noise"] == 0 and 0.05 < found.missing["size"] < 0.15
    assert found.missing["size"] == found.missing["twin"], "they share the feature that tells it"
    assert [pair[:2] for pair in found.alike] == [("size", "twin")] and found.alike[0][2] > 0.99
    assert set(found.target) == {"size", "noise", "twin"} and all(abs(r) < 0.2 for r in found.target.values())
    assert relations(encoder, run / "data", 3).target == {}, "three classes have no order"  # type: ignore[arg-type]
