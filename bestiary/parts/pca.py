"""Principal component analysis (Pearson 1901, On lines and planes of closest fit), as the autoencoder that it is.

A linear autoencoder with a narrow code can do no better than to project rows onto the directions in which they vary
most (Baldi & Hornik 1989, Neural networks and principal component analysis): its least error is what PCA has at once.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

# B rows, F features, Z numbers in a code


class PrincipalComponents(nn.Module):
    """Encoder and decoder with one matrix, whose rows are orthogonal; fitted, not trained.

    Args:
        features: numbers in a row.
        code: components that are kept.

    Example:
        >>> network = PrincipalComponents(features=2, code=1).fit(torch.tensor([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]))
        >>> network(torch.tensor([[3.0, 1.0]])).round(decimals=4)
        tensor([[2., 2.]])
    """

    def __init__(self, *, features: int, code: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(features), requires_grad=False)
        self.components = nn.Parameter(torch.eye(code, features), requires_grad=False)

    def fit(self, rows: Float[Tensor, "B F"]) -> "PrincipalComponents":
        """Takes the mean of rows, and the eigenvectors of their covariance that have the greatest eigenvalues.

        The sign of a component is that which makes its greatest number positive.
        """
        self.mean.copy_(rows.mean(0))
        apart = rows - self.mean
        _, vectors = torch.linalg.eigh(apart.T @ apart)  # rising eigenvalues
        chosen = vectors.T.flip(0)[: len(self.components)]
        greatest = chosen.gather(1, chosen.abs().argmax(1, keepdim=True))
        self.components.copy_(chosen * greatest.sign())
        return self

    def encode(self, rows: Float[Tensor, "B F"]) -> Float[Tensor, "B Z"]:
        """How far each row lies along each component."""
        return (rows - self.mean) @ self.components.T

    def decode(self, code: Float[Tensor, "B Z"]) -> Float[Tensor, "B F"]:
        """The row that a code stands for."""
        return code @ self.components + self.mean

    def forward(self, rows: Float[Tensor, "B F"]) -> Float[Tensor, "B F"]:
        return self.decode(self.encode(rows))
