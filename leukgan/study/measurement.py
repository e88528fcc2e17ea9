"""Measurements of a split's generated images: quality, memorisation, and the cells that they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.augmentation import dihedral_views
from leukgan.data.images import CellImages, join
from leukgan.data.split import Split
from leukgan.features import Features
from leukgan.metrics import measure_cells, measure_memorisation, measure_quality
from leukgan.metrics.two_sample import summarise_spectra

PAIRS = 8  # closest pairs of each kind for the figure

Pixels = NDArray[np.uint8]


def measure_generated_images(
    split: Split,
    generated: CellImages,
    unselected: CellImages | None,
    *,
    features: Features,
    seed: int,
    fid: bool,
    on_progress: Callable[[str], None],
) -> tuple[dict[str, pd.DataFrame], dict[str, Pixels]]:
    """All measures of a split's generated images, as tables and as pictures uint8 (3, H, W) by file name below copies/.

    The tables are quality (a row a class and measure), copies (a row an image), copying (a row a class), cells (a row
    an image) and spectra (a row a spatial frequency), each with a column `class`. The pictures are of the closest
    pairs.

    Args:
        split: The real images.
        generated: Images of the GANs trained on them.
        unselected: As many images without selection, if the others were selected.
        features: Network whose features are compared.
        seed: Seed of views, noise and resamples.
        fid: Whether to compute the Frechet distance too.
        on_progress: Receives a few words on the current step.
    """
    held_out = join([split.validation, split.test])
    quality = measure_quality(
        train=split.train,
        test=split.test,
        generated=generated,
        unselected=unselected,
        features=features,
        seed=seed,
        requested=("fid",) if fid else (),
        on_progress=on_progress,
    )

    summaries, copies, cells, spectra = [], [], [], []
    pairs: dict[str, Pixels] = {}
    for label, name in enumerate(generated.classes):
        if not len(generated.of_class(label)):  # none were asked for
            continue
        on_progress(f"copies and cells of {name}")
        sets = {kind: images.of_class(label) for kind, images in (("generated", generated), ("held-out", held_out))}
        train = split.train.of_class(label)

        # What the cells look like and how fine their detail is, in every set of images.
        for kind, part in {"training": train, **sets}.items():
            cells.append(labelled(measure_cells(part.images), name, kind, part.names))
            if len(part):
                spectra.append(summarise_spectra(part.images).assign(**{"class": name, "kind": kind}))

        # How close each image is to the training images.
        found = measure_memorisation(train.images, sets["held-out"].images, sets["generated"].images)
        numbers = {key: value for key, value in asdict(found).items() if not isinstance(value, pd.DataFrame)}
        summaries.append({"class": name, **numbers})
        for kind, table in (("generated", found.generated), ("held-out", found.held_out)):
            images = np.array(sets[kind].names)[table["index"]]
            nearest = np.array(train.names)[table["nearest"]]
            copies.append(labelled(table.drop(columns="index").assign(nearest=nearest), name, kind, images))
            pairs |= closest_pictures(f"{name}/{kind}", sets[kind].images, train.images, table)

    tables = {"quality": quality, "copying": pd.DataFrame(summaries)}
    tables |= {"copies": pd.concat(copies), "cells": pd.concat(cells), "spectra": pd.concat(spectra)}
    return tables, pairs


def labelled(table: pd.DataFrame, class_name: str, kind: str, images: Sequence[str] | NDArray[np.str_]) -> pd.DataFrame:
    """A table whose first columns name the class, the kind and the image of each row."""
    keys = pd.DataFrame({"class": class_name, "kind": kind, "image": images})
    return pd.concat([keys, table.reset_index(drop=True)], axis=1)


def closest_pictures(name: str, images: Pixels, training: Pixels, table: pd.DataFrame) -> dict[str, Pixels]:
    """Pictures of the closest pairs, each image and the best view of its training image, by file name.

    Args:
        name: How the files' names begin.
        images: uint8 (M, 3, H, W).
        training: uint8 (N, 3, H, W).
        table: Of `Memorisation`, for these images.
    """
    closest = table.sort_values("ratio", kind="stable").head(PAIRS)
    views = dihedral_views(training[closest["nearest"]])  # (16, P, 3, H, W)
    pictures = {}
    for place, (index, orientation) in enumerate(zip(closest["index"], closest["orientation"], strict=True)):
        pictures[f"{name}_{place}.png"] = images[index]
        pictures[f"{name}_{place}_training.png"] = views[orientation, place]
    return pictures
