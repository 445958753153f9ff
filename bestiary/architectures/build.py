"""From words to modules: a row's strings resolved, a network built under a seed, the words of a spec filled in."""

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import torch
from torch import nn

from bestiary import catalogue, kinds
from bestiary.contracts import Spec
from bestiary.errors import InputError, nearest
from bestiary.layers.last import head_of, without_head
from bestiary.weights.known import know
from bestiary.weights.loading import Loaded, load_weights

ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "outputs": ("num_classes", "n_classes", "classes", "num_labels", "n_outputs", "out_features", "output_size"),
    "channels": ("in_channels", "in_chans", "input_channels", "n_channels", "num_channels", "input_size"),
    "features": ("in_features", "input_size", "input_dim", "n_features", "num_features"),
    "image_size": ("img_size", "input_shape", "resolution"),
    "vocabulary": ("vocab_size", "num_embeddings", "n_vocab", "num_tokens"),
    "length": ("seq_len", "seq_length", "max_length", "max_len", "block_size", "n_positions", "context_length"),
    "embedding": ("embedding_dim", "embed_dim", "emb_dim"),
    "width": ("hidden_size", "hidden_dim", "hidden_channels", "d_model", "n_embd", "num_units", "embed_dim"),
    "widths": ("hidden_sizes", "hidden_dims", "hidden_layer_sizes", "hidden_units"),
    "depth": ("num_layers", "n_layers", "n_layer", "layers"),
    "heads": ("num_heads", "n_heads", "n_head", "nhead", "num_attention_heads"),
    "feedforward": ("dim_feedforward", "d_ff", "intermediate_size", "mlp_dim", "n_inner"),
    "dropout": ("drop_rate", "dropout_rate", "dropout_prob", "p"),
    "latent": ("latent_dim", "z_dim", "nz", "noise_dim"),
    "code": ("latent_dim", "bottleneck", "encoding_dim"),
}
"""Our word -> what other libraries call it."""
COUNTS = (
    *("outputs", "features", "channels", "vocabulary", "answers", "length", "heads", "depth", "depths", "embedding"),
    *("feedforward", "latent", "code", "entry"),
)
"""Words of networks that count something, of which there is at least one."""

WITHOUT = 2  # outputs of the head that is left out: what differs for values alone is built as for classes


def resolve(target: str) -> Callable[..., object]:
    """The object that "module:name" names."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def build(network: str, keywords: Mapping[str, object], spec: Spec | None = None, seed: int | None = None) -> nn.Module:
    """A network from its class and words; the words that data decide come from `spec`, where the class takes them.

    Args:
        network: "module:Class".
        keywords: words of its constructor; they win over the spec's. `outputs=None` leaves out the last part: forward
            gives features.
        spec: of the data that it is to learn from.
        seed: the state of the random numbers that its first weights are drawn from; the global stream is left alone.

    Returns:
        The network, in training mode, on the current default device.

    Raises:
        InputError: for words that the class does not take, or values that it refuses.
    """
    constructor = cast("type[nn.Module]", resolve(network))
    accepted = {n: p for n, p in inspect.signature(constructor).parameters.items() if p.kind is not p.VAR_POSITIONAL}
    unknown = [word for word in keywords if word not in accepted]
    if unknown:
        takes = f"{constructor.__name__} takes {', '.join(accepted)}"
        raise InputError(f"{takes}; received {unknown[0]!r}{_hint(unknown[0], accepted)}")
    given = {word: value for word, value in (spec.sizes() if spec else {}).items() if word in accepted}
    words = {**given, **{word: tuple(v) if isinstance(v, list) else v for word, v in keywords.items()}}
    missing = [
        w for w, p in accepted.items() if w not in words and p.default is p.empty and p.kind is not p.VAR_KEYWORD
    ]
    if missing:
        raise InputError(f"{constructor.__name__} also needs {', '.join(missing)}; give each as a keyword")
    for word, value in words.items():
        if word not in accepted or value != accepted[word].default:  # a table without texts has a vocabulary of 0
            _check(constructor.__name__, word, value, given=word in keywords)
    headless = "outputs" in words and words["outputs"] is None
    try:
        with _stream(seed):
            built = constructor(**({**words, "outputs": WITHOUT} if headless else words))
        return without_head(built) if headless else built
    except (RuntimeError, ValueError, TypeError, ArithmeticError, AssertionError, IndexError) as reason:
        first = (str(reason).strip().splitlines() or [type(reason).__name__])[0]
        if isinstance(reason, InputError) or "memory" in first:  # too little memory is not the fault of a word
            raise
        given = ", ".join(f"{word}={value!r}" for word, value in keywords.items())[:300]
        raise InputError(f"{constructor.__name__} cannot be built with {given}: {first}") from reason


@contextmanager
def _stream(seed: int | None) -> Iterator[None]:
    """The random numbers of a seed; the global ones, which are put back, where there is none."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _hint(word: str, accepted: Iterable[str]) -> str:
    """What a word of other libraries is called here, or the nearest of ours."""
    if word == "pretrained":
        return "; weights come from a file: weights='path/to/file.safetensors'"
    ours = [here for here, theirs in ELSEWHERE.items() if word in theirs and here in set(accepted)]
    return f"; here it is {' or '.join(ours)}" if ours else nearest(word, accepted)


def _check(name: str, word: str, value: object, given: bool = True) -> None:
    """No word of a network means anything below zero; sizes begin at one, dropout is a chance below one, and images
    have two sides."""
    numbers = value if isinstance(value, tuple | list) else [value]
    if word == "image_size" and value is not None:
        sides = [side for side in numbers if isinstance(side, int) and side > 0]
        if not len(sides) == len(numbers) == 2:
            raise InputError(f"{word} of {name} is height and width in pixels; received {value!r}; try (28, 28)")
    for number in numbers:
        if not isinstance(number, int | float):
            continue
        if word in ("width", "widths") and number <= 0:
            raise InputError(f"{word} of {name} must be positive; received {value!r}; try 64")
        if word in COUNTS and number < 1:
            raise InputError(f"{word} of {name} must be 1 or more; received {value!r}")
        if not given:
            continue
        if number < 0:
            raise InputError(f"{word} of {name} must not be negative; received {value!r}; leave it out for the default")
        if word == "dropout" and not number < 1:
            raise InputError(f"dropout of {name} must be from 0 to below 1; received {value!r}; try 0.1")


def create(
    name: str,
    /,
    *,
    seed: int | None = None,
    weights: str | Path | None = None,
    new_head: bool = False,
    **words: object,
) -> nn.Module:
    """The network of a named size, with some of its words changed.

    Args:
        name: a size ("resnet50") or an architecture ("resnet": its first size).
        seed: for reproducible first weights; the global random stream is used when None.
        weights: a file of safetensors or of torch.save with the weights of the whole network, under our names or
            published ones; the folder of a trained model; or the name of published weights that are on this machine
            (`bestiary weights list`). Fresh weights unless given.
        new_head: with `weights`: the last part is left fresh, whatever the file has for it.
        **words: constructor words that replace the size's own, such as `outputs=10`; `outputs=None` leaves out the last
            part, so that forward gives features.

    Returns:
        The network, in training mode.

    Raises:
        InputError: for unknown names or words, values that do not fit together, or weights that do not fit.

    Example:
        >>> import bestiary
        >>> sum(p.numel() for p in bestiary.create("lenet5").parameters())
        61706
    """
    size = catalogue.size(name)
    keywords = {**size.keywords, **words}
    if weights is None:
        if new_head:
            raise InputError("new_head=True keeps the last part of a file out; give the file too: weights=FILE")
        return build(size.network, keywords, seed=seed)
    headless = "outputs" in keywords and keywords["outputs"] is None
    network = build(size.network, {**keywords, "outputs": WITHOUT} if headless else keywords, seed=seed)
    give_weights(network, know(weights, size).file, new_head=new_head or headless)
    return without_head(network) if headless else network


def give_weights(network: nn.Module, weights: str | Path, *, new_head: bool = False) -> Loaded:
    """Gives a network the weights of a file; see `weights.loading.load_weights`.

    Args:
        network: of the file's size.
        weights: the file.
        new_head: whether its last part stays as it is.

    Raises:
        InputError: when the file does not fit, by name; or for a new last part of a network that has none.
    """
    try:
        head = head_name(network)
    except InputError:
        if new_head:
            raise
        head = ""
    return load_weights(network, weights, head=head, new_head=new_head)


def head_name(network: nn.Module) -> str:
    """How the names of the weights of the last part begin.

    Raises:
        InputError: for a network without one.

    Example:
        >>> head_name(create("lenet5"))
        'output.'
    """
    place, name = head_of(network)
    path = next(path for path, module in network.named_modules() if module is place)
    return f"{path}.{name}.".removeprefix(".")


def count(network: nn.Module) -> int:
    """Its parameters, tied ones once, buffers not."""
    return sum(parameter.numel() for parameter in network.parameters())


def inputs_for(kind: str, words: Mapping[str, object], batch: int = 2) -> tuple[torch.Tensor, ...]:
    """Random arguments of forward for a network of a kind, sized by its constructor words."""
    return kinds.find(kind).part("example").inputs(words, batch)
