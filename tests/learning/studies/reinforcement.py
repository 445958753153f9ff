"""Acting: the pole is kept up."""

import tempfile
from pathlib import Path

import torch

from bestiary import catalogue
from bestiary.architectures.build import build, resolve
from bestiary.fit import fit
from bestiary.kinds.environment.reader import EnvironmentData, read_environment
from bestiary.rows.splits import assign
from bestiary.runs.run import RunFolder
from bestiary.tasks import TrainingJudge
from bestiary.tasks.control import Control
from tests.learning.study import Study

STEPS, LOOKS = {"short": 1200, "full": 6000}, {"short": 4, "full": 60}


def cart_pole(row: str, seed: int, wrong: bool, full: bool) -> float:
    """Mean return over the 100 test episodes of the best answer on validation episodes. The twin is never told that the
    pole fell: to it, every episode could have gone on."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    source = read_environment("CartPole-v1")
    found = catalogue.find(row)
    contender = found.races["environment"][0]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        source.encode(assign(source), folder, 0)
        data = EnvironmentData(folder, seed=seed, sealed=folder.parent / "sealed")
        network = build(contender.network, contender.keywords, data.spec, seed=seed)
        algorithm = resolve(found.recipes["control"])(network, data.spec, **found.settings[0])
        if wrong:
            add = algorithm.replay.add
            algorithm.replay.add = lambda before, action, reward, after, terminal: add(
                before, action, reward, after, False
            )
        form = "full" if full else "short"
        steps = STEPS[form]
        judge = TrainingJudge(Control(), data, due=steps // LOOKS[form])
        run = RunFolder(Path(place) / "run", save_every=1e9)
        fit(algorithm, data, run, steps, judge)
        run.load_best(algorithm)
        return Control().score(Control().predict(algorithm.answer, data, "test"), None)["mean_return"]


STUDIES = tuple(
    Study(
        name=f"{row}-environment-cartpole",
        row=row,
        data="CartPole-v1",
        metric="mean return of 100 episodes (500 is the most)",
        floor=150,
        full=400,
        run=lambda seed, wrong, full, row=row: cart_pole(row, seed, wrong, full),
        twin="is never told that the pole fell",
        sources=(
            "algorithms/q_learning.py",
            "recipes/control.py",
            "kinds/environment/worlds.py",
            "kinds/environment/reader.py",
            "tasks/control.py",
        ),
    )
    for row in ("dqn", "dueling_dqn")
)
