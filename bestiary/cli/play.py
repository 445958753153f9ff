"""`bestiary play RUN`: an episode of a network that acts, with an animation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bestiary.cli import options
from bestiary.cli.output import say
from bestiary.cli.there import check_run
from bestiary.cli.writing import SEEDS, check_out, check_seed
from bestiary.errors import InputError


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a race, a training or a model.")],
    contender: options.Contender = None,
    environment: Annotated[
        str | None, typer.Option(help="Needed if the environment is a module:Class. Its code is run.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the first episode.")] = 0,
    episodes: Annotated[
        int, typer.Option(help="Number of episodes, with consecutive seeds. Only the first is animated.")
    ] = 1,
    frames: Annotated[bool, typer.Option(help="Write an animation.")] = True,
    out: Annotated[Path | None, typer.Option(help="Animation to write. Default: episode.gif.")] = None,
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
