"""Capsule network: its row."""

from bestiary.catalogue.convolution.common import HERE
from bestiary.catalogue.row import Contender, Reference, Row, Size

_CAPSNET = f"{HERE}.capsnet:CapsNet"

ROW = Row(
    name="capsnet",
    title="Capsule network",
    family="convolution",
    introductions=(3,),
    paper="Sabour, Frosst, Hinton 2017, Dynamic routing between capsules, arXiv 1710.09829",
    year=2017,
    summary="Units come in groups, capsules: the length of one says whether a thing is there, its direction how it is "
    "posed. Capsules foretell those of the next layer and send their votes where others agree. From the capsule of its "
    "class alone the image is drawn again, so that its numbers come to mean slant, stroke and size.",
    learns="By gradient descent on the margin loss of the lengths and the squared error of the drawn image, with "
    "images shifted by up to two pixels.",
    recipes={"classification": "bestiary.recipes.capsules:capsules"},
    sizes=(
        Size(
            "capsnet",
            _CAPSNET,
            {"channels": 1, "image_size": (28, 28), "outputs": 10},
            8_215_568,
            "20,992 + 5,308,672 + 1,474,560, decoder 1,411,344",
            "image",
        ),
        Size(
            "capsnet_without_decoder",
            _CAPSNET,
            {"channels": 1, "image_size": (28, 28), "outputs": 10, "decoder": None},
            6_804_224,
            "20,992 + 5,308,672 + 1,474,560",
            "image",
        ),
    ),
    races={
        "image": (
            Contender("thin", _CAPSNET, {"width": 32, "maps": 8, "decoder": (256, 512)}),
            Contender("published", _CAPSNET, {}, rows=30_000),
        ),
    },
    tiny={
        "image": (
            _CAPSNET,
            {
                "channels": 2,
                "image_size": (8, 9),
                "outputs": 3,
                "width": 4,
                "maps": 2,
                "primary": 4,
                "size": 5,
                "decoder": (6,),
                "sees": (19, 17),
            },
        ),
    },
    settings=({"rate": 3e-3}, {"rate": 1e-3}),
    reference=(
        Reference(
            "the paper's section 4 and procedure 1, one capsule at a time",
            "tests/references/test_capsnet.py::test_capsnet_is_what_the_paper_says",
            "rewritten",
        ),
    ),
    departs="Forward gives log(n / (1 - n)) of each capsule's length n, whose softmax is the chance of each class "
    "given that exactly one is there; margins of 0.9 and 0.1 keep these chances modest, so that its log loss stays "
    "behind its accuracy. Images of other sizes are brought to 28x28. Shifted images repeat their border, where the "
    "paper's have zeros; gradients pass through all rounds of routing, which the usual code stops in the early ones. "
    "Adam's rate is constant and then falls to nothing in a line.",
    exceptions={
        "gradients": "The decoder learns from the drawing, which is part of the objective and not of forward; "
        "tests/references/test_capsnet.py holds that the objective reaches every weight.",
        "features": "Its last layer is one capsule a class; capsules(seen(pixels)) and below(seen(pixels)) give what "
        "it knows.",
        "unused": "Forward classifies and does not draw, so the decoder takes no part in it. Give "
        "DistributedDataParallel find_unused_parameters=True, or build it with decoder=None.",
    },
    verbs={"inspect": "bestiary.sampling.insides.capsules:inspect"},
)
