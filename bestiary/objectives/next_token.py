"""The loss of a language model: how surprised it is by each next token."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.contracts import Batch, Logs

NOT_ASKED = 0  # the token that stands before a text and behind its end


@dataclass(frozen=True)
class NextToken:
    """Mean cross-entropy of the next token at every place of a window, in nats: with the text itself as the context
    (teacher forcing), so that all places are learned from at once.

    Targets of token 0 are not asked for.

    Example:
        >>> import torch
        >>> from bestiary.contracts import CorpusInputs
        >>> from bestiary.targets import Following
        >>> window = torch.tensor([[0, 2, 3, 0]])
        >>> batch = Batch(CorpusInputs(window[:, :-1]), Following(window[:, 1:]))
        >>> even = nn.Embedding(4, 4, _weight=torch.zeros(4, 4))
        >>> round(NextToken()(even, batch, 0)[0].exp().item(), 4)
        4.0
    """

    def __call__(self, network: nn.Module, batch: Batch, step: int) -> tuple[Tensor, Logs]:
        logits = network(*batch.arguments(network))  # [B, T, V]
        loss = F.cross_entropy(logits.flatten(0, 1), batch.truth.flatten(), ignore_index=NOT_ASKED)
        return loss, {"loss": loss.detach()}

    def weight(self, batch: Batch) -> int:
        """How many tokens it is a mean over."""
        return int((batch.truth != NOT_ASKED).sum())
