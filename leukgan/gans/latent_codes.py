"""Codes that a GAN's images can be asked for, learned without labels (InfoGAN, Chen et al., 2016)."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from leukgan.errors import InputError
from leukgan.gans.gan import GAN, CriticScores
from leukgan.gans.layers import initialise_like_keras
from leukgan.gans.losses import mutual_information_bound
from leukgan.gans.settings import GANSettings, check_choice, check_number


@dataclass(frozen=True, kw_only=True)
class CodeSettings(GANSettings):
    """Settings of a GAN with codes.

    Attributes:
        categories: At least 0; values of the categorical code, uniform; 0 leaves it out.
        continuous_codes: At least 0; number of codes, uniform in (-1, 1).
        information_weight: Weight of the bound on the mutual information, at least 0.
        q_update: both: the bound is in both losses and the critic's optimiser trains Q and the trunk, as in the
            original; generator: it is in the generator's loss alone, whose optimiser trains Q on the trunk as it is.
    """

    categories: int = 10
    continuous_codes: int = 2
    information_weight: float = 1.0
    q_update: str = "both"
    conditional: bool = field(default=False, init=False)  # codes take the place of classes

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("categories", self.categories, 0)
        check_number("continuous_codes", self.continuous_codes, 0)
        check_number("information_weight", self.information_weight, 0.0)
        check_choice("q_update", self.q_update, ("both", "generator"))
        if self.categories == 1 or self.categories + self.continuous_codes == 0:
            raise InputError(
                "a GAN with codes needs gan.categories of 2 or more, or gan.continuous_codes of 1 or more."
            )


class InfoGANCodes(GAN):
    """A GAN whose condition is drawn codes, which a head Q on the critic's trunk reads back from its images."""

    Settings: ClassVar[type[GANSettings]] = CodeSettings
    settings: CodeSettings

    def build_networks(self) -> None:
        super().build_networks()
        self.code_head = nn.Sequential(
            nn.Linear(self.critic.features, 128), nn.LeakyReLU(0.2), nn.Linear(128, self.condition_size)
        )
        initialise_like_keras(self.code_head)

    @property
    def condition_size(self) -> int:
        return self.settings.categories + self.settings.continuous_codes

    def conditions(self, count: int, labels: Tensor | int | None, source: torch.Generator | None) -> Tensor:
        """Codes (count, K): a one-hot category, then the continuous codes; labels count for nothing."""
        device, categories = self._source_device(source), self.settings.categories
        category = torch.randint(max(categories, 1), (count,), generator=source, device=device)
        one_hot = F.one_hot(category, max(categories, 1)).float()[:, :categories]
        continuous = torch.rand(count, self.settings.continuous_codes, generator=source, device=device) * 2 - 1
        return torch.cat([one_hot, continuous], dim=1)

    def information(self, features: Tensor, condition: Tensor) -> Tensor:
        """The weighted bound on what features (B, F) of fake images tell about their codes (B, K)."""
        predicted = self.code_head(features).float()
        bound = mutual_information_bound(condition, predicted, self.settings.categories)
        return self.settings.information_weight * bound

    def critic_regularisation(self, scores: CriticScores, condition: Tensor) -> Tensor:
        added = super().critic_regularisation(scores, condition)
        if self.settings.q_update == "both":
            added = added - self.information(scores.fake_features, condition)
        return added

    def generator_regularisation(self, features: Tensor, condition: Tensor) -> Tensor:
        return -self.information(features, condition)

    def trained_parameters(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        critic, generator = super().trained_parameters()
        (critic if self.settings.q_update == "both" else generator).extend(self.code_head.parameters())
        return critic, generator
