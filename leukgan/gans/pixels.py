"""Images at rest and images inside the networks."""

from __future__ import annotations

import torch
from torch import Tensor


def to_networks(images: Tensor) -> Tensor:
    """Images (B, 3, H, W) from uint8 to float in [-1, 1], in the memory layout that convolutions like."""
    return images.to(torch.float32).div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def to_uint8(images: Tensor) -> Tensor:
    """Images (B, 3, H, W) from float in [-1, 1] to uint8."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
