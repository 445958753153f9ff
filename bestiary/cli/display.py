"""What a race looks like while it goes on: a table that is redrawn, plain lines, JSON lines, or nothing."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections import Counter
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bestiary.cli import words
from bestiary.cli.output import say
from bestiary.printable import one_line
from bestiary.race.progress import Entry, Snapshot

PAUSE = 4.0  # seconds between plain lines of the same phase
WIDE = 110  # columns from which notes are shown
REDRAWS = 3  # a second
ORDER = {"running": 0, "retrying": 0, "done": 1, "waiting": 2, "eliminated": 3, "failed": 4}
STYLE = {"running": "bold", "retrying": "yellow", "waiting": "dim", "eliminated": "dim", "failed": "red"}
UNBOUNDED = 1e7  # seconds from which a budget is none: epochs decide
FAILURES = 3  # whose reasons are shown where there is no room for notes
LEARNED = 0.01  # of the constant predictor's loss: less than this below it is nothing yet


class Display(Protocol):
    """Draws snapshots; used as a context, so that the terminal is put right whatever happens."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, snapshot: Snapshot) -> None:
        """Shows the race as it is now."""
        ...


def display(screen: Console, quiet: bool, as_json: bool) -> Display:
    """The display that suits: a live table on a terminal, plain lines elsewhere; JSON lines or nothing when asked."""
    if as_json:
        return JsonLines()
    if quiet:
        return Nothing()
    return LiveTable(screen) if screen.is_terminal else PlainLines(screen)


class Nothing:
    """Shows nothing while the race goes on."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __call__(self, snapshot: Snapshot) -> None:
        return None


class JsonLines(Nothing):
    """One line of JSON a snapshot."""

    def __call__(self, snapshot: Snapshot) -> None:
        content = dataclasses.asdict(snapshot)
        for entry, written in zip(snapshot.entries, content["entries"]):
            written["learned"] = entry.learned
        say(as_json({"snapshot": content}))


class PlainLines(Nothing):
    """A line at each phase and every few seconds: for logs and pipes."""

    def __init__(self, screen: Console, pause: float = PAUSE) -> None:
        self.screen, self.pause = screen, pause
        self._phase, self._said = "", -math.inf

    def __call__(self, snapshot: Snapshot) -> None:
        if snapshot.message:
            self.screen.print(escape(one_line(words.as_options(snapshot.message))), soft_wrap=True)
        now = time.monotonic()
        if snapshot.phase != self._phase or now - self._said >= self.pause:
            self._phase, self._said = snapshot.phase, now
            self.screen.print(escape(one_line(line(snapshot))), soft_wrap=True)


class LiveTable(Nothing):
    """The table of contenders, redrawn in place; messages scroll above it. Its clock runs on between snapshots."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen
        self._now, self._since = Snapshot("starting", 0.0, math.inf, 0.0), time.monotonic()
        self._live = Live(console=screen, get_renderable=self._picture, refresh_per_second=REDRAWS, transient=True)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, snapshot: Snapshot) -> None:
        self._now, self._since = snapshot, time.monotonic()
        if snapshot.message:
            self.screen.print(f"[dim]·[/] {escape(one_line(words.as_options(snapshot.message)))}")

    def _picture(self) -> RenderableType:
        passed = time.monotonic() - self._since
        left = max(0.0, self._now.left - passed)
        now = dataclasses.replace(self._now, elapsed=self._now.elapsed + passed, left=left)
        return picture(now, self.screen.width, self.screen.height)


def as_json(content: object) -> str:
    """One line of JSON; figures that are not finite become null, which JSON has."""
    return json.dumps(_finite(content), default=str)


def _finite(content: object) -> object:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content


# ---------------------------------------------------------------------------------------------- plain lines


def line(snapshot: Snapshot) -> str:
    """The race in one line: when, where, how many, the best so far and who is running."""
    head = f"[{_when(snapshot)}] {snapshot.phase}"
    counts = Counter(entry.status for entry in snapshot.entries)
    told = ", ".join(f"{counts[status]} {status}" for status in sorted(counts, key=lambda s: ORDER.get(s, 9)))
    best = leader(snapshot)
    running = [f"{e.name} {_steps(e)}{_scored(e)}" for e in snapshot.entries if e.status in ("running", "retrying")]
    return " · ".join(
        part
        for part in (
            head,
            told,
            f"best {best.name} {snapshot.metric} {score(best.score)}" if best else "",
            "; ".join(running),
            _left(snapshot).removeprefix(", "),
        )
        if part
    )


def _when(snapshot: Snapshot) -> str:
    told = words.clock(snapshot.elapsed)
    return told if snapshot.budget > UNBOUNDED else f"{told} of {words.clock(snapshot.budget)}"


def _left(snapshot: Snapshot) -> str:
    return f", about {words.clock(snapshot.left)} left" if 0 < snapshot.left <= UNBOUNDED else ""


def leader(snapshot: Snapshot) -> Entry | None:
    """The entry with the best selection score so far."""
    scored = [e for e in snapshot.entries if e.score is not None and math.isfinite(e.score)]
    sign = -1 if snapshot.higher else 1
    return min(scored, key=lambda e: sign * (e.score or 0.0), default=None)


def score(value: float | None) -> str:
    """A score in about four digits; a dash for none.

    Example:
        >>> score(0.97222), score(53217.4), score(None)
        ('0.9722', '53,217', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if abs(value) < 10:
        return f"{value:.4f}"
    return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}" if abs(value) < 1e7 else f"{value:.3e}"


def _steps(entry: Entry) -> str:
    return f"{entry.step:,}/{entry.steps:,}" if entry.steps else entry.status


def _scored(entry: Entry) -> str:
    return f" ({score(entry.score)})" if entry.score is not None else ""


# ------------------------------------------------------------------------------------------------ the table


def picture(snapshot: Snapshot, width: int = 80, height: int = 40) -> RenderableType:
    """The race as a table.

    Args:
        snapshot: the race, now.
        width: columns of the terminal; from 110 on each contender also shows its note.
        height: lines of the terminal; what does not fit is summed up in one line.
    """
    shown = sorted(snapshot.entries, key=lambda e: _place(e, snapshot))
    room = max(3, height - 5 - FAILURES)
    hidden = shown[room:] if len(shown) > room else []
    table = _columns(snapshot, width)
    best = leader(snapshot)
    for entry in shown[: len(shown) - len(hidden)]:
        table.add_row(*_cells(entry, entry is best, width), style=STYLE.get(entry.status, ""))
    parts: list[RenderableType] = [_head(snapshot, width), table] if shown else [_head(snapshot, width)]
    if width < WIDE:
        broken = [e for e in shown if e.status == "failed" and e.note]
        parts += [Text(_cut(f"{e.name} failed: {e.note}", width), style="red") for e in broken[:FAILURES]]
    if hidden:
        counts = Counter(entry.status for entry in hidden)
        parts.append(Text(f"and {len(hidden)} more: " + ", ".join(f"{n} {s}" for s, n in counts.items()), style="dim"))
    return Group(*parts)


def _cut(text: str, width: int) -> str:
    line = one_line(text)
    return line if len(line) <= width else line[: width - 1] + "…"


def _place(entry: Entry, snapshot: Snapshot) -> tuple[float, ...]:
    sign = -1 if snapshot.higher else 1
    rank = sign * entry.score if entry.score is not None and math.isfinite(entry.score) else math.inf
    return (ORDER.get(entry.status, 5), rank)


def _head(snapshot: Snapshot, width: int) -> RenderableType:
    told = Text.assemble(
        (snapshot.phase, "bold cyan"),
        f"  {_when(snapshot)}{_left(snapshot)}",
        "   Ctrl-C ends with the best so far",
    )
    told.stylize("dim", len(told) - len("Ctrl-C ends with the best so far"))
    filled = round(width * min(1.0, snapshot.elapsed / max(snapshot.budget, 1e-9)))
    return Group(told, Text.assemble(("━" * filled, "cyan"), ("─" * (width - filled), "dim")))


def _columns(snapshot: Snapshot, width: int) -> Table:
    """Columns of fixed width, so that nothing jumps while figures grow; names and notes take what is left."""
    wide = width >= WIDE
    gap = 2 if wide else 1
    metric = snapshot.metric.replace("_", " ") or "score"
    figures = {
        "round": 5,
        "step": 11,
        metric if wide else metric.split()[-1]: max(9, len(metric)) if wide else 9,
        "explained": 10,
        "steps/s": 7,
        "left": 7,
    }
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="dim")
    rest = width - sum(figures.values()) - gap * len(figures)
    table.add_column("contender", no_wrap=True, overflow="ellipsis", width=30 if wide else rest)
    for title, room in figures.items():
        table.add_column(title, justify="left" if title == "explained" else "right", no_wrap=True, width=room)
    if wide:
        table.add_column("note", no_wrap=True, overflow="ellipsis", width=rest - 30 - gap)
    return table


def _cells(entry: Entry, best: bool, width: int) -> list[RenderableType]:
    active = entry.status in ("running", "retrying")
    step = _short_steps(entry) if active else Text(entry.status)
    cells: list[RenderableType] = [
        Text(one_line(entry.name)),
        str(entry.rung or "-"),
        step,
        Text(score(entry.score), style="bold green" if best else ""),
        learned(entry),
        words.short(entry.speed) if active and entry.speed else "",
        words.clock(entry.left) if active else "",
    ]
    return [*cells, Text(one_line(entry.note), style="dim")] if width >= WIDE else cells


def _short_steps(entry: Entry) -> Text:
    return Text(f"{words.short(entry.step)}/{words.short(entry.steps)}" if entry.steps else entry.status)


def learned(entry: Entry) -> Text:
    """Whether a contender has learned anything yet: how far its loss is below the constant predictor's.

    Example:
        >>> learned(Entry("lstm/small", loss=0.5, constant=1.0)).plain
        '██     50%'
        >>> learned(Entry("lstm/small", loss=1.2, constant=1.0)).plain
        'not yet'
    """
    if entry.learned is None:
        return Text("-" if entry.network else "", style="dim")
    if not entry.learned >= LEARNED:
        return Text("not yet" if entry.network else "", style="yellow")
    share = min(1.0, entry.learned)
    return Text.assemble(("█" * max(1, round(5 * share))).ljust(5), f"{share:.0%}".rjust(5), style="green")
