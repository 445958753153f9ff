"""`bestiary play RUN`: an episode of a network that acts, with an animation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bestiary.cli.output import say
from bestiary.cli.there import check_run
from bestiary.cli.writing import SEEDS, check_out, check_seed
from bestiary.errors import InputError


def command(
    run: Annotated[Path, typer.Argument(help="The folder of a race or a training, or a model folder.")],
    contender: Annotated[
        str | None, typer.Option(help="Of a race: another one than the winner, by its name on the leaderboard.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option(help="Needed where it is a module:Class, whose code is then run.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The episode begins with.")] = 0,
    episodes: Annotated[int, typer.Option(help="How many, with the seeds that follow; the first is drawn.")] = 1,
    frames: Annotated[bool, typer.Option(help="Whether to draw.")] = True,
    out: Annotated[Path | None, typer.Option(help="The animation; episode.gif unless given.")] = None,
) -> None:
    """Play episodes with a trained network."""
    check_run(run)
    if not 1 <= episodes <= 1000:
        raise InputError(f"--episodes must be from 1 to 1000; received {episodes}; try 1")
    check_seed(seed, SEEDS - episodes)
    if out is not None and not frames:
        raise InputError(f"--no-frames draws nothing, so nothing can be written to {out}; leave one of them out")
    out = out or Path("episode.gif")
    if frames:
        check_out(out, (".gif",), "episode.gif")
    from bestiary.records import names
    from bestiary.runs.trained import trained

    found = trained(run, contender)
    play = found.verb("play")
    names.give([environment] if environment else [])
    names.check_world(str(getattr(found.spec, "environment", "")))
    for number in range(episodes):
        episode = play(found.answer, found.spec, seed=seed + number, frames=frames and number == 0)
        which = f"episode {number + 1} of {found.name} (seed {seed + number})"
        say(f"{which}: return {episode.returned:g}, {episode.steps} steps")
        if episode.frames:
            say(f"drawn in {episode.write(out)}")
