"""`bestiary completion SHELL`: a script by which bash, zsh or fish completes verbs, options and names."""

from __future__ import annotations

import importlib
from typing import Annotated

import typer

from bestiary import catalogue
from bestiary.cli.output import say
from bestiary.errors import InputError, nearest

NAMED = ("train", "size")
"""Verbs whose first word is an architecture or a size; that of `show` may be a part or a method too."""
BASH = """_bestiary() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" verb="${{COMP_WORDS[1]}}" words=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{verbs}"
    else
        case "$verb" in
{cases}
        esac
        case "$word" in
            -*) ;;
            *) if [ "$COMP_CWORD" -eq 2 ]; then case "$verb" in
                   {named}) words="{names}" ;;
                   show) words="{names} {parts}" ;;
                   *) words="" ;;
               esac; else words=""; fi ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _bestiary bestiary
"""
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"
SHELLS = ("bash", "zsh", "fish")


def command(
    shell: Annotated[str, typer.Argument(help="Shell: bash, zsh or fish.")],
) -> None:
    """Print a script for a shell: eval "$(bestiary completion bash)"; for fish, pipe it into source."""
    if shell not in SHELLS:
        raise InputError(f"expected bash, zsh or fish; received {shell!r}{nearest(shell, SHELLS)}")
    say(script(shell), end="")


def script(shell: str) -> str:
    """What a shell reads.

    Args:
        shell: "bash", "zsh" or "fish".
    """
    from bestiary.cli.main import VERBS

    options = {verb: _options(verb) for verb in VERBS}
    names = [name for row in catalogue.ROWS for name in dict.fromkeys((row.name, *(size.name for size in row.sizes)))]
    parts = catalogue.parts.every_name()
    if shell == "fish":
        return "".join(_fish(VERBS, options, names, parts))
    cases = "\n".join(f'            {verb}) words="{" ".join(words)}" ;;' for verb, words in options.items())
    bash = BASH.format(
        verbs=" ".join(VERBS), cases=cases, named="|".join(NAMED), names=" ".join(names), parts=" ".join(parts)
    )
    return (ZSH if shell == "zsh" else "") + bash


def _fish(verbs: dict[str, str], options: dict[str, list[str]], names: list[str], parts: list[str]) -> list[str]:
    lines = []
    for verb, what in verbs.items():
        lines.append(f'complete -c bestiary -n __fish_use_subcommand -a {verb} -d "{what}"\n')
        asked = f'complete -c bestiary -n "__fish_seen_subcommand_from {verb}" -l '
        lines += [f"{asked}{option.strip('-')}\n" for option in options[verb]]
    for named, known in ((NAMED, names), (("show",), [*names, *parts])):
        condition = f'"__fish_seen_subcommand_from {" ".join(named)}"'
        lines.append(f'complete -c bestiary -n {condition} -a "{" ".join(known)}"\n')
    return lines


def _options(verb: str) -> list[str]:
    """The long options of a verb that its help shows."""
    app = typer.Typer(add_completion=False)
    app.command()(importlib.import_module(f"bestiary.cli.{verb}").command)
    params = typer.main.get_command(app).params
    shown = [param for param in params if not getattr(param, "hidden", False)]
    found = [opt for param in shown for opt in (*param.opts, *param.secondary_opts) if opt.startswith("--")]
    return [*dict.fromkeys(found), "--help"]
