"""How far work of many equal steps has come, on the terminal of whoever waits for it."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Steps:
    """A line on standard error while it is entered: a bar, steps made, time left. Nothing where that is no terminal.

    Args:
        title: what is done, in a few words.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def told(self, made: int, total: int) -> None:
        """So many steps of so many are made."""
        if self.progress is None:
            return
        if self.task is None:
            self.task = self.progress.add_task(self.title)
        self.progress.update(self.task, completed=made, total=total)

    def __enter__(self) -> Self:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from bestiary.cli.console import console

        screen = console(stderr=True)
        if screen.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self.progress = Progress(*columns, console=screen, transient=True)
            self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.progress is not None:
            self.progress.stop()
