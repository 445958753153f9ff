"""One thread each: tests run side by side, and small networks are slower when threads fight for cores."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from jaxtyping import install_import_hook

# the shapes that layers and architectures are annotated with are checked here, and nowhere else
install_import_hook(["bestiary.layers", "bestiary.architectures", "bestiary.objectives"], "beartype.beartype")


@pytest.fixture(autouse=True)
def _one_thread_and_a_seed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "user-data"))
