"""When a result is stale: when the code that it was measured on changes, and not when its words do."""

from pathlib import Path

from tests.learning.results import code

PLAIN = """
def half(x):
    return x / 2  # of it


class Table:
    rows: int = 3
"""
TALKATIVE = '''"""What halves."""

def half(x):
    """Half of x.

    Example:
        >>> half(4)
        2.0
    """
    # divides
    return (x
        / 2)

class Table:
    """Rows."""

    rows: int = 3
    """Of them."""
'''


def told(folder: Path, name: str, source: str) -> str:
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return code(path)


def test_words_and_layout_change_no_result(tmp_path: Path) -> None:
    parts = told(tmp_path, "a.py", PLAIN), told(tmp_path, "b.py", TALKATIVE.replace("(x\n        / 2)", "x / 2"))
    assert parts[0] == parts[1]


def test_code_does(tmp_path: Path) -> None:
    plain = told(tmp_path, "a.py", PLAIN)
    for number, (old, new) in enumerate((("2", "3"), ("x /", "x *"), ("    rows", "rows"), ("int = 3", 'str = "3"'))):
        assert told(tmp_path, f"{number}.py", PLAIN.replace(old, new)) != plain
