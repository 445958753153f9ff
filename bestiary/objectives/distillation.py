"""Distillation: a student learns from labels and from what a teacher says of the same rows.

Sources: Hinton, Vinyals & Dean 2015, Distilling the knowledge in a neural network (soft); Touvron et al. 2021, Training
data-efficient image transformers and distillation through attention, equations 2 and 3 (both). With CE the
cross-entropy, KL the divergence from the teacher's probabilities, Zs and Zt logits of student and teacher, and t a
temperature:

    soft    (1 - share) CE(softmax(Zs), y) + share t^2 KL(softmax(Zs / t), softmax(Zt / t))
    hard    (1 - share) CE(softmax(Zs), y) + share CE(softmax(Zs), argmax Zt)

A student with a head of its own for the teacher (`by_head`) learns the first term with one head and the second with the
other; a student with one head learns both with that one.
"""

from typing import Protocol, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs


class TwoHeaded(Protocol):
    """A student with a head of its own for what the teacher says."""

    def by_head(self, *inputs: Tensor) -> tuple[Tensor, Tensor]: ...


def logits_of(student: nn.Module, batch: Batch) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K"]]:
    """What a student says where labels teach it, and where the teacher does: the same, where it has one head."""
    arguments = batch.arguments(student)
    if hasattr(student, "by_head"):
        return cast("TwoHeaded", student).by_head(*arguments)
    logits = student(*arguments)
    return logits, logits


@torch.no_grad()
def told(teacher: nn.Module, batch: Batch) -> Float[Tensor, "B K"]:
    """What a teacher says, in evaluation mode and without gradients."""
    return teacher.eval()(*batch.arguments(teacher))


class HardDistillation:
    """The teacher's most likely class is a second label.

    Args:
        teacher: of the same rows and classes.
        share: of the loss that the teacher has, from 0 to 1; one half in the paper.
        smoothing: of the person's labels; the teacher's are taken as they are.
    """

    def __init__(self, teacher: nn.Module, share: float = 0.5, smoothing: float = 0.0) -> None:
        self.teacher, self.share, self.smoothing = teacher, share, smoothing

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        labelled, taught = logits_of(network, batch)
        labels = F.cross_entropy(labelled, batch.truth, label_smoothing=self.smoothing)
        lesson = F.cross_entropy(taught, told(self.teacher, batch).argmax(-1))
        loss = (1 - self.share) * labels + self.share * lesson
        return loss, {"loss": loss.detach(), "labels": labels.detach(), "lesson": lesson.detach()}


class SoftDistillation:
    """The teacher's probabilities, flattened by a temperature, are what the student is to say.

    Args:
        teacher: of the same rows and classes.
        share: of the loss that the teacher has, from 0 to 1; 0.1 in the paper.
        temperature: t, above 0; 3 in the paper.
        smoothing: of the person's labels.
    """

    def __init__(
        self, teacher: nn.Module, share: float = 0.1, temperature: float = 3.0, smoothing: float = 0.0
    ) -> None:
        self.teacher, self.share, self.temperature, self.smoothing = teacher, share, temperature, smoothing

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        labelled, taught = logits_of(network, batch)
        labels = F.cross_entropy(labelled, batch.truth, label_smoothing=self.smoothing)
        wanted = F.log_softmax(told(self.teacher, batch) / self.temperature, -1)
        found = F.log_softmax(taught / self.temperature, -1)
        lesson = self.temperature**2 * F.kl_div(found, wanted, reduction="batchmean", log_target=True)
        loss = (1 - self.share) * labels + self.share * lesson
        return loss, {"loss": loss.detach(), "labels": labels.detach(), "lesson": lesson.detach()}
