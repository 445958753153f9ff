"""fastText: the mean of the vectors of a text's words and of its runs of two words, and one linear layer.

Sources: Joulin, Grave, Bojanowski, Mikolov 2017, "Bag of tricks for efficient text classification", arXiv 1607.01759;
Weinberger et al. 2009, "Feature hashing for large scale multitask learning". There are far too many runs of words to
keep a vector for each, so each run has a number, and its vector stands in the bucket that this number falls into;
different runs may share one. With w the tokens of a run, p a large prime and V the vocabulary,

    bucket(w_1 ... w_n)  =  V + (p (p w_1 + w_2) + ... + w_n)  mod  buckets

Departs from the paper: the softmax is plain rather than hierarchical; Adam stands for a linearly decaying rate; the
last layer begins as torch's do, rather than from zeros. Tokens are those of the data's tokenizer, most of them words
and parts of words, which take the place of character n-grams.
"""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.pooling import inside

# B batch, T tokens, D width, K outputs

PRIME = 116_049_371
"""What the number of a run is multiplied by before the next token is added, as in the authors' code."""


class FastText(nn.Module):
    """Vectors of tokens and of hashed runs, their mean, linear layer.

    Args:
        vocabulary: different tokens, padding (0) included.
        outputs: classes, or 1 for regression.
        width: of a vector.
        runs: tokens of the longest runs; 1 for tokens alone.
        buckets: vectors that all runs share.

    Example:
        >>> import torch
        >>> network = FastText(vocabulary=100, outputs=2)
        >>> network(torch.tensor([[5, 7, 9, 11], [3, 0, 0, 0]]), torch.tensor([4, 1])).shape
        torch.Size([2, 2])
    """

    def __init__(
        self, *, vocabulary: int, outputs: int, width: int = 10, runs: int = 2, buckets: int = 100_000
    ) -> None:
        super().__init__()
        self.vocabulary, self.runs, self.buckets = vocabulary, runs, buckets
        self.vectors = nn.Embedding(vocabulary + buckets * (runs > 1), width)
        self.output = nn.Linear(width, outputs, bias=False)
        nn.init.uniform_(self.vectors.weight, -1 / width, 1 / width)

    def forward(self, tokens: Int[Tensor, "B T"], lengths: Int[Tensor, " B"]) -> Float[Tensor, "B K"]:
        rows, counts = tokens, inside(lengths, tokens.shape[1])
        total = (self.vectors(rows) * counts[:, :, None]).sum(1)  # [B, D]
        number = counts.sum(1)
        for size in range(2, self.runs + 1):
            rows = self.longer(rows, tokens, size)
            counts = inside(lengths - size + 1, tokens.shape[1])  # a run lies inside its text
            total = total + (self.vectors(self.vocabulary + rows) * counts[:, :, None]).sum(1)
            number = number + counts.sum(1)
        return self.output(total / number.clamp(min=1)[:, None])  # [B, K]

    def longer(self, shorter: Int[Tensor, "B T"], tokens: Int[Tensor, "B T"], size: int) -> Int[Tensor, "B T"]:
        """The bucket of the run of `size` tokens that begins at each place, from that of the run without its last."""
        following = F.pad(tokens, (0, size - 1))[:, size - 1 :]
        return (shorter * PRIME + following) % self.buckets
