"""What the pages and the help say is made or run: examples, links, and lists of kinds, tasks and families."""

import doctest
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bestiary import catalogue, kinds, tasks
from bestiary.cli.completion import SHELLS, script
from bestiary.cli.main import VERBS, main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FAMILIES = {row.family for row in catalogue.ROWS} | set(catalogue.parts.SORTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_give_what_they_say(page: Path) -> None:
    """Blocks that begin with a prompt; whole files on a page are put into the project and run by other tests."""
    examples = re.findall(r"```python\n(>>> .*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    held = doctest.DocTestParser().get_doctest("\n".join(examples), {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(held).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_no_paragraph_stops_short(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        assert "://" in link or (page.parent / link).exists(), link
    prose = re.sub(r"```.*?```|<!--.*?-->", "", text, flags=re.DOTALL)
    for paragraph in re.split(r"\n\s*\n", prose):
        last = paragraph.strip().splitlines()[-1:] or [""]
        if len(paragraph.split()) > 12 and not last[0].lstrip().startswith(("#", "|", "!", "- ", "[", "*")):
            assert last[0].rstrip()[-1] in ".:;?!)`·", f"stops short: {last[0]!r}"


def test_every_page_is_linked_from_the_first() -> None:
    seen, left = set(), [ROOT / "README.md"]
    while left:
        page = left.pop()
        seen.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        left += [found for link in links if (found := (page.parent / link).resolve()).is_file() and found not in seen]
    assert {page.name for page in PAGES if page not in seen} == set()


def named(text: str, known: set[str]) -> set[str]:
    """Which of the known words stand in a text as code or between commas."""
    return {word for word in re.findall(r"[a-z_]+", text) if word in known}


def test_lists_on_pages_are_whole() -> None:
    def row(page: str, option: str) -> str:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        return next(line for line in text.splitlines() if line.startswith(f"| `{option}"))

    every = set(kinds.names())
    assert named(row("list.md", "--kind"), every) == named(row("race.md", "--kind"), every) == every
    assert named(row("list.md", "--family"), FAMILIES) == FAMILIES
    assert named(row("race.md", "--task"), set(tasks.names())) == set(tasks.names())


def help_of(verb: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([verb, "--help"]) == 0
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", capsys.readouterr().out).split())


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_no_types_of_python(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = help_of(verb, capsys)
    assert not re.search(r"<\w+(\[|>)|list\[|\bstr\b|\bNone\b|INTEGER|FLOAT", told)


def test_lists_in_help_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    told = help_of("list", capsys)
    assert named(told, set(kinds.names())) == set(kinds.names()) and named(told, FAMILIES) == FAMILIES
    told, asked = help_of("race", capsys), set(tasks.names())
    assert named(told, set(kinds.names())) == set(kinds.names()) and named(told, asked) == asked


def test_a_shell_completes_verbs_options_and_names() -> None:
    asked = (
        ("bestiary", "ra", 1, {"race"}),
        ("bestiary race", "--bud", 2, {"--budget"}),
        ("bestiary train", "resnet10", 2, {"resnet101"}),
        ("bestiary train", "backprop", 2, set()),  # a method alone is not trained
        ("bestiary show", "backpropag", 2, {"backpropagation", "backpropagation_through_time"}),
        ("bestiary race", "resn", 2, set()),  # of a race the first word is a file
    )
    for line, word, place, expected in asked:
        setting = f'COMP_WORDS=({line} "{word}"); COMP_CWORD={place}; _bestiary; printf "%s\\n" "${{COMPREPLY[@]}}"'
        bash = script("bash") + setting
        done = subprocess.run(["bash", "-c", bash], capture_output=True, text=True, check=True, timeout=30)
        assert set(done.stdout.split()) == expected, done.stderr
    for shell in SHELLS:
        assert "resnet50" in script(shell) and "budget" in script(shell)
        if shutil.which(shell):
            subprocess.run([shell, "-n"], input=script(shell), text=True, check=True, timeout=30)
