"""Classes in an order that means something are numbered as the person says."""

import numpy as np
import pandas as pd
import pytest

from bestiary import tasks
from bestiary.data.order import suit
from bestiary.data.reading import read
from bestiary.errors import InputError

WORDS = ["low", "high", "medium"]
TABLE = pd.DataFrame({"x": np.arange(60) % 7, "y": [WORDS[k % 3] for k in range(60)]})


def test_classes_are_numbered_in_the_order_that_was_given() -> None:
    source = read(TABLE, "y", order="low, medium, high")
    assert source.target.classes == ("low", "medium", "high") and source.target.ordered
    assert [source.target.classes[k] for k in source.target.values] == TABLE["y"].tolist()


@pytest.mark.parametrize(
    "order,says",
    [("low,high", "lacks 'medium'"), ("low,midium,high", "did you mean 'medium'"), ("low,low,medium,high", "twice")],
)
def test_an_order_names_every_class_once(order: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read(TABLE, "y", order=order)


def test_kappa_needs_an_order_and_takes_that_of_numbers() -> None:
    kappa, f1 = (tasks.metric_named(name, "classification") for name in ("qwk", "f1"))
    with pytest.raises(InputError, match="give the order of high,low,medium from lowest to highest with --order"):
        suit(read(TABLE, "y"), kappa)
    numbered = read(TABLE.assign(y=[k % 3 + 1 for k in range(60)]), "y")
    suit(numbered, kappa)
    assert numbered.target.ordered and "in the order of their numbers" in numbered.notes[-1]
    with pytest.raises(InputError, match="f1 is for 2 classes; 'y' has 3; use macro_f1"):
        suit(numbered, f1)
