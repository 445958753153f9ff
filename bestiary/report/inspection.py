"""`bestiary inspect`: one page about one trained network, that opens offline and asks for nothing outside of itself."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import numpy as np
import torch
from markupsafe import Markup, escape
from torch import Tensor, nn

from bestiary import kinds
from bestiary.architectures.build import count, resolve
from bestiary.data.opening import open_data
from bestiary.errors import InputError
from bestiary.report.activity import Activity, activity
from bestiary.report.internals import MOST_LINES, gradients, kernels, weights
from bestiary.report.sections import Section, data_uri
from bestiary.rows.store import StoredData, write_text
from bestiary.runs.trained import Trained, untouched
from bestiary.sampling.episodes import play
from bestiary.sampling.pictures import Picture, grid, png

SILENT, SAID = 0.5, 4  # share of dead units from which it is said, and of how many layers by name


def write_inspection(found: Trained, path: Path) -> Path:
    """Makes the page.

    Args:
        found: what was trained.
        path: of the page.

    Raises:
        InputError: for baselines, which have nothing inside to be looked at.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    if found.row is None or not isinstance(found.answer, nn.Module):
        raise InputError(f"{found.name} is {found.sort}; `inspect` looks into networks; name one with --contender")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["data_uri"] = data_uri
    environment.filters["coded"] = coded
    context = {
        "name": found.name,
        "row": found.row,
        "parameters": count(found.answer),
        "kind": found.spec.kind,
        "task": found.facts.get("problem", ""),
        "sections": sections(found),
    }
    write_text(path, environment.get_template("inspection.html").render(context))
    return path


def coded(text: str) -> Markup:
    """Text of a docstring as HTML: escaped, and what stands between backticks as code.

    Example:
        >>> print(coded("`a < b` puts it to work"))
        <code>a &lt; b</code> puts it to work
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def sections(found: Trained) -> list[Section]:
    """Its own pictures first, then what can be told of any network."""
    seed = found.job.get("seed", 0)  # of the order in which it saw its rows
    data = open_data(found.run / "data", batch=64, seed=seed) if found.run and (found.run / "data").is_dir() else None
    made = [_own(found, data)]
    shown = kernels(found.answer)
    if shown is not None:
        told = "Weights of the first convolution: light is positive, dark negative; each kernel is scaled separately."
        large = shown.repeat_interleave(3, 2).repeat_interleave(3, 3)  # the line between two is thinner than a pixel
        made.append(Section("First kernels", pictures=[Picture("Kernels", told, png=png(grid(large)))]))
    first = untouched(found)
    flow, why = _flow(found, data)
    made.append(_weights(found, first, flow, why))
    made.append(_activity(found, data))
    return [section for section in made if section.text or section.pictures or section.rows]


def _own(found: Trained, data: StoredData | None) -> Section:
    assert found.row is not None
    if "inspect" not in found.row.verbs:
        return Section("Pictures")
    if data is None:
        return Section("Pictures", "They need the data: give the folder of the run, not that of the model.")
    look = found.verb("inspect")
    taken = inspect.signature(look).parameters
    told = {word: value for word, value in found.job.get("setting", {}).items() if word in taken}
    pictures: list[Picture] = look(found.answer, data, found.spec, found.facts, **told)
    return Section("Pictures", pictures=pictures)


def _flow(found: Trained, data: StoredData | None) -> tuple[dict[str, float], str]:
    """Gradients of one update, or why there are none."""
    if data is None or "recipe" not in found.job:
        return {}, "The gradients need the folder of the run, with its data."
    try:
        resolve(found.job["recipe"])
        return gradients(found.answer, found.job["recipe"], found.job["setting"], data), ""
    except Exception as reason:  # a page with a column less is better than none
        return {}, f"No gradients: one more update could not be made ({type(reason).__name__}: {reason})."


def _weights(found: Trained, first: nn.Module | None, flow: dict[str, float], why: str) -> Section:
    lines = weights(found.answer, first, flow)
    rows = [
        (
            line.name,
            " x ".join(map(str, line.shape)) or "1",
            f"{line.count:,}",
            _figure(line.mean),
            _figure(line.spread),
            f"{100 * line.zeros:.0f} %",
            _moved(line.moved),
            "–" if line.gradient is None else _figure(line.gradient, 2),
        )
        for line in lines[:MOST_LINES]
    ]
    text = (
        "Each parameter: its numbers, how far it has moved from its first value (as a share of that value's "
        "norm; none if it started at 0), and the root mean square of its gradient in one more update by "
        "its own algorithm. "
    )
    if flow and not why:
        smallest, largest = min(flow.values()), max(flow.values())
        text += f"Gradients lie between {_figure(smallest, 2)} and {_figure(largest, 2)}. "
        unreached = [line.name for line in lines if line.name not in flow]
        if unreached:
            text += f"No gradient reached {', '.join(unreached[:5])}{' and others' if len(unreached) > 5 else ''}. "
    elif not why:
        text += "The first update of its algorithm uses no gradient. "
    if len(lines) > MOST_LINES:
        text += f"The first {MOST_LINES} of {len(lines)} are shown. "
    heads = ("parameter", "shape", "numbers", "mean", "spread", "zeros", "moved", "gradient")
    return Section("Parameters, and what has changed", text + why, heads=heads, rows=rows)


def _figure(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}".replace("-", "−")


def _moved(share: float | None) -> str:
    """How far a parameter has moved: a percentage, or how many times the length of its first value.

    Example:
        >>> _moved(0.146), _moved(5408.65), _moved(None)
        ('15 %', '5,409 times', '–')
    """
    if share is None:
        return "–"
    return f"{100 * share:.0f} %" if share < 10 else f"{share:,.0f} times"


def _made(found: Trained) -> object:
    """Samples, in few steps where a sampler takes them."""
    sampler = found.verb("sample")
    few = {"steps": 2} if "steps" in inspect.signature(sampler).parameters else {}
    return sampler(found.answer, found.spec, found.facts, count=64, seed=0, **few)


def _inputs(found: Trained, data: StoredData) -> tuple[tuple[Tensor, ...], str]:
    """What a network is looked at with, and what that is, in words."""
    acts = found.row is not None and "play" in found.row.verbs
    seen = play(found.answer, found.spec, frames=False).observations[:64] if acts else ()
    inputs = (torch.from_numpy(np.stack(seen)),) if acts else data.batch("train", 0).arguments(found.answer)
    return inputs, kinds.find(found.spec.kind).seen.format(count=len(inputs[0]))


def _activity(found: Trained, data: StoredData | None) -> Section:
    title = "Outputs of the layers"
    if data is None:
        return Section(title, "This needs the data of the race: give the folder of the run, not that of the model.")
    try:
        inputs, on = _inputs(found, data)
        lines = activity(found.answer, lambda: found.answer(*inputs))
    except Exception:  # networks that take other things than a batch: latent vectors, noise levels
        try:
            lines, on = activity(found.answer, lambda: _made(found)), "while the network makes 64 samples"
        except Exception:  # the page is worth having without this table
            return Section(title, "This network does not take a batch of the data as input, so nothing is shown here.")
    if not lines:
        return Section(title)
    text = f"Each layer {on}. {_dead(lines)}"
    if len(lines) > MOST_LINES:
        text += f" The first {MOST_LINES} of {len(lines)} are shown."
    rows = [
        (
            *(line.name, line.kind, f"{line.units:,}", _figure(line.mean), _figure(line.spread)),
            *(f"{100 * line.zeros:.0f} %", "–" if line.dead is None else f"{line.dead:,}"),
        )
        for line in lines[:MOST_LINES]
    ]
    return Section(title, text, heads=("layer", "sort", "units", "mean", "spread", "zeros", "dead"), rows=rows)


def _dead(lines: list[Activity]) -> str:
    """What the rectifiers say of dead units, in words."""
    rectified = [line for line in lines if line.dead is not None]
    if not rectified:
        return "No layer is a rectifier (ReLU), so no dead units are counted."
    units, dead = (sum(getattr(line, word) for line in rectified) for word in ("units", "dead"))
    counted = f"A unit of a rectifier (ReLU) is dead if its output was always 0: {dead:,} of {units:,} are. "
    silent = [line.name for line in rectified if line.units and (line.dead or 0) / line.units >= SILENT]
    if not silent:
        return f"{counted}No rectifier has lost half of its units."
    others = f" and {len(silent) - SAID} others" if len(silent) > SAID else ""
    return f"{counted}Half or more are dead in {', '.join(silent[:SAID])}{others}: a lower rate may help."
