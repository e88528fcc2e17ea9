"""Codes that a GAN's images can be asked for, learned without labels (InfoGAN, Chen et al., 2016)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from leukgan.gans.accelerators import distributed
from leukgan.gans.critic_scores import Judgement
from leukgan.gans.gan import GAN
from leukgan.gans.layers import initialise_like_keras
from leukgan.gans.losses import mutual_information_bound


class InformationGAN(GAN):
    """A GAN whose condition is drawn codes, which a head Q on the critic's trunk reads back from its images.

    Args:
        categories: Of the categorical code, uniform; 0 leaves it out.
        continuous_codes: How many codes, uniform in (-1, 1).
        information_weight: Weight of the mutual information's bound.
        q_update: both: the bound is in both losses and the critic's optimiser trains Q and the trunk, as in the
            original; generator: it is in the generator's loss alone, whose optimiser trains Q on the trunk as it is.

    The others are `GAN`'s.
    """

    def make_networks(self) -> None:
        super().make_networks()
        self.code_head = nn.Sequential(
            nn.Linear(self.critic.features, 128), nn.LeakyReLU(0.2), nn.Linear(128, self.condition_size)
        )
        initialise_like_keras(self.code_head)

    @property
    def condition_size(self) -> int:
        return self.hparams["categories"] + self.hparams["continuous_codes"]

    def conditions(self, count: int, labels: Tensor | int | None, source: torch.Generator | None) -> Tensor:
        return distributed.drawn(partial(self.codes, source=source), count, source)

    def codes(self, count: int, source: torch.Generator | None) -> Tensor:
        """Codes (count, K): a one-hot category, then the continuous ones."""
        device = self.device_of(source)
        categories = self.hparams["categories"]
        category = torch.randint(max(categories, 1), (count,), generator=source, device=device)
        one_hot = F.one_hot(category, max(categories, 1)).float()[:, :categories]
        continuous = torch.rand(count, self.hparams["continuous_codes"], generator=source, device=device) * 2 - 1
        return torch.cat([one_hot, continuous], dim=1)

    def information(self, features: Tensor, condition: Tensor) -> Tensor:
        """The weighted bound on what features (B, F) of fake images tell about their codes (B, K)."""
        predicted = self.code_head(features).float()
        bound = mutual_information_bound(condition, predicted, self.hparams["categories"])
        return self.hparams["information_weight"] * bound

    def critic_regularisation(self, judged: Judgement, condition: Tensor) -> Tensor:
        added = super().critic_regularisation(judged, condition)
        if self.hparams["q_update"] == "both":
            added = added - self.information(judged.fake_features, condition)
        return added

    def generator_regularisation(self, features: Tensor, condition: Tensor) -> Tensor:
        return -self.information(features, condition)

    def configure_optimizers(self) -> tuple[Optimizer, Optimizer]:
        parameters: dict[str, Iterator[nn.Parameter]] = {
            "critic": self.critic.parameters(),
            "generator": self.generator.parameters(),
        }
        owner = "critic" if self.hparams["q_update"] == "both" else "generator"
        parameters[owner] = chain(parameters[owner], self.code_head.parameters())
        critic, generator = (
            self.optimizer_of(own, self.hparams[f"{name}_learning_rate"]) for name, own in parameters.items()
        )
        return critic, generator
