"""The study's networks for any power-of-two image size (after the Keras WGAN-GP example and TensorFlow's DCGAN)."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from leukgan.gans.accelerators.convolution import StridedConvolution
from leukgan.gans.layers import HalfTurn, LeakyDropout, MapNorm, OutputNorm, UnitNorm, Upsample, initialise_like_keras


def to_networks(images: Tensor) -> Tensor:
    """Images (B, 3, H, W) from uint8 to float in [-1, 1], in the memory layout that convolutions like."""
    return images.to(torch.float32).div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def to_uint8(images: Tensor) -> Tensor:
    """Images (B, 3, H, W) from float in [-1, 1] to uint8."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


class Critic(nn.Module):
    """Images (B, 3, H, W) in [-1, 1] to scores (B,), high on real images.

    With classes, a score gains the product of the image's features and its class's embedding, the projection of Miyato
    and Koyama (2018).

    Attributes:
        trunk: Images to features (B, F).
        features: F.
    """

    def __init__(self, *, image_size: int, width: int, dropout: float, slope: float = 0.2, classes: int = 0) -> None:
        super().__init__()
        channels = [3] + [width * min(2**i, 8) for i in range(doublings(image_size))]
        blocks: list[nn.Module] = [HalfTurn()]
        for inputs, outputs in pairwise(channels):
            blocks += [StridedConvolution(inputs, outputs), LeakyDropout(dropout, slope)]
        self.trunk = nn.Sequential(*blocks, nn.Flatten())
        self.features = channels[-1] * 4 * 4
        self.unit = nn.Linear(self.features, 1)
        self.embedding = nn.Linear(classes, self.features, bias=False) if classes else None
        initialise_like_keras(self)

    def forward(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.score(self.trunk(images), condition)

    def score(self, features: Tensor, condition: Tensor | None = None) -> Tensor:
        """Scores (B,) from features (B, F) and, with classes, one-hot classes (B, K)."""
        scores = self.unit(features).squeeze(1)  # (B,)
        if self.embedding is not None:
            scores = scores + (self.embedding(condition) * features).sum(1)
        return scores.float()  # losses are single precision, whatever the convolutions are


class UpsamplingGenerator(nn.Sequential):
    """Latents (B, Z) to images (B, 3, H, W) in [-1, 1] by upsampling and 3x3 convolutions (Keras WGAN-GP example)."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, output_norm: bool) -> None:
        channels = [width] + [max(width // 2 ** (i + 1), width // 16) for i in range(doublings(image_size) - 1)]
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise(channels):
            convolution = nn.Conv2d(inputs, outputs, 3, padding="same", bias=False)
            blocks += [Upsample(), convolution, MapNorm(outputs), nn.LeakyReLU(0.2)]
        super().__init__(
            *dense_start(latent_size, width, slope=0.2),
            *blocks,
            Upsample(),
            nn.Conv2d(channels[-1], 3, 3, padding="same", bias=not output_norm),
            *([OutputNorm()] if output_norm else []),
            nn.Tanh(),
        )
        initialise_like_keras(self)


class TransposedGenerator(nn.Sequential):
    """Latents (B, Z) to images (B, 3, H, W) in [-1, 1] by 5x5 transposed convolutions (TensorFlow's DCGAN tutorial)."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, slope: float) -> None:
        channels = [width] + [max(width // 2 ** (i + 1), width // 16) for i in range(doublings(image_size))]
        blocks: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(pairwise(channels)):
            convolution = transposed_convolution(inputs, outputs, stride=min(index + 1, 2))
            blocks += [convolution, MapNorm(outputs), nn.LeakyReLU(slope)]
        super().__init__(
            *dense_start(latent_size, width, slope=slope),
            *blocks,
            transposed_convolution(channels[-1], 3, stride=2),
            HalfTurn(),
            nn.Tanh(),
        )
        initialise_like_keras(self)


def transposed_convolution(inputs: int, outputs: int, *, stride: int) -> nn.ConvTranspose2d:
    """5x5 transposed convolution without bias, to `stride` times the size."""
    return nn.ConvTranspose2d(inputs, outputs, 5, stride, padding=2, output_padding=stride - 1, bias=False)


def doublings(image_size: int) -> int:
    """How often 4 is doubled to reach the image size."""
    return int(math.log2(image_size)) - 2


def dense_start(latent_size: int, width: int, *, slope: float) -> list[nn.Module]:
    """The layers from latents (B, Z) to maps (B, width, 4, 4)."""
    return [
        nn.Linear(latent_size, width * 4 * 4, bias=False),
        UnitNorm(width * 4 * 4),
        nn.LeakyReLU(slope),
        nn.Unflatten(1, (width, 4, 4)),
    ]
