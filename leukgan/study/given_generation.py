"""Images of another generator in the place of those that a split's GANs would draw, and what that generator saw."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leukgan.config import StudySettings
from leukgan.data.images import CellImages
from leukgan.data.split import Split
from leukgan.data.split_file import file_of_split
from leukgan.errors import InputError, command_line
from leukgan.generation import find_given
from leukgan.home import expand_home
from leukgan.presentation.console import Progress, silent
from leukgan.run_folder.files import json_text, read_given, read_rows
from leukgan.run_folder.paths import CACHE, SplitFolder
from leukgan.study.class_generation import ClassGeneration, Pool
from leukgan.study.study import Study

FEWEST = 3  # test images, to tell whether an image is nearer to one of them than to any other


class GivenGeneration(ClassGeneration):
    """What a split takes of another generator's images of one class."""

    def check(self) -> None:
        """Nothing is left to refuse: the images were read before any work."""

    def pools(self, progress: Progress = silent) -> list[Pool]:
        """The images to select from, with their files as origin; no GAN."""
        images = self.split.given.of_class(self.label)
        origin = pd.DataFrame({"source": images.names, "source_sha256": images.sha256})
        return [Pool(images.images, np.arange(self.count), origin, self.label)]


def load_given(config: StudySettings, split: Split, index: int) -> CellImages:
    """The images of generated= to select a split's from, the first of each class in the order of their names.

    Raises:
        InputError: They are too few, can't be read, or their generator was trained by another split.
    """
    assert config.generated.root is not None
    classes, generation = split.train.classes, config.generation
    drawn = {name: generation.drawn(name) for name in classes if generation.drawn(name)}
    found = find_given(config.generated.root, [*drawn], index)
    if config.generated.trained_on == "split":
        _check_proof(config, split, index, found.per_split)

    if min(len(split.test), len(split.train)) < FEWEST:
        raise InputError(
            f"{found.where} is searched for copies of test images, of which {FEWEST} are needed at least, got "
            f"{len(split.test)}; raise split.test_fraction."
        )
    each = 1 if generation.selection == "random" else generation.candidates
    wanted = {name: each * count for name, count in drawn.items()}
    return found.decode(wanted, classes=classes, image_size=config.data["image_size"], cache=config.run(CACHE.name))


def _check_proof(config: StudySettings, split: Split, index: int, per_split: bool) -> None:
    """Refuse images whose generator was trained by another split than this one."""
    given = config.generated
    assert given.split_file is not None
    file = file_of_split(given.split_file, index, "generated.split_file")
    theirs, ours = _read_proof(file), split.as_json()
    if not per_split and file != expand_home(given.split_file):
        raise InputError(
            f"generated={given.root} has the same images for every split, and generated.split_file="
            f"{given.split_file} names a file for each; give a folder of images for each split, such as "
            f"split-{index:02d}."
        )

    if theirs != ours:
        test = {entry["sha256"] for entry in ours["test"]}
        seen = len(test & {entry.get("sha256") for entry in _entries(theirs)})
        raise InputError(
            f"generated.split_file={file} is not the split {index} of this study: its training part has {seen} images "
            f"of the test part here; give the settings that it was made with, or split.file={given.split_file}, or "
            "leave generated.trained_on out."
        )


def _read_proof(file: Path) -> Any:
    try:
        return json.loads(read_given(file))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"generated.split_file={file} can't be read as a split.json ({str(error).splitlines()[0]}); give the one "
            f"that {command_line('split')} wrote."
        ) from error


def _entries(split: Any) -> Iterator[dict[str, Any]]:
    """The training images that a file lists, if it is a split.json."""
    train = split.get("train") if isinstance(split, dict) else None
    yield from (entry for entry in train if isinstance(entry, dict)) if isinstance(train, list) else ()


def describe_given(config: StudySettings, images: CellImages, index: int) -> dict[str, Any]:
    """What provenance.json holds of another generator's images."""
    given = config.generated
    proof: dict[str, str] = {}
    if given.split_file is not None:
        file = file_of_split(given.split_file, index, "generated.split_file")
        content = hashlib.sha256(json_text(_read_proof(file)).encode()).hexdigest()  # as the chain has it
        proof = {"split_file": str(file), "split_sha256": content}
    return {
        "generated": {
            "root": given.root,
            "trained_on": given.trained_on,
            **proof,
            "fingerprint": images.fingerprint(),
            "counts": {name: len(images.of_class(label)) for label, name in enumerate(images.classes)},
        }
    }


def describe_test_copies(folder: SplitFolder) -> list[str]:
    """A sentence for each class of a measured split with given images that are copies of test images."""
    summary, copies = (read_rows(folder.table(name)) for name in ("copying", "copies"))
    found = []
    for name in summary.loc[(summary["against"] == "test") & summary["alarm"].eq(True), "class"]:
        manifest = read_rows(folder.artifact("generated", name)).set_index("image")
        rows = copies[(copies["against"] == "test") & (copies["kind"] == "generated") & (copies["class"] == name)]
        rows = rows[rows["flagged"].eq(True)]
        first = rows.iloc[0]
        found.append(
            f"{len(rows)} of {len(manifest)} images of {name} show a test image, such as "
            f"{manifest.loc[first['image'], 'source']} showing {first['nearest']}"
        )
    return found


def refuse_test_copies(study: Study, indices: Sequence[int], result: Path) -> None:
    """Raise InputError if given images of finished splits are copies of test images; `result` shows them."""
    if not study.config.given:
        return
    told = {index: describe_test_copies(study.folder.split(index)) for index in indices}
    found = [f"in split {index} {said}" for index, sentences in told.items() for said in sentences]
    if found:
        raise InputError(
            f"generated={study.config.generated.root} holds copies of test images, so that no score counts: "
            f"{'; '.join(found)}; take them out and give another name=. {result} shows them."
        )
