"""The end of a race on the terminal: leaderboard with intervals, the verdict, where things are, what to try next."""

from __future__ import annotations

import dataclasses
import os
import shlex
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from bestiary import tasks
from bestiary.cli import words
from bestiary.cli.console import console
from bestiary.cli.display import WIDE, as_json
from bestiary.cli.output import say
from bestiary.judging import shipping
from bestiary.judging.evidence import Verdict
from bestiary.planning.plan import Plan
from bestiary.printable import one_line
from bestiary.race.outcome import Outcome
from bestiary.report.board import Line, lines
from bestiary.report.words import new_rows, ranked, title
from bestiary.report.words import next_command as typed_next

STATUS = {"eliminated": "left the race"}
TESTED = "test, 95 % interval"
CHOSEN, MARK = "♦", 3  # beside the model that was saved; columns of that and its place


def tell(outcome: Outcome, json: bool) -> None:
    """Says what a race or a training found: on one line of JSON, or for people."""
    if json:
        say(as_json({"verdict": dataclasses.asdict(outcome.verdict), "folder": str(outcome.folder)}))
    else:
        print_result(outcome.verdict, outcome.folder, console())


def print_result(verdict: Verdict, run: Path, screen: Console) -> None:
    """Prints what a race found.

    Args:
        verdict: of the race.
        run: its folder.
        screen: from 110 columns on, costs stand beside quality.
    """
    run = nearby(run)
    screen.print(leaderboard(verdict, screen.width))
    if verdict.metric_reason:
        screen.print(f"[dim]{escape(one_line(ranked(verdict.metric, verdict.metric_reason)))}[/]")
    screen.print(f"\n[bold]{escape(one_line(verdict.sentence))}[/]")
    for sentence in (verdict.reason, verdict.worth_sentence):
        if sentence and sentence not in verdict.sentence:
            screen.print(escape(one_line(sentence[0].upper() + sentence[1:].rstrip(".") + ".")))
    ships = [shipping.why(verdict), verdict.shipped]
    for told in (ships, shipping.cheaper(verdict), [verdict.searched]):
        if text := " ".join(filter(None, told)):
            screen.print(escape(one_line(text)))
    if verdict.notes:
        screen.print("\n[bold]Notes[/]")
        for note in verdict.notes:
            screen.print(Padding(f"· {escape(one_line(words.as_options(note)))}", (0, 0, 0, 2), expand=False))
    screen.print()
    for word, place in (("report", run / "report.html"), ("model", run / "winner")):
        if place.exists():
            about = f"  ({verdict.chosen})" if word == "model" else ""
            screen.print(f"[bold]{word:<7}[/] {escape(str(place))}{escape(about)}", soft_wrap=True)
    screen.print(f"[bold]{'try':<7}[/] {escape(next_command(verdict, run))}", soft_wrap=True)


def nearby(path: Path) -> Path:
    """A path as seen from here, where that is shorter."""
    relative = Path(os.path.relpath(path))
    return relative if len(str(relative)) < len(str(path)) else path


def next_command(verdict: Verdict, run: Path) -> str:
    """What a person would type next: predict or make data with a model, race longer without one."""
    folder = shlex.quote(str(run))
    if not (run / "winner").exists():
        return f"bestiary race --resume {folder} --add 5m"
    new = new_rows(verdict.kind, Plan.read(run).source)
    return typed_next(verdict, folder, new)


def leaderboard(verdict: Verdict, width: int = 80) -> Table:
    """All contenders and baselines, best first; those that were not scored on test show why."""
    wide = width >= WIDE
    rows = [(line, _cells(line, wide)) for line in lines(verdict)]
    score = max([len(TESTED), *(len(cells[2]) for line, cells in rows if line.interval)])
    costs = {"explained": 9, "parameters": 12, "trained": 8} if wide else {}
    behind = max((len(cells[3]) for line, cells in rows if line.interval), default=15)
    rest = width - MARK - score - sum(costs.values()) - 3 - len(costs)
    name = max(8, min(max((len(cells[1]) for _, cells in rows), default=8), rest - behind))
    better = "higher is better" if verdict.higher else "lower is better"
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim", padding=0)
    tested = f"{verdict.rows.get('test', 0):,} sealed test {tasks.find(verdict.problem).judged}"
    table.title = f"{title(verdict.metric)} on {tested}, {better}"
    table.title_justify, table.title_style = "left", ""
    table.add_column("", justify="right", width=MARK)
    table.add_column("model", no_wrap=True, overflow="ellipsis", width=name)
    table.add_column(TESTED, no_wrap=True, overflow="ellipsis", width=score)
    table.add_column("behind the best", no_wrap=True, overflow="ellipsis", width=max(8, rest - name))
    for word, columns in costs.items():
        table.add_column(word, justify="right", no_wrap=True, width=columns)
    for line, cells in rows:
        table.add_row(*map(escape, cells), style=_style(line))
    return table


def _cells(line: Line, wide: bool) -> list[str]:
    standing = line.standing
    mark, name = CHOSEN if line.chosen else " ", one_line(standing.name)
    if line.interval:
        behind = f"{line.difference} ({line.spread})" if line.spread else line.difference
        cells = [f"{mark}{line.place:>2}", name, f"{line.score} ({line.interval})", behind]
    else:
        status = STATUS.get(standing.status, standing.status)
        cells = [f"{mark}  ", name, one_line(status), one_line(standing.reason)]
    if not wide:
        return cells
    count = f"{standing.parameters:,}" if standing.parameters else "–"
    return [*cells, line.learned, count, _trained(standing.train_seconds)]


def _trained(seconds: float) -> str:
    """Seconds on one core, or minutes; a dash for what was made of others."""
    if seconds <= 0:
        return "–"
    return f"{seconds:.1f} s" if seconds < 59.95 else words.clock(seconds)


def _style(line: Line) -> str:
    if line.chosen:
        return "bold"
    return "red" if line.standing.status == "failed" else "" if line.interval else "dim"
