"""Batch normalisation."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

BATCH_NORM = "bestiary.parts.batch_norm:BatchNorm"
_DIMENSIONS = ("1d", "2d", "3d")
PART = Part(
    name="batch_norm",
    title="Batch normalisation",
    sort="part",
    paper="Ioffe, Szegedy 2015, Batch normalization: accelerating deep network training by reducing internal "
    "covariate shift, arXiv 1502.03167",
    year=2015,
    summary="Brings every channel to mean 0 and variance 1 over the rows of a batch, then scales and shifts it by a "
    "learned gain and bias. In use, running means of the training batches take the place of the batch, so that a row "
    "is answered alone.",
    formula="""
y = g * (x - m) / sqrt(v + e) + b                            channel by channel
m = mean of x,  v = mean of (x - m)^2                        over the batch and all places, in training
m' = (1 - k) m' + k m,  v' = (1 - k) v' + k v n / (n - 1)    running statistics, in place of m, v afterwards
g, b   learned, at first 1 and 0;  n numbers of a channel;  k = 0.1;  e = 1e-5""",
    calls={"batch_norm": BATCH_NORM},
    example="""
>>> norm = bestiary.part("batch_norm")(channels=2)
>>> norm(torch.tensor([[1.0, 10.0], [3.0, 30.0]])).detach().round(decimals=2)
tensor([[-1., -1.],
        [ 1.,  1.]])""",
    reference=(
        Reference("torch.nn.BatchNorm2d", "tests/references/test_parts.py::test_batch_norm_is_torchs"),
        Reference("torch.nn.BatchNorm1d", "tests/references/test_parts.py::test_batch_norm_of_rows_is_torchs"),
    ),
    same=(
        *(f"torch.nn.BatchNorm{number}" for number in _DIMENSIONS),
        "torch.nn.functional.batch_norm",
        "bestiary.layers.convolution.MaskedBatchNorm",
    ),
    beware="A batch of one row with one place cannot be normalised in training. The variance that normalises is "
    "divided by n, the one that is remembered by n - 1. Keras counts running statistics as parameters, has e = 1e-3, "
    "and its momentum of 0.99 is a k of 0.01.",
    sizes=(
        Size("batch_norm", BATCH_NORM, {"channels": 64}, 128, "a gain and a bias for each of 64 channels", part=True),
    ),
    inputs="bestiary.parts.examples:images",
    introductions=(0, 1, 2, 3),
    aliases=("batch_normalization",),
)
