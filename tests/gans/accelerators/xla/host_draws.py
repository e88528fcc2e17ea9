"""Random numbers that the host draws for any device, so that trainings on two devices can be compared."""

import torch

from leukgan.gans import augmentation, layers

randn, rand, keep_mask = torch.randn, torch.rand, layers.keep_mask


def draw_on_the_host() -> None:
    """Have all that a step draws come from torch's seed."""
    torch.randn = lambda *shape, device=None, **named: randn(*shape, **named).to(device)
    torch.rand = lambda *shape, device=None, **named: rand(*shape, **named).to(device)
    layers.keep_mask = lambda x, rate: keep_mask(torch.empty(x.shape), rate).to(x.device, x.dtype)
    augmentation.uniform = lambda like, low, high: low + (high - low) * rand(like.shape).to(like.device)
