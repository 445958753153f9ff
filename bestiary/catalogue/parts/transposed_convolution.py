"""Transposed convolution."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

TRANSPOSED = "bestiary.parts.transposed_convolution:TransposedConvolution"
_SIDES = ("1d", "2d", "3d")
PART = Part(
    name="transposed_convolution",
    title="Transposed convolution (up-sampling)",
    sort="part",
    paper="Zeiler, Krishnan, Taylor, Fergus 2010, Deconvolutional networks",
    year=2010,
    summary="A convolution the other way round: every pixel stamps a learned pattern onto a larger image, and stamps "
    "that overlap add up. With a stride of 2 an image gets twice as large, which is how generators and decoders grow "
    "pictures.",
    formula="""
y(d, s i + a - p, s j + b - p) += x(c, i, j) w(c, d, a, b)      for all c, i, j, and a, b = 0 ... k - 1
k side of the kernel;  s stride;  p pixels cut off on every side;  sides grow from n to s (n - 1) + k - 2 p""",
    calls={"transposed_convolution": TRANSPOSED},
    example="""
>>> grow = bestiary.part("transposed_convolution")(before=3, width=4, size=4, stride=2, padding=1)
>>> grow(torch.randn(1, 3, 5, 5)).shape
torch.Size([1, 4, 10, 10])""",
    reference=(
        Reference("torch.nn.ConvTranspose2d", "tests/references/test_parts.py::test_transposed_convolution_is_torchs"),
        Reference(
            "torch.nn.functional.conv2d", "tests/references/test_parts.py::test_it_is_the_gradient_of_a_convolution"
        ),
    ),
    same=(
        *(f"torch.nn.ConvTranspose{side}" for side in _SIDES),
        *(f"torch.nn.functional.conv_transpose{side}" for side in _SIDES),
    ),
    beware="Weights are stored [in, out, k, k], those of a convolution [out, in, k, k]. Kernels that the stride does "
    "not divide overlap unevenly and leave a chequered pattern. It is no inverse of a convolution.",
    sizes=(
        Size(
            "transposed_convolution",
            TRANSPOSED,
            {"before": 64, "width": 1, "size": 5, "bias": False},
            1_600,
            "64 x 1 x 5 x 5",
            part=True,
        ),
    ),
    inputs="bestiary.parts.examples:images",
    introductions=(1,),
    aliases=("deconvolution",),
)
