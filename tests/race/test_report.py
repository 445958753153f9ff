"""The report: its figures are the verdict's, it asks for nothing outside, nothing in a person's file can act in it."""

import base64
import dataclasses
import hashlib
import io
import json
import math
import re
import shutil
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from bestiary import tasks
from bestiary.cli.result import print_result
from bestiary.errors import InputError
from bestiary.judging import sentences
from bestiary.judging.evidence import Interval, Verdict
from bestiary.kinds.image.show import thumbnail
from bestiary.kinds.series.show import sparkline
from bestiary.report import board, model_card, words, write_report
from bestiary.report.answers import deciles, per_class, reliability
from bestiary.report.gather import gather
from bestiary.report.mistakes import worst
from bestiary.report.page import unbroken
from bestiary.rows.store import write_array
from tests.race import synthetic

MAKERS = {
    "image": synthetic.image_race,
    "table": synthetic.table_race,
    "text": synthetic.text_race,
    "series": synthetic.series_race,
    "regression": synthetic.regression_race,
}
HOSTILE = "\"><img src=x onerror=alert(1)>'{{ 7*7 }}$\\frac{1}{<script>alert(2)</script>" + "w" * 130
VOID = {"meta", "img", "br", "path", "use", "rect", "polyline", "line", "link", "input", "wbr"}


class Page(HTMLParser):
    """Tags, attributes, texts and tables of a page; fails on tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data.replace("\n", "")


@pytest.fixture(scope="module")
def races(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("races")
    runs = {name: make(folder / name) for name, make in MAKERS.items()}
    for run in runs.values():
        write_report(run)
    return runs


def page(run: Path) -> Page:
    """The report of a folder, made anew."""
    return Page(write_report(run).read_text(encoding="utf-8"))


def made(run: Path) -> Page:
    """The report that is there."""
    return Page((run / "report.html").read_text(encoding="utf-8"))


def rewrite(run: Path, **changes: object) -> Verdict:
    """Another verdict, in a plan that is of the same race."""
    verdict = dataclasses.replace(Verdict.read(run / "verdict.json"), **changes)
    if verdict.chosen not in {standing.name for standing in verdict.standings}:
        verdict.chosen = ""  # as a race writes where none was left to choose
    verdict.write(run / "verdict.json")
    path = run / "plan.json"
    if path.exists():
        alike = {word: changes[word] for word in ("kind", "problem", "metric", "target", "classes") if word in changes}
        if "problem" in changes:  # whoever raced for another task has no place in it
            alike |= {"entrants": [], "rivals": [], "stages": []}
        path.write_text(json.dumps({**json.loads(path.read_text()), **alike}))
    return verdict


# ------------------------------------------------------------------------------------------------- the figures


@pytest.mark.parametrize("kind", MAKERS)
def test_the_leaderboard_holds_the_figures_of_the_verdict(races: dict[str, Path], kind: str) -> None:
    verdict = Verdict.read(races[kind] / "verdict.json")
    shown = made(races[kind])
    assert unbroken(verdict.sentence) in shown.text
    assert unbroken(verdict.worth_sentence) in shown.text
    metric = verdict.metric
    rows = [row for row in shown.rows if len(row) == 9 and row[0].isdigit()]
    assert [row[0] for row in rows] == [str(n) for n in range(1, len(verdict.standings) + 1)]
    for standing, row in zip(verdict.standings, rows):
        assert row[1].startswith(standing.name)
        if not standing.test:
            assert row[2] == row[3] == "–"
            assert standing.reason in row[-1]
            continue
        interval = standing.test[metric]
        assert row[2] == words.score(metric, interval.value) + board.bounds(metric, interval)
        if standing is verdict.standings[0]:
            assert row[3] == "best"
            continue
        if standing.difference:
            assert row[3].startswith(board.behind(metric, standing.difference.value))
        assert ("tied" in row[-1]) == standing.tied
        assert row[6] == words.count(standing.parameters)


@pytest.mark.parametrize("kind", ["image", "text", "series", "table"])
def test_confusions_are_those_of_the_saved_predictions(races: dict[str, Path], kind: str) -> None:
    run = races[kind]
    verdict = Verdict.read(run / "verdict.json")
    truth = pq.read_table(run / "predictions" / "truth.parquet")["target"].to_numpy()
    table = pq.read_table(run / "predictions" / f"{verdict.chosen.replace('/', '-')}.parquet")
    guesses = np.column_stack([table[f"probability_{k}"] for k in range(len(verdict.classes))]).argmax(axis=1)
    expected = confusion_matrix(truth, guesses, labels=range(len(verdict.classes)))
    rows = made(run).rows
    start = next(n for n, row in enumerate(rows) if row[0] == "true class")
    drawn = [
        [int(cell) if cell != "·" else 0 for cell in row[1:]] for row in rows[start + 1 : start + 1 + len(expected)]
    ]
    assert np.array_equal(drawn, expected)
    precision, recall, f1, support = precision_recall_fscore_support(truth, guesses, zero_division=0)
    for number, name in enumerate(verdict.classes):
        line = [name, f"{support[number]:,}", f"{(guesses == number).sum():,}"]
        line += [words.share(float(v[number])) for v in (precision, recall, f1)]
        assert line in rows


@pytest.mark.parametrize("kind", MAKERS)
def test_scores_are_computed_again_and_a_foreign_prediction_is_noticed(
    races: dict[str, Path], kind: str, tmp_path: Path
) -> None:
    assert "as in the verdict" in made(races[kind]).text
    run = shutil.copytree(races[kind], tmp_path / "run")
    verdict = Verdict.read(run / "verdict.json")
    file = run / "predictions" / f"{verdict.chosen.replace('/', '-')}.parquet"
    table = pq.read_table(file)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    pq.write_table(pa.table({name: v if name == "row" else np.roll(v, 1) for name, v in columns.items()}), file)
    assert "its files do not belong together" in page(run).text


def test_rows_of_predictions_may_come_in_any_order(races: dict[str, Path], tmp_path: Path) -> None:
    run = shutil.copytree(races["image"], tmp_path / "image")
    before = write_report(run).read_bytes()
    for file in (run / "predictions").glob("*.parquet"):
        if file.stem != "truth":
            table = pq.read_table(file)
            pq.write_table(table.take(np.random.default_rng(0).permutation(len(table))), file)
    assert write_report(run).read_bytes() == before


def test_reliability_by_hand() -> None:
    """Nine answers of 0.95, of which six are right, and one of 0.55 that is: |0.95 - 6/9| 9/10 + |0.55 - 1| 1/10."""
    probabilities = np.array([[0.95, 0.05]] * 9 + [[0.55, 0.45]])
    truth = np.array([0] * 6 + [1] * 3 + [0])
    bins, error = reliability(truth, probabilities)
    assert bins.rows.tolist() == [1, 9]
    assert error == pytest.approx(0.9 * (0.95 - 6 / 9) + 0.1 * 0.45)


def test_deciles_hold_every_row_once() -> None:
    values = np.random.default_rng(0).normal(size=103)
    bins = deciles(2 * values, values)
    assert bins.rows.sum() == 103
    assert bins.rows.max() - bins.rows.min() <= 1
    assert np.allclose(bins.true, 2 * bins.said)
    assert (np.diff(bins.said) > 0).all()


def test_a_class_without_rows_has_no_recall() -> None:
    scores = per_class(np.array([0, 0]), np.array([0, 1]), 3)
    assert [s.rows for s in scores] == [2, 0, 0]
    assert np.isnan(scores[1].recall)
    assert np.isnan(scores[2].precision)
    assert scores[1].precision == 0


def test_worst_mistakes_come_worst_first_with_their_own_inputs(races: dict[str, Path]) -> None:
    evidence = gather(races["image"])
    truth = evidence.truth
    assert truth is not None
    given = evidence.predictions[evidence.verdict.chosen][0]
    found = worst(evidence, truth, given)
    chances = [mistake.chance_true for mistake in found]
    assert chances == sorted(chances)  # pyright: ignore[reportArgumentType]
    labels = np.array(evidence.verdict.classes)[truth.target]
    wrong = given.argmax(axis=1) != truth.target
    assert chances[0] == given[wrong, truth.target[wrong]].min()
    stored = np.load(races["image"] / "sealed" / "test.pixels.npy")
    for mistake in found:
        place = int(np.flatnonzero(truth.rows == mistake.row)[0])
        assert mistake.true == labels[place] != mistake.said
        assert mistake.picture == thumbnail(stored[place])


def test_worst_mistakes_of_a_number_are_the_largest_errors(races: dict[str, Path]) -> None:
    evidence = gather(races["regression"])
    assert evidence.truth is not None
    given = evidence.predictions[evidence.verdict.chosen][0]
    errors = np.sort(np.abs(given - evidence.truth.target))[::-1]
    found = [abs(m.error or 0.0) for m in worst(evidence, evidence.truth, given, most=5)]
    assert found == pytest.approx(errors[:5].tolist())


def test_scores_are_written_as_in_the_sentences_of_the_verdict() -> None:
    for metric in (m for task in tasks.every().values() for m in task.metrics):
        for value in (0.0, 0.5, 0.98765, 0.03141, 1.0, *((12.345, 53217.4) if metric.high > 1 else ())):
            assert words.score(metric.name, value, unit=False) == sentences.number(metric, value)
        assert words.title(metric.name) == metric.title


def test_metrics_of_a_task_are_written_alike_whatever_was_imported_before(
    races: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shutil.copytree(races["text"], tmp_path / "run")
    verdict = Verdict.read(run / "verdict.json")
    standings = [
        dataclasses.replace(s, test={"sequence_error_rate": Interval(0.5, 0.4, 0.625)} if s.test else {})
        for s in verdict.standings
    ]
    shutil.rmtree(run / "data")
    rewrite(run, kind="pairs", problem="transduce", metric="sequence_error_rate", standings=standings)
    screen = Console(width=120, record=True, file=io.StringIO())
    for make in (lambda: page(run).text, lambda: print_result(Verdict.read(run / "verdict.json"), run, screen)):
        monkeypatch.delitem(sys.modules, "bestiary.tasks.transduce", raising=False)
        text = make() or screen.export_text()
        assert "40.0 to 62.5" in text and "50.0" in text and "wrong answers" in text


def test_ticks_that_would_read_alike_are_left_out() -> None:
    assert [label for _, label in board.Scale(0.97, 0.99).ticks("accuracy")] == [
        "97.0\xa0%", "97.5\xa0%", "98.0\xa0%", "98.5\xa0%", "99.0\xa0%",
    ]  # fmt: skip
    assert [label for _, label in board.Scale(0.9978, 1.0).ticks("accuracy")] == [
        "99.8\xa0%",
        "99.9\xa0%",
        "100.0\xa0%",
    ]


def test_a_training_of_epochs_alone_has_no_budget_of_years(races: dict[str, Path], tmp_path: Path) -> None:
    run = shutil.copytree(races["table"], tmp_path / "run")
    plan = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    (run / "plan.json").write_text(json.dumps({**plan, "budget": 3e7, "rungs": 1}), encoding="utf-8")
    text = page(run).text
    assert "a number of epochs rather than a time" in text and " h " not in text
    assert "Bestiary train" in text and "Bestiary race" in made(races["table"]).text


# --------------------------------------------------------------------------------------- one file, nothing outside


@pytest.mark.parametrize("kind", MAKERS)
def test_nothing_outside_is_asked_for(races: dict[str, Path], kind: str) -> None:
    text = (races[kind] / "report.html").read_text(encoding="utf-8")
    shown = Page(text)
    for tag, attributes in shown.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form"), tag
        assert tag != "script" or not attributes, "its own script stands in the page"
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
                assert (value or "").startswith(("#", "data:image/png;base64,")), (tag, name, value)
    assert "@import" not in text
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    script = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert script == [(Path(words.__file__).parent / "templates" / "script.js").read_text(encoding="utf-8")]
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"
    assert any(attributes.get("content", "") == policy for _, attributes in shown.tags)
    assert len(text.encode()) < 3_000_000


@pytest.mark.parametrize("kind", MAKERS)
def test_the_same_folder_gives_the_same_page(races: dict[str, Path], kind: str, tmp_path: Path) -> None:
    first = (races[kind] / "report.html").read_bytes()
    run = shutil.copytree(races[kind], tmp_path / kind)
    assert write_report(run).read_bytes() == first


@pytest.mark.parametrize("kind", MAKERS)
def test_pictures_have_words_and_tables_have_headers(races: dict[str, Path], kind: str) -> None:
    shown = made(races[kind])
    targets = {attributes["id"] for _, attributes in shown.tags if "id" in attributes}
    assert len([1 for _, a in shown.tags if "id" in a and not (a["id"] or "").startswith("m")]) >= 6
    for tag, attributes in shown.tags:
        if tag == "img":
            assert attributes.get("alt")
        if attributes.get("role") in ("img", "region"):
            assert attributes.get("aria-label")
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")
        if tag == "a":
            assert (attributes["href"] or "").removeprefix("#") in targets


def test_colours_can_be_read_in_both_schemes() -> None:
    """WCAG 2.1 asks for a contrast of 4.5 for text."""
    style = (Path(words.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
    schemes = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#\w+);", scheme))
        for text, papers in {
            "ink": ("paper", "panel", "warn-paper"),
            "soft": ("paper", "panel"),
            "network": ("paper", "panel"),
            "baseline": ("paper",),
            "good": ("good-paper",),
            "warn": ("warn-paper",),
            "bad": ("bad-paper",),
        }.items():
            for paper in papers:
                assert _contrast(colours[text], colours[paper]) >= 4.5, (text, paper)
        for number in range(1, 7):
            assert _contrast(colours[f"series-{number}"], colours["paper"]) >= 3


def _contrast(one: str, other: str) -> float:
    lights = []
    for colour in (one, other):
        code = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


# ---------------------------------------------------------------------------------------------- hostile and extreme


@pytest.mark.parametrize("kind", MAKERS)
def test_names_from_a_file_cannot_act(races: dict[str, Path], kind: str, tmp_path: Path) -> None:
    run = shutil.copytree(races[kind], tmp_path / "a$(b) 'c' <i>")
    verdict = Verdict.read(run / "verdict.json")
    for standing in verdict.standings:
        standing.title = standing.reason = HOSTILE
    rewrite(
        run,
        target=HOSTILE,
        classes=[HOSTILE + str(k) for k in range(len(verdict.classes))],
        notes=[HOSTILE],
        sentence=HOSTILE,
        reason=HOSTILE,
        worth_sentence=HOSTILE,
        standings=verdict.standings,
        versions={HOSTILE: HOSTILE},
    )
    truth = run / "predictions" / "truth.parquet"
    table = pq.read_table(truth)
    pq.write_table(table.append_column("remark", [[HOSTILE] * len(table)]), truth)
    shown = page(run)
    assert [tag for tag, _ in shown.tags].count("script") == 1, "the page's own, and no browser runs another"
    assert not any(name.startswith("on") for _, attributes in shown.tags for name in attributes)
    assert all((a.get("src") or "data:").startswith("data:") for _, a in shown.tags)
    assert HOSTILE in shown.text
    assert "{{ 7*7 }}" in shown.text


def test_thousands_of_classes_stay_small(tmp_path: Path) -> None:
    classes = [f"class number {k} of a very long list" for k in range(1_000)]
    truth = np.random.default_rng(0).integers(0, 1_000, 150)
    shown = page(synthetic.classes_race(tmp_path / "run", "table", classes, truth, "kind"))
    assert "classes with the most mistakes" in shown.text
    assert len((tmp_path / "run" / "report.html").read_bytes()) < 1_000_000


def test_large_pictures_and_long_texts_stay_small(races: dict[str, Path], tmp_path: Path) -> None:
    run = shutil.copytree(races["image"], tmp_path / "run")
    pixels = np.random.default_rng(0).integers(0, 256, (360, 3, 256, 256), dtype=np.uint8)
    write_array(run / "sealed", "test", "pixels", pixels)
    assert write_report(run).stat().st_size < 3_000_000


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 40, 200), (4, 9, 5), (2, 6, 6)])
def test_thumbnails_of_any_channels(shape: tuple[int, int, int]) -> None:
    values = np.random.default_rng(0).random(shape).astype(np.float32) * 65_535
    assert thumbnail(values).startswith("data:image/png;base64,")
    assert thumbnail((values / 257).astype(np.uint8)).startswith("data:image/png;base64,")


def test_sparklines_leave_gaps_out_and_one_scale_for_all() -> None:
    values = np.array([[0.0, 10.0], [np.nan, 5.0], [2.0, np.nan]])
    first, second = sparkline(values, width=104, height=26)
    assert first == "2.0,23.0 102.0,19.0"
    assert second == "2.0,3.0 52.0,13.0"
    assert sparkline(np.full((5, 1), np.nan)) == ()


# ------------------------------------------------------------------------------------------------ missing parts


@pytest.mark.parametrize("kind", ["image", "regression"])
@pytest.mark.parametrize("gone", ["sealed", "predictions", "plan.json", "contenders", "data", "winner", "everything"])
def test_a_report_is_made_from_what_is_left(races: dict[str, Path], kind: str, gone: str, tmp_path: Path) -> None:
    run = shutil.copytree(races[kind], tmp_path / "run")
    for path in list(run.iterdir()):
        if path.name != "verdict.json" and gone in (path.name, "everything"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shown = page(run)
    assert unbroken(Verdict.read(run / "verdict.json").sentence) in shown.text
    assert ("go wrong?" in shown.text) == (gone not in ("predictions", "everything"))
    assert ("How did they learn?" in shown.text) == (gone not in ("contenders", "everything"))


def _without_bounds(verdict: Verdict) -> dict[str, object]:
    """As for a single test unit."""
    endless = [
        dataclasses.replace(s, test={m: Interval(i.value, -math.inf, math.inf) for m, i in s.test.items()})
        for s in verdict.standings
    ]
    return {"standings": endless, "worth_it": Interval(0.1, -math.inf, math.inf)}


def _only(keep: Callable[[object], bool]) -> Callable[[Verdict], dict[str, object]]:
    return lambda verdict: {"standings": [s for s in verdict.standings if keep(s)], "worth_it": None, "crowned": None}


@pytest.mark.parametrize("kind", ["image", "regression"])
@pytest.mark.parametrize(
    "change",
    [
        _only(lambda s: not s.network),  # pyright: ignore
        _only(lambda s: s.network),  # pyright: ignore
        _only(lambda s: s.status == "failed"),  # pyright: ignore
        lambda verdict: {"standings": verdict.standings[:1], "worth_it": None},
        lambda verdict: {"standings": [], "chosen": "", "worth_it": None, "networks_best": "", "baseline_best": ""},
        _without_bounds,
        lambda verdict: {"notes": [], "openings": 1, "seconds": {}, "available": 0.0, "versions": {}, "constant": {}},
    ],
    ids=["no networks", "no baselines", "all failed", "one", "none", "no bounds", "bare"],
)
def test_a_report_of_an_odd_race(
    races: dict[str, Path], kind: str, change: Callable[[Verdict], dict[str, object]], tmp_path: Path
) -> None:
    run = shutil.copytree(races[kind], tmp_path / "run")
    verdict = rewrite(run, **change(Verdict.read(run / "verdict.json")))
    shown = page(run)
    assert unbroken(verdict.sentence) in shown.text
    for standing in verdict.standings:
        assert standing.name in shown.text


@pytest.mark.parametrize("rows", [1, 3])
def test_a_report_of_very_few_test_rows(rows: int, tmp_path: Path) -> None:
    assert "go wrong?" in page(synthetic.regression_race(tmp_path / "number", rows)).text
    shown = page(synthetic.classes_race(tmp_path / "class", "table", ["a", "b"], np.arange(rows) % 2, "y"))
    assert "Too few rows to say" in shown.text


def test_without_a_verdict_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no verdict\.json"):
        write_report(tmp_path)
    (tmp_path / "verdict.json").write_text('{"sentence": ')
    with pytest.raises(InputError, match=r"expected JSON in .*verdict.json"):
        write_report(tmp_path)
    (tmp_path / "verdict.json").write_text("{}")
    with pytest.raises(InputError, match=r"verdict.json is not as it was written"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


# --------------------------------------------------------------------------------------------------- the model card


@pytest.mark.parametrize("kind", MAKERS)
def test_the_model_card_holds_the_scores(races: dict[str, Path], kind: str) -> None:
    verdict = Verdict.read(races[kind] / "verdict.json")
    for standing in verdict.standings:
        card = model_card(verdict, standing)
        for metric, interval in standing.test.items():
            line = (
                f"| {words.title(metric)} | {words.score(metric, interval.value)} | {board.bounds(metric, interval)} |"
            )
            assert line in card
        assert ("not a proven winner" in card) == (standing.name != verdict.crowned)
        assert "opened for the third time" in card


def test_names_cannot_become_markup_in_the_model_card(races: dict[str, Path]) -> None:
    from markdown_it import MarkdownIt

    verdict = Verdict.read(races["table"] / "verdict.json")
    verdict = dataclasses.replace(
        verdict, target=HOSTILE, classes=[HOSTILE, "a`b|c"], notes=["# no\n- *heading* [x](y) <b>"]
    )
    tokens = MarkdownIt("commonmark").enable("table").parse(model_card(verdict, verdict.standings[0]))
    flat = [token for outer in tokens for token in (outer, *(outer.children or []))]
    assert {t.type for t in flat} & {"html_block", "html_inline", "link_open", "image"} == set()
    assert sum(t.type == "heading_open" for t in flat) == 7
    assert sum(t.type == "th_open" for t in flat) == 4


def test_a_verdict_without_bounds_is_strict_json_and_comes_back(races: dict[str, Path], tmp_path: Path) -> None:
    verdict = Verdict.read(races["table"] / "verdict.json")
    odd = dataclasses.replace(verdict, **_without_bounds(verdict))
    odd.write(tmp_path / "verdict.json")

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    json.loads((tmp_path / "verdict.json").read_text(), parse_constant=refuse)
    again = Verdict.read(tmp_path / "verdict.json")
    assert again.worth_it == odd.worth_it
    assert [s.test for s in again.standings] == [s.test for s in odd.standings]


@pytest.mark.parametrize(
    ("kind", "file", "expected"),
    [("series", "gestures.ts", "new.ts"), ("table", "rows.parquet", "new.parquet"), ("image", "", "new_images/")],
)
def test_new_rows_have_the_form_that_was_trained_on(kind: str, file: str, expected: str, tmp_path: Path) -> None:
    if file:
        (tmp_path / file).touch()
    assert words.new_rows(kind, {"source": str(tmp_path / file)}) == expected
