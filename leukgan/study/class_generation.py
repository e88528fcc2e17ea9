"""The generated images of one class: drawn from the GAN's checkpoint, selected, and written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.split import derive_seed
from leukgan.errors import InputError, command_line
from leukgan.gans import GAN, load_gan
from leukgan.gans.pictures import image_grid
from leukgan.generation import SELECTIONS, read_picks, select, write_generated
from leukgan.run_folder.files import damaged, sha256_of
from leukgan.run_folder.paths import GANFolder

if TYPE_CHECKING:
    from leukgan.study.split_study import SplitStudy


class ClassGeneration:
    """What a split generates of one class.

    Attributes:
        name: The class.
        count: Images to keep.

    Args:
        split: The split, whose GANs are trained.
        label: The class's label.
    """

    def __init__(self, split: SplitStudy, label: int) -> None:
        self.split = split
        self.label = label
        self.name = split.classes[label]
        self.config = split.config.generation
        self.count = self.config.drawn(self.name)
        self.seed = latent_seed(split.config.seed, split.index, label)

    def generate(self) -> NDArray[np.uint8]:
        """Draw the images, keep the selected ones, and return a grid (3, H, W) of some."""
        split, config = self.split, self.config
        with split.artifacts.stage("generation"):
            gan, pool = self.pool()
            chosen = select(
                config.selection,
                pool,
                self.count,
                gan=gan,
                label=self.label,
                class_name=self.name,
                train=split.split.train,
                features=split.study.needed_features,
            )
            write_generated(
                pool,
                chosen,
                split.folder.generated(self.name),
                class_name=self.name,
                label=self.label,
                origin=self.origin(chosen),
            )
            if config.selection not in SELECTIONS:
                file = Path(config.selection)
                split.artifacts.provenance["picks"] = {"file": file.name, "sha256": sha256_of(file)}
            split.artifacts.record("generated", self.name)

        side = min(6, math.isqrt(len(chosen)))
        return image_grid(pool[chosen[: side**2]], columns=side)

    def check(self) -> None:
        """Raise InputError if the images can't be had."""
        self.checkpoint()

    def origin(self, chosen: NDArray[np.int64]) -> pd.DataFrame:
        """The origin of selected images, as their manifest has it."""
        return pd.DataFrame({"seed": self.seed, "checkpoint": self.checkpoint()[1]}, index=range(len(chosen)))

    def pool(self) -> tuple[GAN | None, NDArray[np.uint8]]:
        """The class's GAN, if a GAN of the study makes them, and the images to select from."""
        path, checkpoint = self.checkpoint()
        count = self.count
        if self.config.selection != "random":
            count *= self.config.candidates
        if self.config.selection not in SELECTIONS:
            count = self._drawn_for_picks(checkpoint, count)
        gan = load_gan(path)
        return gan, gan.sample(count, self.seed, label=self.label)

    def checkpoint(self) -> tuple[Path, str]:
        """The checkpoint that draws the images, and its hash.

        Raises:
            InputError: It is missing or damaged.
        """
        gan_name, chain = self.split.gan_name(self.label), self.split.artifacts.chain
        folder = self.split.folder.gan(gan_name)
        if gan_name not in chain.get("gan", {}):
            raise InputError(f"{folder.path} has no trained GAN; run {command_line('train_gan')} first.")

        path, known = drawing_checkpoint(folder, chain, self.config.checkpoint)
        if not path.exists() or sha256_of(path) != known:
            raise damaged(path, "it is not the file that was written" if path.exists() else "it is missing")
        return path, known

    def _drawn_for_picks(self, checkpoint: str, count: int) -> int:
        """The number of images that the picks were picked from, or `count` if their file does not tell.

        Raises:
            InputError: They were picked from another GAN's images.
        """
        file = self.config.selection
        drawn, picked_from = read_picks(Path(file)).origins.get(self.name, (count, checkpoint))
        if picked_from != checkpoint:
            raise InputError(
                f"generation.selection={file} was picked from images of another GAN of {self.name} than that of "
                f"{self.split.folder.path}; set gans_from= and split.indices= to the run and split of the page."
            )
        return drawn


def latent_seed(seed: int, split: int, label: int) -> int:
    """Seed of the latents that a class's images are drawn from."""
    return derive_seed(seed, split, label, 1)


def drawing_checkpoint(folder: GANFolder, chain: Mapping[str, Any], which: str) -> tuple[Path, str]:
    """The checkpoint of a trained GAN that images are drawn from, by generation.checkpoint, and its hash."""
    name = folder.path.name
    best = chain.get("best", {}).get(name)
    if best is not None and which == "best":
        return folder.best_checkpoint, best
    return folder.last_checkpoint, chain["gan"][name]
