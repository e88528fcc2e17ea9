"""The page of a blind reader test: real and generated images in random order, and the key that stays behind."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.images import CellImages, join, png_bytes
from leukgan.errors import InputError
from leukgan.presentation.formatting import points
from leukgan.presentation.page import Statement, render_template
from leukgan.report.answers import KEY, ORIGINS
from leukgan.review.encoding import encode_alike
from leukgan.review.reviewed import Reviewed
from leukgan.run_folder.files import write_atomic
from leukgan.statistics.readers import half_width, images_needed


def write_blind_page(
    run: Reviewed, *, count: int | None, precision: float, parts: Sequence[str], generated: str | None, seed: int
) -> tuple[Path, Statement]:
    """Write the page, its key and its images; gives back the page's path and what the test can tell.

    Real images, which are of `parts` of the split, and generated ones of each class are equally many; together `count`,
    or as many as an accuracy's interval of half length `precision` needs, or all there are. `generated` is a folder of
    another generator's images; None: the run's own.

    Raises:
        InputError: There are too few images, or another test of the run might be with readers.
    """
    sets = [images.of_class(label) for images in (run.real(parts), run.generated(generated)) for label in (0, 1)]
    each = min(map(len, sets))
    most, needed = 4 * each, images_needed(precision)
    if count is not None and (count > most or count % 4):
        raise InputError(
            f"images={count} must be a multiple of 4 up to {most}, the same number of real and generated images of "
            f"each class; more real images are in 'parts=[train,validation,test]'."
        )
    each = min(each, -(-needed // 4)) if count is None else count // 4
    if not each:
        raise InputError(
            f"parts={list(parts)} of {run.folder.path} lack real images of a class, or there are no generated ones; "
            "name more parts."
        )

    rng = np.random.default_rng(seed)
    chosen = [part.part(rng.permutation(len(part))[:each]) for part in sets]
    images, origins = join(chosen), np.repeat(ORIGINS, 2 * each)
    order = rng.permutation(len(images))
    design = _design(4 * each, precision, needed)
    return _write(run, images.part(order), origins[order]), design


def _write(run: Reviewed, images: CellImages, origins: NDArray[np.str_]) -> Path:
    """Write key, images and page, in that order, unless another test is there."""
    mime, encoded = encode_alike(images.images, equal_lengths=True)
    test = hashlib.sha256("".join(encoded).encode()).hexdigest()[:12]  # of what every reader sees
    rows = zip(range(1, len(images) + 1), origins, images.labels, images.names, strict=True)
    key = pd.DataFrame(
        [(test, item, origin, images.classes[label], name) for item, origin, label, name in rows], columns=list(KEY)
    ).to_csv(index=False)
    page = render_template(
        "review/blind.html.j2",
        content={"test": test, "classes": images.classes, "mime": mime, "images": encoded},
    )

    folder = run.run.review
    if folder.key.exists() and folder.key.read_bytes() != key.encode():
        raise InputError(
            f"{folder.key} is that of another blind test, which readers may be answering; rename {folder.path} first."
        )
    for item, pixels in enumerate(images.images, start=1):
        write_atomic(folder.image(item), png_bytes(pixels))
    write_atomic(folder.key, key)
    write_atomic(folder.blind, page)
    return folder.blind


def _design(count: int, precision: float, needed: int) -> Statement:
    """What a test of `count` images can tell."""
    reached, wanted = points(half_width(count), sign=False), points(precision, sign=False)
    text = f"{count} images tell one reader's accuracy to ±{reached} points at worst (exact 95% interval)"
    return Statement("Design", f"{text}; ±{wanted} points need {needed} images.")
