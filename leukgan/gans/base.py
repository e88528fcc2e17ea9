"""When the networks of a GAN are updated; each GAN's own file says what its losses are."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from leukgan.data.images import check_image_size
from leukgan.errors import InputError
from leukgan.gans.networks import Critic, Generator

Metrics = dict[str, Tensor]

# The least that a setting can be, an int where it must be whole, and the most.
LIMITS: dict[str, tuple[float, float]] = {
    "latent_size": (1, math.inf),
    "critic_width": (1, math.inf),
    "generator_width": (16, math.inf),
    "critic_dropout": (0.0, 0.99),
    "n_critic": (1, math.inf),
    "penalty_weight": (0.0, math.inf),
    "critic_learning_rate": (0.0, math.inf),
    "generator_learning_rate": (0.0, math.inf),
    "ema_decay": (0.0, 1.0),
    "seed": (0, math.inf),
}


def to_networks(images: Tensor) -> Tensor:
    """Images (B, 3, H, W) from uint8 to float in [-1, 1], in the memory layout that convolutions like."""
    return images.to(torch.float32).div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def to_uint8(images: Tensor) -> Tensor:
    """Images (B, 3, H, W) from float in [-1, 1] to uint8."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


class GAN(lightning.LightningModule, ABC):
    """A generator, a critic, and the order of their updates.

    One training step is one generator step: a critic update on each of the batch's `n_critic` real batches, then one
    update of the generator. Each step seeds itself from the run's seed and its own number, so that a continued run
    draws what the uninterrupted one would have drawn. The critic's fake images are drawn in training mode without
    gradient: a critic update leaves the generator's weights alone and moves its running batch statistics.

    A subclass is a typed signature of plain values, which becomes the checkpoint's hyperparameters, and two losses.
    """

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.save_hyperparameters()
        settings = self.hparams
        check_settings(settings)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings["seed"])
            self.critic = Critic(
                image_size=settings["image_size"], width=settings["critic_width"], dropout=settings["critic_dropout"]
            )
            self.generator = Generator(
                image_size=settings["image_size"],
                latent_size=settings["latent_size"],
                width=settings["generator_width"],
                output_norm=settings["output_norm"],
            )
        self.to(memory_format=torch.channels_last)
        self.average_generator = copy.deepcopy(self.generator).eval().requires_grad_(False)

    @abstractmethod
    def critic_loss(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Metrics]:
        """What the critic minimises, and its parts; real and fake are (B, 3, H, W) in [-1, 1]."""

    @abstractmethod
    def generator_loss(self, fake: Tensor) -> Tensor:
        """What the generator minimises on its images (B, 3, H, W) in [-1, 1]."""

    @property
    def generator_step(self) -> int:
        """Generator steps done (Lightning counts every optimiser step)."""
        return self.trainer.global_step // (self.hparams["n_critic"] + 1)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> None:
        torch.manual_seed(int(np.random.SeedSequence((self.hparams["seed"], self.generator_step)).generate_state(1)[0]))
        critic_optimizer, generator_optimizer = self.optimizers()  # type: ignore[attr-defined]
        for images in batch:
            real = to_networks(images)
            with torch.no_grad():
                fake = self.generator(self.latents(len(real)))
            critic_loss, metrics = self.critic_loss(real, fake)
            self.update(critic_optimizer, critic_loss)
        generator_loss = self.generator_loss(self.generator(self.latents(len(batch[0]))))
        self.update(generator_optimizer, generator_loss)
        self.update_average()
        if self.generator_step % self.trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self.log_dict({f"train/{name}": value.detach() for name, value in metrics.items()})
            self.log_dict({"train/critic_loss": critic_loss.detach(), "train/generator_loss": generator_loss.detach()})

    def update(self, optimizer: Optimizer | LightningOptimizer, loss: Tensor) -> None:
        """One step of one optimiser down one loss."""
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()

    def update_average(self) -> None:
        """Move the averaged generator, batch statistics included, towards the trained one."""
        for average, current in zip(tensors(self.average_generator), tensors(self.generator), strict=True):
            average.lerp_(current.detach(), 1 - self.hparams["ema_decay"])

    def latents(self, count: int) -> Tensor:
        """Standard normal latents (count, Z) on the module's device."""
        return torch.randn(count, self.hparams["latent_size"], device=self.device)

    @torch.no_grad()
    def sample(self, count: int, seed: int, batch_size: int = 64) -> NDArray[np.uint8]:
        """Images uint8 (count, 3, H, W) of the averaged generator; the same seed gives the same images."""
        self.average_generator.eval()  # also after a call of train()
        source = torch.Generator().manual_seed(seed)
        latents = torch.randn(count, self.hparams["latent_size"], generator=source).to(self.device)
        batches = [to_uint8(self.average_generator(part)) for part in latents.split(batch_size)]
        return torch.cat(batches).contiguous().cpu().numpy()

    def adam(self, network: nn.Module, learning_rate: float, betas: tuple[float, float], epsilon: float) -> Optimizer:
        """Adam for one of the networks."""
        return torch.optim.Adam(network.parameters(), lr=learning_rate, betas=betas, eps=epsilon)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["generator_step"] = self.generator_step


def tensors(network: nn.Module) -> Iterator[Tensor]:
    """The floating-point parameters and buffers of a network."""
    return (t for t in chain(network.parameters(), network.buffers()) if t.is_floating_point())


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse values that no training can have."""
    check_image_size(settings["image_size"])
    for name, (least, most) in LIMITS.items():
        value = settings.get(name, least)
        if isinstance(least, int) and not isinstance(value, int):
            raise InputError(f"gan.{name} must be a whole number, got {value}.")
        if not least <= value <= most:
            bound = f"at least {least}" if most == math.inf else f"from {least} to {most}"
            raise InputError(f"gan.{name} must be {bound}, got {value}.")
