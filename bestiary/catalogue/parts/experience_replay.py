"""Experience replay."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference

PART = Part(
    name="experience_replay",
    title="Experience replay",
    sort="method",
    paper="Lin 1992, Self-improving reactive agents based on reinforcement learning, planning and teaching; Mnih et "
    "al. 2013, arXiv 1312.5602",
    year=1992,
    summary="What an agent has lived through is kept, and learned from in batches drawn at random. So every "
    "experience is used many times, and a batch is not a run of nearly equal moments. The oldest are overwritten when "
    "the memory is full.",
    formula="""
memory(k mod M) = (s, a, r, s', end)          the k-th transition, M places
batch = memory(i),  i from the places that are filled, each with equal probability, with repetition
s observation;  a action;  r reward;  s' what came next;  end   whether the world ended there""",
    calls={"experience_replay": "bestiary.algorithms.q_learning:Replay"},
    example="""
>>> import numpy as np
>>> memory = bestiary.part("experience_replay")(capacity=2, features=1)
>>> for number in range(3):  # the third overwrites the first
...     memory.add(np.float32([number]), 0, float(number), np.float32([number + 1]), terminal=False)
>>> len(memory), sorted(memory.draw(100).target.reward.unique().tolist())
(2, [1.0, 2.0])""",
    reference=(
        Reference("collections.deque", "tests/references/test_parts.py::test_replay_is_a_queue_drawn_from_at_random"),
    ),
    beware="Transitions are copied in, for worlds reuse their arrays. A time limit is no end of the world: what could "
    "have followed still counts.",
    introductions=(3,),
)
