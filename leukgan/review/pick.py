"""The page to pick generated images from, with their scores and the real images that they are nearest to."""

import hashlib
from collections.abc import Sequence
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
from leukgan.study.instantiate import instantiate

COUNT = 400  # images on a page

Pixels = NDArray[np.uint8]


def write_pick_page(
    run: Reviewed,
    *,
    class_name: str | None,
    count: int | None,
    generated: str | None,
    progress: Progress = silent,
) -> Path:
    """Write the page of one class, or of both for None; gives back its path.

    It has `count` images, by default 400, or all of `generated`: a folder of another generator's images. Without one
    the images are drawn, or the run's own if it has no GAN.

    Raises:
        InputError: There is no such class, no GAN, or no such folder.
    """
    if class_name not in (None, *run.classes):
        raise InputError(f"class_name must be {' or '.join(run.classes)}, got {class_name!r}.")
    labels = [label for label, name in enumerate(run.classes) if class_name in (None, name)]
    others = run.generated(generated) if generated is not None or run.given else None
    available = [len(others.of_class(label)) if others is not None else COUNT * 25 for label in labels]
    counts = spread(available, COUNT if count is None else count)

    candidates: list[dict[str, Any]] = []
    origins, pictures, nearest = {}, [], []
    features = instantiate("quality.features", run.config["quality"]["features"])
    for done, (label, size) in enumerate(zip(labels, counts, strict=True)):
        name, train = run.classes[label], run.real(["train"]).of_class(label).images
        progress(f"drawing {size} images of {name}", done, len(labels))
        images, names, critic, origins[name] = _images(run, others, label, size)

        progress(f"comparing {size} images of {name} with real ones", done, len(labels))
        realism = realism_scores(train, images, features)
        closest, distances = _nearest(images, train)
        rows = zip(names, critic, realism.tolist(), distances.tolist(), strict=True)
        candidates += [{"name": n, "class": name, "critic": c, "realism": r, "distance": d} for n, c, r, d in rows]
        pictures.append(images)
        nearest.append(closest)

    progress("writing the page")
    mime, encoded = encode_alike(np.concatenate([*pictures, *nearest]), equal_lengths=False)
    content = {
        "page": hashlib.sha256("".join(encoded).encode()).hexdigest()[:12],
        "run": run.run.path.name,
        "columns": PICK_COLUMNS,
        "origins": origins,
        "mime": mime,
        "images": encoded[: len(candidates)],
        "nearest": encoded[len(candidates) :],
        "candidates": candidates,
    }
    write_atomic(run.run.review.pick, render_template("review/pick.html.j2", content=content))
    return run.run.review.pick


def _images(
    run: Reviewed, others: CellImages | None, label: int, count: int
) -> tuple[Pixels, Sequence[str], Sequence[float | None], tuple[str, str]]:
    """Images (N, 3, H, W) of a class, their names, the critic's scores, and their origin as in picks.csv.

    They are drawn by the split's GAN, and named as generation.selection names them; or they are the first of another
    generator, whose critic and origin are unknown.
    """
    if others is not None:
        images = others.of_class(label)
        return images.images[:count], images.names[:count], [None] * count, ("", "")
    gan, seed, checkpoint = run.gan(label)
    drawn = gan.sample(count, seed, label=label)
    names = [f"{run.classes[label]}_{number:05d}.png" for number in range(count)]
    return drawn, names, critic_scores(gan, drawn, label).tolist(), (str(count), checkpoint)


def _nearest(images: Pixels, train: Pixels) -> tuple[Pixels, NDArray[np.float64]]:
    """The training image nearest to each image, turned and mirrored as it matches best, and its distance."""
    found = dihedral_distances(images, train)
    place = found.values.argmin(axis=1)  # (M,)
    rows = np.arange(len(images))
    orientation = found.orientations[rows, place]
    turned = [dihedral_views(train[[cell]])[view, 0] for cell, view in zip(place, orientation, strict=True)]
    return np.stack(turned), found.values[rows, place]
