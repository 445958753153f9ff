"""What made data are compared in: features that a small network learned from the training rows, or principal
components.

Distances between pixels say little about pictures, so judges of generators compare the features of a network that reads
them (Heusel et al. 2017; Binkowski et al. 2018). Theirs was trained on photographs; ours is a LeNet-5 trained on the
training rows themselves, once, when a judge first looks, and kept in the folder of the data for everyone. Data without
labels are compared in their principal components, and so are rows of tables. No test row takes part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.architectures.convolution.lenet import ResizedLeNet5
from bestiary.contracts import ImageSpec, Spec
from bestiary.files import replacing
from bestiary.optimisation.adamw import AdamW

# N rows, F numbers in a row, D features, Q principal components, K classes

COMPONENTS, FITTED = 50, 5_000  # principal components, and the training rows that they are fitted on at most
STEPS, BATCH, RATE = 400, 64, 1e-3  # of the network that reads
LABELLED = 200  # training rows from which on it is worth training
NAME = "judge.safetensors"


class FeatureSpace:
    """Rows in the units of a batch to features, and to classes where the data have any.

    Args:
        tensors: `mean` [F], `components` [F Q] and `scale` of the principal components; for a network that reads, its
            weights (`network.*`) and what centres and scales its features (`feature_mean` [D], `feature_scale`).
        spec: of the data.
    """

    def __init__(self, tensors: Mapping[str, Tensor], spec: Spec) -> None:
        self.tensors, self.spec = dict(tensors), spec
        weights = {name.removeprefix("network."): t for name, t in tensors.items() if name.startswith("network.")}
        self.kept: dict[tuple[str, int], Tensor] = {}
        self.network = reader(spec) if weights else None
        if self.network is not None:
            self.network.load_state_dict(weights)
            self.network.eval()

    @property
    def how(self) -> str:
        """What rows are compared in, for people."""
        if self.network is None:
            return f"their first {self.tensors['components'].shape[1]} principal components"
        return "the last hidden layer of a LeNet-5 that learned the classes of the training rows"

    @torch.no_grad()
    def components(self, rows: Float[Tensor, "N ..."]) -> Float[Tensor, "N Q"]:
        """Principal components, all divided by one number so that their mean square is 1."""
        flat = rows.cpu().float().flatten(1)
        return (flat - self.tensors["mean"]) @ self.tensors["components"] / self.tensors["scale"]

    @torch.no_grad()
    def features(self, rows: Float[Tensor, "N ..."]) -> Float[Tensor, "N D"]:
        """What distances are measured in: features around 0, divided by one number so that their mean square is 1."""
        if self.network is None:
            return self.components(rows)
        raw = torch.cat([hidden(self.network, part) for part in rows.cpu().float().split(512)])
        return (raw - self.tensors["feature_mean"]) / self.tensors["feature_scale"]

    @torch.no_grad()
    def classes(self, rows: Float[Tensor, "N ..."]) -> Tensor | None:
        """The class number that the network reads in each row [N]; None where it learned none."""
        if self.network is None:
            return None
        return torch.cat([self.network(part).argmax(1) for part in rows.cpu().float().split(512)])

    def train_components(self, data: Any) -> Float[Tensor, "N Q"]:
        """Principal components of the training rows, equal ones once, kept for the next look."""
        key = ("components", data.rows("train"))
        if key not in self.kept:
            rows = torch.cat([self.components(batch.inputs[0]) for batch in data.batches("train")])
            self.kept[key] = torch.unique(rows, dim=0)
        return self.kept[key]

    def features_of(self, data: Any, split: str) -> Float[Tensor, "N D"]:
        """Features of all rows of a split, kept for the next look."""
        key = (split, data.rows(split))
        if key not in self.kept:
            self.kept[key] = torch.cat([self.features(batch.inputs[0]) for batch in data.batches(split)])
        return self.kept[key]


def reader(spec: Spec) -> ResizedLeNet5:
    """The network that reads, untrained; the global random stream is left alone."""
    images = cast("ImageSpec", spec)
    height, width = images.image_size
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ResizedLeNet5(channels=images.channels, image_size=(height, width), outputs=images.outputs)


def hidden(network: ResizedLeNet5, pixels: Float[Tensor, "N C H W"]) -> Float[Tensor, "N D"]:
    """Its last hidden layer, F6."""
    found: list[Tensor] = []
    hook = network.network.output.register_forward_pre_hook(lambda layer, inputs: found.append(inputs[0]))
    try:
        network(pixels)
    finally:
        hook.remove()
    return found[0]


_KNOWN: dict[Path, FeatureSpace] = {}


def feature_space(data: Any) -> FeatureSpace:
    """The features for these data: read from their folder, or learned from the training rows and put there.

    Args:
        data: as `rows.store.StoredData`; without a `folder` the features are kept with the object.
    """
    folder: Path | None = getattr(data, "folder", None)
    if folder is None:
        if not hasattr(data, "feature_space"):
            data.feature_space = learn(data)
        return data.feature_space
    path = folder / NAME
    if path not in _KNOWN:
        if not path.exists():
            space = learn(data)
            save_tensors(path, space.tensors)
        _KNOWN[path] = FeatureSpace(load_file(path), data.spec)
    return _KNOWN[path]


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Written whole or not at all; two processes that do so at once write the same."""
    with replacing(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary)


def learn(data: Any) -> FeatureSpace:
    """Features from the training rows alone; the same every time."""
    with alone():
        rows = data.rows("train")
        some = data.take("train", torch.randperm(rows)[:FITTED]).inputs[0].cpu().float()
        tensors = principal_components(some)
        if reads(data.spec, data.facts.get("classes") or (), rows):
            tensors |= read_classes(data, rows, some)
    return FeatureSpace(tensors, data.spec)


def reads(spec: Spec, classes: Sequence[str], rows: int) -> bool:
    """Whether a network learns to read the training rows: images of several classes, enough of them.

    Example:
        >>> reads(ImageSpec(1, (8, 8), 10), ["0", "1"], 1000), reads(ImageSpec(1, (8, 8), 10), [], 1000)
        (True, False)
    """
    return spec.picture is not None and spec.outputs > 1 and len(classes) > 1 and rows >= LABELLED


@contextmanager
def alone() -> Iterator[None]:
    """A random stream of its own and one thread, so that the result does not depend on who asks first."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            yield
    finally:
        torch.set_num_threads(threads)


def principal_components(rows: Float[Tensor, "N ..."]) -> dict[str, Tensor]:
    """`mean`, `components` and `scale` of rows."""
    flat = rows.flatten(1)
    mean = flat.mean(0)
    count = max(1, min(COMPONENTS, flat.shape[1], flat.shape[0] - 1))
    _, _, components = torch.pca_lowrank(flat - mean, q=count, center=False, niter=4)
    scale = ((flat - mean) @ components).square().mean().sqrt().clamp(min=1e-6)
    return {"mean": mean, "components": components, "scale": scale}


def read_classes(data: Any, rows: int, some: Tensor) -> dict[str, Tensor]:
    """The weights of the network that reads, and the mean and scale of its features, after a few hundred updates."""
    network = reader(data.spec)
    optimiser = AdamW(network, RATE)  # without decay: Adam
    order = torch.empty(0, dtype=torch.int64)
    for step in range(STEPS):
        if len(order) < BATCH:
            order = torch.cat([order, torch.randperm(rows)])
        batch, order = data.take("train", order[:BATCH]), order[BATCH:]
        loss = F.cross_entropy(network(batch.inputs[0].cpu().float()), batch.truth.cpu().long())
        network.zero_grad()
        loss.backward()
        optimiser.update(min(1.0, 2 * (1 - step / STEPS)))
    network.eval()
    with torch.no_grad():
        features = torch.cat([hidden(network, part) for part in some.split(512)])
    centred = features - features.mean(0)
    scales = {"feature_mean": features.mean(0), "feature_scale": centred.square().mean().sqrt().clamp(min=1e-6)}
    return {**scales, **{f"network.{name}": tensor for name, tensor in _weights(network).items()}}


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
