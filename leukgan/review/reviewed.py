"""A split of a run folder as its reviewers need it: real images, generated images, and the GANs that draw more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leukgan.data.images import CellImages, check_classes, join
from leukgan.data.sources.registry import load_unchanged
from leukgan.errors import InputError, command_line
from leukgan.gans import GAN, load_gan
from leukgan.generation import find_given, read_generated
from leukgan.run_folder.artifacts import read_provenance
from leukgan.run_folder.files import read_json, read_rows, read_settings, sha256_of
from leukgan.run_folder.paths import CONDITIONAL, MANIFEST, RunFolder, SplitFolder
from leukgan.study.class_generation import drawing_checkpoint, latent_seed


@dataclass(frozen=True)
class Reviewed:
    """A split and the real images of its run."""

    run: RunFolder
    index: int
    folder: SplitFolder
    config: dict[str, Any]
    provenance: dict[str, Any]
    parts: dict[str, Any]  # split.json
    images: CellImages  # all real images

    @property
    def given(self) -> bool:
        """Whether another generator made the run's images."""
        return "generated" in self.provenance

    @property
    def classes(self) -> tuple[str, str]:
        """The negative and the positive class."""
        return self.images.classes

    def real(self, parts: Sequence[str]) -> CellImages:
        """The real images of some parts of the split."""
        return self.images.listed(entry for part in parts for entry in self.parts[part])

    def generated(self, root: str | None) -> CellImages:
        """The generated images of the run, or those of another generator that `root` names: see `find_given`.

        Raises:
            InputError: There are none, or they can't be read.
        """
        if root is None:
            folders = [self.folder.generated(name) for name in self.classes]
            images = join([read_generated(folder, classes=self.classes) for folder in folders])
            if self.given:  # named as by their generator, so that picks of them are a table that generated= takes
                manifests = [read_rows(folder / MANIFEST) for folder in folders]
                images = replace(images, names=tuple(pd.concat(manifests)["source"]))
            return images
        found = find_given(root, self.classes, self.index)
        counts = {name: len(files) for name, files in found.of_class.items()}
        return found.decode(counts, classes=self.classes, image_size=self.images.images.shape[-1])

    def gan(self, label: int) -> tuple[GAN, int, str]:
        """The GAN that draws a class, the seed of its latents and the hash of its checkpoint.

        Raises:
            InputError: The run has none, or its checkpoint was changed.
        """
        if self.config["gan"].get("per") == "member":
            raise InputError(
                f"{self.folder.path} has several GANs of {self.classes[label]} (gan.per=member), and picks are from "
                f"one; give generated={self.folder.all_generated} to look at its images."
            )
        chain = self.provenance["chain"]
        trained = chain.get("gan", {})
        name = CONDITIONAL if CONDITIONAL in trained else self.classes[label]
        if name not in trained:
            raise InputError(
                f"{self.folder.path} has no trained GAN of {self.classes[label]}; run {command_line('train_gan')}, or "
                "give generated=FOLDER with the images of another generator."
            )
        path, known = drawing_checkpoint(self.folder.gan(name), chain, self.config["generation"]["checkpoint"])
        if not path.exists() or sha256_of(path) != known:
            raise InputError(
                f"{path} is missing or was changed; run {command_line('train_gan')} again in a new folder."
            )
        return load_gan(path), latent_seed(self.config["seed"], self.index, label), known


def read_reviewed(run: Path, index: int) -> Reviewed:
    """A split of a run folder and the images that it was made from.

    Raises:
        InputError: The split is missing, or its images are no longer what they were.
    """
    folder = RunFolder(run).split(index)
    provenance, parts = read_provenance(folder), read_json(folder.split)
    if provenance is None or parts is None:
        raise InputError(f"{folder.path} is no split of a study; run {command_line('study')} name={run.name} first.")
    config = read_settings(folder.config)
    check_classes(provenance["data"]["classes"])

    images = load_unchanged(config["data"], provenance["data"]["fingerprint"], run)
    return Reviewed(RunFolder(run), index, folder, config, provenance, parts, images)


def spread(counts: Sequence[int], total: int) -> list[int]:
    """Shares of `total`, as equal as the sizes of the sets allow."""
    shares = np.zeros(len(counts), int)
    while shares.sum() < min(total, sum(counts)):
        open_sets = [place for place, count in enumerate(counts) if shares[place] < count]
        shares[min(open_sets, key=lambda place: shares[place])] += 1
    return [int(share) for share in shares]
