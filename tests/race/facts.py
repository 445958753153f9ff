"""Facts of encoded data as encoders write them, for data that tests write themselves."""

from typing import Any

from bestiary.contracts import ImageSpec, SeriesSpec, Spec, TokenSpec


def further(spec: Spec) -> dict[str, Any]:
    """What the facts of a kind have beside those of all."""
    if isinstance(spec, ImageSpec):
        return {"deep": False, "step": 1, "file_sizes": (spec.image_size, spec.image_size)}
    if isinstance(spec, TokenSpec):
        return {"text": "text"}
    if isinstance(spec, SeriesSpec):
        ones, zeros, names = [1.0] * spec.channels, [0.0] * spec.channels, [f"c{k}" for k in range(spec.channels)]
        reading = dict.fromkeys(("target", "id", "time", "group", "separator", "encoding"))
        reading |= {"layout": "array", "channels": names, "steps": [], "bare": True}
        scales = {"value_mean": zeros, "value_scale": ones, "low": zeros, "high": ones}
        return {"channels": names, "reading": reading, "pool": 1, "gaps": False, **scales}
    return {}
