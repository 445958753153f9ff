"""Backpropagation through time."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="bptt",
    title="Backpropagation through time",
    sort="method",
    paper="Werbos 1990, Backpropagation through time: what it does and how to do it; Williams, Peng 1990 (cut into "
    "spans)",
    year=1990,
    summary="Backpropagation in a recurrent network: read step by step it is a deep network whose layers share their "
    "weights, so the error goes back from the last step to the first, and the gradients of all steps add up. Cut into "
    "spans it costs less, and learns nothing from before the cut.",
    formula="""
h(t) = tanh(W x(t) + U h(t-1) + b)                      forward, t = 1 ... T, h(0) = 0
d(t) = (dE/dh(t) + U^T d(t+1)) * (1 - h(t)^2)           backward, t = T ... 1, d(T+1) = 0
dE/dW = sum of d(t) x(t)^T,  dE/dU = sum of d(t) h(t-1)^T,  dE/db = sum of d(t)
cut after every k steps: U^T d(t+1) = 0 where t is a multiple of k; the state h(t) goes on""",
    calls={"bptt": "bestiary.parts.backpropagation_through_time:through_time"},
    example="""
>>> from bestiary.parts.backpropagation_through_time import Weights
>>> one = Weights(torch.ones(1, 1), torch.ones(1, 1), torch.zeros(1))
>>> states, gradient = bestiary.part("bptt")(one, torch.zeros(1, 3, 1), torch.ones(1, 3, 1))
>>> gradient.bias  # three states, of which 1, 2 and 3 biases are part
tensor([6.])""",
    reference=(
        Reference("torch.nn.RNN", "tests/references/test_parts.py::test_through_time_is_autograds"),
        Reference("torch.nn.RNNCell", "tests/references/test_parts.py::test_spans_are_detached_states"),
    ),
    same=("bestiary.layers.recurrent.Cell", "torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"),
    beware="To cut is to detach the state, not to set it to zero. Over many steps the error is multiplied by U again "
    "and again, so it dies out or blows up: gates (lstm, gru) are against the one, clipping against the other.",
    introductions=(1, 3),
    aliases=("backpropagation_through_time",),
)
