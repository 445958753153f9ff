"""The model that a race hands over, against what people would use instead, on rows that were kept out of everything.

    pip install --no-deps --target peers ISLP                    # tables of "An Introduction to Statistical Learning"
    python benchmarks/bench_delivery.py [SET ...] --budget 60s --islp peers/ISLP/data [--autogluon PYTHON] [--out FILE]

Without `--islp`, the tables that scikit-learn ships are compared alone.

A quarter of the rows of each table is kept out. Ours is `bestiary race --target y --metric M --budget B` on the others
and `bestiary predict`; scikit-learn's boosting, forest, linear model and perceptron learn from all of the others with
their defaults (columns encoded and scaled as usual); AutoGluon (`best_quality`, the same seconds) runs in an
environment of its own, whose Python `--autogluon` names. Everyone is told the same metric. A line a contender tells its
figure, and the difference to ours with its standard error over the rows kept out (bootstrap, 500 times).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import datasets, metrics
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

Floats = NDArray[np.float64]
RESAMPLES = 500


@dataclass(frozen=True)
class Table:
    """A public table: whether its target is a class, the metric that everyone is told, and where it comes from."""

    target: str
    metric: str
    load: Callable[[Path], pd.DataFrame]
    shipped: bool = False


def shipped(load: Callable[..., object], target: str = "target") -> Callable[[Path], pd.DataFrame]:
    """A table that scikit-learn ships."""
    return lambda folder: load(as_frame=True).frame.rename(columns={target: "y"})  # pyright: ignore


def islp(name: str, target: str, *out: str) -> Callable[[Path], pd.DataFrame]:
    """A table that ISLP ships, without columns that give the target away."""
    return lambda folder: pd.read_csv(folder / f"{name}.csv").drop(columns=list(out)).rename(columns={target: "y"})


TABLES = {
    "breast_cancer": Table("class", "accuracy", shipped(datasets.load_breast_cancer), True),
    "wine": Table("class", "accuracy", shipped(datasets.load_wine), True),
    "digits": Table("class", "accuracy", shipped(datasets.load_digits), True),
    "diabetes": Table("number", "rmse", shipped(datasets.load_diabetes), True),
    "oj": Table("class", "accuracy", islp("OJ", "Purchase")),
    "college": Table("class", "accuracy", islp("College", "Private")),
    "default": Table("class", "auroc", islp("Default", "default")),
    "caravan": Table("class", "auroc", islp("Caravan", "Purchase")),
    "carseats": Table("number", "rmse", islp("Carseats", "Sales")),
    "wage": Table("number", "rmse", islp("Wage", "wage", "logwage")),
    "bikeshare": Table("number", "rmse", islp("Bikeshare", "bikers", "casual", "registered")),
    "hitters": Table("number", "mae", islp("Hitters", "Salary")),
    "boston": Table("number", "rmse", islp("Boston", "medv")),
}

AUTOGLUON = """
import json, sys
import pandas as pd
from autogluon.tabular import TabularPredictor
folder, metric, problem, limit = sys.argv[1:]
names = {"auroc": "roc_auc", "rmse": "root_mean_squared_error", "mae": "mean_absolute_error"}
train, new = (pd.read_csv(f"{folder}/{part}.csv") for part in ("train", "new"))
problem = None if problem == "class" else "regression"
words = {"eval_metric": names.get(metric, metric), "problem_type": problem, "path": f"{folder}/ag", "verbosity": 0}
model = TabularPredictor("y", **words)
model.fit(train, presets="best_quality", time_limit=float(limit), num_cpus=2)
answers = pd.DataFrame({"prediction": model.predict(new)})
if problem is None:
    shares = model.predict_proba(new)
    answers = answers.assign(**{f"probability_{name}": shares[name] for name in shares})
answers.to_csv(f"{folder}/ag.csv", index=False)
"""


def peers(problem: str) -> dict[str, object]:
    """scikit-learn's models with their defaults, and columns made as its guide does."""
    words = make_column_selector(dtype_exclude=np.number)  # pyright: ignore
    numbers = make_column_selector(dtype_include=np.number)  # pyright: ignore
    coded = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    trees = make_column_transformer((coded, words), (SimpleImputer(), numbers))
    places = OneHotEncoder(handle_unknown="ignore", min_frequency=2, sparse_output=False)
    plain = make_column_transformer((places, words), (make_pipeline(SimpleImputer(), StandardScaler()), numbers))
    if problem == "class":
        return {
            "boosting": make_pipeline(trees, HistGradientBoostingClassifier(random_state=0)),
            "forest": make_pipeline(trees, RandomForestClassifier(n_jobs=2, random_state=0)),
            "linear": make_pipeline(plain, LogisticRegression(max_iter=2_000)),
            "perceptron": make_pipeline(plain, MLPClassifier(max_iter=500, random_state=0)),
        }
    return {
        "boosting": make_pipeline(trees, HistGradientBoostingRegressor(random_state=0)),
        "forest": make_pipeline(trees, RandomForestRegressor(n_jobs=2, random_state=0)),
        "linear": make_pipeline(plain, LinearRegression()),
        "perceptron": make_pipeline(plain, MLPRegressor(max_iter=500, random_state=0)),
    }


def figure(metric: str, truth: NDArray[np.object_], answers: pd.DataFrame) -> float:
    """The metric on these rows, as a loss: lower is better."""
    if metric == "accuracy":
        return float((truth != answers["prediction"].astype(str).to_numpy()).mean())
    if metric == "auroc":
        positive = sorted(set(truth))[-1]
        return 1 - float(metrics.roc_auc_score(truth == positive, answers[f"probability_{positive}"]))
    error = truth.astype(float) - answers["prediction"].to_numpy(dtype=float)
    return float(np.sqrt((error**2).mean()) if metric == "rmse" else np.abs(error).mean())


def ours(folder: Path, metric: str, budget: str) -> pd.DataFrame:
    """A race on the training rows, and what its winner answers."""
    words = [sys.executable, "-m", "bestiary"]
    race = [*words, "race", str(folder / "train.csv"), "--target", "y", "--metric", metric, "--budget", budget]
    subprocess.run([*race, "--out", str(folder / "run"), "--quiet"], check=True, capture_output=True)
    new = folder / "new.csv"
    predict = [*words, "predict", str(folder / "run"), str(new), "--out", str(folder / "ours.csv")]
    subprocess.run(predict, check=True, capture_output=True)
    return pd.read_csv(folder / "ours.csv", keep_default_na=False)


def fitted(model: object, train: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """What a model of scikit-learn answers after learning from all training rows."""
    model.fit(train.drop(columns="y"), train["y"])  # pyright: ignore
    answers = pd.DataFrame({"prediction": model.predict(new)})  # pyright: ignore
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(new)  # pyright: ignore
        names = [f"probability_{name}" for name in model.classes_]  # pyright: ignore
        answers = answers.assign(**dict(zip(names, shares.T)))
    return answers


def measured(
    name: str, table: Table, place: Path, budget: str, autogluon: str, seed: int
) -> dict[str, dict[str, float]]:
    """The loss of each on the rows kept out, its seconds, and its difference to ours."""
    frame = table.load(place).dropna(subset="y").reset_index(drop=True)
    if table.target == "class":
        frame["y"] = frame["y"].astype(str)
    stratified = frame["y"] if table.target == "class" else None
    train, new = train_test_split(frame, test_size=0.25, random_state=seed, stratify=stratified)
    truth = new["y"].astype(str).to_numpy() if table.target == "class" else new["y"].to_numpy()
    new = new.drop(columns="y")
    answers: dict[str, pd.DataFrame] = {}
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        train.to_csv(folder / "train.csv", index=False)
        new.to_csv(folder / "new.csv", index=False)
        clock = time.monotonic()

        def keep(who: str, given: pd.DataFrame) -> None:
            nonlocal clock
            answers[who] = given.reset_index(drop=True)
            found[who] = {"loss": figure(table.metric, truth, answers[who]), "seconds": time.monotonic() - clock}
            clock = time.monotonic()

        keep("bestiary", ours(folder, table.metric, budget))
        clock = time.monotonic()
        for who, model in peers(table.target).items():
            keep(who, fitted(model, train, new))
        if autogluon:
            limit = str(float(budget[:-1]) * {"s": 1, "m": 60}[budget[-1]])
            code = [autogluon, "-c", AUTOGLUON, temporary, table.metric, table.target, limit]
            done = subprocess.run(code, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name}: AutoGluon ended with {done.stderr.strip().splitlines()[-1]}", flush=True)
            else:
                keep("autogluon", pd.read_csv(folder / "ag.csv", keep_default_na=False))
    random = np.random.default_rng(seed)
    draws = [random.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES)]
    draws = [rows for rows in draws if table.metric != "auroc" or len(set(truth[rows])) > 1]
    losses = {
        who: [figure(table.metric, truth[rows], given.iloc[rows]) for rows in draws] for who, given in answers.items()
    }
    for who in found:
        found[who]["behind"] = found["bestiary"]["loss"] - found[who]["loss"]
        found[who]["error"] = float(np.std(np.subtract(losses["bestiary"], losses[who])))
    return found


def main() -> None:
    """Prints a block a table, then mean ranks and where ours is behind the best by more than one standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--budget", default="60s", help="of ours and of AutoGluon")
    parser.add_argument("--islp", type=Path, help="folder with the tables of ISLP")
    parser.add_argument("--autogluon", default="", help="Python of an environment with autogluon.tabular")
    parser.add_argument("--seed", type=int, default=0, help="of the rows kept out")
    parser.add_argument("--out", type=Path, help="JSON lines, one a table")
    given = parser.parse_args()
    ranks: dict[str, list[float]] = {}
    behind = []
    for name in given.sets or [name for name, one in TABLES.items() if given.islp or one.shipped]:
        table = TABLES[name]
        found = measured(name, table, given.islp, given.budget, given.autogluon, given.seed)
        print(f"{name}, {table.metric}{' (lacking to 1)' if table.metric in ('accuracy', 'auroc') else ''}")
        for who, one in sorted(found.items(), key=lambda pair: pair[1]["loss"]):
            shown = f"ours is behind by {one['behind']:+.4f} ± {one['error']:.4f}" if who != "bestiary" else ""
            print(f"  {who:11} {one['loss']:10.4f}  {one['seconds']:6.1f} s  {shown}", flush=True)
        order = pd.Series({who: one["loss"] for who, one in found.items()}).rank()
        for who, rank in order.items():
            ranks.setdefault(str(who), []).append(float(rank))
        best = min(found, key=lambda who: found[who]["loss"])
        if found[best]["behind"] > found[best]["error"] > 0:
            behind.append(f"{name}: {best} by {found[best]['behind'] / found[best]['error']:.1f} standard errors")
        if given.out:
            with given.out.open("a") as file:
                file.write(json.dumps({"set": name, "budget": given.budget, "seed": given.seed, "found": found}) + "\n")
    print("mean rank: " + ", ".join(f"{who} {np.mean(all_):.2f}" for who, all_ in ranks.items()))
    print("behind by more than one standard error: " + ("; ".join(behind) or "nowhere"))


if __name__ == "__main__":
    main()
