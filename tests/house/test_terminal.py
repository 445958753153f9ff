"""What reaches a terminal, a pipe, a file: names steer nothing, and no output that fails ends any work."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from rich.table import Table
from rich.text import Text

from bestiary.cli.console import Screen
from bestiary.cli.display import LiveTable, PlainLines, picture
from bestiary.cli.errors import explain
from bestiary.cli.main import main
from bestiary.cli.output import remark, rows, say
from bestiary.cli.predict import write
from bestiary.cli.spreadsheet import for_spreadsheets, guarded, is_formula, unguarded
from bestiary.cli.streams import Outlet, encodable, outlets
from bestiary.errors import InputError
from bestiary.printable import one_line, printable
from bestiary.race.progress import Entry, Snapshot

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bestiary"]
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202elive\u2066\nerror: false\r\u2028\x00\x7f\udce9"
STEERING = set(HOSTILE) - set("]0;owned[2J31mlive\nerror: false")
HARMLESS = "Zürich 東京 שלום سلام हिन्दी e\u0301 👩\u200d👩\u200d👧 🏴 a\u00a0b c\u3000d ♦ €\tq"


def test_what_steers_is_shown_and_ordinary_text_of_all_scripts_stays() -> None:
    assert not STEERING & set(printable(HOSTILE)) and len(printable(HOSTILE)) == len(HOSTILE)
    assert printable(HARMLESS) == HARMLESS
    assert "\n" not in one_line(HOSTILE) and one_line("97\u00a0%  a\n\tb") == "97\u00a0% a b"


def test_nothing_prints_but_the_two_files_that_print() -> None:
    allowed = {"output.py", "console.py", "streams.py", "errors.py"}
    for path in (ROOT / "bestiary").rglob("*.py"):
        if path.parent.name == "cli" and path.name in allowed:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            stream = isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr", "__stdout__", "__stderr__")
            assert not called, f"{path}:{getattr(node, 'lineno', 0)} prints by itself"
            assert not (stream and isinstance(node.value, ast.Name) and node.value.id == "sys"), path


def test_tables_progress_messages_and_errors_are_clean() -> None:
    file = io.StringIO()
    screen = Screen(file=file, width=120, force_terminal=False)
    entries = [Entry(HOSTILE, note=HOSTILE, status="running"), Entry("b", status="failed", note=HOSTILE)]
    snapshot = Snapshot("round 1", 1.0, 9.0, 8.0, entries=entries, message=f"column {HOSTILE} was left out")
    PlainLines(screen)(snapshot)
    for width in (80, 120):
        screen.print(picture(snapshot, width))
    table = Table(HOSTILE)
    table.add_row(Text(HOSTILE, style="bold"))
    screen.print(table, HOSTILE, Text(HOSTILE))
    assert "left out" in file.getvalue() and not STEERING & set(file.getvalue())
    assert not STEERING & set(explain(InputError(HOSTILE))[0]) and "\n" not in explain(InputError(HOSTILE))[0]


def test_on_a_terminal_only_the_table_itself_moves_the_cursor() -> None:
    file = io.StringIO()
    with LiveTable(Screen(file=file, width=80, height=24, force_terminal=True)) as live:
        live(Snapshot("round 1", 1.0, 9.0, 8.0, entries=[Entry(HOSTILE, status="running")], message=HOSTILE))
    written = file.getvalue()
    assert "owned" in written and "\x1b]0;" not in written
    assert not {"\x9b", "\x07", "\u202e", "\u2066", "\x00"} & set(written)


def test_a_path_that_steers_is_told_and_does_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["report", str(tmp_path / "\x1b[31mrun\u202e")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1 and not {"\x1b", "\u202e"} & set(err)


# ------------------------------------------------------------------------------------------------------- streams


class Failing(io.StringIO):
    """A stream that takes some characters and then fails."""

    def __init__(self, error: OSError, room: int = 0) -> None:
        super().__init__()
        self.error, self.room = error, room

    def write(self, text: str) -> int:
        if self.tell() + len(text) > self.room:
            raise self.error
        return super().write(text)


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space left on device")])
def test_a_stream_that_fails_ends_no_work(error: OSError) -> None:
    stream = Failing(error, room=5)
    outlet = Outlet(stream)
    for _ in range(3):
        assert outlet.write("abcd") == 4
        outlet.flush()
    assert stream.getvalue() == "abcd" and outlet.failure is error
    assert outlet.left == isinstance(error, BrokenPipeError)


def test_a_closed_stream_takes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with outlets() as out:
        say("nobody hears it")
        remark("nor this")
        assert out.lost and not out.isatty()
        with pytest.raises(InputError, match="standard output is closed; name a file with --out"):
            rows(pd.DataFrame({"a": [1]}))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("ascii", "* 97 % - a. ====- ###"),
        ("latin-1", "* 97\u00a0% · a. ====- ###"),
        ("cp1252", "* 97\u00a0% · a… ====- ###"),
        ("utf-8", "♦ 97\u00a0% · a… ━━━━─ ███"),
    ],
)
def test_what_an_encoding_lacks_has_something_as_wide_in_its_place(encoding: str, text: str) -> None:
    given = "♦ 97\u00a0% · a… ━━━━─ ███"
    assert encodable(given, encoding) == text and len(text) == len(given)
    assert encodable("東京", encoding) == ("東京" if encoding == "utf-8" else "??")


def test_every_glyph_of_the_program_has_its_place_in_ascii() -> None:
    """In what is printed: strings of the command line, the verdict's sentences and the words of reports."""
    others = [ROOT / "bestiary/judging/sentences.py", ROOT / "bestiary/report/words.py"]
    lacking = set()
    for path in {*(ROOT / "bestiary/cli").glob("*.py"), *others} - {ROOT / "bestiary/cli/spreadsheet.py"}:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        lacking |= {c for text in strings for c in text if c != "?" and encodable(c, "ascii") == "?"}
    assert lacking <= {"ü", "\N{REPLACEMENT CHARACTER}"}  # of examples in docstrings


def test_rows_that_an_encoding_lacks_are_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Outlet(io.TextIOWrapper(raw, encoding="ascii")))
    with pytest.raises(InputError, match=r"'\\xfc' cannot be written in ascii.*--out"):
        rows(pd.DataFrame({"prediction": ["a", "Zürich"]}))
    sys.stdout.flush()
    assert raw.getvalue() == b""
    rows(pd.DataFrame({"prediction": ["a", "b"]}))
    sys.stdout.flush()
    assert raw.getvalue() == b"prediction\na\nb\n"


def test_rows_are_as_they_are_in_a_pipe_and_clean_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"prediction": ["a\x1b[31m\u202e"]})
    for terminal in (False, True):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda terminal=terminal: terminal)
        monkeypatch.setattr(sys, "stdout", Outlet(stream))
        rows(frame)
        assert ("\x1b" in stream.getvalue()) == ("\u202e" in stream.getvalue()) == (not terminal)


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of bash in a folder; `bestiary` is this one, and the first exit code of a pipe counts."""
    words = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    script = f'bestiary() {{ {" ".join(COMMAND)} "$@"; }}; {command}; exit ${{PIPESTATUS[0]}}'
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=words,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


TRAIN = "bestiary train ann digits --epochs 1 --set width=8 --out run"


@pytest.mark.parametrize(
    ("command", "environment", "code"),
    [
        (f"{TRAIN} >&- 2>&-", {}, 0),
        (f"{TRAIN} >/dev/full", {}, 2),
        (f"{TRAIN} | cat", {"PYTHONIOENCODING": "ascii"}, 0),
    ],
    ids=["closed", "a full disk", "ASCII"],
)
def test_a_training_goes_on_whatever_becomes_of_its_output(
    command: str, environment: dict[str, str], code: int, tmp_path: Path
) -> None:
    done = shell(command, tmp_path, **environment)
    assert done.returncode == code, done.stderr
    assert (tmp_path / "run" / "winner" / "model.json").is_file() and (tmp_path / "run" / "report.html").is_file()
    assert "Traceback" not in done.stderr
    if code == 2:
        assert done.stderr == "error: No space left on device; free some space or name a folder on another disk\n"
    elif environment:
        assert done.stdout.isascii() and re.search(r"^\* 1.ann/", done.stdout, re.MULTILINE)
    else:
        assert done.stderr == ""


def test_a_race_goes_on_when_its_reader_leaves(tmp_path: Path) -> None:
    done = shell("bestiary race iris --budget 20s --contenders ann,fnn --out run | head -1", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1 and (tmp_path / "run" / "report.html").is_file()


def test_verbs_whose_work_is_what_they_print_say_that_it_did_not_arrive(tmp_path: Path) -> None:
    assert shell("bestiary list | true", tmp_path).returncode in (0, 141)  # the pipe may take it all
    assert shell("bestiary list >/dev/full", tmp_path).returncode == 2
    assert shell("bestiary list >&-", tmp_path).returncode == 0


# ------------------------------------------------------------------------------------------------------- formulas

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-", "'=1", "''+a"]
PLAIN = ["oak", "-1", "+1.5e3", "-.5", "'tis", "a=b", "", "1-2", "é", " =1"]


def test_formulas_are_known_and_numbers_are_none() -> None:
    assert [text for text in FORMULAS + PLAIN if is_formula(text)] == FORMULAS


def test_guarding_can_be_undone_without_loss() -> None:
    for text in FORMULAS + PLAIN:
        assert unguarded(guarded(text)) == text
    assert len({guarded(text) for text in FORMULAS + PLAIN}) == len(FORMULAS + PLAIN)
    assert not [text for text in FORMULAS if str(guarded(text))[:1] in "=+-@\t\r\n"]


def test_cells_are_written_as_they_are_unless_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame({"prediction": [*FORMULAS[:4], "-1", None], "=p": [-0.5, 0.1, 0.2, 0.3, -1.0, None]})
    write(for_spreadsheets(frame, False, None), tmp_path / "raw.csv")
    assert pd.read_csv(tmp_path / "raw.csv")["prediction"].tolist()[:5] == frame["prediction"].tolist()[:5]
    told = capsys.readouterr().err
    assert told.startswith("warning: cells such as '=p' look like formulas") and "--spreadsheet-safe" in told
    write(for_spreadsheets(frame, True, Path("x.csv")), tmp_path / "safe.csv")
    assert capsys.readouterr().err == ""
    safe = pd.read_csv(tmp_path / "safe.csv")
    assert list(safe.columns) == ["prediction", "'=p"]
    assert safe["'=p"].tolist()[:5] == [-0.5, 0.1, 0.2, 0.3, -1.0]
    assert safe["prediction"].tolist()[:5] == ["'=1+1", "'+cmd|' /C calc'!A0", "'-2+3", "'@SUM(A1)", "-1"]
    assert frame["prediction"].tolist()[0] == "=1+1", "the caller's frame is as it was"


def test_guarding_what_no_spreadsheet_computes_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = str(tmp_path / "x.parquet")
    assert main(["predict", str(tmp_path), str(tmp_path), "--out", out, "--spreadsheet-safe"]) == 2
    assert "--spreadsheet-safe is for .csv and .tsv" in capsys.readouterr().err


@pytest.mark.parametrize("name", [b"\xe9t\xe9.png", b"\xc3\xa9t\xc3\xa9.png"])
def test_names_of_files_that_are_no_unicode_can_be_learned_from_and_written(name: bytes, tmp_path: Path) -> None:
    """They ended a race, and `predict`, with a UnicodeEncodeError."""
    from bestiary.data import read
    from tests.fuzz.files import picture

    for number in range(6):
        folder = tmp_path / "in" / ("cl\udce9" if number % 2 else "b")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / os.fsdecode(b"%d" % number + name)).write_bytes(picture("PNG", number))
    found = read(str(tmp_path / "in"))
    assert found.target.classes == ("b", "cl\\xe9")
    source: Any = found
    frame = pd.DataFrame({"name": source.names})
    for out in ("x.csv", "x.parquet", "x.jsonl"):
        write(frame, tmp_path / out)
    assert sorted(pd.read_csv(tmp_path / "x.csv")["name"])[0] == "b/0" + name.decode("utf-8", "backslashreplace")
