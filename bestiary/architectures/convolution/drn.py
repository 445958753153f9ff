"""The deep residual network in a common hand-written form: three stages of two blocks, every convolution with a bias.

Source: He, Zhang, Ren, Sun 2015, "Deep residual learning for image recognition", arXiv 1512.03385. What departs from
it: convolutions keep a bias although a batch norm follows, the projection of a shortcut has no batch norm, and there
are three stages. Weights of a ResNet do not fit.
"""

from collections.abc import Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

# B batch, C channels that come in, D channels that go out, H height, W width, K outputs


class BiasedBlock(nn.Module):
    """y = max(0, F(x) + shortcut(x)) with biased convolutions and a projection without batch norm.

    Args:
        before: channels that come in.
        width: channels that go out.
        stride: 2 halves the image.
    """

    def __init__(self, *, before: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, width, 3, stride, padding=1)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.second_norm = nn.BatchNorm2d(width)
        same = before == width and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(before, width, 1, stride)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D h w"]:
        y = F.relu(self.first_norm(self.first(x)), inplace=True)
        y = self.second_norm(self.second(y))
        return F.relu(y + self.shortcut(x), inplace=True)


class DRN(nn.Module):
    """Stem for photographs, stages of biased blocks, mean over pixels, dense layer.

    Args:
        channels: of the image.
        outputs: classes, or 1 for regression.
        widths: channels that each stage puts out; each stage but the first halves the image.
        depth: blocks of each stage.

    Example:
        >>> import torch
        >>> DRN(channels=3, outputs=10, widths=(8, 16, 32))(torch.randn(1, 3, 224, 224)).shape
        torch.Size([1, 10])
    """

    def __init__(self, *, channels: int, outputs: int, widths: Sequence[int] = (64, 128, 256), depth: int = 2) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, widths[0], 7, 2, padding=3)
        self.norm = nn.BatchNorm2d(widths[0])
        self.blocks = nn.Sequential()
        for stage, (before, width) in enumerate(pairwise((widths[0], *widths))):
            self.blocks.append(BiasedBlock(before=before, width=width, stride=2 if stage else 1))
            self.blocks.extend(BiasedBlock(before=width, width=width) for _ in range(depth - 1))
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        x = F.relu(self.norm(self.stem(pixels)), inplace=True)  # [B, widths[0], H/2, W/2]
        x = self.blocks(F.max_pool2d(x, 3, 2, padding=1))  # [B, widths[-1], H/16, W/16]
        return self.output(x.mean((2, 3)))  # [B, K]
