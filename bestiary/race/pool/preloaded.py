"""What the server of processes imports before it forks any of them."""

import importlib

from bestiary.rows import skops_io

skops_io.ours = True
for _name in ("torch", "sklearn", "bestiary.race.pool.worker", "bestiary.baselines", "safetensors.torch"):
    importlib.import_module(_name)
skops_io.skops_io()
