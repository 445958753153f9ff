"""How networks that make codes learn: by reconstruction, by the evidence lower bound, by clamped codes."""

from torch import nn

from bestiary.algorithms.autoencoding import Prepare, Reconstructing, VariationalBayes
from bestiary.algorithms.inverse_graphics import InverseGraphics
from bestiary.contracts import Data, Spec
from bestiary.errors import InputError
from bestiary.layers.movement import FACTORS, move
from bestiary.layers.unit_interval import measure
from bestiary.objectives.evidence import NegativeBound, terms
from bestiary.objectives.reconstruction import PixelCrossEntropy, Spoiling, SquaredDifference
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes.words import check


def autoencoder(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    noise: float = 0.0,
    masked: float = 0.0,
    parts: int = 1,
) -> Reconstructing:
    """The difference of the network's output from its input, minimised by AdamW with a trapezoidal schedule.

    It is the cross-entropy of intensities where the network gives logits of pixels, else the squared difference.

    Args:
        network: built, whose outputs have the shape of its inputs.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        noise: normal noise on what the network sees, as a share of the pixels' range or of a feature's deviation.
        masked: share of what the network sees that is blanked.
        parts: each batch's gradient is computed in so many parts, to save memory.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    if noise < 0:
        raise InputError(f"noise must be 0 or more; received {noise!r}; try 0.3")
    if not 0 <= masked < 1:
        raise InputError(f"masked must be from 0 to below 1; received {masked!r}; try 0.25")
    minimise = _minimise(network, rate, decay, clip, warmup)
    loss = PixelCrossEntropy if hasattr(network, "logits") else SquaredDifference
    return Reconstructing(network, loss(Spoiling(noise, masked)), minimise, _prepare(network), parts)


def denoiser(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    noise: float = 0.3,
    masked: float = 0.0,
    parts: int = 1,
) -> Reconstructing:
    """The same from spoiled inputs; the settings are those of `autoencoder`."""
    if not noise and not masked:
        raise InputError("a denoiser needs noise or masked above 0; received 0 for both; try noise=0.3")
    settings = {"rate": rate, "decay": decay, "clip": clip, "warmup": warmup}
    return autoencoder(network, spec, **settings, noise=noise, masked=masked, parts=parts)


def variational(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    weight: float = 1.0,
    rising: float = 0.1,
    binary: bool = False,
) -> VariationalBayes:
    """The evidence lower bound, its divergence weighed in step by step, maximised by AdamW.

    Args:
        network: built; a model with `posterior` and `log_likelihood`.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        weight: of the divergence; above 1 codes are simpler and independent, below 1 they tell more.
        rising: share of the training over which that weight rises from 0.
        binary: draws pixels as black or white by their intensity, afresh for every batch.

    Raises:
        InputError: for data without pixels where they should be binary, and settings with which nothing can be learned.
    """
    if weight < 0:
        raise InputError(f"weight must be 0 or more; received {weight!r}; try 1")
    if not 0 <= rising <= 1:
        raise InputError(f"rising must be a share from 0 to 1; received {rising!r}; try 0.1")
    if binary and not hasattr(network, "unit"):
        raise InputError(
            f"binary draws pixels as black or white; {type(network).__name__} takes {spec.kind} data without any; "
            "leave binary out"
        )
    minimise = _minimise(network, rate, decay, clip, warmup)
    return VariationalBayes(network, NegativeBound(weight, rising, binary), minimise, _prepare(network))


def inverse_graphics(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    intrinsic: float = 10.0,
    strength: float = 0.01,
    clamp: bool = True,
) -> InverseGraphics:
    """Batches in which rotation, a shift, or the thing itself varies, each tied to its own numbers of the code.

    Args:
        network: built; a variational autoencoder of images with at least four numbers in its code.
        spec: of the data.
        rate: learning rate on the plateau.
        decay: weight decay of matrices.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        intrinsic: how many batches of different things come on one batch of each factor.
        strength: of the gradient that holds clamped numbers of a code to their average.
        clamp: whether to clamp codes; without, nothing ties a number to a factor.

    Raises:
        InputError: for settings with which nothing can be learned.
    """
    if intrinsic <= 0:
        raise InputError(f"intrinsic must be above 0; received {intrinsic!r}; try 10")
    minimise = _minimise(network, rate, decay, clip, warmup)
    return InverseGraphics(network, terms, minimise, _prepare(network), move, len(FACTORS), intrinsic, strength, clamp)


def _prepare(network: nn.Module) -> Prepare:
    """Tells the network what range its data have, where it asks for one and the data know."""

    def prepare(data: Data) -> None:
        measure(network, getattr(data, "facts", {}))

    return prepare


def _minimise(network: nn.Module, rate: float, decay: float, clip: float | None, warmup: int) -> Minimise:
    check(rate=rate, decay=decay, clip=clip, warmup=warmup)
    return Minimise(AdamW(network, rate, decay), trapezoid(warmup), clip)
