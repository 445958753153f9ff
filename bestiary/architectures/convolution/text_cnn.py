"""The convolutional network for sentences: filters over three, four and five words, and of each its strongest response.

Source: Kim 2014, "Convolutional neural networks for sentence classification", arXiv 1408.5882, variant CNN-rand (word
vectors are learned from random ones). Rows of `output` whose norm exceeds 3 are scaled back to 3 after every update, as
in the paper: that is its recipe's `max_norm`. What departs from it: Adam instead of Adadelta.

A filter of h words answers at the n - h + 1 places of a sentence of n words where it lies inside the sentence, as in
the paper; a sentence shorter than h words is filled up with zero vectors to h. So padding beyond that changes nothing.
"""

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

# B batch, T words, E embedding, D filters of one window, P places of a window, K outputs


class TextCNN(nn.Module):
    """Word vectors, one convolution a window width, maximum over time, dropout, dense layer.

    Args:
        vocabulary: different tokens, padding (0) included.
        outputs: classes, or 1 for regression.
        embedding: length of a word vector.
        windows: how many words each group of filters sees.
        width: filters of each group.
        dropout: share of the maxima that are silenced at random in training, in [0, 1).

    Example:
        >>> network = TextCNN(vocabulary=100, outputs=2)
        >>> network(torch.tensor([[5, 7, 9, 11], [3, 0, 0, 0]]), torch.tensor([4, 1])).shape
        torch.Size([2, 2])
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        outputs: int,
        embedding: int = 300,
        windows: Sequence[int] = (3, 4, 5),
        width: int = 100,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, embedding, padding_idx=0)
        self.filters = nn.ModuleList(nn.Conv1d(embedding, width, window) for window in windows)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(width * len(windows), outputs)
        self.longest = max(windows)

    def forward(self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        tokens = F.pad(tokens, (0, max(0, self.longest - tokens.shape[1])))
        outside = torch.arange(tokens.shape[1], device=tokens.device) >= lengths[:, None]  # [B, T]
        words = self.words(tokens.masked_fill(outside, 0)).transpose(1, 2)  # [B, E, T], 0 outside
        maxima = [self.strongest(cast("nn.Conv1d", filters), words, lengths) for filters in self.filters]
        return self.output(self.dropout(torch.cat(maxima, 1)))  # [B, K]

    @staticmethod
    def strongest(
        filters: nn.Conv1d, words: Float[Tensor, "B E T"], lengths: Int[Tensor, " B"]
    ) -> Float[Tensor, "B D"]:
        """The largest rectified response of each filter over the places where it lies inside its sentence."""
        responses = F.relu(filters(words))  # [B, D, P]
        places = (lengths - filters.kernel_size[0] + 1).clamp(min=1)
        outside = torch.arange(responses.shape[2], device=words.device) >= places[:, None]  # [B, P]
        return responses.masked_fill(outside[:, None], 0.0).amax(2)  # 0 is no response
