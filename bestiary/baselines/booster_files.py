"""Saved boosters of LightGBM, XGBoost and CatBoost, checked and written anew before their own readers see them.

Their readers are native code that follows what a file says: a child that does not exist is read all the same. So each
model is taken apart here, its trees are checked (children after their parents, features of the model, as many numbers
as nodes, no categories), and only what was checked is put together again; everything else in the file is left out.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bestiary.errors import InputError

MOST_TREES, MOST_NODES, MOST_DEPTH = 1_000_000, 100_000, 16
MOST_FEATURES, MOST_OUTPUTS = 50_000_000, 100_000
ROOT = 2**31 - 1  # what XGBoost calls the parent of a root
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_LIGHT_OBJECTIVE = re.compile(r"regression(_l1)?|binary sigmoid:1|multiclass num_class:\d{1,6}", re.ASCII)
_RANGE = re.compile(rf"none|\[{_NUMBER.pattern}:{_NUMBER.pattern}\]", re.ASCII | re.IGNORECASE)
_NAN = frozenset({"AsIs", "AsFalse", "AsTrue"})


def check(sound: bool, rule: str) -> None:
    """Refuses a saved booster.

    Raises:
        InputError: with the rule that it breaks.
    """
    if not sound:
        raise InputError(f"the trees of a saved booster are damaged: expected that {rule}; train again")


def check_children(left: Sequence[int], right: Sequence[int], inner: Sequence[int], count: int) -> None:
    """Each child of the nodes `inner` is a node that comes after its parent, and nobody else's child."""
    taken = [child for node in inner for child in (left[node], right[node])]
    check(all(node < child < count for node in inner for child in (left[node], right[node])), "children come later")
    check(len(set(taken)) == len(taken), "a node has one parent")


# ------------------------------------------------------------------------------------------------- LightGBM


def light(written: str) -> tuple[str, int]:
    """A model of LightGBM.

    Args:
        written: what its `model_to_string` gave.

    Returns:
        The same of checked parts alone, and how many features it takes.

    Raises:
        InputError: for trees that no training has made.
    """
    head, *blocks = written.partition("\nend of trees")[0].split("\n\nTree=")
    words = _pairs(head)
    check(words.get("version") in ("v3", "v4"), "it is of a version that is known")
    classes, each = _whole(words, "num_class", MOST_OUTPUTS), _whole(words, "num_tree_per_iteration", MOST_OUTPUTS)
    features = _whole(words, "max_feature_idx", MOST_FEATURES) + 1
    objective, infos = words.get("objective", ""), words.get("feature_infos", "").split(" ")
    check(bool(_LIGHT_OBJECTIVE.fullmatch(objective)), "it is for classes or a value")
    named = int(objective.rpartition(":")[2]) if objective.startswith("multiclass") else 1
    check(classes == each == named > 0, "each round has a tree for each class")
    check(len(infos) == features and all(map(_RANGE.fullmatch, infos)), "each feature has its range")
    check(0 < len(blocks) <= MOST_TREES and len(blocks) % each == 0, "each round has a tree for each class")
    lines = ["tree", f"version={words['version']}", f"num_class={classes}", f"num_tree_per_iteration={each}"]
    lines += ["label_index=0", f"max_feature_idx={features - 1}", f"objective={objective}"]
    lines += ["feature_names=" + " ".join(f"Column_{n}" for n in range(features)), "feature_infos=" + " ".join(infos)]
    trees = [f"Tree={number}\n{_light_tree(block, features)}" for number, block in enumerate(blocks)]
    return "\n\n".join(["\n".join(lines), *trees]) + "\n\nend of trees\n", features


def _light_tree(block: str, features: int) -> str:
    words = _pairs(block.partition("\n")[2])
    leaves = _whole(words, "num_leaves", MOST_NODES)
    check(leaves > 0 and words.get("num_cat") == "0" == words.get("is_linear", "0"), "no split is on categories")
    inner = leaves - 1
    kept = {"num_leaves": str(leaves), "num_cat": "0"}
    if inner:
        left, right = (_wholes(words, f"{side}_child", inner, leaves) for side in ("left", "right"))
        for node in range(inner):
            for child in (left[node], right[node]):
                check(node < child < inner or 0 <= ~child < leaves, "a child comes after its parent")
        taken = left + right
        check(len(set(taken)) == len(taken), "a node has one parent")
        check(
            all(0 <= f < features for f in _wholes(words, "split_feature", inner, features)), "splits are on features"
        )
        ways = _wholes(words, "decision_type", inner, 15)
        check(all(way in (0, 2, 4, 6, 8, 10) for way in ways), "no split is on categories")
        for name in ("split_feature", "decision_type", "left_child", "right_child"):
            kept[name] = words[name]
        for name in ("split_gain", "threshold", "internal_value", "internal_weight", "internal_count"):
            kept[name] = _numbers(words, name, inner)
        for name in ("leaf_weight", "leaf_count"):
            kept[name] = _numbers(words, name, leaves)
    kept["leaf_value"] = _numbers(words, "leaf_value", leaves)
    kept |= {"is_linear": "0", "shrinkage": _numbers(words, "shrinkage", 1)}
    return "\n".join(f"{name}={value}" for name, value in kept.items()) + "\n"


def _pairs(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition("=") for line in text.split("\n"))}


def _whole(words: Mapping[str, str], name: str, most: int) -> int:
    found = words.get(name, "")
    check(bool(re.fullmatch(r"[0-9]{1,9}", found)) and int(found) <= most, f"{name} is a number")
    return int(found)


def _wholes(words: Mapping[str, str], name: str, count: int, most: int) -> list[int]:
    found = words.get(name, "").split(" ")
    check(len(found) == count and all(re.fullmatch(r"-?[0-9]{1,9}", one) for one in found), f"{name} has numbers")
    check(all(-most <= int(one) <= most for one in found), f"{name} has numbers in bounds")
    return list(map(int, found))


def _numbers(words: Mapping[str, str], name: str, count: int) -> str:
    found = words.get(name, "").split(" ")
    sound = len(found) == count and all(_NUMBER.fullmatch(one) and math.isfinite(float(one)) for one in found)
    check(sound, f"{name} has a finite number for each node")
    return words[name]


# -------------------------------------------------------------------------------------------------- XGBoost


def extreme(written: str) -> tuple[str, int]:
    """A model of XGBoost, as JSON; see `light`."""
    whole = _json(written)
    learner = _part(whole, "learner")
    sizes, booster, objective = (
        _part(learner, name) for name in ("learner_model_param", "gradient_booster", "objective")
    )
    version, name = whole.get("version"), objective.get("name")
    check(isinstance(version, list) and len(version) == 3 and all(type(n) is int for n in version), "it has a version")
    known = ("reg:squarederror", "reg:absoluteerror", "binary:logistic", "multi:softprob")
    check(name in known, "it is for classes or a value")
    check(booster.get("name") == "gbtree", "it is made of trees")
    features, classes = (
        _text_number(sizes, "num_feature", MOST_FEATURES),
        _text_number(sizes, "num_class", MOST_OUTPUTS),
    )
    check(features > 0 and (classes > 1) == (name == "multi:softprob"), "it has features, and classes where it should")
    base = sizes.get("base_score")
    starts = base.strip("[]").split(",") if isinstance(base, str) else []
    check(len(starts) in (1, max(1, classes)) and all(map(_NUMBER.fullmatch, starts)), "its answers start somewhere")
    check(all(math.isfinite(float(one)) for one in starts), "its answers start somewhere")
    model = _part(booster, "model")
    trees, info, rounds = (_list(model, word) for word in ("trees", "tree_info", "iteration_indptr"))
    check(0 < len(trees) <= MOST_TREES and len(info) == len(trees), "each tree is of a class")
    check(all(type(n) is int and 0 <= n < max(1, classes) for n in info), "each tree is of a class")
    check(rounds == [*range(0, len(trees) + 1, max(1, classes))], "each round has a tree for each class")
    sound = {
        "attributes": {},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {
            "name": "gbtree",
            "model": {
                "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
                "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))},
                "iteration_indptr": rounds,
                "tree_info": info,
                "trees": [_extreme_tree(tree, number, features) for number, tree in enumerate(trees)],
            },
        },
        "learner_model_param": {
            "base_score": base,
            "boost_from_average": "1",
            "num_class": str(classes),
            "num_feature": str(features),
            "num_target": "1",
        },
        "objective": _extreme_objective(str(name), classes),
    }
    return json.dumps({"learner": sound, "version": version}), features


def _extreme_objective(name: str, classes: int) -> dict[str, Any]:
    if name == "multi:softprob":
        return {"name": name, "softmax_multiclass_param": {"num_class": str(classes)}}
    return {"name": name} if "absolute" in name else {"name": name, "reg_loss_param": {"scale_pos_weight": "1"}}


def _extreme_tree(tree: object, number: int, features: int) -> dict[str, Any]:
    check(isinstance(tree, dict), "a tree has nodes")
    assert isinstance(tree, dict)
    left, right, split = (_list(tree, word) for word in ("left_children", "right_children", "split_indices"))
    count = len(left)
    check(0 < count <= MOST_NODES, "a tree has nodes")
    for part in (left, right, split):
        check(len(part) == count and all(type(n) is int for n in part), "each node has its numbers")
    inner = [node for node in range(count) if left[node] != -1]
    check(all(right[node] == -1 for node in range(count) if left[node] == -1), "a leaf has no children")
    check_children(left, right, inner, count)
    check(all(0 <= feature < features for feature in split), "splits are on features of the model")
    check(not any(_list(tree, "split_type")) and not _list(tree, "categories"), "no split is on categories")
    ways = _list(tree, "default_left")
    check(len(ways) == count and all(way in (0, 1) for way in ways), "each node has its numbers")
    parents = [ROOT] * count
    for node in inner:
        parents[left[node]] = parents[right[node]] = node
    nothing = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
    numbers = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
    sizes = {"num_deleted": "0", "num_feature": str(features), "num_nodes": str(count), "size_leaf_vector": "1"}
    return {
        "id": number,
        "left_children": left,
        "right_children": right,
        "parents": parents,
        "split_indices": split,
        "split_type": [0] * count,
        "default_left": [int(way) for way in ways],
        "tree_param": sizes,
        **{word: [] for word in nothing},
        **{word: _floats(tree, word, count) for word in numbers},
    }


# ------------------------------------------------------------------------------------------------- CatBoost


def cat(written: str) -> tuple[str, int]:
    """A model of CatBoost, as JSON; see `light`."""
    whole = _json(written)
    described = _list(_part(whole, "features_info"), "float_features")
    check(0 < len(described) <= MOST_FEATURES, "it has features")
    features = [_cat_feature(one, number) for number, one in enumerate(described)]
    places = itertools.count()
    borders = [{border: next(places) for border in feature["borders"]} for feature in features]
    scale = whole.get("scale_and_bias")
    check(isinstance(scale, list) and len(scale) == 2 and isinstance(scale[1], list), "its answers start somewhere")
    assert isinstance(scale, list)
    outputs = len(scale[1])
    check(0 < outputs <= MOST_OUTPUTS and outputs != 2, "its answers start somewhere")
    starts = [_float(scale[0]), [_float(one) for one in scale[1]]]
    trees = _list(whole, "oblivious_trees")
    check(0 < len(trees) <= MOST_TREES, "it has trees")
    made = [_cat_tree(tree, borders, outputs) for tree in trees]
    loss = _cat_loss(whole, outputs)
    about: dict[str, Any] = {"params": {"loss_function": {"type": loss, "params": {}}}}
    if loss in ("Logloss", "MultiClass"):
        names = list(range(max(2, outputs)))
        kinds = {"class_label_type": "Integer", "class_names": names, "class_to_label": names, "classes_count": 0}
        about["class_params"] = kinds
    sound = {"features_info": {"float_features": features}, "model_info": about, "oblivious_trees": made}
    return json.dumps({**sound, "scale_and_bias": starts}), len(features)


def _cat_loss(whole: Mapping[str, Any], outputs: int) -> str:
    about = _part(whole, "model_info").get("params")
    loss = about.get("loss_function") if isinstance(about, dict) else None
    name = loss.get("type") if isinstance(loss, dict) else None
    check(name in ("RMSE", "MAE", "Logloss", "MultiClass"), "it is for classes or a value")
    check((name == "MultiClass") == (outputs > 1), "it has an output for each class")
    return str(name)


def _cat_feature(one: object, number: int) -> dict[str, Any]:
    check(isinstance(one, dict) and one.get("feature_index") == one.get("flat_feature_index") == number, "in order")
    assert isinstance(one, dict)
    borders = [_float(border) for border in _list(one, "borders")]
    check(all(a < b for a, b in itertools.pairwise(borders)), "the borders of a feature grow")
    check(one.get("nan_value_treatment") in _NAN and type(one.get("has_nans")) is bool, "a feature has a way with gaps")
    kept = {word: one[word] for word in ("has_nans", "nan_value_treatment")}
    return {"borders": borders, "feature_id": "", "feature_index": number, "flat_feature_index": number, **kept}


def _cat_tree(tree: object, borders: Sequence[Mapping[float, int]], outputs: int) -> dict[str, Any]:
    check(isinstance(tree, dict), "a tree has splits")
    assert isinstance(tree, dict)
    splits = tree.get("splits") or []
    check(isinstance(splits, list) and len(splits) <= MOST_DEPTH, "a tree has splits")
    made = []
    for split in splits:
        check(isinstance(split, dict) and split.get("split_type") == "FloatFeature", "no split is on categories")
        place, border = split.get("float_feature_index"), _float(split.get("border"))
        check(type(place) is int and 0 <= place < len(borders), "splits are on features of the model")
        assert isinstance(place, int)
        check(border in borders[place], "a split is at a border of its feature")
        named = {"float_feature_index": place, "split_index": borders[place][border], "split_type": "FloatFeature"}
        made.append({"border": border, **named})
    return {"leaf_values": _floats(tree, "leaf_values", outputs << len(splits)), "splits": made}


# --------------------------------------------------------------------------------------------- parts of JSON


def _json(written: str) -> dict[str, Any]:
    try:
        whole = json.loads(written)
    except (ValueError, RecursionError) as reason:
        raise InputError("expected a saved booster; its text is damaged; train again") from reason
    check(isinstance(whole, dict), "it is a model")
    return whole


def _part(words: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = words.get(name)
    check(isinstance(found, dict), f"it has {name}")
    assert isinstance(found, dict)
    return found


def _list(words: Mapping[str, Any], name: str) -> list[Any]:
    found = words.get(name)
    check(isinstance(found, list), f"it has {name}")
    assert isinstance(found, list)
    return found


def _float(found: object) -> float:
    sound = type(found) in (int, float) and abs(found) < 1e300  # pyright: ignore[reportArgumentType]
    check(sound, "its numbers are finite")
    return float(found)  # pyright: ignore[reportArgumentType]


def _floats(words: Mapping[str, Any], name: str, count: int) -> list[float]:
    found = _list(words, name)
    check(len(found) == count, f"{name} has a number for each node")
    return [_float(one) for one in found]


def _text_number(words: Mapping[str, Any], name: str, most: int) -> int:
    found = words.get(name)
    check(isinstance(found, str), f"{name} is a number")
    return _whole({name: str(found)}, name, most)
