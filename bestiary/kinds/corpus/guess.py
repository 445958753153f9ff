"""Whether a file holds running text."""

from __future__ import annotations

from bestiary.rows.given import Given

PROSE = 1 << 16  # bytes that are looked at


def guess(given: Given) -> str | None:
    """A file named .txt that holds text rather than rows: words, and lines that no separator divides evenly."""
    if given.named or not given.there or given.suffix != ".txt" or given.path is None:
        return None
    with given.path.open("rb") as file:
        lines = [line for line in file.read(PROSE).decode("utf-8", errors="replace").splitlines() if line.strip()]
    words = sum(len(line.split()) for line in lines)
    letters = sum(character.isalpha() or character.isspace() for line in lines for character in line)
    evenly = any(len({line.count(sign) for line in lines[:-1]}) == 1 and sign in lines[0] for sign in ",;\t|")
    if len(lines) > 2 and not evenly and words > 2 * len(lines) and letters > 0.8 * sum(map(len, lines)):
        return f"{given.path.name} holds running text; name a column with --target to read rows"
    return None
