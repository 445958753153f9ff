"""The command line: finds the verb, imports its module alone, and turns every error into one line and an exit code.

Exit codes: 0 done; 2 something given from outside cannot be used; 1 a fault of the program; 130 stopped by Ctrl-C;
141 the reader of what was printed left early. `race` and `train` end with 0 then too: what they make is in a folder.
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Callable, Sequence

from bestiary import __version__
from bestiary.cli.output import say
from bestiary.cli.streams import Outlet, outlets
from bestiary.errors import InputError, nearest
from bestiary.rows import skops_io

VERBS = {
    "race": "train every architecture that fits under one equal budget; keep the best model, with evidence",
    "predict": "predict new rows with a trained model",
    "data": "show how data would be read: columns, missing values, what is left out and why",
    "train": "train one architecture",
    "sample": "make new images, texts or rows with a trained network",
    "encode": "encode rows: codes and reconstruction errors",
    "play": "play episodes with a trained agent, with an animation",
    "inspect": "look inside a trained network: one page of pictures and statistics",
    "report": "make the report of a race again from its saved predictions",
    "list": "list all architectures",
    "show": "describe one architecture: sizes, layers, how it learns, how to use it",
    "weights": "list published weights, or export a model's weights",
    "size": "show parameters, FLOPs, bytes and measured speed of one architecture",
    "completion": "print a script that makes your shell complete verbs, options and names",
}

ON_DISK = ("race", "train")
"""Verbs whose result is a folder; what they print is a comment on it."""
READER_LEFT = 141  # 128 and the number of SIGPIPE, as shells report it

HELP = """Bestiary: every neural-network architecture on one bench.

Usage: bestiary VERB [OPTIONS]

{verbs}

  bestiary VERB --help      the options of a verb
  bestiary --version        the version

Try: bestiary race digits --budget 1m
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: words after `bestiary`; those of the process unless given.

    Returns:
        The exit code. Nothing is raised; errors are one line on standard error.

    Example:
        >>> main(["--version"])
        bestiary 0.1.0
        0
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    skops_io.ours = arguments is None
    with outlets() as out:
        try:
            with warnings.catch_warnings():
                if not os.environ.get("BESTIARY_DEBUG"):
                    warnings.simplefilter("ignore")
                code = _run(words)
            return code or _printed(out, words)
        except (Exception, KeyboardInterrupt) as error:
            from bestiary.cli.errors import end

            return end(error)


def _printed(out: Outlet, words: list[str]) -> int:
    """The exit code of a verb that has done its work: whether what it printed has arrived."""
    out.flush()
    if out.failure is None:
        return 0
    if out.left:
        return 0 if words[0] in ON_DISK else READER_LEFT
    raise out.failure


def _run(words: list[str]) -> int:
    if not words or words[0] in ("--help", "-h", "help"):
        say(HELP.format(verbs="\n".join(f"  {verb:<10} {what}" for verb, what in VERBS.items())), end="")
        return 0
    if words[0] in ("--version", "-V"):
        say(f"bestiary {__version__}")
        return 0
    if words[0] not in VERBS:
        raise InputError(f"expected one of {', '.join(VERBS)}; received {words[0]!r}{nearest(words[0], VERBS)}")
    return _verb(words[0], importlib.import_module(f"bestiary.cli.{words[0]}").command, words[1:])


def _verb(verb: str, command: Callable[..., None], words: list[str]) -> int:
    import typer

    from bestiary.cli.helping import Command

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})(command)
    code = typer.main.get_command(app).main(words, prog_name=f"bestiary {verb}", standalone_mode=False)
    if code == 130:  # how typer returns Ctrl-C
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0
