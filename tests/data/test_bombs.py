"""Files of a few kilobytes that stand for gigabytes or hours are refused in one true line, within 2 GB and a minute.

The limit is that of data (`ulimit -d`), against which every allocation of the process counts. That of addresses
(`ulimit -v`) suits reading as well, but no race: the libraries of its fork server take more than 2 GB of addresses.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.bombs import BOMBS

READ = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from bestiary.data import read
from bestiary.errors import InputError
from bestiary.rows.splits import assign
place = Path(sys.argv[1])
try:
    source = read(place, **json.loads(sys.argv[2]))
    source.encode(assign(source), place.with_name("run") / "data", 0)
except InputError as reason:
    print(reason)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of data are enforced by Linux")
@pytest.mark.parametrize("what", BOMBS)
def test_bombs_are_refused_in_one_true_line(what: str, tmp_path: Path) -> None:
    make, words, says = BOMBS[what]
    path = make(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", READ, path, json.dumps(words)], capture_output=True, text=True, check=False
    )
    assert not done.returncode, (done.returncode, done.stderr[-2_000:])
    assert done.stdout.count("\n") == 1, done.stdout
    assert re.search(says, done.stdout), done.stdout
    assert not done.stderr
