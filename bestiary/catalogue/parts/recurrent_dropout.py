"""Recurrent dropout."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="recurrent_dropout",
    title="Recurrent (variational) dropout",
    sort="part",
    paper="Gal, Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks, arXiv "
    "1512.05287",
    year=2016,
    summary="Dropout of the state of a recurrent network on its way to the next step, with one mask for all steps of "
    "a row. A mask drawn anew at every step would wipe out whatever the network wants to remember for long.",
    formula="""
h(t) = cell(x(t), r * h(t-1) / (1 - p))
each r is 1 with probability 1 - p, else 0, drawn once for a row and kept for t = 1 ... T;  in use r = 1 - p""",
    calls={"recurrent_dropout": "bestiary.layers.recurrent:Recurrence"},
    example="""
>>> from bestiary.architectures.recurrence.gru import GRUCell
>>> network = bestiary.part("recurrent_dropout")(cell=GRUCell, inputs=3, width=5, recurrent_dropout=0.2)
>>> states, last = network(torch.randn(4, 7, 3))
>>> states.shape, last.shape
(torch.Size([4, 7, 5]), torch.Size([4, 5]))""",
    reference=(
        Reference(
            "a chain of counters that is walked by hand with one mask",
            "tests/references/test_parts.py::test_recurrent_dropout_has_one_mask_a_row",
            "walked",
        ),
    ),
    beware="It is off in every network here unless asked for: `--set recurrent_dropout=0.2`. torch's kernels cannot "
    "do it (their dropout is between layers), so the steps are walked one by one, several times slower.",
    introductions=(1,),
)
