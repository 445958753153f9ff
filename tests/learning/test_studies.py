"""Every way of learning shows a stated result on real data, and its broken twin does not."""

import pytest
import torch

from bestiary import catalogue
from tests.learning.claims import SHORT
from tests.learning.study import Study, all_studies

STUDIES = all_studies()
TESTED = [study for study in STUDIES if not study.only_full]


@pytest.mark.parametrize("study", TESTED, ids=lambda study: study.name)
def test_learns(study: Study) -> None:
    torch.set_num_threads(1)
    score = study.run(0, False, False)
    assert score >= study.floor, f"{study.metric}: {score:.4g}"


@pytest.mark.parametrize("study", TESTED, ids=lambda study: study.name)
def test_its_twin_does_not(study: Study) -> None:
    torch.set_num_threads(1)
    assert study.run(0, True, False) < study.floor


def test_every_architecture_that_races_is_shown_to_learn() -> None:
    racing = {
        row.name
        for row in catalogue.ROWS
        if any(not one.known for contenders in row.races.values() for one in contenders)
    }  # others race with published weights alone, which are not here
    shown = {study.row for study in TESTED} | {claim.row for claim in SHORT}
    assert racing <= shown, racing - shown
    assert len({study.name for study in STUDIES}) == len(STUDIES)
    for study in STUDIES:
        catalogue.find(study.row)
