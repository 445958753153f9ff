"""Deep convolutional inverse graphics network: its row."""

from bestiary.catalogue.representation.common import HERE, SAMPLE, tasks
from bestiary.catalogue.row import Contender, Reference, Row, Size

_DCIGN = f"{HERE}.dcign:DCIGN"

ROW = Row(
    name="dcign",
    title="Deep convolutional inverse graphics network",
    family="representation",
    introductions=(3,),
    paper="Kulkarni, Whitney, Kohli, Tenenbaum 2015, Deep convolutional inverse graphics network, arXiv 1503.03167",
    year=2015,
    summary="A variational autoencoder of images whose code has names: one number for how far a thing is turned, "
    "others for where it stands, the rest for what it is. Turning one number then turns the picture.",
    learns="By the evidence lower bound on batches in which one factor varies, made by turning and shifting the "
    "images: all other numbers of the code are replaced by their average over the batch, and their gradients by their "
    "difference from it.",
    recipes=tasks("inverse_graphics", "generate"),
    sizes=(
        Size(
            "dcign",
            _DCIGN,
            {
                "channels": 1,
                "image_size": (150, 150),
                "code": 200,
                "widths": (96, 64, 32),
                "kernel": 5,
                "back_kernel": 7,
            },
            4_941_265,
            "encoder 96-64-32 filters of 5x5, 7,200 to 200 twice, decoder 64-96-1 filters of 7x7",
            "image",
        ),
    ),
    races={
        "image": (
            Contender("small", _DCIGN, {"widths": (16,), "kernel": 3, "back_kernel": 5}, smallest=6),
            Contender("medium", _DCIGN, {"widths": (32, 16), "kernel": 5, "back_kernel": 5}, rows=1000, smallest=16),
        ),
    },
    tiny={
        "image": (
            _DCIGN,
            {"channels": 1, "image_size": (9, 8), "code": 5, "widths": (3,), "kernel": 3, "back_kernel": 3},
        )
    },
    settings=({"rate": 2e-3}, {"rate": 1e-3, "intrinsic": 30.0}),
    reference=(Reference("torch.nn.Sequential", "tests/references/test_representation.py::test_dcign_is_a_sequence"),),
    departs="The factors are those that can be made from any image: rotation and two shifts, where the paper renders "
    "faces and chairs under other poses and lights. Decoder stages enlarge to the sizes that the encoder's saw, "
    "because the drawn ones do not give the size that went in; Adam takes the place of RMSprop.",
    verbs=SAMPLE,
)
