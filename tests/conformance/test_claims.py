"""What a row claims is held to: the tests that it names exist, run, use what they name, and bind its numbers."""

from dataclasses import replace
from pathlib import Path

import pytest

from bestiary import catalogue
from bestiary.catalogue import Reference, Row
from tests.conformance import claims

REFERENCES = [
    pytest.param(row, reference, id=f"{row.name}-{reference.test.partition('::')[2]}-{number}")
    for row in catalogue.ROWS
    for number, reference in enumerate(row.reference)
]
NETWORKS = [
    pytest.param(row, network, id=f"{row.name}-{network.partition(':')[2]}")
    for row in catalogue.ROWS
    for network in dict.fromkeys(size.network for size in row.sizes)
]


@pytest.mark.parametrize(("row", "reference"), REFERENCES)
def test_a_reference_is_a_test_that_runs_and_compares(row: Row, reference: Reference) -> None:
    claims.check_it_runs(reference)
    claims.check_it_compares(row, reference)


@pytest.mark.parametrize(("row", "network"), NETWORKS)
def test_a_network_that_answers_otherwise_fails_a_test_of_its_row(row: Row, network: str, tmp_path: Path) -> None:
    claims.check_it_binds(row, network, tmp_path)


# ------------------------------------------------------------------------------------------ these checks can fail

FEEDFORWARD = "tests/references/test_feedforward.py"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (Reference("torch.nn.RNN", "tests/references/test_nowhere.py::test_equals_torch"), "no file"),
        (Reference("torch.nn.RNN", "docs/design.md::test_equals_torch"), "no file"),
        (Reference("torch.nn.RNN", f"{FEEDFORWARD}::test_equals_keras"), "no test"),
        (Reference("torch.nn.RNN", f"{FEEDFORWARD}::copied"), "no test"),
        (Reference("torch.nn.RNN", "tests/house/test_samples.py"), "no test"),
        (Reference("torch.nn.RNN", "tests/race/test_budget.py::test_the_budget_is_kept"), "left out"),
    ],
)
def test_a_test_that_is_not_there_or_may_not_run_is_refused(reference: Reference, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        claims.check_it_runs(reference)


@pytest.mark.parametrize(
    ("row", "reference", "message"),
    [
        ("gcn", Reference("torch.nn.Sequential", f"{FEEDFORWARD}::test_fnn_is_a_sequence"), "uses nothing of gcn"),
        ("fnn", Reference("torch.nn.LSTM", f"{FEEDFORWARD}::test_fnn_is_a_sequence"), "does not use torch.nn.LSTM"),
        ("fnn", Reference("Keras, number for number", f"{FEEDFORWARD}::test_fnn_is_a_sequence"), "name a library"),
        (
            "fnn",
            Reference("the paper", f"{FEEDFORWARD}::test_fnn_is_a_sequence", "copied"),
            "calls what it is compared",
        ),
    ],
)
def test_a_test_that_compares_with_something_else_is_refused(row: str, reference: Reference, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        claims.check_it_compares(catalogue.find(row), reference)


def test_a_test_that_notices_nothing_is_refused(tmp_path: Path) -> None:
    row = catalogue.find("fnn")
    idle = Reference("torch.nn.Module", f"{FEEDFORWARD}::test_series_are_cut_padded_and_masked")
    with pytest.raises(AssertionError, match="fails when the outputs"):
        claims.check_it_binds(replace(row, reference=(idle,)), row.sizes[0].network, tmp_path)
