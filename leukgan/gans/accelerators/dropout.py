"""The random masks of dropout, drawn as each device draws them fastest."""

import torch
from torch import Tensor


def keep_mask(x: Tensor, rate: float) -> Tensor:
    """Zeros and scaled ones of the shape, memory layout and type of x; zero with probability `rate`, mean one.

    On the CPU the rate is rounded to 1/256 (0.3 becomes 77/256), since eight random bits per value come many times
    faster than one Bernoulli draw.
    """
    if x.device.type == "xla":  # which has no strides
        return torch.empty_like(x).bernoulli_(1 - rate).div_(1 - rate)

    # Drawn in the order of memory, whatever the layout.
    if x.device.type != "cpu":
        kept = x.new_empty(len(x), x[0].numel()).bernoulli_(1 - rate)
        return kept.as_strided(x.shape, x.stride()).div_(1 - rate)

    dropped = round(rate * 256)
    words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
    bits = words.view(torch.uint8)[: x.numel()].as_strided(x.shape, x.stride())
    # Compared as floats and in place: the whole mask comes about twice as fast as through booleans.
    return bits.to(x.dtype).ge_(dropped).mul_(256 / (256 - dropped))
