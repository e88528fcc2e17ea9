"""A finished split as the report sees it: its settings, where its numbers come from, and what its GANs learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import fmean
from typing import Any

from leukgan.errors import InputError
from leukgan.presentation.formatting import LEAKY, STAMPS
from leukgan.run_folder.files import read_json
from leukgan.run_folder.paths import CONDITIONAL, GANFolder, SplitFolder
from leukgan.statistics.classifier_metrics import PRIMARY, SPECIFICITY


@dataclass(frozen=True)
class Split:
    """One finished split."""

    name: str  # such as split-00; the column `folder` of every frame
    folder: SplitFolder
    config: dict[str, Any]  # resolved
    provenance: dict[str, Any]
    protocol: str  # clean; unverified if nobody knows what the generator has seen; paper if it is test images

    @property
    def stamp(self) -> str:
        """The word that its rows bear, if any."""
        return STAMPS[self.protocol]

    @property
    def leaky(self) -> bool:
        """Whether its GANs have seen test images."""
        return self.stamp == LEAKY

    @property
    def primary(self) -> str:
        """The metric that the study's answer is about, as named before it ran."""
        return str(self.config.get("metrics", {}).get("primary", PRIMARY))

    @property
    def specificity(self) -> float:
        """The specificity at which sensitivity is told."""
        return float(self.config.get("metrics", {}).get("specificity", SPECIFICITY))

    @property
    def real_images(self) -> tuple[int, int]:
        """Numbers of real training and test images."""
        counts = self.provenance["data"]["counts"]
        return sum(counts["train"].values()), sum(counts["test"].values())

    @property
    def test_groups(self) -> int | None:
        """Groups of test images, such as patients; None if unknown."""
        found: int | None = self.provenance["data"].get("groups", {}).get("test")
        return found

    @property
    def given(self) -> dict[str, Any] | None:
        """What is known of images that another generator made; None if GANs of the split drew them."""
        found: dict[str, Any] | None = self.provenance.get("generated")
        return found

    @cached_property
    def training_images(self) -> frozenset[str]:
        """The hashes of its real training images.

        Raises:
            InputError: split.json is missing.
        """
        parts = read_json(self.folder.split)
        if parts is None:
            raise InputError(f"{self.folder.split} is missing; run the same study command again.")
        return frozenset(entry["sha256"] for entry in parts["train"])

    def gans(self) -> dict[str, GANFolder]:
        """The GANs' folders by what they drew: a class, a member of one, or all; none if no GAN of ours drew."""
        if self.given is not None:
            return {}
        trained = {name: self.folder.gan(name) for name in self._gan_names}
        classes = self.provenance["data"]["classes"][::-1]  # the positive one first
        if CONDITIONAL in trained:
            return {" and ".join(classes): trained[CONDITIONAL]}
        ordered = dict.fromkeys([*(name for name in classes if name in trained), *trained])
        return {name: trained[name] for name in ordered}

    @property
    def _gan_names(self) -> list[str]:
        return [path.name for path in sorted(self.folder.path.glob("gan/*")) if path.is_dir()]

    @property
    def gans_learned(self) -> str:
        """What each GAN learned, in a few words."""
        if CONDITIONAL in self._gan_names:
            return "One GAN of both classes"
        members = not set(self._gan_names) <= set(self.provenance["data"]["classes"])
        return "One GAN for each kind of cells" if members else "One GAN a class"


def have_own_training_images(splits: Sequence[Split]) -> bool:
    """Whether no two of the splits have a training image in common."""
    return all(split.provenance["data"].get("own_training_images", False) for split in splits)


def training_overlap(splits: Sequence[Split]) -> float:
    """The mean share of its training images that a split has in common with another one; 0 for one split."""
    if have_own_training_images(splits):
        return 0.0
    sets = [split.training_images for split in splits]
    shares = [len(one & other) / (len(one) * len(other)) ** 0.5 for one, other in combinations(sets, 2)]
    return fmean(shares) if shares else 0.0
