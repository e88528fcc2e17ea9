"""A generator step as a function without arguments, and the least work that it takes."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from leukgan.gans import GAN
from leukgan.gans.accelerators.adapt import accelerate_step
from leukgan.gans.gan import Batch

WORKING = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def random_batch(gan: GAN, batch_size: int) -> Batch:
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
    run = accelerate_step(gan.step, gan.configure_optimizers(), gan.device, one_graph=gan.one_graph)

    def step() -> object:
        with torch.autocast(gan.device.type, torch.bfloat16, enabled=precision == "bf16", cache_enabled=False):
            return run(batch)

    return step


def needed_flops(gan: GAN, batch_size: int) -> int:
    """Floating-point operations of convolutions and linear layers in one generator step, derivatives included.

    A multiplication and an addition are two. Each derivative of a layer, by its input and by its weight, is as much
    work as the layer. What is not needed does not count: derivatives by images and latents, but for the penalty's, and
    the critic's weight gradients when the generator learns. Heads that predict codes are too small to count.
    """
    critic, generator = layer_flops(gan)
    real_and_fake = 2 * (3 * sum(critic) - critic[0])  # each forward and two derivatives

    # Forward, back to the mixed images, and through that way again: forward with the derivative of the norm, and the
    # weights. The last layer gives the score, whose own derivative is one and has none.
    penalty = 4 * sum(critic) - critic[-1] if gan.hparams.get("penalty_weight") else 0

    critic_update = sum(generator) + real_and_fake + penalty
    generator_update = 3 * sum(generator) - generator[0] + 2 * sum(critic)
    if gan.hparams["reuse_fakes"]:
        generator_update -= sum(generator)
    return batch_size * (gan.hparams["n_critic"] * critic_update + generator_update)


def layer_flops(gan: GAN) -> tuple[list[int], list[int]]:
    """Operations of each of the critic's and the generator's layers, forward, for one image."""
    watched = copy.deepcopy(gan).cpu()
    flops: dict[nn.Module, int] = {}

    def note(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        # Each weight is used once for each place: of the output, or of the input where that is spread out.
        places = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        flops[layer] = 2 * layer.weight.numel() * places[0, 0].numel()  # type: ignore[operator]

    for layer in watched.modules():
        if isinstance(layer, WORKING):
            layer.register_forward_hook(note)
    watched.step(random_batch(watched, 2), *watched.configure_optimizers())

    networks: tuple[nn.Module, nn.Module] = (watched.critic, watched.generator)
    critic, generator = ([flops[layer] for layer in network.modules() if layer in flops] for network in networks)
    return critic, generator
