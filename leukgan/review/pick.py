"""The page to pick generated images from, with their scores and the real images that they are nearest to."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukgan.data.augmentation import dihedral_views
from leukgan.data.images import CellImages
from leukgan.errors import InputError
from leukgan.generation import PICK_COLUMNS
from leukgan.generation.selection import critic_scores, realism_scores
from leukgan.metrics.nearest_neighbours import dihedral_distances
from leukgan.presentation.console import Progress, silent
from leukgan.presentation.page import render_template
from leukgan.review.encoding import encode_alike
from leukgan.review.reviewed import Reviewed, spread
from leukgan.run_folder.files import write_atomic

COUNT = 400  # images on a page

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Candidates:
    """Generated images of one class: uint8 (N, 3, H, W), their names, and the critic's scores if it is known."""

    class_name: str
    images: Pixels
    names: tuple[str, ...]
    origin: tuple[str, str] = ("", "")  # images drawn and checkpoint, as in picks.csv
    critic: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


def write_pick_page(
    run: Reviewed,
    *,
    class_name: str | None,
    count: int | None,
    generated: str | None,
    progress: Progress = silent,
) -> Path:
    """Write the page of one class or both; gives back its path.

    Args:
        run: The split, whose GANs draw the images.
        class_name: The class; None: both.
        count: Number of images; None: 400, or all that `generated` has.
        generated: Folder of another generator's images; None: the images are drawn, or the run's own if it has no GAN.
        progress: Receives the current work in a few words, and the classes done and of all.

    Raises:
        InputError: There is no such class, no GAN, or no such folder.
    """
    if class_name not in (None, *run.classes):
        raise InputError(f"class_name must be {' or '.join(run.classes)}, got {class_name!r}.")
    labels = [label for label, name in enumerate(run.classes) if class_name in (None, name)]
    others = run.generated(generated) if generated is not None or run.given else None
    available = [len(others.of_class(label)) if others is not None else COUNT * 25 for label in labels]
    counts = spread(available, COUNT if count is None else count)

    groups, nearest = [], []
    features = run.features()
    for done, (label, size) in enumerate(zip(labels, counts, strict=True)):
        name, train = run.classes[label], run.real(["train"]).of_class(label)
        progress(f"drawing {size} images of {name}", done, len(labels))
        group = _drawn(run, label, size) if others is None else _given(others.of_class(label), name, size)
        progress(f"comparing {size} images of {name} with real ones", done, len(labels))
        scores = realism_scores(train.images, group.images, features)
        group_nearest, distances = _nearest(group.images, train.images)
        groups.append((group, scores, distances))
        nearest.append(group_nearest)

    progress("writing the page")
    page = render_template("review/pick.html.j2", content=_content(run, groups, np.concatenate(nearest)))
    write_atomic(run.run.review.pick, page)
    return run.run.review.pick


def _drawn(run: Reviewed, label: int, count: int) -> Candidates:
    """Images of the split's GAN, named as generation.selection names them."""
    gan, seed, checkpoint = run.gan(label)
    images, name = gan.sample(count, seed, label=label), run.classes[label]
    names = tuple(f"{name}_{number:05d}.png" for number in range(count))
    return Candidates(name, images, names, (str(count), checkpoint), critic_scores(gan, images, label))


def _given(images: CellImages, class_name: str, count: int) -> Candidates:
    """The first images of another generator."""
    return Candidates(class_name, images.images[:count], images.names[:count])


def _nearest(images: Pixels, train: Pixels) -> tuple[Pixels, NDArray[np.float64]]:
    """The training image nearest to each image, turned and mirrored as it matches best, and its distance."""
    found = dihedral_distances(images, train)
    place = found.values.argmin(axis=1)  # (M,)
    rows = np.arange(len(images))
    orientation = found.orientations[rows, place]
    turned = [dihedral_views(train[[cell]])[view, 0] for cell, view in zip(place, orientation, strict=True)]
    return np.stack(turned), found.values[rows, place]


def _content(
    run: Reviewed, groups: list[tuple[Candidates, NDArray[np.float64], NDArray[np.float64]]], nearest: Pixels
) -> dict[str, Any]:
    """What the page's script reads."""
    images = np.concatenate([group.images for group, _, _ in groups])
    encoded = encode_alike(np.concatenate([images, nearest]), equal_lengths=False)
    candidates = [
        {
            "name": name,
            "class": group.class_name,
            "critic": float(group.critic[i]) if len(group.critic) else None,
            "realism": float(scores[i]),
            "distance": float(distances[i]),
        }
        for group, scores, distances in groups
        for i, name in enumerate(group.names)
    ]

    return {
        "page": hashlib.sha256("".join(encoded.images).encode()).hexdigest()[:12],
        "run": run.run.path.name,
        "columns": PICK_COLUMNS,
        "origins": {group.class_name: group.origin for group, _, _ in groups},
        "mime": encoded.mime,
        "images": encoded.images[: len(images)],
        "nearest": encoded.images[len(images) :],
        "candidates": candidates,
    }
