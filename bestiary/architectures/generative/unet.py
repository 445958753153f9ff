"""The U-Net of denoising diffusion: one network that cleans images of every degree of noise.

Source: Ho, Jain & Abbeel 2020, "Denoising diffusion probabilistic models", arXiv 2006.11239, section 4 and appendix B,
after Ronneberger et al. 2015 (the U) and Salimans et al. 2017, PixelCNN++ (its blocks). What is notable: the step
number enters every residual block, images attend to themselves on one of the coarser levels, and each level of the way
up sees everything that the way down computed on that level.

    x -> entry -> level 0 --------------------------------> level 0 -> norm, swish, convolution -> as large as x
                     | halve                            ^ double
                  level 1 -----------------------> level 1
                     | halve                     ^ double
                      ...  ->  middle  ->  ...

What departs from it: images whose sides cannot be halved often enough are filled up with zeros at the right and the
bottom, and cut again at the end. `Double` has the weights of a 3x3 convolution of the doubled image but works on the
image itself, which takes less than half of the work (see there).
"""

import math
from collections.abc import Collection, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.errors import InputError
from bestiary.layers.attention import Attention

# B batch (#B: or one for all), C channels, D channels that go out, E width of the time embedding, H height, W width

EPS = 1e-6  # of the norms, as in the published code


class TimeEmbedding(nn.Module):
    """Step numbers as vectors: sinusoids (all sines, then all cosines), and two dense layers.

    Args:
        width: of the sinusoids, even; the embedding is four times as wide.

    Example:
        >>> TimeEmbedding(width=8)(torch.tensor([0, 999])).shape
        torch.Size([2, 32])
    """

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.width = width
        self.expand = nn.Linear(width, 4 * width)
        self.mix = nn.Linear(4 * width, 4 * width)

    def forward(self, step: Int[Tensor, "#B"]) -> Float[Tensor, "B E"]:
        places = torch.arange(self.width // 2, device=step.device) / (self.width // 2 - 1)
        angles = step[:, None] * torch.exp(-math.log(10_000) * places)
        waves = torch.cat([angles.sin(), angles.cos()], 1).to(self.mix.weight.dtype)
        return self.mix(F.silu(self.expand(waves)))


class Residual(nn.Module):
    """Norm, swish, convolution, twice; between the two the time embedding is added to every pixel."""

    def __init__(self, before: int, width: int, embedding: int, groups: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, before, EPS)
        self.convolution1 = nn.Conv2d(before, width, 3, padding=1)
        self.time = nn.Linear(embedding, width)
        self.norm2 = nn.GroupNorm(groups, width, EPS)
        self.dropout = nn.Dropout(dropout)
        self.convolution2 = nn.Conv2d(width, width, 3, padding=1)
        self.shortcut = nn.Identity() if before == width else nn.Conv2d(before, width, 1)

    def forward(self, x: Float[Tensor, "B C H W"], time: Float[Tensor, "#B E"]) -> Float[Tensor, "B D H W"]:
        hidden = self.convolution1(F.silu(self.norm1(x)))
        hidden = hidden + self.time(F.silu(time))[:, :, None, None]
        hidden = self.convolution2(self.dropout(F.silu(self.norm2(hidden))))
        return self.shortcut(x) + hidden


class PixelAttention(nn.Module):
    """Every pixel attends to all pixels; what it learns from them is added to it."""

    def __init__(self, width: int, heads: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, EPS)
        self.attention = Attention(width=width, heads=heads)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        pixels = self.norm(x).flatten(2).transpose(1, 2)  # [B, H W, C]
        return x + self.attention(pixels).transpose(1, 2).unflatten(2, x.shape[2:])


class Block(nn.Module):
    """A residual block, and attention where the level attends."""

    def __init__(self, residual: Residual, attention: nn.Module) -> None:
        super().__init__()
        self.residual, self.attention = residual, attention

    def forward(self, x: Float[Tensor, "B C H W"], time: Float[Tensor, "#B E"]) -> Float[Tensor, "B D H W"]:
        return self.attention(self.residual(x, time))


class Halve(nn.Module):
    """3x3 convolution with stride 2; a border of zeros at the right and the bottom alone, as in the published code."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: Float[Tensor, "B C H W"], time: Float[Tensor, "#B E"]) -> Float[Tensor, "B C h w"]:
        return self.convolution(F.pad(x, (0, 1, 0, 1)))


class Double(nn.Module):
    """Each pixel becomes four equal ones, which a 3x3 convolution smooths.

    Of its nine taps several fall on equal pixels, so their weights can be added beforehand: what is left is a
    transposed convolution with stride 2 whose 4x4 weights are sums over 2x2 windows of the nine, at 4/9 of the work.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(width, width, 3, padding=1)

    def written_out(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        """The same as it is read: double the image, convolve it."""
        return self.convolution(F.interpolate(x, scale_factor=2.0, mode="nearest"))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C h w"]:
        sums = F.avg_pool2d(F.pad(self.convolution.weight, (1, 1, 1, 1)), 2, stride=1, divisor_override=1)
        return F.conv_transpose2d(x, sums.flip(2, 3).transpose(0, 1), self.convolution.bias, stride=2, padding=1)


class UpLevel(nn.Module):
    """Blocks of the way up, each of which also sees one result of the way down; then the image is doubled."""

    def __init__(self, blocks: Sequence[Block], enlarge: nn.Module) -> None:
        super().__init__()
        self.blocks, self.enlarge = nn.ModuleList(blocks), enlarge

    def forward(self, x: Tensor, below: Sequence[Tensor], time: Float[Tensor, "#B E"]) -> Tensor:
        for block, skip in zip(self.blocks, below):
            x = block(torch.cat([x, skip], 1), time)
        return self.enlarge(x)


class UNet(nn.Module):
    """(noisy images, step numbers) -> images of the same shape: the noise in them, or whatever it is trained to say.

    Args:
        channels: of the images.
        widths: channels of each level, from the finest to the coarsest; every level halves the image.
        depth: residual blocks of a level on the way down; there is one more on the way up.
        attention: numbers of the levels that attend, from 0; the middle always does.
        heads: of the attention.
        groups: of the norms; must divide every width.
        patch: sides of the squares of pixels that the entry reads as one, each pixel a channel, and the exit lays out
            again (Hoogeboom et al. 2023, Simple diffusion, section 3.2): the finest level is that much smaller.
        dropout: share of units that are silenced at random in training, in [0, 1).

    Raises:
        InputError: when groups or heads do not divide the widths.

    Example:
        >>> network = UNet(channels=1, widths=(8, 16), depth=1, groups=4)
        >>> network(torch.randn(2, 1, 7, 9), torch.tensor([3, 800])).shape
        torch.Size([2, 1, 7, 9])
    """

    def __init__(
        self,
        *,
        channels: int,
        widths: Sequence[int] = (128, 256, 256, 256),
        depth: int = 2,
        attention: Collection[int] = (1,),
        heads: int = 1,
        groups: int = 32,
        patch: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        for width in widths:
            if width % groups or width % heads or width < 4:
                raise InputError(
                    f"groups and heads must divide every width, each at least 4: widths={tuple(widths)}, "
                    f"groups={groups}, heads={heads}; try groups={math.gcd(*widths)}, heads=1"
                )
        self.depth, self.patch = depth, patch
        self.multiple = patch * 2 ** (len(widths) - 1)

        def block(before: int, width: int, attends: bool) -> Block:
            residual = Residual(before, width, 4 * widths[0], groups, dropout)
            return Block(residual, PixelAttention(width, heads, groups) if attends else nn.Identity())

        self.time = TimeEmbedding(width=widths[0])
        self.entry = nn.Conv2d(channels * patch**2, widths[0], 3, padding=1)
        self.down = nn.ModuleList()
        seen = [widths[0]]  # channels of what the way down leaves for the way up
        for level, width in enumerate(widths):
            for _ in range(depth):
                self.down.append(block(seen[-1], width, level in attention))
                seen.append(width)
            if level < len(widths) - 1:
                self.down.append(Halve(width))
                seen.append(width)
        self.middle = nn.ModuleList([block(widths[-1], widths[-1], True), block(widths[-1], widths[-1], False)])
        self.up = nn.ModuleList()
        before = widths[-1]
        for level, width in reversed(list(enumerate(widths))):
            blocks = []
            for _ in range(depth + 1):
                blocks.append(block(before + seen.pop(), width, level in attention))
                before = width
            self.up.append(UpLevel(blocks, Double(width) if level else nn.Identity()))
        self.norm = nn.GroupNorm(groups, widths[0], EPS)
        self.exit = nn.Conv2d(widths[0], channels * patch**2, 3, padding=1)
        start(self)

    def forward(self, x: Float[Tensor, "B C H W"], step: Int[Tensor, "#B"]) -> Float[Tensor, "B C H W"]:
        height, width = x.shape[2:]
        time = self.time(step)
        patches = F.pixel_unshuffle(filled(x, self.multiple), self.patch)
        x = self.entry(patches.contiguous(memory_format=torch.channels_last))
        below = [x]
        for layer in self.down:
            below.append(layer(below[-1], time))
        x = below[-1]
        for block in self.middle:
            x = block(x, time)
        for level in self.up:
            x = level(x, [below.pop() for _ in range(self.depth + 1)], time)
        return F.pixel_shuffle(self.exit(F.silu(self.norm(x))), self.patch)[:, :, :height, :width]


def filled(x: Float[Tensor, "B C H W"], multiple: int) -> Float[Tensor, "B C h w"]:
    """Zeros at the right and the bottom, until both sides are multiples of a number."""
    down, right = (-side % multiple for side in x.shape[2:])
    return F.pad(x, (0, right, 0, down)) if down or right else x


def start(network: nn.Module) -> None:
    """First weights of the published code: uniform by the mean of fan-in and fan-out, biases 0.

    What ends a residual block, an attention and the network is scaled to nearly nothing, so that at first every block
    passes on what it is given.
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias) if module.bias is not None else None
    for module in network.modules():
        last = module.convolution2 if isinstance(module, Residual) else None
        last = module.attention.output if isinstance(module, PixelAttention) else last
        last = module.exit if isinstance(module, UNet) else last
        if last is not None:
            nn.init.xavier_uniform_(last.weight, gain=1e-5)
