"""Saved boosters: what their own readers would follow blindly is refused before they see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bestiary.baselines import booster_files
from bestiary.errors import InputError

LIGHT = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=a b
feature_infos=[-1:2.5] none
tree_sizes=400

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=2 1
threshold=0.5 -1e-35
decision_type=2 2
left_child=1 -1
right_child=-2 -3
leaf_value=0.1 -0.2 0.3
leaf_weight=1 2 3
leaf_count=10 20 30
internal_value=0 0.1
internal_weight=6 4
internal_count=60 40
is_linear=0
shrinkage=1


end of trees

parameters:
[forcedsplits_filename: /etc/passwd]
end of parameters
"""


def extreme() -> dict[str, Any]:
    """A model of XGBoost with one tree of three nodes."""
    tree = {
        "base_weights": [0.0, 0.1, -0.1],
        "categories": [],
        "default_left": [0, 0, 0],
        "left_children": [1, -1, -1],
        "right_children": [2, -1, -1],
        "loss_changes": [1.0, 0.0, 0.0],
        "split_conditions": [0.5, 0.1, -0.1],
        "split_indices": [1, 0, 0],
        "split_type": [0, 0, 0],
        "sum_hessian": [2.0, 1.0, 1.0],
    }
    model = {"trees": [tree], "tree_info": [0], "iteration_indptr": [0, 1]}
    return {
        "learner": {
            "gradient_booster": {"name": "gbtree", "model": model},
            "learner_model_param": {"base_score": "[5E-1]", "num_class": "0", "num_feature": "2"},
            "objective": {"name": "reg:squarederror"},
        },
        "version": [3, 2, 0],
    }


def cat() -> dict[str, Any]:
    """A model of CatBoost with one tree of two splits."""
    features = [
        {
            "borders": borders,
            "feature_index": number,
            "flat_feature_index": number,
            "has_nans": False,
            "nan_value_treatment": "AsIs",
        }
        for number, borders in enumerate(([0.5], [], [0.1, 0.2]))
    ]
    splits = [
        {"border": 0.5, "float_feature_index": 0, "split_index": 0, "split_type": "FloatFeature"},
        {"border": 0.2, "float_feature_index": 2, "split_index": 2, "split_type": "FloatFeature"},
    ]
    return {
        "features_info": {"float_features": features},
        "model_info": {"params": {"loss_function": {"type": "RMSE"}}},
        "oblivious_trees": [{"leaf_values": [0.1, 0.2, 0.3, 0.4], "splits": splits}],
        "scale_and_bias": [1, [0.5]],
    }


def test_whole_models_are_taken_and_nothing_else_of_their_files_is() -> None:
    text, features = booster_files.light(LIGHT)
    assert features == 2 and "left_child=1 -1" in text and "forcedsplits" not in text and "tree_sizes" not in text
    whole = extreme() | {"more": "words"}
    text, features = booster_files.extreme(json.dumps(whole))
    tree = json.loads(text)["learner"]["gradient_booster"]["model"]["trees"][0]
    assert features == 2 and "more" not in text and tree["parents"] == [booster_files.ROOT, 0, 0]
    text, features = booster_files.cat(json.dumps(cat() | {"more": "words"}))
    assert features == 3 and "more" not in text
    assert [split["split_index"] for split in json.loads(text)["oblivious_trees"][0]["splits"]] == [0, 2]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("left_child=1 -1", "left_child=0 -1"),
        ("left_child=1 -1", "left_child=2 -1"),
        ("left_child=1 -1", "left_child=1 -4"),
        ("left_child=1 -1", "left_child=1 -2"),
        ("right_child=-2 -3", "right_child=-2"),
        ("right_child=-2 -3", "right_child=-2 -99999999999"),
        ("split_feature=0 1", "split_feature=0 2"),
        ("split_feature=0 1", "split_feature=0 -1"),
        ("decision_type=2 2", "decision_type=2 3"),
        ("num_cat=0", "num_cat=1"),
        ("is_linear=0", "is_linear=1"),
        ("num_leaves=3", "num_leaves=4"),
        ("num_leaves=3", "num_leaves=999999999"),
        ("num_leaves=3", "num_leaves=0"),
        ("threshold=0.5 -1e-35", "threshold=nan 1"),
        ("leaf_value=0.1", "leaf_value=1e999"),
        ("leaf_value=0.1 -0.2 0.3", "leaf_value=0.1 -0.2"),
        ("num_class=1", "num_class=3"),
        ("max_feature_idx=1", "max_feature_idx=7"),
        ("max_feature_idx=1", "max_feature_idx=-1"),
        ("objective=binary sigmoid:1", "objective=lambdarank"),
        ("feature_infos=[-1:2.5] none", "feature_infos=[-1:2.5] 1:2"),
        ("version=v4", "version=v9"),
        ("\n\nTree=0", "\n\nTreo=0"),
    ],
)
def test_damaged_models_of_lightgbm_are_refused(before: str, after: str) -> None:
    assert before in LIGHT
    refused(booster_files.light, LIGHT.replace(before, after, 1))


TREE = ("learner", "gradient_booster", "model", "trees", 0)
SIZES = ("learner", "learner_model_param")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((*TREE, "left_children"), [0, -1, -1]),
        ((*TREE, "left_children"), [3, -1, -1]),
        ((*TREE, "left_children"), [2, -1, -1]),
        ((*TREE, "left_children"), [-7, -1, -1]),
        ((*TREE, "left_children"), [1, -1]),
        ((*TREE, "right_children"), [2, 2, -1]),
        ((*TREE, "right_children"), [2.0, -1, -1]),
        ((*TREE, "split_indices"), [2, 0, 0]),
        ((*TREE, "split_indices"), [-1, 0, 0]),
        ((*TREE, "split_type"), [1, 0, 0]),
        ((*TREE, "categories"), [1]),
        ((*TREE, "split_conditions"), [0.5]),
        ((*TREE, "base_weights"), ["a", 0, 0]),
        ((*TREE, "default_left"), [2, 0, 0]),
        (("learner", "gradient_booster", "model", "tree_info"), [5]),
        (("learner", "gradient_booster", "model", "iteration_indptr"), [0, 9]),
        (("learner", "gradient_booster", "name"), "gblinear"),
        ((*SIZES, "num_feature"), "99999999999"),
        ((*SIZES, "num_feature"), "0"),
        ((*SIZES, "num_class"), "3"),
        ((*SIZES, "base_score"), "[1,2,3]"),
        (("learner", "objective", "name"), "rank:pairwise"),
        (("version",), "3"),
        (("learner",), []),
    ],
)
def test_damaged_models_of_xgboost_are_refused(place: tuple[str | int, ...], value: object) -> None:
    refused(booster_files.extreme, json.dumps(changed(extreme(), place, value)))


SPLIT = ("oblivious_trees", 0, "splits", 0)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((*SPLIT, "float_feature_index"), 3),
        ((*SPLIT, "float_feature_index"), -1),
        ((*SPLIT, "float_feature_index"), True),
        ((*SPLIT, "border"), 0.7),
        ((*SPLIT, "border"), None),
        ((*SPLIT, "split_type"), "OneHotFeature"),
        (("oblivious_trees", 0, "leaf_values"), [0.1]),
        (("oblivious_trees", 0, "leaf_values"), [0.1, 0.2, 0.3, float("inf")]),
        (("oblivious_trees", 0, "splits"), [cat()["oblivious_trees"][0]["splits"][0]] * 17),
        (("oblivious_trees",), []),
        (("features_info", "float_features", 1, "feature_index"), 7),
        (("features_info", "float_features", 2, "borders"), [0.2, 0.1]),
        (("features_info", "float_features", 0, "nan_value_treatment"), "Other"),
        (("scale_and_bias",), [1, []]),
        (("scale_and_bias",), [1, [0.0, 0.0, 0.0]]),
        (("model_info", "params", "loss_function", "type"), "MultiClass"),
        (("model_info", "params", "loss_function", "type"), "PairLogit"),
    ],
)
def test_damaged_models_of_catboost_are_refused(place: tuple[str | int, ...], value: object) -> None:
    refused(booster_files.cat, json.dumps(changed(cat(), place, value)))


@pytest.mark.parametrize("read", [booster_files.light, booster_files.extreme, booster_files.cat])
@pytest.mark.parametrize("text", ["", "[]", "{}", "nothing", "[" * 100_000, '{"learner": 1}', "tree\n\nTree=0\n"])
def test_what_is_no_model_is_refused(read: Callable[[str], object], text: str) -> None:
    refused(read, text)


def refused(read: Callable[[str], object], text: str) -> None:
    """It is told in one line."""
    with pytest.raises(InputError) as refusal:
        read(text)
    assert "\n" not in str(refusal.value) and "train again" in str(refusal.value)


def changed(found: Any, place: tuple[str | int, ...], value: object) -> Any:
    """With one field changed."""
    inner = found
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return found


@pytest.mark.parametrize("package", ["lightgbm", "xgboost", "catboost"])
@pytest.mark.parametrize("target", ["two", "three", "value", "absolute"])
def test_a_checked_booster_answers_as_before_it_was_saved(package: str, target: str) -> None:
    pytest.importorskip(package)
    import numpy as np

    from bestiary.baselines import boosters

    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(300, 5)).astype(np.float32)
    inputs[::7, 2] = np.nan
    answers = {"two": inputs[:, 0] > 0, "three": (inputs[:, 0] > 0) + (inputs[:, 1] > 1.0)}
    wanted = answers[target].astype(np.int64) if target in answers else inputs[:, 0] * 2
    words = {
        "lightgbm": (boosters.LightGBM, {"n_estimators": 20, "num_leaves": 15, "min_data_in_leaf": 5}),
        "xgboost": (boosters.XGBoost, {"n_estimators": 20, "max_depth": 5}),
        "catboost": (boosters.CatBoost, {"n_estimators": 20, "depth": 5}),
    }
    make, setting = words[package]
    if target == "absolute":
        setting = setting | dict(boosters.ALL)[package].errors["absolute"]
    first = make("classes" if target in answers else "value", setting, 0).fit(inputs, wanted)
    again = make.__new__(make)
    again.__setstate__(first.__getstate__())
    ask = "predict_proba" if target in answers else "predict"
    before, after = getattr(first, ask)(inputs), getattr(again, ask)(inputs)
    assert np.abs(before - after).max() <= 4 * np.finfo(np.float64).eps * np.abs(before).max()  # decimals of JSON
    with pytest.raises(InputError, match="expected 5 features"):
        again.predict(inputs[:, :4])
