"""How a GAN draws latents, and images of them."""

from __future__ import annotations

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from leukgan.gans.accelerators import distributed
from leukgan.gans.pixels import to_uint8


class Drawer(lightning.LightningModule):
    """Draws latents, and images of them with a generator averaged over its training.

    What a generated image shall be (its class, or its codes) is its condition (B, K), the end of its latent.

    Attributes:
        average_generator: Latents (B, Z + K) to images (B, 3, H, W) in [-1, 1].
    """

    average_generator: nn.Module

    @property
    def classes(self) -> int:
        """Classes that the model tells apart: 2, or 0 where it learns one class alone."""
        return 2 if self.hparams.get("conditional") else 0

    @property
    def condition_size(self) -> int:
        """Length K of a latent's condition."""
        return self.classes

    def noise(self, count: int, source: torch.Generator | None) -> Tensor:
        """Standard normal noise (count, Z), on the module's device or, from a source, on the source's."""
        size, device = self.hparams["latent_size"], self.device_of(source)
        return distributed.drawn(lambda rows: torch.randn(rows, size, generator=source, device=device), count, source)

    def conditions(self, count: int, labels: Tensor | int | None, source: torch.Generator | None) -> Tensor:
        """Conditions (count, K): the classes of the labels, one for each image or one for all."""
        if self.classes == 0:
            return torch.empty(count, 0, device=self.device_of(source))
        if labels is None:
            raise ValueError("a class-conditional GAN needs the label of what it shall draw: 0 or 1")
        classes = torch.as_tensor(labels, device=self.device_of(source)).expand(count)
        return F.one_hot(classes, self.classes).float()

    def latents(self, count: int, labels: Tensor | int | None = None, source: torch.Generator | None = None) -> Tensor:
        """Noise and condition (count, Z + K).

        Args:
            count: How many.
            labels: Of a class-conditional GAN's images: int64 (count,), or one label for all.
            source: Of the random numbers: torch's own on the module's device by default.
        """
        return torch.cat([self.noise(count, source), self.conditions(count, labels, source)], dim=1)

    def noise_of(self, latents: Tensor) -> Tensor:
        """The noise (B, Z) in latents (B, Z + K)."""
        return latents[:, : self.hparams["latent_size"]]

    def condition_of(self, latents: Tensor) -> Tensor:
        """The condition (B, K) in latents (B, Z + K)."""
        return latents[:, self.hparams["latent_size"] :]

    def device_of(self, source: torch.Generator | None) -> torch.device:
        """Where random numbers are drawn."""
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
            count: How many.
            seed: Of the latents.
            label: Class of the images, for a class-conditional GAN.
            batch_size: Images drawn at once.
        """
        return self.images(self.latents(count, label, torch.Generator().manual_seed(seed)), batch_size)
