"""When the networks of a GAN are updated; each GAN's own file says what its losses are."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from leukgan.data.split import derive_seed
from leukgan.gans.accelerators import distributed, xla
from leukgan.gans.accelerators.cuda_graph import GraphedStep
from leukgan.gans.critic_scores import Judge, Metrics
from leukgan.gans.networks import Critic, UpsamplingGenerator
from leukgan.gans.pixels import to_networks
from leukgan.gans.settings import check_settings

Batch = Sequence[Tensor] | Sequence[tuple[Tensor, Tensor]]  # n_critic images, or images and labels


class GAN(Judge, ABC):
    """A generator, a critic, and the order of their updates.

    One training step is one generator step: a critic update on each of the batch's `n_critic` real batches, then one
    update of the generator. Each step seeds itself from the run's seed and its own number, so that a continued run
    draws what the uninterrupted one would have drawn. The critic's fake images are drawn in training mode without
    gradient: a critic update leaves the generator's weights alone and moves its running batch statistics.

    A subclass is a typed signature of plain values, which becomes the checkpoint's hyperparameters, and two losses.

    Args:
        image_size: Height and width of the images: 32, 64, 128 or 256.
        latent_size: Length of the generator's noise.
        critic_width: Channels of the critic's first block; they double up to eight times this.
        generator_width: Channels of the generator's first block; they halve down to a sixteenth of this.
        critic_dropout: Share of activations dropped after each block of the critic.
        n_critic: Critic updates, each on a fresh real batch, for one update of the generator.
        optimizer: adam or rmsprop.
        critic_learning_rate: Of the critic's optimiser.
        generator_learning_rate: Of the generator's optimiser.
        betas: Adam's decay rates, both networks; RMSprop's smoothing is the second.
        optimizer_epsilon: Of the optimiser (1e-7 is Keras' value).
        ema_decay: Decay, for each generator step, of the averaged generator that samples are taken from.
        ema_warmup: Whether that decay starts low: at most (1 + t) / (10 + t) in step t.
        augmentation: Of translation, cutout and colour: how the critic's images are changed, real and fake alike.
        adaptive_target: Where the share of overfitting is steered to by the probability of augmentation (Karras et
            al., 2020, use 0.6); 0 augments every image.
        adaptive_images: Real images in which that probability can go from 0 to 1.
        lecam_weight: Weight of the LeCam regularisation of scores.
        conditional: Whether one model learns both classes, for GANs without codes.
        seed: Of the initial weights and of all that training draws.
    """

    average_updates: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.save_hyperparameters()
        check_settings(self.hparams)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.hparams["seed"])
            self.make_networks()
        self.to(memory_format=torch.channels_last)
        self.average_generator = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.generator_step = 0  # generator steps done
        self.one_graph = False  # whether XLA makes a generator step one graph, not one of each update
        self.run_step: Callable[[Batch], Metrics] | None = None
        self.begin_memory()
        self.register_buffer("average_updates", torch.zeros(()))

    @abstractmethod
    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        """What the critic minimises, and its parts.

        Args:
            real: Images (B, 3, H, W) in [-1, 1].
            fake: Images of the same shape, without gradient.
            condition: Of the fake images, and, where it is their class, of the real ones too: (B, K).
        """

    @abstractmethod
    def generator_loss(self, fake_scores: Tensor) -> Tensor:
        """What the generator minimises, from the scores (B,) of its images."""

    def make_networks(self) -> None:
        """Make the critic and the generator."""
        settings = self.hparams
        self.critic = Critic(
            image_size=settings["image_size"],
            width=settings["critic_width"],
            dropout=settings["critic_dropout"],
            classes=self.classes,
        )
        self.generator: nn.Module = UpsamplingGenerator(
            image_size=settings["image_size"],
            latent_size=settings["latent_size"] + self.condition_size,
            width=settings["generator_width"],
            output_norm=settings["output_norm"],
        )

    def configure_optimizers(self) -> tuple[Optimizer, Optimizer]:
        return (
            self.optimizer_of(self.critic.parameters(), self.hparams["critic_learning_rate"]),
            self.optimizer_of(self.generator.parameters(), self.hparams["generator_learning_rate"]),
        )

    def optimizer_of(self, parameters: Iterator[nn.Parameter], learning_rate: float) -> Optimizer:
        """The optimiser of some parameters."""
        betas, epsilon = tuple(self.hparams["betas"]), self.hparams["optimizer_epsilon"]
        capturable = self.device.type != "cpu"  # keeps its state where a graph can reach it
        if self.hparams["optimizer"] == "rmsprop":
            return torch.optim.RMSprop(parameters, lr=learning_rate, alpha=betas[1], eps=epsilon, capturable=capturable)
        return torch.optim.Adam(parameters, lr=learning_rate, betas=betas, eps=epsilon, capturable=capturable)

    def on_fit_start(self) -> None:
        self.run_step = None  # each trainer has optimisers of its own

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        distributed.seed(derive_seed(self.hparams["seed"], self.generator_step), self.device)
        if self.run_step is None:
            self.run_step = self.runner(*self.optimizers(use_pl_optimizer=False))  # type: ignore[misc]
        metrics = self.run_step(batch)
        self.generator_step += 1
        if self.generator_step % self.trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self.log_dict({f"train/{name}": value for name, value in xla.on_host(metrics).items()})

    def runner(self, critic_optimizer: Optimizer, generator_optimizer: Optimizer) -> Callable[[Batch], Metrics]:
        """The generator step with these optimisers, on a GPU as a graph.

        Not where several GPUs share it: messages between processes in a graph have not been tried.
        """
        step = partial(self.step, critic_optimizer=critic_optimizer, generator_optimizer=generator_optimizer)
        if self.device.type == "xla":
            return xla.recorded(step, (critic_optimizer, generator_optimizer), whole=self.one_graph)
        return GraphedStep(step) if self.device.type == "cuda" and distributed.world_size() == 1 else step

    def step(self, batch: Batch, critic_optimizer: Optimizer, generator_optimizer: Optimizer) -> Metrics:
        """One generator step on n_critic batches of real images uint8 (B, 3, H, W), or of (images, labels (B,)).

        Returns:
            The last critic update's and the generator update's losses and their parts, as tensors: those of the whole
            batch, where several processes share it.
        """
        for item in batch:
            images, labels = item if isinstance(item, list | tuple) else (item, None)
            latents = self.latents(len(images), labels)
            with torch.no_grad():
                fake = self.generator(latents)
            loss, metrics = self.critic_loss(
                self.augment(to_networks(images)), self.augment(fake), self.condition_of(latents)
            )
            norm = update(critic_optimizer, loss)
            metrics = distributed.means({**metrics, "critic_loss": loss})
            self.remember_scores(metrics)
            if self.device.type == "xla" and not self.one_graph:
                xla.end_graph()
        metrics["critic_gradient_norm"] = norm
        latents = self.latents(len(images), labels)
        condition = self.condition_of(latents)
        self.critic.requires_grad_(False)
        features = self.critic.trunk(self.augment(self.generator(latents)))
        loss = self.generator_loss(self.critic.score(features, condition))
        loss = loss + self.generator_regularisation(features, condition)
        norm = update(generator_optimizer, loss)
        metrics |= distributed.means({"generator_loss": loss}) | {"generator_gradient_norm": norm}
        self.critic.requires_grad_(True)
        self.steer_augmentation(metrics, images=len(batch) * len(images) * distributed.world_size())
        self.update_average()
        return metrics

    def measure(self, images: Tensor, labels: Tensor) -> Metrics:
        """The critic's loss and its parts on real images uint8 (B, 3, H, W), which nothing learns from.

        Args:
            images: Real images, held out for example.
            labels: Their labels (B,), for a class-conditional GAN.
        """
        latents = self.latents(len(images), labels)
        with torch.no_grad():
            fake = copy.deepcopy(self.generator)(latents)  # a copy: drawing moves batch statistics
        loss, metrics = self.critic_loss(
            self.augment(to_networks(images)), self.augment(fake), self.condition_of(latents)
        )
        return distributed.means({"critic_loss": loss, **metrics})

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the averaged generator, batch statistics included, towards the trained one."""
        weight = torch.full_like(self.average_updates, 1 - self.hparams["ema_decay"])
        if self.hparams["ema_warmup"]:
            weight = torch.maximum(weight, 9 / (10 + self.average_updates))
        for average, current in zip(tensors(self.average_generator), tensors(self.generator), strict=True):
            average.lerp_(current, weight)
        self.average_updates.add_(1)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["gan"] = type(self).__name__
        checkpoint["generator_step"] = self.generator_step

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.generator_step = checkpoint["generator_step"]


def update(optimizer: Optimizer, loss: Tensor) -> Tensor:
    """One step of one optimiser down one loss, its mean over processes; gives the norm of the gradient."""
    optimizer.zero_grad()
    loss.backward()
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    distributed.average(gradients)
    optimizer.step()
    return nn.utils.get_total_norm(gradients)


def tensors(network: nn.Module) -> Iterator[Tensor]:
    """The floating-point parameters and buffers of a network."""
    return (t for t in chain(network.parameters(), network.buffers()) if t.is_floating_point())
