"""What a GAN's critic finds in images, and what follows from it for the training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from leukgan.gans.augmentation import augment
from leukgan.gans.latents import Drawer
from leukgan.gans.losses import lecam_regularisation
from leukgan.gans.networks import Critic
from leukgan.gans.pixels import to_networks

Metrics = dict[str, Tensor]

SCORE_MEMORY = 0.99  # of the running averages of scores, for each critic update


class Judgement(NamedTuple):
    """What the critic finds in a batch of real and a batch of fake images."""

    real_scores: Tensor  # (B,)
    fake_scores: Tensor  # (B,)
    fake_features: Tensor  # (B, F)


class Judge(Drawer):
    """A critic, what it remembers of its scores, and how that steers the options for small data sets.

    Attributes:
        critic: Images (B, 3, H, W) in [-1, 1] to scores (B,).
        augmentation_probability: Of each augmentation of each image that the critic gets, a scalar.
        average_scores: Running averages of the scores of real and of fake images (2,).
    """

    critic: Critic
    augmentation_probability: Tensor
    average_scores: Tensor

    def begin_memory(self) -> None:
        """Remember nothing yet."""
        adaptive = self.hparams["adaptive_target"] > 0
        self.register_buffer("augmentation_probability", torch.zeros(()) if adaptive else torch.ones(()))
        self.register_buffer("average_scores", torch.zeros(2))

    def score(self, images: Tensor, labels: Tensor) -> Tensor:
        """The critic's scores (B,) of images uint8 (B, 3, H, W), not augmented; labels (B,) count where classes do."""
        condition = F.one_hot(labels, self.classes).float() if self.classes else None
        return self.critic.score(self.critic.trunk(to_networks(images)), condition)

    def augment(self, images: Tensor) -> Tensor:
        """Images (B, 3, H, W) as the critic gets them."""
        return augment(images, self.hparams["augmentation"], self.augmentation_probability)

    def judge(self, real: Tensor, fake: Tensor, condition: Tensor) -> tuple[Judgement, Metrics]:
        """The critic's scores from one pass over real and fake images, and what they tell."""
        features = self.critic.trunk(torch.cat([real, fake]))
        real_scores, fake_scores = self.critic.score(features, torch.cat([condition, condition])).chunk(2)
        metrics = {
            "real_score": real_scores.mean(),
            "fake_score": fake_scores.mean(),
            # A Wasserstein critic's zero is arbitrary: the sign is taken from the middle between real and fake.
            "overfitting_sign": (real_scores.detach() - self.average_scores.mean()).sign().mean(),
        }
        return Judgement(real_scores, fake_scores, features[len(real) :]), metrics

    def critic_regularisation(self, judged: Judgement, condition: Tensor) -> Tensor:
        """What the options of a GAN add to its critic's loss."""
        if self.hparams["lecam_weight"] == 0:
            return judged.real_scores.new_zeros(())
        penalty = lecam_regularisation(judged.real_scores, judged.fake_scores, *self.average_scores)
        return self.hparams["lecam_weight"] * penalty

    def generator_regularisation(self, features: Tensor, condition: Tensor) -> Tensor:
        """What the options of a GAN add to its generator's loss; features (B, F) and condition (B, K) of its images."""
        return features.new_zeros(())

    @torch.no_grad()
    def remember_scores(self, metrics: Metrics) -> None:
        """Move the running averages of the scores."""
        scores = torch.stack([metrics["real_score"], metrics["fake_score"]])
        self.average_scores.lerp_(scores, 1 - SCORE_MEMORY)

    def steer_augmentation(self, metrics: Metrics, images: int) -> None:
        """Augment more where the critic is surer of real images than it should be, less where it is not."""
        target = self.hparams["adaptive_target"]
        if target > 0:
            change = (metrics["overfitting_sign"] - target).sign() * (images / self.hparams["adaptive_images"])
            self.augmentation_probability.add_(change).clamp_(0, 1)
            metrics["augmentation_probability"] = self.augmentation_probability.clone()
