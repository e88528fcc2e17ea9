"""Networks for few images: a generator with skip-layer excitation, a residual critic, minibatch standard deviation."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from leukgan.gans.layers import (
    LeakyDropout,
    MapNorm,
    OutputNorm,
    dense_start,
    doublings,
    initialise_like_keras,
)

NARROWEST = 32  # channels: with fewer at full size, small structures such as single red cells do not appear
SKIPPED = 3  # doublings between a map and the map whose channels it gates
GROUP = 4  # images whose spread the critic sees
FOLDED = 8  # pixels from which upsampling is part of a convolution's kernel; below, more kernels than pixels are moved


class SkipLayerGenerator(nn.Module):
    """Latents (B, Z) to images (B, 3, H, W) in [-1, 1], with two convolutions at each size.

    Channels, `width` of them at 4x4, halve with each doubling of the size, down to 32.

    Maps of small sizes gate the channels of maps eight times as large: skip-layer excitation (Liu et al., 2021,
    section 3.1), a short way for gradients, which also holds what is global over a whole image.
    """

    def __init__(self, *, image_size: int, latent_size: int, width: int, slope: float, output_norm: bool) -> None:
        super().__init__()
        channels = [width] + [max(width // 2 ** (i + 1), NARROWEST) for i in range(doublings(image_size))]
        self.start = nn.Sequential(*dense_start(latent_size, width, slope=slope))
        self.blocks = nn.ModuleList(upsampling_block(*pair, slope) for pair in pairwise(channels))
        self.gates = nn.ModuleList(
            excitation(4 * 2**i, *pair, slope)
            for i, pair in enumerate(zip(channels[:-SKIPPED], channels[SKIPPED:], strict=True))
        )
        self.image = nn.Sequential(
            nn.Conv2d(channels[-1], 3, 3, padding="same", bias=not output_norm),
            *([OutputNorm()] if output_norm else []),
            nn.Tanh(),
        )
        initialise_like_keras(self)

    def forward(self, latents: Tensor) -> Tensor:
        maps = [self.start(latents)]  # (B, C, 4, 4), then each size twice the last
        for index, block in enumerate(self.blocks, start=1):
            x = block(maps[-1])
            if index >= SKIPPED:
                x = x * self.gates[index - SKIPPED](maps[index - SKIPPED])  # (B, C, 1, 1) gates (B, C, H, W)
            maps.append(x)
        return self.image(maps[-1])


def upsampling_block(inputs: int, outputs: int, slope: float) -> nn.Sequential:
    """Maps (B, inputs, H, W) to (B, outputs, 2H, 2W) by two convolutions."""
    return nn.Sequential(
        UpsampledConvolution(inputs, outputs),
        MapNorm(outputs),
        nn.LeakyReLU(slope),
        nn.Conv2d(outputs, outputs, 3, padding="same", bias=False),
        MapNorm(outputs),
        nn.LeakyReLU(slope),
    )


class UpsampledConvolution(nn.Conv2d):
    """Maps (B, inputs, H, W) to (B, outputs, 2H, 2W): each pixel fourfold, then a 3x3 convolution without bias.

    Where maps are large, both are one transposed convolution: its 4x4 kernel adds up what meets the same pixel, with
    less than half of the products.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] < FOLDED:
            return super().forward(F.interpolate(x, scale_factor=2.0, mode="nearest"))

        rows = F.pad(self.weight, (0, 0, 0, 1)) + F.pad(self.weight, (0, 0, 1, 0))  # (outputs, inputs, 4, 3)
        kernel = F.pad(rows, (0, 1)) + F.pad(rows, (1, 0))  # (outputs, inputs, 4, 4)
        return F.conv_transpose2d(x, kernel.flip(2, 3).transpose(0, 1), stride=2, padding=1)


def excitation(size: int, inputs: int, outputs: int, slope: float) -> nn.Sequential:
    """Maps (B, inputs, size, size) to a factor in (0, 1) for each channel of a larger map, (B, outputs, 1, 1)."""
    return nn.Sequential(
        nn.AvgPool2d(size // 4),
        nn.Conv2d(inputs, outputs, 4),
        nn.LeakyReLU(slope),
        nn.Conv2d(outputs, outputs, 1),
        nn.Sigmoid(),
    )


class ResidualBlock(nn.Module):
    """Maps (B, inputs, H, W) to (B, outputs, H/2, W/2): two 3x3 convolutions beside a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int, dropout: float, slope: float) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1),
            LeakyDropout(0.0, slope),
            nn.Conv2d(outputs, outputs, 3, padding=1),
            LeakyDropout(dropout, slope),
            nn.AvgPool2d(2),
        )
        self.skip = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return (self.main(x) + self.skip(x)) / math.sqrt(2)  # the sum's variance is that of its parts


class MinibatchStd(nn.Module):
    """Features (B, F) and one more: how far the features spread in the image's group of four (Karras et al., 2018).

    A generator whose images are alike gives itself away by it. Out of training, where images are scored one by one,
    that feature is zero. Consecutive images are a group, so that real and fake ones, one after the other, never share
    one.

    Raises:
        ValueError: The batch is no multiple of four.
    """

    def forward(self, features: Tensor) -> Tensor:
        if not self.training:
            return torch.cat([features, torch.zeros_like(features[:, :1])], 1)
        if len(features) % GROUP:
            raise ValueError(f"minibatch_std compares groups of {GROUP} images, got a batch of {len(features)}")

        precise = features.to(torch.promote_types(features.dtype, torch.float32))
        groups = precise.view(-1, GROUP, features.shape[1])  # (B/4, 4, F)
        variance = (groups - groups.mean(1, keepdim=True)).square().mean(1)  # (B/4, F), faster than torch's var
        spread = (variance + 1e-8).sqrt().mean(1)  # (B/4,)
        return torch.cat([features, spread.repeat_interleave(GROUP)[:, None].to(features.dtype)], 1)  # (B, F + 1)
