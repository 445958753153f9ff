"""LeNet-5 as it is built today: two convolutions, two poolings, three dense layers, made to read handwritten digits.

Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", Proceedings of
the IEEE 86(11). Layers have the paper's names and sizes. What departs from it, as in most code that bears the name:
images of 28x28 are padded by 2 in C1 (the paper pads its digits to 32x32 beforehand), C3 sees all maps of S2,
subsampling is max pooling without weights, units are rectified, and the output is a dense layer. `lenet_original.py`
has the paper's.

    28x28 -> C1 6@28x28 -> S2 6@14x14 -> C3 16@10x10 -> S4 16@5x5 -> C5 120 -> F6 84 -> outputs
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bestiary.layers.resize import Resize
from bestiary.weights.maps import NameMap, same

# B batch, C channels, H height, W width, K outputs

PUBLISHED = (
    NameMap(
        "pytorch",
        "the network of PyTorch's tutorial on image classifiers",
        ("LeNet5",),
        (
            same("c1.{*}", "conv1.{*}"),
            same("c3.{*}", "conv2.{*}"),
            same("c5.{*}", "fc1.{*}"),
            same("f6.{*}", "fc2.{*}"),
            same("output.{*}", "fc3.{*}"),
        ),
    ),
)


class LeNet5(nn.Module):
    """The modern LeNet-5: 61,706 parameters for grey 28x28 images and ten classes.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels, each at least 12.
        outputs: classes, or 1 for regression.

    Raises:
        ValueError: when the image is too small.

    Example:
        >>> import torch
        >>> LeNet5(channels=1, image_size=(28, 28), outputs=10)(torch.randn(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], outputs: int) -> None:
        super().__init__()
        height, width = ((side // 2 - 4) // 2 for side in image_size)
        if min(height, width) < 1:
            raise ValueError(
                f"image_size must be at least 12x12; received {image_size[0]}x{image_size[1]}; "
                "use ResizedLeNet5 for smaller images"
            )
        self.c1 = nn.Conv2d(channels, 6, 5, padding=2)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c5 = nn.Linear(16 * height * width, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        s2 = F.max_pool2d(F.relu(self.c1(pixels)), 2)  # [B, 6, H/2, W/2]
        s4 = F.max_pool2d(F.relu(self.c3(s2)), 2)  # [B, 16, (H/2 - 4)/2, (W/2 - 4)/2]
        c5 = F.relu(self.c5(s4.flatten(1)))  # [B, 120]
        f6 = F.relu(self.f6(c5))  # [B, 84]
        return self.output(f6)  # [B, K]


class ResizedLeNet5(nn.Module):
    """The modern LeNet-5 behind a bilinear resizing to its own 28x28, for images of any size.

    Args:
        channels: of the image.
        image_size: (height, width) in pixels.
        outputs: classes, or 1 for regression.
    """

    def __init__(self, *, channels: int, image_size: tuple[int, int], outputs: int) -> None:
        super().__init__()
        self.resize = Resize(before=image_size, after=(28, 28))
        self.network = LeNet5(channels=channels, image_size=(28, 28), outputs=outputs)

    def forward(self, pixels: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K"]:
        return self.network(self.resize(pixels))
