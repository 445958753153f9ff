"""What networks that transduce have in common, in the families `recurrence` and `attention`."""

RECURRENCE, ATTENTION = "bestiary.architectures.recurrence", "bestiary.architectures.attention"
INSPECT = {"inspect": "bestiary.sampling.insides.alignments:inspect"}
FORCED = (
    "By gradient descent on the log probability of the true answer, each token after the true ones before it (teacher "
    "forcing); with `own` it sees more and more of what it wrote itself (scheduled sampling)."
)
TRANSLATOR = {"transduce": "bestiary.recipes.sequences:translator"}
SETTINGS = ({"rate": 3e-3}, {"rate": 1e-3})
TINY = {"vocabulary": 12, "answers": 9}
WRITTEN = "In races answers are written greedily; beams are searched on demand (`bestiary predict --beams`)."
