"""A critic on frozen features: what EfficientNet-lite0 sees at four scales, mixed at random (Sauer et al., 2021)."""

from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from leukgan.features.efficientnet_lite0 import SMALLEST_SIZE, efficientnet_lite0

# Ends of the frozen network's four parts among its layers, with the channels of their maps: strides 4, 8, 16 and 32.
PARTS = {6: 24, 8: 40, 14: 112, 19: 320}
PLACES = 4  # height and width of each scale's logits


class ProjectedCritic(nn.Module):
    """Images (B, 3, H, W) in [-1, 1] to scores (B,), the mean of 4 x 4 logits at each of four scales.

    The network and the mixing of its maps across channels and scales stay as they are; only the heads learn. With
    classes, a class weighs the logits.

    Its arguments are as of `Critic`; smaller images than 128 px are enlarged.

    Raises:
        InputError: The package with EfficientNet-lite0's weights is missing.
    """

    def __init__(self, *, image_size: int, width: int, slope: float = 0.2, classes: int = 0) -> None:
        super().__init__()
        self.size = max(image_size, SMALLEST_SIZE)
        self.features = len(PARTS) * PLACES**2  # logits: 64

        # Frozen: EfficientNet-lite0 in four parts; 1x1 convolutions mix channels, 3x3 convolutions scales.
        layers = efficientnet_lite0()
        self.parts = nn.ModuleList(layers[start:end] for start, end in pairwise([0, *PARTS]))
        self.channel_mixing = nn.ModuleList(random_convolution(channels, width, 1) for channels in PARTS.values())
        self.scale_mixing = nn.ModuleList(random_convolution(width, width, 3) for _ in PARTS)

        # Learned.
        self.heads = nn.ModuleList(head(self.size // 4 // 2**i, width, slope) for i in range(len(PARTS)))
        self.embedding = nn.Linear(classes, self.features, bias=False) if classes else None

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.trunk(images), condition)

    def trunk(self, images: Tensor) -> Tensor:
        """Logits (B, 64) of images (B, 3, H, W), sixteen of each scale."""
        x = images
        if x.shape[-1] < self.size:
            x = F.interpolate(x, size=(self.size, self.size), mode="bilinear")

        # Fine to coarse through the network, then coarse to fine through the mixing.
        maps = []
        for part, mix in zip(self.parts, self.channel_mixing, strict=True):
            x = part(x)
            maps.append(mix(x))
        logits = list[Tensor]()
        mixed = torch.zeros_like(maps[-1])
        for index in reversed(range(len(maps))):
            mixed = self.scale_mixing[index](maps[index] + mixed)
            logits.insert(0, self.heads[index](mixed).flatten(1))  # (B, 16)
            mixed = F.interpolate(mixed, scale_factor=2.0, mode="bilinear")
        return torch.cat(logits, 1)

    def score(self, features: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores (B,) from logits (B, 64) and, with classes, one-hot classes (B, K)."""
        return self.class_logits(features, condition).mean(1).float()

    def class_logits(self, logits: Tensor, condition: Tensor | None = None) -> Tensor:
        """Logits (B, 64) weighed by one-hot classes (B, K); without classes as they are."""
        return logits if self.embedding is None else (1 + self.embedding(condition)) * logits

    def train(self, mode: bool = True) -> Self:
        """Set the mode of the heads; the frozen network's batch statistics stay those of ImageNet."""
        super().train(mode)
        self.parts.eval()
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have the learned parts carry gradients, or none."""
        for learned in (self.heads, self.embedding):
            if learned is not None:
                learned.requires_grad_(requires_grad)
        return self


def random_convolution(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    """A convolution that keeps its initial weights, drawn so that the variance of maps stays about the same."""
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False).requires_grad_(False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="linear")
    return convolution


def head(size: int, width: int, slope: float) -> nn.Sequential:
    """Maps (B, width, size, size) to logits (B, 1, 4, 4), with spectral normalisation (Miyato et al., 2018)."""
    layers: list[nn.Module] = []
    while size > PLACES:
        layers += [spectral_norm(nn.Conv2d(width, width, 4, stride=2, padding=1)), nn.LeakyReLU(slope)]
        size //= 2
    layers += [spectral_norm(nn.Conv2d(width, width, 3, padding=1)), nn.LeakyReLU(slope)]
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(width, 1, 3, padding=1)))
