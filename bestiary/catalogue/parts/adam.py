"""Adam."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

_HERE = "bestiary.optimisation.adamw"
PART = Part(
    name="adam",
    title="Adam (and AdamW)",
    sort="method",
    paper="Kingma, Ba 2015, Adam: a method for stochastic optimization, arXiv 1412.6980; Loshchilov, Hutter 2019, "
    "Decoupled weight decay regularization, arXiv 1711.05101",
    year=2015,
    summary="Gradient descent in which every weight has a step length of its own: the running mean of its gradient "
    "over the root of the running mean of its square. So a step is about as long as the rate, however large gradients "
    "are. AdamW also draws weights towards zero, apart from the gradient.",
    formula="""
w = w - r k w                                       decay, of AdamW; k = 0 is Adam
m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2     running means, 0 at first
w = w - r (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + e)
g gradient;  r rate;  t number of the step, from 1;  b1 = 0.9, b2 = 0.999, e = 1e-8""",
    calls={"adam": f"{_HERE}:written_out"},
    example="""
>>> weight, mean, square = torch.tensor([1.0]), torch.zeros(1), torch.zeros(1)
>>> bestiary.part("adam")(weight, torch.tensor([40.0]), mean, square, step=1, rate=0.1, decay=0.0)
>>> weight  # the first step is as long as the rate
tensor([0.9000])""",
    reference=(
        Reference("torch.optim.Adam", "tests/references/test_parts.py::test_adam_is_torchs"),
        Reference("torch.optim.AdamW", "tests/learning/test_optimisation.py::test_equals_torch_and_the_papers"),
    ),
    same=(f"{_HERE}.AdamW", f"{_HERE}.GroupedAdamW", "torch.optim.Adam", "torch.optim.AdamW"),
    beware="e stands outside of the corrected root; it is 1e-7 in Keras. Decay that is added to the gradient "
    "(weight_decay of torch.optim.Adam) is another method. Here updates are counted once for all weights of equal "
    "decay.",
    introductions=(0, 1, 3),
    aliases=("adamw",),
)
