"""The study's networks for any power-of-two image size (after the Keras WGAN-GP example and TensorFlow's DCGAN)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from leukgan.gans.accelerators.convolution import StridedConvolution
from leukgan.gans.few_images import MinibatchStd, ResidualBlock, SkipLayerGenerator
from leukgan.gans.layers import (
    HalfTurn,
    LeakyDropout,
    MapNorm,
    OutputNorm,
    Upsample,
    dense_start,
    doublings,
    initialise_like_keras,
)


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

    `width`, `dropout` and `kind` are critic_width, critic_dropout and critic of `GANSettings`; `slope` is LeakyReLU's.
    """

    def __init__(
        self,
        *,
        image_size: int,
        width: int,
        dropout: float,
        kind: str = "strided",
        slope: float = 0.2,
        classes: int = 0,
        minibatch_std: bool = False,
    ) -> None:
        super().__init__()
        channels = [3] + [width * min(2**i, 8) for i in range(doublings(image_size))]
        spread = [MinibatchStd()] if minibatch_std else []
        self.trunk = nn.Sequential(*CRITICS[kind](channels, dropout, slope), nn.Flatten(), *spread)  # to (B, F)
        self.features = channels[-1] * 4 * 4 + len(spread)  # F
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


def strided_blocks(channels: Sequence[int], dropout: float, slope: float) -> list[nn.Module]:
    """5x5 convolutions of stride 2 (the study's critic)."""
    blocks: list[nn.Module] = [HalfTurn()]
    for inputs, outputs in pairwise(channels):
        blocks += [StridedConvolution(inputs, outputs), LeakyDropout(dropout, slope)]
    return blocks


def residual_blocks(channels: Sequence[int], dropout: float, slope: float) -> list[nn.Module]:
    """Residual blocks, each to half the size."""
    return [ResidualBlock(inputs, outputs, dropout, slope) for inputs, outputs in pairwise(channels)]


class UpsamplingGenerator(nn.Sequential):
    """Latents (B, Z) to images (B, 3, H, W) in [-1, 1] by upsampling and 3x3 convolutions (Keras WGAN-GP example)."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, slope: float, output_norm: bool) -> None:
        channels = [width] + [max(width // 2 ** (i + 1), width // 16) for i in range(doublings(image_size) - 1)]
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise(channels):
            convolution = nn.Conv2d(inputs, outputs, 3, padding="same", bias=False)
            blocks += [Upsample(), convolution, MapNorm(outputs), nn.LeakyReLU(slope)]
        super().__init__(
            *dense_start(latent_size, width, slope=slope),
            *blocks,
            Upsample(),
            nn.Conv2d(channels[-1], 3, 3, padding="same", bias=not output_norm),
            *([OutputNorm()] if output_norm else []),
            nn.Tanh(),
        )
        initialise_like_keras(self)


class TransposedGenerator(nn.Sequential):
    """Latents (B, Z) to images (B, 3, H, W) in [-1, 1] by 5x5 transposed convolutions (TensorFlow's DCGAN tutorial)."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, slope: float, output_norm: bool) -> None:
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
            *([OutputNorm()] if output_norm else []),
            nn.Tanh(),
        )
        initialise_like_keras(self)


def transposed_convolution(inputs: int, outputs: int, *, stride: int) -> nn.ConvTranspose2d:
    """5x5 transposed convolution without bias, to `stride` times the size."""
    return nn.ConvTranspose2d(inputs, outputs, 5, stride, padding=2, output_padding=stride - 1, bias=False)


# By the names that gan.critic and gan.generator take.
CRITICS = {"strided": strided_blocks, "residual": residual_blocks}
GENERATORS: dict[str, type[nn.Module]] = {
    "upsampling": UpsamplingGenerator,
    "transposed": TransposedGenerator,
    "skip_layer": SkipLayerGenerator,
}
