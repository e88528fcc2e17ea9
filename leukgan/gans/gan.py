"""When the networks of a GAN are updated; each GAN's page says what its losses are, options.py what its options do."""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from leukgan.gans import options
from leukgan.gans.accelerators import distributed
from leukgan.gans.accelerators.adapt import accelerate_step, adapt_layers, fetch_scalars
from leukgan.gans.augmentation import augment
from leukgan.gans.losses import lecam_regularisation
from leukgan.gans.networks import Critic, to_networks, to_uint8
from leukgan.gans.settings import GANSettings

Batch = Sequence[Tensor] | Sequence[tuple[Tensor, Tensor]]  # n_critic images, or images and labels
Metrics = dict[str, Tensor]


class CriticScores(NamedTuple):
    """What the critic finds in a batch of real and a batch of fake images."""

    real: Tensor  # (B,), high for images that look real
    fake: Tensor  # (B,)
    fake_features: Tensor  # (B, F)


class GAN(lightning.LightningModule, ABC):
    """A generator, a critic, and the order of their updates.

    One training step is one generator step (see `step`). A subclass names its settings, a frozen dataclass of plain
    values that is the constructor's signature and the checkpoint's hyperparameters, and defines two losses.

    A generated image's condition (B, K), its class or its codes, is the end of its latent (B, Z + K).

    Attributes:
        Settings: Dataclass of the constructor's arguments.
        name: Name by which users choose the GAN; set by `register_gan`.
        title: Name in reports.
        settings: The constructor's arguments.
        critic: Images (B, 3, H, W) in [-1, 1] to scores (B,).
        generator: Latents (B, Z + K) to images (B, 3, H, W) in [-1, 1].
        average_generator: The generator averaged over its training, which samples are drawn from.
        generator_step: Generator steps done.
        one_graph: Whether XLA compiles a generator step as one graph instead of one per update.

    Args:
        **settings: Fields of `Settings`.
    """

    Settings: ClassVar[type[GANSettings]] = GANSettings
    name: ClassVar[str] = ""
    title: ClassVar[str]

    settings: GANSettings
    critic: Critic
    generator: nn.Module
    average_scores: Tensor  # (2,), of real and of fake images
    average_updates: Tensor
    augmentation_probability: Tensor

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__signature__ = inspect.signature(cls.Settings)  # type: ignore[attr-defined]

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.settings = self.Settings(**settings)
        self.save_hyperparameters(self.settings.as_arguments())

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            self.build_networks()
        self.to(memory_format=torch.channels_last)
        self.average_generator = copy.deepcopy(self.generator).eval().requires_grad_(False)

        self.generator_step = 0
        self.one_graph = False
        self.run_step: Callable[[Batch], Metrics] | None = None
        options.register_score_ema(self, adaptive=self.settings.adaptive_target > 0)
        self.register_buffer("average_updates", torch.zeros(()))

    def build_networks(self) -> None:
        """Create the critic and the generator."""
        raise NotImplementedError

    @abstractmethod
    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        """The loss that the critic minimises, and its parts.

        Args:
            real: Images (B, 3, H, W) in [-1, 1].
            fake: Images of the same shape, without gradient.
            condition: Condition (B, K) of the fake images; a class is the real images' class too.
        """

    @abstractmethod
    def generator_loss(self, fake_scores: Tensor) -> Tensor:
        """The loss that the generator minimises, from the scores (B,) of its images."""

    def step(
        self,
        batch: Batch,
        critic_optimizer: Optimizer,
        generator_optimizer: Optimizer,
        *,
        end_update: Callable[[], None] = lambda: None,
    ) -> Metrics:
        """One generator step: a critic update on each of the n_critic real batches, then one generator update.

        Args:
            batch: n_critic batches of real images uint8 (B, 3, H, W), or of (images, labels (B,)).
            critic_optimizer: Optimiser of the critic.
            generator_optimizer: Optimiser of the generator.
            end_update: Called after each critic update, for a device that runs each on its own.

        Returns:
            Losses, their parts and gradient norms of the last critic update and the generator update, averaged over
            the processes that share the batch.
        """
        # Critic: n_critic updates, each on a fresh real batch. Drawing the fake images in training mode leaves the
        # generator's weights alone and moves its running batch statistics.
        for item in batch:
            images, labels = item if isinstance(item, list | tuple) else (item, None)
            latents = self.latents(len(images), labels)
            with torch.no_grad():
                fake = self.generator(latents)

            _, condition = self.split_latents(latents)
            loss, metrics = self.critic_loss(self.augment(to_networks(images)), self.augment(fake), condition)
            norm = descend(critic_optimizer, loss)

            metrics = distributed.all_reduce_mean({**metrics, "critic_loss": loss})
            options.update_score_ema(self.average_scores, metrics)
            end_update()
        metrics["critic_gradient_norm"] = norm

        # Generator: one update against the critic, whose weights stay fixed.
        latents = self.latents(len(images), labels)
        _, condition = self.split_latents(latents)
        self.critic.requires_grad_(False)
        features = self.critic.trunk(self.augment(self.generator(latents)))
        loss = self.generator_loss(self.critic.score(features, condition))
        loss = loss + self.generator_regularisation(features, condition)
        norm = descend(generator_optimizer, loss)
        self.critic.requires_grad_(True)
        metrics |= distributed.all_reduce_mean({"generator_loss": loss}) | {"generator_gradient_norm": norm}

        # Adaptive augmentation: more of it if the critic is too sure of its training images.
        if self.settings.adaptive_target > 0:
            images_seen = len(batch) * len(images) * distributed.world_size()
            options.update_ada_probability(
                self.augmentation_probability,
                metrics["overfitting_sign"],
                target=self.settings.adaptive_target,
                step=images_seen / self.settings.adaptive_images,
            )
            metrics["augmentation_probability"] = self.augmentation_probability.clone()

        # Average: the generator that samples are drawn from.
        self.update_average()
        return metrics

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        # Each step has its own seed, so that a continued run draws what the uninterrupted one would have drawn.
        distributed.seed_step(self.settings.seed, self.generator_step, self.device)
        if self.run_step is None:
            self.run_step = self.accelerated_step(*self.optimizers(use_pl_optimizer=False))  # type: ignore[misc]
        metrics = self.run_step(batch)
        self.generator_step += 1

        if self.generator_step % self.trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self.log_dict({f"train/{name}": value for name, value in fetch_scalars(metrics).items()})

    def score_batch(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[CriticScores, Metrics]:
        """The critic's scores from one pass over real and fake images, and the metrics that follow from them."""
        features = self.critic.trunk(torch.cat([real, fake]))
        real_scores, fake_scores = self.critic.score(features, torch.cat([condition, condition])).chunk(2)
        metrics = {
            "real_score": real_scores.mean(),
            "fake_score": fake_scores.mean(),
            "overfitting_sign": options.overfitting_sign(real_scores, self.average_scores),
        }
        return CriticScores(real_scores, fake_scores, features[len(real) :]), metrics

    def critic_regularisation(self, scores: CriticScores, condition: Tensor) -> Tensor:
        """The term that the options add to the critic's loss."""
        if self.settings.lecam_weight == 0:
            return scores.real.new_zeros(())
        return self.settings.lecam_weight * lecam_regularisation(scores.real, scores.fake, *self.average_scores)

    def generator_regularisation(self, features: Tensor, condition: Tensor) -> Tensor:
        """The term added to the generator's loss, from features (B, F) and condition (B, K) of its images."""
        return features.new_zeros(())

    def augment(self, images: Tensor) -> Tensor:
        """Images (B, 3, H, W) as the critic gets them."""
        return augment(images, self.settings.augmentation, self.augmentation_probability)

    def update_average(self) -> None:
        """Move the averaged generator towards the trained one."""
        decay, warmup = self.settings.ema_decay, self.settings.ema_warmup
        options.update_average(self.average_generator, self.generator, self.average_updates, decay, warmup)

    def critic_metrics(self, images: Tensor, labels: Tensor) -> Metrics:
        """The critic's loss and its parts on real images uint8 (B, 3, H, W), such as held-out ones; nothing learns.

        Args:
            images: Real images.
            labels: Their labels (B,), for a class-conditional GAN.
        """
        latents = self.latents(len(images), labels)
        with torch.no_grad():
            fake = copy.deepcopy(self.generator)(latents)  # a copy: drawing moves batch statistics

        _, condition = self.split_latents(latents)
        loss, metrics = self.critic_loss(self.augment(to_networks(images)), self.augment(fake), condition)
        return distributed.all_reduce_mean({"critic_loss": loss, **metrics})

    @property
    def classes(self) -> int:
        """Classes that the model tells apart: 2, or 0 if it learns one class alone."""
        return 2 if self.settings.conditional else 0

    @property
    def condition_size(self) -> int:
        """Length K of a latent's condition."""
        return self.classes

    def latents(self, count: int, labels: Tensor | int | None = None, source: torch.Generator | None = None) -> Tensor:
        """Noise and condition (count, Z + K).

        Args:
            count: Number of latents.
            labels: Labels of a class-conditional GAN's images: int64 (count,), or one label for all.
            source: Random number generator; torch's own on the module's device by default.
        """
        return torch.cat([self.noise(count, source), self.conditions(count, labels, source)], dim=1)

    def split_latents(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Noise (B, Z) and condition (B, K) of latents (B, Z + K)."""
        size = self.settings.latent_size
        return latents[:, :size], latents[:, size:]

    def noise(self, count: int, source: torch.Generator | None) -> Tensor:
        """Standard normal noise (count, Z)."""
        return torch.randn(count, self.settings.latent_size, generator=source, device=self._source_device(source))

    def conditions(self, count: int, labels: Tensor | int | None, source: torch.Generator | None) -> Tensor:
        """Conditions (count, K): the one-hot classes of the labels."""
        if self.classes == 0:
            return torch.empty(count, 0, device=self._source_device(source))
        if labels is None:
            raise ValueError("a class-conditional GAN needs the label of what it shall draw: 0 or 1")
        classes = torch.as_tensor(labels, device=self._source_device(source)).expand(count)
        return F.one_hot(classes, self.classes).float()

    def _source_device(self, source: torch.Generator | None) -> torch.device:
        return self.device if source is None else source.device

    @torch.no_grad()
    def images(self, latents: Tensor, batch_size: int = 64) -> NDArray[np.uint8]:
        """The averaged generator's images uint8 (N, 3, H, W) of latents (N, Z + K)."""
        self.average_generator.eval()  # also after a call of train()
        batches = [to_uint8(self.average_generator(part)) for part in latents.to(self.device).split(batch_size)]
        return torch.cat(batches).contiguous().cpu().numpy()

    def sample(self, count: int, seed: int = 0, *, label: int | None = None, batch_size: int = 64) -> NDArray[np.uint8]:
        """Images uint8 (count, 3, H, W) of the averaged generator; the same seed gives the same images.

        Args:
            count: Number of images.
            seed: Seed of the latents.
            label: Class of the images, for a class-conditional GAN.
            batch_size: Images drawn at once.
        """
        return self.images(self.latents(count, label, torch.Generator().manual_seed(seed)), batch_size)

    def score(self, images: Tensor, labels: Tensor) -> Tensor:
        """The critic's scores (B,) of images uint8 (B, 3, H, W), not augmented; labels (B,) count if classes do."""
        condition = F.one_hot(labels, self.classes).float() if self.classes else None
        return self.critic.score(self.critic.trunk(to_networks(images)), condition)

    def configure_optimizers(self) -> tuple[Optimizer, Optimizer]:
        settings = self.settings
        return (
            self.build_optimizer(self.critic.parameters(), settings.critic_learning_rate),
            self.build_optimizer(self.generator.parameters(), settings.generator_learning_rate),
        )

    def build_optimizer(self, parameters: Iterator[nn.Parameter], learning_rate: float) -> Optimizer:
        """The optimiser of some parameters."""
        beta1, beta2 = self.settings.betas
        common: dict[str, Any] = {
            "lr": learning_rate,
            "eps": self.settings.optimizer_epsilon,
            "capturable": self.device.type != "cpu",  # keeps its state where a graph can reach it
        }
        if self.settings.optimizer == "rmsprop":
            return torch.optim.RMSprop(parameters, alpha=beta2, **common)
        return torch.optim.Adam(parameters, betas=(beta1, beta2), **common)

    def on_fit_start(self) -> None:
        adapt_layers(self, self.device)
        self.run_step = None  # each trainer has its own optimisers

    def accelerated_step(
        self, critic_optimizer: Optimizer, generator_optimizer: Optimizer
    ) -> Callable[[Batch], Metrics]:
        """The generator step with these optimisers, as the device runs it fastest."""
        return accelerate_step(
            self.step, (critic_optimizer, generator_optimizer), self.device, one_graph=self.one_graph
        )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["gan"] = self.name
        checkpoint["generator_step"] = self.generator_step
        data: lightning.LightningDataModule | None = getattr(self._trainer, "datamodule", None)
        if type(data).__qualname__ in checkpoint:
            checkpoint["data"] = checkpoint.pop(type(data).__qualname__)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.generator_step = checkpoint["generator_step"]
        data: lightning.LightningDataModule | None = getattr(self._trainer, "datamodule", None)
        if data is not None:
            data.load_state_dict(data_state(checkpoint))


def data_state(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """The data module's state in a checkpoint; in older ones it has the name of its class."""
    state: dict[str, Any] = checkpoint["data"] if "data" in checkpoint else checkpoint["CellData"]
    return state


def descend(optimizer: Optimizer, loss: Tensor) -> Tensor:
    """Take one optimiser step down a loss, averaged over processes; the norm of the gradient."""
    optimizer.zero_grad()
    loss.backward()
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    distributed.average_gradients(gradients)
    optimizer.step()
    return nn.utils.get_total_norm(gradients)
