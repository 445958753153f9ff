"""Learning from a teacher as well as from labels."""

from typing import Protocol, cast

from torch import nn

from bestiary.algorithms.distillation import Distillation
from bestiary.contracts import Spec, device_of
from bestiary.errors import InputError
from bestiary.objectives.distillation import HardDistillation, SoftDistillation
from bestiary.objectives.supervised import CrossEntropy
from bestiary.optimisation.adamw import AdamW
from bestiary.optimisation.minimise import Minimise
from bestiary.optimisation.schedule import trapezoid
from bestiary.recipes import supervised
from bestiary.recipes.words import check

SHARES = {"hard": 0.5, "soft": 0.1}
"""How the teacher is listened to -> its share of the loss in Touvron et al. 2021."""


class Student(Protocol):
    """A network that knows what kind of teacher suits it."""

    def new_teacher(self) -> nn.Module: ...


def classifier(
    network: nn.Module,
    spec: Spec,
    *,
    rate: float = 1e-3,
    decay: float = 0.0,
    smoothing: float = 0.0,
    clip: float | None = None,
    warmup: int = 0,
    listening: str = "hard",
    share: float | None = None,
    temperature: float = 3.0,
    schooling: float = 0.3,
    teacher_rate: float = 3e-3,
    teacher: nn.Module | None = None,
) -> Distillation | supervised.Learner:
    """Labels and a teacher's answers, by gradient descent; a teacher that is not given learns first, on the same rows.

    A student that makes no teacher for itself and is given none learns from labels alone, as DeiT without a
    distillation token does in the paper.

    Args:
        network: the student, which makes a new teacher for itself (`new_teacher`) where none is given.
        spec: of the data.
        rate: learning rate of the student, on the plateau.
        decay: weight decay of matrices.
        smoothing: of labels, 0 to 1.
        clip: largest norm of the gradient, or None.
        warmup: steps until the rate is reached.
        listening: "hard" (the teacher's most likely class is a second label) or "soft" (its probabilities are learned).
        share: of the loss that the teacher has, from 0 to 1; 0.5 for hard and 0.1 for soft unless given.
        temperature: by which logits are divided, for soft.
        schooling: share of all steps that a new teacher learns for, above 0 and below 1.
        teacher_rate: learning rate of a new teacher.
        teacher: a network that has learned these classes from such rows, on the device of the student.

    Raises:
        InputError: for settings with which nothing can be learned, or words about a teacher where there is none.
    """
    check(rate=rate, decay=decay, smoothing=smoothing, clip=clip, warmup=warmup)
    check(rate=teacher_rate)
    if listening not in SHARES:
        raise InputError(f"listening must be {' or '.join(SHARES)}; received {listening!r}; try hard")
    share = SHARES[listening] if share is None else share
    if not 0 <= share <= 1:
        raise InputError(f"share must be from 0 to 1; received {share!r}; try {SHARES[listening]}")
    if not temperature > 0:
        raise InputError(f"temperature must be above 0; received {temperature!r}; try 3")
    if not 0 < schooling < 1:
        raise InputError(f"schooling must be above 0 and below 1; received {schooling!r}; try 0.3")
    if teacher is None:
        if not hasattr(network, "new_teacher"):
            if listening != "hard" or share != SHARES["hard"]:
                raise InputError(
                    f"{type(network).__name__} makes no teacher for itself; give one: teacher=NETWORK, from Python"
                )
            words = {"decay": decay, "smoothing": smoothing, "clip": clip}
            return supervised.classifier(network, spec, rate=rate, warmup=warmup, **words)
        chosen = cast("Student", network).new_teacher().to(device_of(network))
    else:
        chosen, schooling = teacher.requires_grad_(False), 0.0
    if listening == "soft":
        objective = SoftDistillation(chosen, share, temperature, smoothing)
    else:
        objective = HardDistillation(chosen, share, smoothing)
    return Distillation(
        network,
        objective,
        Minimise(AdamW(network, rate, decay), trapezoid(warmup), clip),
        teacher=chosen,
        lesson=CrossEntropy(smoothing),
        minimise_teacher=Minimise(AdamW(chosen, teacher_rate), trapezoid(0)),
        share=schooling,
    )
