"""Every architecture learns a stated thing on real data by its own algorithm, and its wrongly taught twin does not."""

import pytest

from bestiary import catalogue
from tests.learning.claims import CLAIMS, SHORT, Claim
from tests.learning.learn import learn
from tests.learning.study import all_studies


@pytest.mark.parametrize("claim", SHORT, ids=lambda claim: claim.name)
def test_learns(claim: Claim) -> None:
    learned = learn(claim)
    assert learned.score >= claim.floor, f"{claim.metric} {learned.score:.3f} after {learned.seconds:.1f} s"


@pytest.mark.parametrize("claim", SHORT, ids=lambda claim: claim.name)
def test_its_twin_does_not(claim: Claim) -> None:
    assert learn(claim, wrong=True).score < claim.floor


def test_every_architecture_that_races_makes_a_claim() -> None:
    racing = {
        (row.name, kind)
        for row in catalogue.ROWS
        if set(row.recipes) & {"classification", "regression"}
        for kind, contenders in row.races.items()
        if not all(one.known for one in contenders)  # these race with published weights alone, which are not here
    }
    studied = {study.row for study in all_studies()}
    claimed = {(claim.row, claim.kind) for claim in SHORT}
    assert claimed <= racing
    assert {(row, kind) for row, kind in racing if row not in studied} <= claimed
    for claim in CLAIMS:
        assert claim.contender in {c.name for c in catalogue.find(claim.row).races[claim.kind]}
