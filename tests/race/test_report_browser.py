"""The script of the report does in a browser what it says: sorting, saving, moving a threshold."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from bestiary.judging.evidence import Verdict
from bestiary.report import write_report
from tests.race import synthetic

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ACT = """
const found = {};
const table = document.querySelector("table.sortable");
const names = () => [...table.tBodies[0].rows].map((row) => row.cells[1].dataset.value);
const head = (number) => table.tHead.rows[0].cells[number];
found.first = names();
head(2).querySelector("button").click();
found.up = [names(), head(2).getAttribute("aria-sort")];
head(2).querySelector("button").click();
found.down = [names(), head(2).getAttribute("aria-sort")];
head(1).querySelector("button").click();
found.byName = [names(), head(2).getAttribute("aria-sort")];
HTMLAnchorElement.prototype.click = function () { found.saved = [this.download, this.href]; };
document.querySelector("button.save").click();
const box = document.querySelector("[data-thresholds]");
const slider = box.querySelector("input");
const look = () => {
  const all = (name, told) => Object.fromEntries(
    [...box.querySelectorAll(`[data-${name}]`)].map((one) => [one.dataset[name], told(one)]));
  const shown = all("show", (one) => one.textContent);
  const dots = all("dot", (one) => ["cx", "cy"].map((word) => Number(one.getAttribute(word))));
  return { shown, dots, at: Number(slider.value), hidden: box.querySelector(".threshold").hidden };
};
found.start = look();
slider.value = slider.max;
slider.dispatchEvent(new Event("input"));
found.end = look();
document.body.innerHTML = "";
document.body.dataset.found = JSON.stringify(found);
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = synthetic.table_race(tmp_path_factory.mktemp("browser") / "run", rows=200)
    write_report(folder)
    return folder


def dumped(page: Path) -> str:
    """The document after its scripts have run."""
    if BROWSER is None:
        pytest.skip("no chromium or chrome on this machine")
    words = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    words += ["--virtual-time-budget=2000", "--dump-dom", page.as_uri()]
    return subprocess.run(words, capture_output=True, text=True, timeout=240, check=True).stdout


def test_the_script_runs_under_the_policy_of_the_page(run: Path) -> None:
    """Its digest stands in the page; a script with any other is not run, as the second page shows."""
    text = (run / "report.html").read_text(encoding="utf-8")
    assert 'class="save"' not in text.partition("<script>")[0]
    assert 'class="save"' in dumped(run / "report.html").partition("<script>")[0]
    other = run / "other.html"
    other.write_text(text.replace('"use strict";', '"use strict"; ', 1), encoding="utf-8")
    assert 'class="save"' not in dumped(other).partition("<script>")[0]


def test_tables_sort_and_are_saved_and_the_threshold_moves(run: Path) -> None:
    text = (run / "report.html").read_text(encoding="utf-8")
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    page = run / "acting.html"
    page.write_text(text.replace("</body>", f"<script>{ACT}</script></body>"), encoding="utf-8")
    told = re.search(r'data-found="([^"]*)"', dumped(page))
    assert told
    found = json.loads(html.unescape(told[1]))
    verdict = Verdict.read(run / "verdict.json")
    tested = [s.name for s in verdict.standings if s.test]
    by_loss = sorted(tested, key=lambda n: next(s.test["log_loss"].value for s in verdict.standings if s.name == n))
    rest = [s.name for s in verdict.standings if not s.test]
    assert found["first"] == [s.name for s in verdict.standings]
    assert found["up"] == [[*by_loss, *rest], "ascending"]
    assert found["down"] == [[*by_loss[::-1], *rest], "descending"], "what has no score comes last both ways"
    assert found["byName"][0] == sorted(found["first"]) and found["byName"][1] is None
    name, address = found["saved"]
    assert name == "leaderboard.csv" and address.startswith("data:text/csv")
    rows = list(csv.DictReader(io.StringIO(unquote(address.partition(",")[2]))))
    assert [row["name"] for row in rows] == sorted(found["first"])
    best = next(s for s in verdict.standings if s.name == by_loss[0])
    saved = next(row for row in rows if row["name"] == best.name)
    assert float(saved["log_loss"]) == pytest.approx(best.test["log_loss"].value)
    assert float(saved["log_loss_high"]) == pytest.approx(best.test["log_loss"].high)
    start, end = found["start"], found["end"]
    assert not start["hidden"] and start["at"] < end["at"]
    assert start["shown"]["threshold"].endswith("\u00a0%")
    assert end["shown"]["missed"] == "0" and end["shown"]["recall"] == "100.0\u00a0%", "the lowest finds all"
    assert end["shown"]["left"] == "0" and end["dots"]["roc"] == [100, 0] and end["dots"]["pr"][0] == 100
    hits, alarms = int(end["shown"]["found"]), int(end["shown"]["alarms"])
    assert hits + alarms == 200 and end["dots"]["pr"][1] == pytest.approx(100 - 100 * hits / 200)
