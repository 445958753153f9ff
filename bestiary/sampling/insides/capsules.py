"""Pictures of a trained capsule network: what each number of a capsule means, and who sends its votes where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bestiary.contracts import Data, ImageInputs, Spec
from bestiary.sampling.pictures import Picture, grid, png

SHIFTS = tuple(round(0.05 * number, 2) for number in range(-5, 6))  # as in the paper's figure 4
IMAGES, TURNED = 8, 3


@torch.no_grad()
def inspect(network: nn.Module, data: Data, spec: Spec, facts: Mapping[str, object]) -> list[Picture]:
    """Drawings, perturbed capsules, and the routing.

    Args:
        network: trained, such as `architectures.convolution.capsnet.CapsNet`.
        data: that it was trained on.
        spec, facts: of the data.
    """
    capsnet = cast("Any", network)
    images = capsnet.seen(_spread(data))
    capsules = capsnet.capsules(images)
    lengths = capsules.norm(dim=2)  # [N, K]
    order = _one_of_each(lengths)
    pictures = [_routing(capsnet, images[order], lengths[order], facts)]
    if capsnet.decoder is not None:
        pictures = [_drawings(capsnet, images[order], capsules[order]), *pictures]
        pictures += [
            _turned(capsnet, images[place], capsules[place : place + 1], facts) for place in order[:TURNED].tolist()
        ]
    return pictures


def perturbed(
    network: nn.Module, capsules: Float[Tensor, "1 K D"], shifts: tuple[float, ...] = SHIFTS
) -> Float[Tensor, "D S C H W"]:
    """Drawings from the longest capsule with each of its numbers shifted in turn: one row a number.

    Args:
        network: trained, with a decoder.
        capsules: of one image.
        shifts: of a number.
    """
    label = capsules.norm(dim=2).argmax(1)
    size = capsules.shape[2]
    moved = capsules.repeat(size * len(shifts), 1, 1)
    rows = torch.arange(size).repeat_interleave(len(shifts))
    moved[torch.arange(len(moved)), label, rows] += torch.tensor(shifts, device=moved.device).repeat(size)
    drawn = cast("Any", network).decoder(moved, label.expand(len(moved)))
    return drawn.unflatten(0, (size, len(shifts)))


def _spread(data: Data, most: int = 256) -> Float[Tensor, "N C H W"]:
    """Validation images from everywhere: rows may come class by class."""
    some = torch.cat(
        [cast("ImageInputs", b.inputs).pixels[:: max(1, len(b) // 32)] for b in data.batches("validation")]
    )
    return some[:: -(-len(some) // most)]


def _one_of_each(lengths: Float[Tensor, "N K"]) -> Tensor:
    """Of each class the image whose capsule is longest, then whoever comes next."""
    best = lengths.argmax(0)
    told = best[lengths[best].argmax(1) == torch.arange(lengths.shape[1], device=lengths.device)]
    rest = [place for place in range(len(lengths)) if place not in set(told.tolist())]
    return torch.tensor([*told.tolist(), *rest][:IMAGES])


def _drawings(capsnet: Any, images: Tensor, capsules: Tensor) -> Picture:
    drawn = capsnet.decoder(capsules, capsules.norm(dim=2).argmax(1))
    return Picture(
        "Images and what is drawn from their capsules",
        "Above, images of the validation rows; below, what the decoder draws from the longest capsule alone, a vector "
        f"of {capsules.shape[2]} numbers.",
        png=png(grid(torch.cat([images, drawn]), columns=len(images))),
    )


def _turned(capsnet: Any, image: Tensor, capsules: Tensor, facts: Mapping[str, object]) -> Picture:
    drawn = perturbed(capsnet, capsules)  # [D, S, C, H, W]
    name = _name(int(capsules.norm(dim=2).argmax()), facts)
    first = image.expand(len(drawn), 1, *image.shape)
    return Picture(
        f"What the numbers of a capsule mean: {name}",
        f"On the left the image; each row shifts one of the {len(drawn)} numbers of its capsule from {SHIFTS[0]} to "
        f"{SHIFTS[-1]}, all others kept. Rows that change smoothly have found a property: slant, stroke, size.",
        png=png(grid(torch.cat([first, drawn], 1).flatten(0, 1), columns=len(SHIFTS) + 1)),
    )


def _routing(capsnet: Any, images: Tensor, lengths: Tensor, facts: Mapping[str, object]) -> Picture:
    below = capsnet.below(images)  # [N, I, E]
    couplings = capsnet.classes.couplings(below)  # [N, I, K]
    places = couplings * below.norm(dim=2, keepdim=True)  # what is sent: how much is there, times the share
    height, width = capsnet.places
    sent = places.unflatten(1, (-1, height, width)).sum(1)  # [N, h, w, K], added up over the maps
    maps = sent.permute(0, 3, 1, 2)[:, :, None]  # [N, K, 1, h, w]
    maps = maps / maps.amax((1, 2, 3, 4), keepdim=True).clamp(min=1e-12)
    large = maps.flatten(0, 1).repeat_interleave(4, 2).repeat_interleave(4, 3)
    names = ", ".join(_name(k, facts) for k in range(min(maps.shape[1], 12)))
    told = ", ".join(_name(int(k), facts) for k in lengths.argmax(1))
    return Picture(
        "Routing: where the votes go",
        f"One row an image ({told}), one column a class ({names}). Bright where the primary capsules at that place of "
        "the image send much to that class after the last round, each row scaled for itself. Without routing all "
        "columns of a row would be alike.",
        png=png(grid(large, columns=maps.shape[1])),
    )


def _name(place: int, facts: Mapping[str, object]) -> str:
    classes = cast("list[str]", facts.get("classes") or [])
    return str(classes[place]) if place < len(classes) else str(place)
