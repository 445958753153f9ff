"""What the report shows of made data: samples beside real ones, what is never made, copies, and what they teach."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from bestiary.data import load_encoder
from bestiary.judging.evidence import Standing
from bestiary.report.gather import Evidence
from bestiary.report.sections import Section
from bestiary.report.trained import answers, opened
from bestiary.rows.store import StoredData
from bestiary.sampling.adversarial import nearest
from bestiary.sampling.pictures import Picture, grid, png
from bestiary.sampling.samples import unit_images
from bestiary.tasks.generate.closeness import frechet_distance
from bestiary.tasks.generate.features import FeatureSpace, feature_space
from bestiary.tasks.generate.scoring import SHARE, Generate, Maker, make, within

if TYPE_CHECKING:
    from bestiary.kinds.table.encoder import TableEncoder

LINES, ACROSS = 6, 8  # rows of a table that are shown of each, and columns of them
SHOWN, PAIRS, MOST = 14, 10, 2_000  # samples of each in the picture, pairs of the nearest, rows made for the table
PATIENCE = 20.0  # seconds that making the rows of one contender may take
WIDEST = 4_096  # numbers in a row that a linear model still learns from in seconds

Entrants = Sequence[tuple[Standing, nn.Module | Maker]]


def sections(evidence: Evidence) -> list[Section]:
    """Samples side by side, a table of what cannot be told row by row, and what of the training rows comes closest."""
    data = opened(evidence)
    entrants = cast("Entrants", answers(evidence, data.spec, most=10))
    if not entrants:
        return []
    made = [(standing, _rows(standing, answer, data)) for standing, answer in entrants]
    found = [_side_by_side(made, data)] if data.spec.picture is not None else []
    chosen = next((rows for standing, rows in made if standing.name == evidence.verdict.chosen), made[0][1])
    if data.spec.picture is None:
        found.append(_rows_read(evidence, chosen, data))
    found.append(_closer_look(made, data))
    if data.spec.picture is not None:
        found.append(_nearest(evidence.verdict.chosen, chosen[:PAIRS], data))
    return found


def _rows(standing: Standing, answer: nn.Module | Maker, data: StoredData) -> Tensor:
    """As many rows as the test has, but no more than can be made in some seconds."""
    soon = int(PATIENCE / max(standing.predict_seconds, 1e-6) * 1000)
    count = max(SHOWN, min(data.rows("test"), MOST, soon))
    return within(make(answer, count), data, data.facts)


def _name(standing: Standing) -> str:
    return standing.name if standing.network else f"{standing.title} (baseline)"


# --------------------------------------------------------------------------------------------- side by side


def _side_by_side(made: Sequence[tuple[Standing, Tensor]], data: StoredData) -> Section:
    real = data.take("test", spread(data, SHOWN)).inputs[0].cpu().float()
    lines = torch.cat([_filled(real), *(_filled(rows[:SHOWN]) for _, rows in made)])
    said = ["real test images", *(_name(standing) for standing, _ in made)]
    caption = "Line by line, from above: " + "; ".join(said) + ". Of made ones the first; real ones are drawn at random"
    caption += ", class by class." if _labels(data) is not None else "."
    picture = Picture("Real ones first", caption, png=png(grid(unit_images(lines, data.facts), SHOWN), 760))
    return Section("Samples side by side", "", [picture])


def spread(data: StoredData, count: int) -> Tensor:
    """Test rows drawn by lot, the same ones each time, as evenly over their classes as the count allows.

    Args:
        data: with a split `test`.
        count: of rows.

    Returns:
        Their places, int64 [n] in the order of their classes; all where there are fewer.
    """
    lot = torch.randperm(data.rows("test"), generator=torch.Generator().manual_seed(0))
    labels = _labels(data)
    if labels is None:
        return lot[:count]
    labels, seen, turns = labels[lot], dict[int, int](), []
    for label in labels.tolist():  # the first of each class, then the second of each, ...
        turns.append(seen.get(label, 0))
        seen[label] = turns[-1] + 1
    chosen = torch.argsort(torch.tensor(turns), stable=True)[:count]
    return lot[chosen[torch.argsort(labels[chosen], stable=True)]]


def _labels(data: StoredData) -> Tensor | None:
    """The classes of the test rows, where they have some."""
    return data.arrays("test")["target"].long() if data.spec.outputs > 1 else None


def _filled(rows: Tensor) -> Tensor:
    """A whole line: short ones begin again."""
    return rows[torch.arange(SHOWN) % len(rows)]


def _rows_read(evidence: Evidence, made: Tensor, data: StoredData) -> Section:
    """Made rows under real ones, as a person would have written them."""
    encoder = cast("TableEncoder", load_encoder(evidence.run / "data" / "encoder"))
    real = data.take("test", spread(data, LINES)).inputs[0].cpu().float()
    given, new = (encoder.decode(rows.numpy()) for rows in (real, made[:LINES]))
    names = [column.name for column in encoder.used][:ACROSS]
    rows = [
        (who, *(_cell(value) for value in row))
        for who, frame in (("real", given), (evidence.verdict.chosen, new))
        for row in frame[names].astype(object).to_numpy()
    ]
    more = len(encoder.used) - len(names)
    text = f"Test rows drawn at random, and the first rows that {evidence.verdict.chosen} makes, not hand-picked."
    text += f" {more} further columns are not shown." if more else ""
    return Section("Rows side by side", text, heads=("", *names), rows=rows)


def _cell(value: object) -> str:
    if value is None or value != value or str(value) == "<NA>":
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:24]


# ---------------------------------------------------------------------------------------------- closer look


def _closer_look(made: Sequence[tuple[Standing, Tensor]], data: StoredData) -> Section:
    space, task = feature_space(data), Generate(data.facts)
    real = space.features_of(data, "test")
    validation = torch.cat([batch.inputs[0].cpu().float() for batch in data.batches("validation")])
    training = torch.cat([batch.inputs[0].cpu().float() for batch in data.batches("train")])
    drawn = torch.randperm(len(training), generator=torch.Generator().manual_seed(0))[: len(real)]
    heads = ["made by", "Fréchet distance", "classes made", "share of copies"]
    lines = [("real validation rows", validation, None), ("real training rows", training[drawn], None)]
    lines = [*((_name(standing), rows, standing) for standing, rows in made), *lines]
    teach = data.spec.outputs > 1 and space.network is not None and training[0].numel() <= WIDEST
    if teach:
        heads.append("accuracy of what learns from them")
    rows = []
    for name, given, standing in lines:
        copies = float(task.compare(_as_many(given, len(real)), data, "test").columns["memorised"].mean())
        told = [name, f"{frechet_distance(real, space.features(given)):.3g}", _classes(space, given, data)]
        told.append(f"{100 * copies:.1f} %" if standing else "")
        if teach:
            told.append(_taught(space, given, data))
        rows.append(tuple(told))
    text = (
        f"Rows are compared in {space.how}. The Fréchet distance takes both sides for normal distributions and grows "
        "with fewer rows, so the two lines of real rows show the best possible values. A class counts as made when its "
        f"share of the made rows is at least {SHARE:g} of its share of the test rows. A copy is more than three times "
        "closer to one training row than to any other."
    )
    if teach:
        text += (
            " The last column is of a linear classifier that learns from made rows, with the classes that the judge's "
            "network reads in them, and is tested on real test rows."
        )
    return Section("A closer look", text, heads=heads, rows=rows)


def _as_many(rows: Tensor, count: int) -> Tensor:
    return rows[torch.arange(count) % len(rows)]


def _classes(space: FeatureSpace, rows: Tensor, data: StoredData) -> str:
    """How many classes are made, and which are not."""
    read = space.classes(rows)
    if read is None:
        return "no classes"
    names = cast("list[str]", data.facts["classes"])
    shares = torch.bincount(read, minlength=len(names)) / len(read)
    wanted = torch.bincount(data.arrays("test")["target"].long(), minlength=len(names)) / data.rows("test")
    missing = [names[k] for k in ((shares < SHARE * wanted) & (wanted > 0)).nonzero().flatten().tolist()]
    count = f"{len(names) - len(missing)} of {len(names)}"
    return f"{count}; not {', '.join(missing[:12])}" if missing else count


def _taught(space: FeatureSpace, rows: Tensor, data: StoredData) -> str:
    """Test accuracy of logistic regression that learned from made rows."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    read = space.classes(rows)
    if read is None or len(read.unique()) < 2:
        return "one class only"
    test = torch.cat([batch.inputs[0].cpu().float() for batch in data.batches("test")]).flatten(1).numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it would go on
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=100, tol=1e-3))
        model.fit(rows.flatten(1).numpy(), read.numpy())
    right = model.predict(test) == np.asarray(data.arrays("test")["target"])
    return f"{100 * right.mean():.1f} %"


# --------------------------------------------------------------------------------------------------- copies


def _nearest(name: str, rows: Tensor, data: StoredData) -> Section:
    images = unit_images(torch.cat([rows, nearest(rows, data)]), data.facts)
    caption = f"Above, images that {name} made; below, the training image at the smallest distance in pixels."
    picture = Picture("What comes closest in the training rows", caption, png=png(grid(images, len(rows)), 760))
    return Section("Made or copied", "Pairs that look alike to the pixel would be copies.", [picture])
