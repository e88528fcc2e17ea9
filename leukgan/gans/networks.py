"""The study's generator and critic for any power-of-two image size (after the Keras WGAN-GP example)."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.2  # of LeakyReLU, in both networks


def keep_mask(x: Tensor, rate: float) -> Tensor:
    """Zeros and ones of the shape, memory layout and type of x; zero with probability `rate`.

    On the CPU the rate is rounded to 1/256 (0.3 becomes 77/256), since eight random bits a value come many times
    faster than one Bernoulli draw. Returns the mask scaled so that its mean is one.
    """
    if x.device.type != "cpu":
        return torch.empty_like(x).bernoulli_(1 - rate).div_(1 - rate)
    dropped = round(rate * 256)
    words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
    bits = words.view(torch.uint8)[: x.numel()].as_strided(x.shape, x.stride())
    return (bits >= dropped).to(x.dtype).mul_(256 / (256 - dropped))


class LeakyDropout(nn.Module):
    """LeakyReLU, then dropout, as one product with a multiplier that carries no gradient.

    Values and derivatives are those of the two stock layers, but the second derivative of LeakyReLU, zero everywhere,
    is no longer a tensor of zeros that the gradient penalty carries back through all convolutions.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            mask = keep_mask(x, self.rate) if self.training and self.rate > 0 else x.new_ones(()).expand_as(x)
            # mask where x > 0, else mask * SLOPE
            multiplier = torch.ops.aten.leaky_relu_backward(mask, x, SLOPE, False)
        return x * multiplier


class SamePadConvolution(nn.Conv2d):
    """5x5 convolution of stride 2 that samples where TensorFlow's padding='same' does: (1, 2) on each axis."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, kernel_size=5, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (1, 2, 1, 2)))


class Critic(nn.Sequential):
    """Images (B, 3, H, W) in [-1, 1] to scores (B,)."""

    def __init__(self, *, image_size: int, width: int, dropout: float) -> None:
        channels = [3] + [width * min(2**i, 8) for i in range(int(math.log2(image_size)) - 2)]
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise(channels):
            blocks += [SamePadConvolution(inputs, outputs), LeakyDropout(dropout)]
        super().__init__(*blocks, nn.Flatten(), nn.Linear(channels[-1] * 4 * 4, 1), nn.Flatten(0))
        initialise_like_keras(self)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).float()  # losses are single precision, whatever the convolutions are


class Upsample(nn.Module):
    """Each pixel twice on both axes (nearest neighbour), in a form that every backend lowers well."""

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="nearest")


class Generator(nn.Sequential):
    """Latents (B, Z) to images (B, 3, H, W) in [-1, 1]."""

    def __init__(self, *, image_size: int, latent_size: int, width: int, output_norm: bool) -> None:
        doublings = int(math.log2(image_size)) - 2
        channels = [width] + [max(width // 2 ** (i + 1), width // 16) for i in range(doublings - 1)]
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise(channels):
            convolution = nn.Conv2d(inputs, outputs, 3, padding="same", bias=False)
            blocks += [Upsample(), convolution, batch_norm(nn.BatchNorm2d, outputs), nn.LeakyReLU(SLOPE)]
        super().__init__(
            nn.Linear(latent_size, width * 4 * 4, bias=False),
            batch_norm(nn.BatchNorm1d, width * 4 * 4),
            nn.LeakyReLU(SLOPE),
            nn.Unflatten(1, (width, 4, 4)),
            *blocks,
            Upsample(),
            nn.Conv2d(channels[-1], 3, 3, padding="same", bias=not output_norm),
            *([batch_norm(nn.BatchNorm2d, 3)] if output_norm else []),
            nn.Tanh(),
        )
        initialise_like_keras(self)


def batch_norm(kind: type[nn.BatchNorm1d] | type[nn.BatchNorm2d], features: int) -> nn.Module:
    """Batch normalisation with Keras' constants (its momentum 0.99 is torch's 0.01)."""
    return kind(features, eps=1e-3, momentum=0.01)


def initialise_like_keras(network: nn.Module) -> None:
    """Glorot-uniform kernels and zero biases."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
