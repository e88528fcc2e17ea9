"""The leak audit: the chain of hashes from split to score, walked link by link on what lies on the disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from leukgan.data.split import PARTS
from leukgan.errors import InputError
from leukgan.gans import images_behind, training_images
from leukgan.run_folder.digests import read_json_with_digest
from leukgan.run_folder.files import read_json, read_rows, sha256_of
from leukgan.run_folder.paths import TABLES, SplitFolder, remade_with

CHECKPOINTS = ("gan", "best")  # their places in the chain, as those of the curves of a training
CURVES = ("metrics", "kid")


@dataclass(frozen=True)
class Audit:
    """What the audit of a split found to hold."""

    held: tuple[str, ...]  # the links that hold, in words
    absent: tuple[str, ...]  # files that the chain names or should name and that could not be checked, in words


class LeakError(InputError):
    """A link of the chain is broken, or leads where the protocol forbids."""


def audit(folder: Path) -> Audit:
    """Walk the chain of a split's folder: split -> GAN -> generated images -> rows of scores and predictions.

    Images of another generator have no GAN; what its user has said of it is told.

    Every file must be the one that the chain names. The split's parts must share no image and no group. Under
    protocol=clean a GAN must have learned from images of the training part alone; under protocol=paper every row must
    say so. Each generated image must come from one of the split's GANs, each prediction be one of a test image.

    Raises:
        LeakError: A link is broken or forbidden.
    """
    return _Walk(SplitFolder(folder)).result()


class _Walk:
    def __init__(self, folder: SplitFolder) -> None:
        self.folder = folder
        self.provenance: dict[str, Any] = read_json_with_digest(folder.provenance) or {}
        self.chain: dict[str, Any] = self.provenance.get("chain", {})
        self.protocol = str(self.provenance.get("protocol"))
        self.absent: list[str] = []
        self.parts: dict[str, list[dict[str, Any]]] = {}
        self.external: dict[str, list[dict[str, Any]]] = {}  # images by external test set
        self.drawn: set[str] = set()  # names of the generated images

    def result(self) -> Audit:
        self.settings()
        held = (*self.split(), *self.external_sets(), *self.gans(), *self.generated(), *self.rows())
        return Audit(held, tuple(self.absent))

    def broken(self, what: str) -> LeakError:
        return LeakError(
            f"leak audit of {self.folder.path}: {what}; nothing in this split can be trusted: delete it and run the "
            "same command again."
        )

    def is_whole(self, path: Path, known: object) -> bool:
        """Whether a file is there and is the one that the chain names; what can't be checked is noted."""
        name = path.relative_to(self.folder.path)
        if not path.exists() or known is None:
            if path.exists() or known is not None:
                self.absent.append(f"{name} {'is not in the chain' if path.exists() else 'is gone'}")
            return False
        if sha256_of(path) != known:
            raise LeakError(
                f"leak audit of {self.folder.path}: {name} is not the file that the chain of hashes names; delete "
                f"{remade_with(path)}, and the command that made it makes it anew."
            )
        return True

    def whole_files(self, *stages: str) -> Iterator[tuple[str, Path]]:
        """Name and file of each class or GAN of these stages whose file is whole."""
        for stage in stages:
            for name, known in self.chain.get(stage, {}).items():
                path = self.folder.artifact(stage, name)
                if self.is_whole(path, known):
                    yield name, path

    def settings(self) -> None:
        """The settings and the real images of the figures are those that were written."""
        for name, known in self.chain.get("real", {}).items():
            self.is_whole(self.folder.path / name, known)
        if "config" in self.chain:  # which older folders lack
            self.is_whole(self.folder.config, self.chain["config"])

    def split(self) -> Iterator[str]:
        """The parts share nothing."""
        if not self.is_whole(self.folder.split, self.chain.get("split")):
            return
        whole = read_json(self.folder.split)
        self.parts = {part: whole[part] for part in PARTS}  # what is in no part may show what is in one
        for key in ("sha256", "group"):
            owner: dict[str, str] = {}
            for part, entries in self.parts.items():
                for entry in entries:
                    if owner.setdefault(entry[key], part) != part:
                        raise self.broken(
                            f"{entry['image']} is in the {part} part and its {key} in the {owner[entry[key]]} part too"
                        )
        sizes = ", ".join(f"{len(entries)} {part}" for part, entries in self.parts.items() if entries)
        yield f"no image and no group is in two parts of the split ({sizes})"

    def external_sets(self) -> Iterator[str]:
        """No external test set has an image of the data."""
        if not self.is_whole(self.folder.external, self.chain.get("external")):
            return
        self.external = {name: found["images"] for name, found in read_json(self.folder.external).items()}
        owner = {entry["sha256"]: part for part, entries in self.parts.items() for entry in entries}
        for name, entries in self.external.items():
            for entry in entries:
                if entry["sha256"] in owner:
                    raise self.broken(f"{entry['image']} of {name} is in the {owner[entry['sha256']]} part too")
            yield f"external test set {name}: none of its {len(entries)} images is one of the split's"

    def gans(self) -> Iterator[str]:
        """Each GAN has learned from what the protocol allows."""
        for name, path in self.whole_files(*CHECKPOINTS):
            yield self.allowed(f"gan/{name}/{path.name}", training_images(path), images_behind(path))
        [*self.whole_files(*CURVES)]  # of which nothing is told

    def allowed(self, name: str, trained_on: list[str], behind: list[str]) -> str:
        """Whether a GAN may have learned from its training images, and from those of the GAN that it started from."""
        if not self.parts:
            raise self.broken(f"{name} cannot be checked without split.json")

        group_of = {entry["sha256"]: entry["group"] for entries in self.parts.values() for entry in entries}
        strangers = [sha for sha in trained_on if sha not in group_of]
        if strangers:
            raise self.broken(f"{name} was trained on {len(strangers)} images that are in no part of the split")

        for test_set, entries in self.external.items():
            if seen_there := {entry["sha256"] for entry in entries}.intersection(behind):
                raise self.broken(f"{name} was trained on {len(seen_there)} images of the external test set {test_set}")

        groups = {group_of[sha] for sha in behind if sha in group_of}
        seen = {
            part: [entry for entry in self.parts[part] if entry["group"] in groups] for part in ("validation", "test")
        }

        if self.protocol != "clean":
            return (
                f"{name} was trained on {len(trained_on)} images, {len(seen['test'])} of them of the test part: LEAKY"
            )
        for part, leaked in seen.items():
            if leaked:
                raise self.broken(
                    f"{name} was trained on {len(leaked)} images of the {part} part, which protocol=clean forbids, "
                    f"such as {leaked[0]['image']} or one of its group"
                )
        return f"{name} was trained on {len(trained_on)} images, all of the training part"

    def generated(self) -> Iterator[str]:
        """Each generated image is one that a GAN of this split drew, or one that was given."""
        given = self.provenance.get("generated")
        makers = {sha for link in CHECKPOINTS for sha in self.chain.get(link, {}).values()}
        for name, path in self.whole_files("generated"):
            manifest = read_rows(path)
            if given is None and not set(manifest["checkpoint"]) <= makers:
                raise self.broken(f"generated/{name} holds images of a checkpoint that is none of this split's GANs")
            for image, sha in zip(manifest["image"], manifest["sha256"], strict=True):
                self.is_whole(path.with_name(image), sha)
            self.drawn |= set(manifest["image"])
            origin = "this split's GAN" if given is None else self.given_by(given)
            yield f"generated/{name}: {len(manifest)} images of {origin}"

    def given_by(self, given: dict[str, Any]) -> str:
        """What is known of another generator, and whether it agrees with the rows' protocol and the split."""
        if given["trained_on"] == "unknown":
            if self.protocol != "unverified":
                raise self.broken(f"generated images of an unknown generator in a split of protocol={self.protocol}")
            return "another generator, of which nobody has said what it learned from: UNVERIFIED"
        if given["split_sha256"] != self.chain.get("split"):
            raise self.broken("the generator of its images was trained by another split")
        return "another generator, trained on the training part as its user says"

    def rows(self) -> Iterator[str]:
        """Each row is of this split's test images and tells its protocol."""
        for name in TABLES:
            path = self.folder.table(name)
            if not self.is_whole(path, self.chain.get(name)) or not path.stat().st_size:
                continue
            table = read_rows(path)
            other = set(table.get("protocol", pd.Series(dtype=str))) - {self.protocol}
            if other:
                raise self.broken(f"{name}.csv has rows of protocol={other.pop()} in a split of {self.protocol}")
            if {"image", "test_set"} <= set(table):
                self.check_tested(name, table)
            yield f"{name}.csv: {len(table)} rows as they were written"

    def check_tested(self, name: str, table: pd.DataFrame) -> None:
        """Each prediction is of an image that may be tested."""
        sets = {"real": self.parts.get("test", ()), **self.external}
        names = {test_set: {entry["image"] for entry in entries} for test_set, entries in sets.items()}
        for test_set, allowed in {**names, "generated": self.drawn}.items():
            tested = set(table.loc[table["test_set"] == test_set, "image"])
            if allowed and not tested <= allowed:
                raise self.broken(
                    f"{name}.csv tests {len(tested - allowed)} images that are no {test_set} images of this split, "
                    f"such as {min(tested - allowed)}"
                )
