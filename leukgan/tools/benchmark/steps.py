"""A generator step as a function without arguments, ready to be timed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from leukgan.gans import GAN, WGANGP
from leukgan.gans.gan import Batch
from leukgan.tools.benchmark.plain import PlainWGANGP


def batch_of(gan: GAN, batch_size: int) -> Batch:
    """What one generator step takes: n_critic batches of random pixels (B, 3, H, W), with labels where they count."""
    size, device = gan.hparams["image_size"], gan.device
    images = [
        torch.randint(256, (batch_size, 3, size, size), dtype=torch.uint8, device=device)
        for _ in range(gan.hparams["n_critic"])
    ]
    if not gan.hparams.get("conditional"):
        return images
    labels = torch.arange(batch_size, device=device) % 2
    return [(part, labels) for part in images]


def our_step(gan: GAN, batch: Batch, precision: str) -> Callable[[], object]:
    """The step of a GAN as training runs it, with optimisers of its own; bf16 is mixed precision."""
    critic_optimizer, generator_optimizer = gan.configure_optimizers()
    run = gan.accelerated_step(critic_optimizer, generator_optimizer)

    def step() -> object:
        with torch.autocast(gan.device.type, torch.bfloat16, enabled=precision == "bf16", cache_enabled=False):
            return run(batch)

    return step


def plain_step(gan: WGANGP, batch: list[Tensor]) -> Callable[[], object]:
    """The plain step of the same training, always in fp32."""
    plain = PlainWGANGP(gan)
    return lambda: plain.step(batch)
