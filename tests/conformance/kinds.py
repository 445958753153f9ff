"""Tiny data of every kind: what the conformance suite feeds the networks of a row.

A kind that `ArrayData` does not serve has a module `tests/conformance/kind_<kind>.py` with
`tiny_data(keywords, problem) -> Data`: at least two batches of training rows, no larger than seconds can bear.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import torch

from bestiary.architectures.build import inputs_for, resolve
from bestiary.catalogue import Row
from bestiary.contracts import (
    BATCHES,
    CorpusSpec,
    EnvironmentSpec,
    GraphSpec,
    GraphsSpec,
    ImageSpec,
    PairSpec,
    SeriesSpec,
    Spec,
    TableSpec,
    TokenSpec,
)
from bestiary.data.store import ArrayData

ROWWISE = ("table", "image", "text", "series", "pairs", "corpus", "environment")
"""Kinds whose inputs are tensors with a row each; of the others a batch is one graph."""


def spec_of(kind: str, outputs: int) -> Spec:
    """Middling sizes of a kind."""
    return {
        "table": TableSpec(13 + 16, outputs, 0, 5, (4, 6), 2, 50),
        "image": ImageSpec(1, (28, 28), outputs),
        "text": TokenSpec(500, 40, outputs),
        "series": SeriesSpec(2, 60, outputs),
        "pairs": PairSpec(30, 40, 12, 14),
        "corpus": CorpusSpec(260, 64),
        "graph": GraphSpec(9, outputs, 20),
        "graphs": GraphsSpec(9, outputs),
        "environment": EnvironmentSpec(4, outputs, "CartPole-v1"),
    }[kind]


def inputs(row: Row, kind: str, words: Mapping[str, Any], batch: int = 2) -> tuple[torch.Tensor, ...]:
    """Random arguments of forward: the row's own, or those of the kind."""
    if kind in row.inputs:
        return resolve(row.inputs[kind])(words, batch)  # type: ignore[return-value]
    return inputs_for(kind, words, batch)


def tiny_data(row: Row, kind: str, problem: str, rows: int = 24) -> Any:
    """Training rows that the tiny network of a row can learn from."""
    keywords = row.tiny[kind][1]
    if kind not in ("table", "image", "text", "series"):
        return importlib.import_module(f"tests.conformance.kind_{kind}").tiny_data(keywords, problem)
    given = inputs_for(kind, keywords, batch=rows)
    fields = [f for f in BATCHES[kind].__dataclass_fields__ if f != "target"]
    arrays = {name: tensor.numpy() for name, tensor in zip(fields, given)}
    if "numbers" in keywords:  # a network that takes columns apart
        arrays |= dict(
            zip(("numbers", "categories", "words"), (part.numpy() for part in inputs(row, kind, keywords, rows)))
        )
        arrays["features"] = arrays["numbers"]
    outputs = int(keywords.get("outputs", 1))  # type: ignore[call-overload]
    classes = torch.arange(rows) % max(outputs, 1)
    arrays["target"] = (torch.randn(rows) if problem == "regression" else classes).numpy()
    arrays["row"] = torch.arange(rows).numpy()
    shape = given[0].shape
    spec: Spec = {
        "table": lambda: TableSpec(shape[1], outputs),
        "image": lambda: ImageSpec(shape[1], (shape[2], shape[3]), outputs),
        "text": lambda: TokenSpec(int(keywords["vocabulary"]), shape[1], outputs),  # type: ignore[call-overload]
        "series": lambda: SeriesSpec(shape[2], shape[1], outputs),
    }[kind]()
    facts = {"problem": problem, "mean": 0.0, "scale": 1.0, "classes": [str(k) for k in range(outputs)]}
    if kind == "image" and problem not in ("classification", "regression"):
        arrays["pixels"] = (torch.rand(given[0].shape) * 255).byte().numpy()
        facts |= {"pixel_mean": [127.0] * shape[1], "pixel_scale": [70.0] * shape[1]}
    return ArrayData(spec, facts, {"train": arrays, "validation": arrays}, batch=8)
