"""The generated images of one class: drawn from the GAN's checkpoint, selected, and written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
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
from leukgan.presentation.console import Progress, silent
from leukgan.run_folder.files import damaged, sha256_of
from leukgan.run_folder.paths import GANFolder

if TYPE_CHECKING:
    from leukgan.study.split_study import SplitStudy


@dataclass(frozen=True)
class Pool:
    """Images of one origin to select a class's generated images from."""

    images: NDArray[np.uint8]  # (N, 3, H, W)
    places: NDArray[np.int64]  # places of the selected ones among the class's images, ascending
    origin: pd.DataFrame  # columns of the manifest that say where each of the N images is from
    kind: int  # number of the kind of cells in the split's plan
    gan: GAN | None = None  # the GAN that drew them; None: another generator


class ClassGeneration:
    """What a split, whose GANs are trained, generates of one class: its name, and `count` images to keep."""

    def __init__(self, split: SplitStudy, label: int) -> None:
        self.split = split
        self.label = label
        self.name = split.classes[label]
        self.config = split.config.generation
        self.count = self.config.drawn(self.name)

    @cached_property
    def shown(self) -> NDArray[np.int64]:
        """The number of the kind of cells that each image shows, (count,)."""
        return self.split.gan_plan.share(self.split.split.train, self.label, self.count)

    def generate(self, progress: Progress = silent) -> NDArray[np.uint8]:
        """Draw the images, keep the selected ones, and return a grid (3, H, W) of some."""
        split, config = self.split, self.config
        with split.artifacts.stage("generation"):
            pools = self.pools(progress)
            progress("selecting and writing images")
            images = np.concatenate([pool.images for pool in pools])  # (N, 3, H, W)
            origin = pd.concat([pool.origin for pool in pools], ignore_index=True)
            chosen = self._select(pools)

            folder = split.folder.generated(self.name)
            write_generated(images, chosen, folder, class_name=self.name, label=self.label, origin=origin.iloc[chosen])
            if config.selection not in SELECTIONS:
                file = Path(config.selection)
                split.artifacts.provenance["picks"] = {"file": file.name, "sha256": sha256_of(file)}
            split.artifacts.record("generated", self.name)

        side = min(6, math.isqrt(len(chosen)))
        return image_grid(images[chosen[: side**2]], columns=side)

    def _select(self, pools: Sequence[Pool]) -> NDArray[np.int64]:
        """Indices (count,) of the selected images, in the pools one after the other."""
        chosen, before = np.empty(self.count, np.int64), 0
        for pool in pools:
            chosen[pool.places] = before + select(
                self.config.selection,
                pool.images,
                len(pool.places),
                gan=pool.gan,
                condition=pool.kind,
                class_name=self.name,
                train=self.split.gan_plan.images_of(self.split.split.train, pool.kind),
                features=self.split.study.needed_features,
            )
            before += len(pool.images)
        return chosen

    def unselected(self, progress: Progress = silent) -> NDArray[np.uint8]:
        """The images (count, 3, H, W) that a random selection would have kept."""
        pools = self.pools(progress)
        images = np.empty((self.count, *pools[0].images.shape[1:]), np.uint8)
        for pool in pools:
            images[pool.places] = pool.images[: len(pool.places)]
        return images

    def check(self) -> None:
        """Raise InputError if the images can't be had."""
        for kind in np.unique(self.shown).tolist():
            self.checkpoint(kind)

    def pools(self, progress: Progress = silent) -> list[Pool]:
        """The images to select from: of one GAN, or of those of the class's members, in the members' proportion."""
        plan, split = self.split.gan_plan, self.split
        pools = []
        for kind in np.unique(self.shown).tolist():
            path, checkpoint = self.checkpoint(kind)
            places = np.flatnonzero(self.shown == kind)
            count = len(places)
            if self.config.selection != "random":
                count *= self.config.candidates
            if self.config.selection not in SELECTIONS:
                count = self._drawn_for_picks(checkpoint, count)

            gan, seed = load_gan(path), latent_seed(split.config.seed, split.index, kind)
            origin = pd.DataFrame({"seed": seed, "checkpoint": checkpoint}, index=range(count))
            if plan.kinds != split.classes:
                origin.insert(0, "member", plan.kinds[kind])
            drawn = partial(progress, f"drawing {count} images of {plan.kinds[kind]}", total=count)
            pools.append(Pool(gan.sample(count, seed, label=kind, progress=drawn), places, origin, kind, gan))
        return pools

    def checkpoint(self, kind: int) -> tuple[Path, str]:
        """The checkpoint that draws the images of a kind, and its hash.

        Raises:
            InputError: It is missing or damaged.
        """
        gan_name, chain = self.split.gan_plan.gan_name(kind), self.split.artifacts.chain
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


def latent_seed(seed: int, split: int, kind: int) -> int:
    """Seed of the latents that a kind's images are drawn from; without members, a class's."""
    return derive_seed(seed, split, kind, 1)


def drawing_checkpoint(folder: GANFolder, chain: Mapping[str, Any], which: str) -> tuple[Path, str]:
    """The checkpoint of a trained GAN that images are drawn from, by generation.checkpoint, and its hash."""
    name = folder.path.name
    best = chain.get("best", {}).get(name)
    if best is not None and which == "best":
        return folder.best_checkpoint, best
    return folder.last_checkpoint, chain["gan"][name]
