"""When the networks of a GAN are updated; each GAN's page says what its losses are, options.py what its options do."""

import copy
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from leukgan.data.batches import StepBatches
from leukgan.data.datamodule import CellData
from leukgan.gans import options
from leukgan.gans.accelerators import distributed
from leukgan.gans.accelerators.adapt import accelerate_step, adapt_layers, fetch_scalars
from leukgan.gans.augmentation import augment
from leukgan.gans.checkpoints import (
    count_steps_of_before,
    images_behind,
    load_networks,
    name_data_state,
    restore_data_state,
)
from leukgan.gans.kid import ValidatedGAN
from leukgan.gans.losses import lecam_regularisation
from leukgan.gans.networks import to_networks
from leukgan.gans.optimizers import build_optimizer, decay_learning_rates, remaining_share
from leukgan.gans.trainer_arguments import prepare_trainer

Batch = Sequence[Tensor] | Sequence[tuple[Tensor, Tensor]]  # n_critic images, or images and labels
Metrics = dict[str, Tensor]


class CriticScores(NamedTuple):
    """What the critic finds in a batch of real and a batch of fake images."""

    real: Tensor  # (B,), high for images that look real
    fake: Tensor  # (B,)
    real_features: Tensor  # (B, F)
    fake_features: Tensor  # (B, F)


class GAN(ValidatedGAN):
    """A critic, a generator, and the order of their updates: one training step is one generator step (see `step`).

    A subclass names its `Settings` and defines two losses.
    """

    penalty_metrics: ClassVar[tuple[str, ...]] = ()  # of the critic, which only steps with a gradient penalty have
    average_scores: Tensor  # (2,), of real and of fake images
    average_updates: Tensor
    augmentation_probability: Tensor

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.automatic_optimization = False
        self.generator_step = 0  # steps done
        self.seen_before: list[str] = []  # SHA-256 of the images that the GAN of `start_from` was trained on
        self.penalised = True  # whether the critic's loss has its gradient penalty in this step
        self.one_graph = False  # whether XLA compiles a generator step as one graph instead of one per update
        self.run_steps: dict[bool, Callable[[Batch], Metrics]] = {}
        self.randomness = distributed.OwnRandomness()

        # Adaptive augmentation starts with none; otherwise every image is augmented.
        self.register_buffer("augmentation_probability", torch.tensor(float(self.settings.adaptive_target == 0)))
        self.register_buffer("average_scores", torch.zeros(2))
        self.register_buffer("average_updates", torch.zeros(()))

    @abstractmethod
    def critic_loss(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Tensor, Metrics]:
        """The loss that the critic minimises, and its metrics: those of `score_batch`, and its parts.

        Args:
            real: Images (B, 3, H, W) in [-1, 1].
            fake: Images of the same shape, without gradient.
            condition: Condition (B, K) of the fake images; a class is the real images' class too.
        """

    @abstractmethod
    def generator_loss(self, fake_scores: Tensor, score_real: Callable[[], Tensor]) -> Tensor:
        """The loss that the generator minimises.

        Args:
            fake_scores: Scores (B,) of its images.
            score_real: Computes the scores (B,) of real images, paired with its own, for a loss that compares them.
        """

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
        settings = self.settings

        # Critic: n_critic updates, each on a fresh real batch. Drawing the fake images in training mode leaves the
        # generator's weights alone and moves its running batch statistics.
        for item in batch:
            images, labels = item if isinstance(item, list | tuple) else (item, None)
            latents = self.latents(len(images), labels)
            _, condition = self.split_latents(latents)
            with torch.set_grad_enabled(settings.reuse_fakes):
                fake = self.generator(latents)

            loss, metrics = self.critic_loss(self.augment(to_networks(images)), self.augment(fake.detach()), condition)
            norm = descend(critic_optimizer, loss)

            metrics = distributed.all_reduce_mean({**metrics, "critic_loss": loss})
            options.update_score_ema(self.average_scores, metrics)
            end_update()
        metrics["critic_gradient_norm"] = norm

        # Generator: one update against the critic, whose weights stay fixed, on fresh images or the critic's last ones.
        if not settings.reuse_fakes:
            latents = self.latents(len(images), labels)
            _, condition = self.split_latents(latents)
            fake = self.generator(latents)
        self.critic.requires_grad_(False)
        features = self.critic.trunk(self.augment(fake))
        loss = self.generator_loss(
            self.critic.score(features, condition),
            lambda: self.critic(self.augment(to_networks(images)), condition),
        )
        loss = loss + self.generator_regularisation(features, condition)
        norm = descend(generator_optimizer, loss)
        self.critic.requires_grad_(True)
        metrics |= distributed.all_reduce_mean({"generator_loss": loss}) | {"generator_gradient_norm": norm}

        # Adaptive augmentation: more of it if the critic is too sure of its training images.
        if settings.adaptive_target > 0:
            images_seen = len(batch) * len(images) * distributed.world_size()
            options.update_ada_probability(
                self.augmentation_probability,
                metrics["overfitting_sign"],
                target=settings.adaptive_target,
                step=images_seen / settings.adaptive_images,
            )
            metrics["augmentation_probability"] = self.augmentation_probability.clone()

        # Average: the generator that samples are drawn from.
        options.update_average(
            self.average_generator, self.generator, self.average_updates, settings.ema_decay, settings.ema_warmup
        )
        return metrics

    def training_step(self, batch: Batch | Tensor | Sequence[Tensor], batch_idx: int) -> None:
        if batches := self.step_batches.add(batch):
            with self.randomness.drawn(self.device):
                self.generator_training_step(batches)

    def generator_training_step(self, batch: Batch) -> None:
        """One generator step, counted and logged."""
        # Each step has its own seed, so that a continued run draws what the uninterrupted one would have drawn.
        distributed.seed_step(self.settings.seed, self.generator_step, self.device)
        self.penalised = (self.generator_step + 1) % self.settings.penalty_every == 0
        critic, generator = self.optimizers(use_pl_optimizer=False)  # type: ignore[misc]
        if self.settings.learning_rate_decay > 0:
            rates = {critic: self.settings.critic_learning_rate, generator: self.settings.generator_learning_rate}
            remaining = remaining_share(self.trainer, self.generator_step, self.device)
            decay_learning_rates(rates, remaining, self.settings.learning_rate_decay)

        # A device that records a step, to replay it, records one with the penalty and one without.
        if self.penalised not in self.run_steps:
            run_step = accelerate_step(self.step, (critic, generator), self.device, one_graph=self.one_graph)
            self.run_steps[self.penalised] = run_step
        metrics = self.run_steps[self.penalised](batch)
        self.generator_step += 1
        self.count_step()

        every = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # 0: nothing is logged
        if every and self.generator_step % every == 0:
            self.log_dict({f"train/{name}": value for name, value in fetch_scalars(metrics).items()})

    def count_step(self) -> None:
        """Have Lightning count a generator step as one optimiser step: it does not see those of `run_step`."""
        progress = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        progress.increment_ready()
        progress.increment_completed()

    def score_batch(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[CriticScores, Metrics]:
        """The critic's scores from one pass over real and fake images, and the metrics that follow from them."""
        features = self.critic.trunk(torch.cat([real, fake]))
        real_scores, fake_scores = self.critic.score(features, torch.cat([condition, condition])).chunk(2)
        metrics = {
            "real_score": real_scores.mean(),
            "fake_score": fake_scores.mean(),
            "overfitting_sign": options.overfitting_sign(real_scores, self.average_scores),
        }
        return CriticScores(real_scores, fake_scores, *features.chunk(2)), metrics

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

    def critic_metrics(self, images: Tensor, labels: Tensor) -> Metrics:
        """The critic's loss and its parts on real images uint8 (B, 3, H, W), labels (B,); nothing learns."""
        latents = self.latents(len(images), labels)
        with torch.no_grad():
            fake = copy.deepcopy(self.generator)(latents)  # a copy: drawing moves batch statistics

        _, condition = self.split_latents(latents)
        loss, metrics = self.critic_loss(self.augment(to_networks(images)), self.augment(fake), condition)
        return distributed.all_reduce_mean({"critic_loss": loss, **metrics})

    def trained_parameters(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The parameters that the critic's and the generator's optimiser train."""
        return [p for p in self.critic.parameters() if p.requires_grad], list(self.generator.parameters())

    def configure_optimizers(self) -> tuple[Optimizer, Optimizer]:
        critic, generator = self.trained_parameters()
        return (
            build_optimizer(critic, self.settings.critic_learning_rate, self.settings, self.device),
            build_optimizer(generator, self.settings.generator_learning_rate, self.settings, self.device),
        )

    def setup(self, stage: str) -> None:
        if stage == "fit":
            prepare_trainer(self.trainer)
            if self.settings.learning_rate_decay > 0:
                remaining_share(self.trainer, self.generator_step, self.device)  # refuses a training without an end

    def on_fit_start(self) -> None:
        if self.settings.start_from is not None and self.generator_step == 0:
            load_networks(self, Path(self.settings.start_from))
            self.seen_before = images_behind(Path(self.settings.start_from))
        self.step_batches = StepBatches(
            n_critic=self.settings.n_critic, image_size=self.settings.image_size, labelled=self.classes > 0
        )
        adapt_layers(self, self.device)
        self.run_steps = {}  # each trainer has its own optimisers

    def on_train_start(self) -> None:
        self.end_with_data()

    def on_train_batch_end(self, *_: Any) -> None:
        self.end_with_data()

    def end_with_data(self) -> None:
        """End the training where its data ends."""
        data = getattr(self.trainer, "datamodule", None)
        if isinstance(data, CellData) and self.trainer.global_step == data.order["generator_steps"]:
            self.trainer.should_stop = True

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint |= {"gan": self.name, "generator_step": self.generator_step, "seen_before": self.seen_before}
        name_data_state(checkpoint, self._trainer)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.generator_step = checkpoint["generator_step"]
        self.seen_before = checkpoint.get("seen_before", [])
        count_steps_of_before(checkpoint)
        restore_data_state(checkpoint, self._trainer)


def descend(optimizer: Optimizer, loss: Tensor) -> Tensor:
    """Take one optimiser step down a loss, averaged over processes; the norm of the gradient."""
    optimizer.zero_grad()
    loss.backward()
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    distributed.average_gradients(gradients)
    optimizer.step()
    return nn.utils.get_total_norm(gradients)
