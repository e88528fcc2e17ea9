"""The networks of a GAN and what they compute: latents, images and scores."""

import copy
import inspect
from abc import ABC
from collections.abc import Callable
from typing import Any, ClassVar

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from leukgan.gans.networks import GENERATORS, Critic, to_networks, to_uint8
from leukgan.gans.projected_critic import ProjectedCritic
from leukgan.gans.settings import PROJECTED, GANSettings


class GANModel(lightning.LightningModule, ABC):
    """A critic, a generator and its average, from which samples are drawn.

    A generated image's condition (B, K), its class or its codes, is the end of its latent (B, Z + K).
    """

    # The constructor's arguments: plain values, which are the checkpoint's hyperparameters too.
    Settings: ClassVar[type[GANSettings]] = GANSettings
    name: ClassVar[str] = ""  # by which users choose the GAN; set by `register_gan`
    title: ClassVar[str]  # in reports
    slope: ClassVar[float] = 0.2  # of each LeakyReLU below zero

    settings: GANSettings
    critic: Critic | ProjectedCritic  # images (B, 3, H, W) in [-1, 1] to scores (B,)
    generator: nn.Module  # latents (B, Z + K) to images (B, 3, H, W) in [-1, 1]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__signature__ = inspect.signature(cls.Settings)  # type: ignore[attr-defined]

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.settings = self.Settings(**settings)
        self.save_hyperparameters(self.settings.as_arguments())

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed)
            self.build_networks()
        self.to(memory_format=torch.channels_last)
        self.average_generator = copy.deepcopy(self.generator).eval().requires_grad_(False)

    def build_networks(self) -> None:
        """Create the critic and the generator that the settings name."""
        settings = self.settings
        critic: dict[str, Any] = {
            "image_size": settings.image_size,
            "width": settings.critic_width,
            "slope": self.slope,
            "classes": self.classes,
        }
        if settings.critic == PROJECTED:
            self.critic = ProjectedCritic(**critic)
        else:
            dropout, spread = settings.critic_dropout, settings.minibatch_std
            self.critic = Critic(**critic, kind=settings.critic, dropout=dropout, minibatch_std=spread)
        self.generator = GENERATORS[settings.generator](
            image_size=settings.image_size,
            latent_size=settings.latent_size + self.condition_size,
            width=settings.generator_width,
            slope=self.slope,
            output_norm=settings.output_norm,
        )

    @property
    def classes(self) -> int:
        """Number of classes that the model tells apart, or 0 if it learns one class alone."""
        return self.settings.classes if self.settings.conditional else 0

    @property
    def condition_size(self) -> int:
        """Length K of a latent's condition."""
        return self.classes

    def latents(self, count: int, labels: Tensor | int | None = None, source: torch.Generator | None = None) -> Tensor:
        """Noise and condition (count, Z + K), drawn from a source or on the module's device from torch's own.

        A class-conditional GAN needs labels: int64 (count,), or one label for all.
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
            known = " or ".join(map(str, range(self.classes)))
            raise ValueError(f"a class-conditional GAN needs the label of what it shall draw: {known}")
        classes = torch.as_tensor(labels, device=self._source_device(source)).expand(count)
        return F.one_hot(classes, self.classes).float()

    def _source_device(self, source: torch.Generator | None) -> torch.device:
        return self.device if source is None else source.device

    def forward(self, latents: Tensor) -> Tensor:
        """The averaged generator's images (B, 3, H, W) in [-1, 1] of latents (B, Z + K)."""
        images: Tensor = self.average_generator(latents)
        return images

    @torch.no_grad()
    def images(
        self, latents: Tensor, batch_size: int = 64, *, progress: Callable[[int], None] = lambda drawn: None
    ) -> NDArray[np.uint8]:
        """The averaged generator's images uint8 (N, 3, H, W) of latents (N, Z + K); `progress` gets their number."""
        self.average_generator.eval()  # also after a call of train()
        batches: list[Tensor] = []
        for part in latents.to(self.device).split(batch_size):
            progress(len(batches) * batch_size)
            batches.append(to_uint8(self.average_generator(part)))
        return torch.cat(batches).contiguous().cpu().numpy()

    def sample(
        self,
        count: int,
        seed: int = 0,
        *,
        label: int | None = None,
        progress: Callable[[int], None] = lambda drawn: None,
    ) -> NDArray[np.uint8]:
        """Images uint8 (count, 3, H, W) of a class-conditional GAN's label; the same seed gives the same images."""
        return self.images(self.latents(count, label, torch.Generator().manual_seed(seed)), progress=progress)

    def score(self, images: Tensor, labels: Tensor) -> Tensor:
        """The critic's scores (B,) of images uint8 (B, 3, H, W), not augmented; labels (B,) count if classes do."""
        condition = F.one_hot(labels, self.classes).float() if self.classes else None
        return self.critic(to_networks(images), condition)
