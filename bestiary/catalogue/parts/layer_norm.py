"""Layer normalisation."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

LAYER_NORM = "bestiary.parts.layer_norm:LayerNorm"
PART = Part(
    name="layer_norm",
    title="Layer normalisation",
    sort="part",
    paper="Ba, Kiros, Hinton 2016, Layer normalization, arXiv 1607.06450",
    year=2016,
    summary="Brings the units of a layer to mean 0 and variance 1, in each example and each step by itself, then "
    "scales and shifts every unit by a learned gain and bias. Nothing depends on the other rows of the batch, so it "
    "does the same in training and afterwards.",
    formula="""
y = g * (x - m) / sqrt(v + e) + b
m = mean of x,  v = mean of (x - m)^2      over the W units of one example, equation (4)
g, b   learned gain and bias, W each, at first 1 and 0;   e = 1e-5""",
    calls={"layer_norm": LAYER_NORM},
    example="""
>>> norm = bestiary.part("layer_norm")(width=4)
>>> norm(torch.tensor([[1.0, 2.0, 3.0, 4.0]])).detach().round(decimals=2)
tensor([[-1.3400, -0.4500,  0.4500,  1.3400]])""",
    reference=(Reference("torch.nn.LayerNorm", "tests/references/test_parts.py::test_layer_norm_is_torchs"),),
    same=("torch.nn.LayerNorm", "torch.nn.functional.layer_norm"),
    beware="The variance is divided by W, not by W - 1. The constant e differs: 1e-5 in torch, 1e-12 in BERT, 1e-6 in "
    "many networks for images.",
    sizes=(
        Size("layer_norm", LAYER_NORM, {"width": 768}, 1_536, "a gain and a bias for each of 768 units", part=True),
    ),
    inputs="bestiary.parts.examples:steps",
    introductions=(1, 4),
    aliases=("layer_normalization",),
)
