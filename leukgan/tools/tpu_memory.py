"""What one core's share of a critic update has to hold: `python -m leukgan.tools.tpu_memory`.

Counted are weights, their averages, gradients and Adam's two moments (single precision), and all that autograd keeps
for the derivatives of a critic update, which keeps more than a generator's. What XLA needs besides, and what it saves
by fusing and computing anew, is not.
"""

import sys

import torch
from torch import nn

from leukgan.gans import WGANGP

MIB = 2**20


def kept_mib(gan: WGANGP, batch: int, *, half: bool) -> float:
    """What autograd keeps of one critic update on `batch` images, with convolutions in bfloat16 or not."""
    storages: dict[int, torch.Tensor] = {}

    def keep(x: torch.Tensor) -> torch.Tensor:
        storages[x.untyped_storage()._cdata] = x  # held, so that no other storage gets its address
        return x

    size = gan.hparams["image_size"]
    real, fake = torch.zeros(2, batch, 3, size, size).unbind()
    weights = {parameter.untyped_storage()._cdata for parameter in gan.parameters()}
    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x),
        torch.autocast("cpu", torch.bfloat16, enabled=half, cache_enabled=False),
    ):
        gan.critic_loss(real, fake, torch.empty(batch, 0))
    return sum(x.untyped_storage().nbytes() for key, x in storages.items() if key not in weights) / MIB


def held_mib(network: nn.Module) -> float:
    """A network's weights in single precision."""
    return sum(parameter.numel() for parameter in network.parameters()) * 4 / MIB


def main() -> None:
    """Print a line for each size of image and of batch."""
    for size in (64, 128, 256):
        for batch in (4, 32):
            gan = WGANGP(image_size=size)
            single, half = (kept_mib(gan, batch, half=half) for half in (False, True))
            fixed = 4 * (held_mib(gan.critic) + held_mib(gan.generator)) + held_mib(gan.generator)
            sys.stdout.write(
                f"{size:4} px, {batch:3} images: weights and moments {fixed:6.0f} MiB, kept for derivatives "
                f"{single:6.0f} MiB in single precision, {half:6.0f} MiB in bfloat16\n"
            )


if __name__ == "__main__":
    main()
