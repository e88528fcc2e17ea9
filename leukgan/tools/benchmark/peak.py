"""What the machine can do: its best rate of convolutions."""

from __future__ import annotations

import time
from functools import cache

import torch
from torch.nn import functional as F

# Input channels, output channels, height and width, kernel, stride: blocks of the study's networks at full width, which
# are the rate's fair measure, and a square one, which libraries are best at.
SHAPES = ((64, 128, 35, 5, 2), (128, 256, 19, 5, 2), (256, 512, 11, 5, 2), (256, 128, 10, 3, 1), (256, 256, 18, 3, 1))
IMAGES = {"cpu": 32, "cuda": 1024}  # a GPU needs more of them to be busy
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@cache
@torch.no_grad()
def best_convolution_rate(device: str, precision: str, attempts: int = 5) -> float:
    """GFLOP/s of the fastest convolution, the best of several attempts.

    Args:
        device: cpu or cuda.
        precision: fp32 or bf16.
        attempts: For each shape; the best counts, since others may use the machine too.
    """
    best = 0.0
    for inputs, outputs, size, kernel, stride in SHAPES:
        images = torch.randn(IMAGES[device], inputs, size, size, device=device, dtype=DTYPES[precision])
        weight = torch.randn(outputs, inputs, kernel, kernel, device=device, dtype=DTYPES[precision])
        images, weight = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (images, weight))
        gflop = 2e-9 * F.conv2d(images, weight, stride=stride).numel() * inputs * kernel**2
        best = max(best, *(gflop / seconds_of(images, weight, stride) for _ in range(attempts)))
    return best


def seconds_of(images: torch.Tensor, weight: torch.Tensor, stride: int) -> float:
    """Time of one convolution; the mean of several in a row on a GPU, which isn't to be measured by its launches."""
    calls = 10 if images.device.type == "cuda" else 1
    synchronise(images.device.type)
    start = time.perf_counter()
    for _ in range(calls):
        F.conv2d(images, weight, stride=stride)
    synchronise(images.device.type)
    return (time.perf_counter() - start) / calls


def synchronise(device: str) -> None:
    """Wait until a GPU has done all that it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
