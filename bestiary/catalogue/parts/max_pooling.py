"""Max pooling."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

MAX_POOLING = "bestiary.parts.max_pooling:MaxPooling"
_SIDES = ("1d", "2d", "3d")
PART = Part(
    name="max_pooling",
    title="Max pooling",
    sort="part",
    paper="Ranzato, Huang, Boureau, LeCun 2007, Unsupervised learning of invariant feature hierarchies; LeCun, "
    "Bottou, Bengio, Haffner 1998 (subsampling)",
    year=2007,
    summary="Keeps the strongest response of every small window of a map, so that maps get smaller and a pattern may "
    "move by a pixel or two without changing anything. It has nothing to learn.",
    formula="""
y(i, j) = max of x(s i + a - p, s j + b - p)      over a, b = 0 ... k - 1, channel by channel
k side of a window;  s stride, k unless given;  p padding, where x counts as minus infinity""",
    calls={"max_pooling": MAX_POOLING},
    example="""
>>> pool = bestiary.part("max_pooling")(size=2)
>>> pool(torch.tensor([[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]]))
tensor([[[[6., 8.]]]])""",
    reference=(Reference("torch.nn.MaxPool2d", "tests/references/test_parts.py::test_max_pooling_is_torchs"),),
    same=(
        *(f"torch.nn.MaxPool{side}" for side in _SIDES),
        *(f"torch.nn.functional.max_pool{side}" for side in _SIDES),
        *(f"torch.nn.AdaptiveMaxPool{side}" for side in _SIDES),
        *(f"torch.max_pool{side}" for side in _SIDES),
    ),
    beware="Padding is minus infinity, not 0. Where windows do not fill the map, torch leaves the rest out unless "
    "ceil_mode is set; Keras' 'same' pads at the end. The subsampling of LeNet-5 (1998) is a mean with a learned "
    "weight: see lenet5_original.",
    sizes=(Size("max_pooling", MAX_POOLING, {"size": 2}, 0, "no parameters", part=True),),
    inputs="bestiary.parts.examples:images",
    introductions=(0, 1, 2, 4),
)
