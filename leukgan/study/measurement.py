"""Measurements of a split's generated images: quality, memorisation, and the cells that they show."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukgan.data.augmentation import dihedral_views
from leukgan.data.duplicates import near_duplicates_between
from leukgan.data.images import CellImages, join
from leukgan.data.split import Split
from leukgan.features import Features
from leukgan.metrics import measure_cells, measure_memorisation, measure_quality
from leukgan.metrics.memorisation import TAIL, Memorisation, closest_first
from leukgan.metrics.two_sample import summarise_spectra
from leukgan.presentation.console import Progress

PAIRS = 8  # closest pairs of each kind for the figure

Pixels = NDArray[np.uint8]


def measure_generated_images(
    split: Split,
    generated: CellImages,
    unselected: CellImages | None,
    *,
    given: bool,
    features: Features,
    seed: int,
    fid: bool,
    on_progress: Progress,
) -> tuple[dict[str, pd.DataFrame], dict[str, Pixels]]:
    """All measures of a split's generated images, as tables and as pictures uint8 (3, H, W) by file name below copies/.

    The tables are quality (a row a class and measure), copies (a row an image), copying (a row a class), cells (a row
    an image) and spectra (a row a spatial frequency), each with a column `class`. The pictures are of the closest
    pairs.

    If the images were selected, `unselected` are as many without selection. Of `given` images, which another generator
    made, copies of test images are looked for too. The seed is that of views, noise and resamples.
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
    labels = [label for label in (0, 1) if len(generated.of_class(label))]  # of the others none were asked for
    for done, label in enumerate(labels):
        name = generated.classes[label]
        on_progress(f"copies and cells of {name}", done, len(labels))
        sets = {kind: images.of_class(label) for kind, images in (("generated", generated), ("held-out", held_out))}
        train = split.train.of_class(label)

        # What the cells look like and how fine their detail is, in every set of images.
        for kind, part in {"training": train, **sets}.items():
            cells.append(labelled(measure_cells(part.images), name, kind, part.names))
            if len(part):
                spectra.append(summarise_spectra(part.images).assign(**{"class": name, "kind": kind}))

        # How close each image is to the training images, and to test images that another generator may have seen.
        memorised = measure_memorisation(train.images, sets["held-out"].images, sets["generated"].images)
        compared = {"training": (memorised, train, sets)}
        if given:
            copied = find_test_copies(split, sets["generated"].images)
            compared["test"] = (copied, split.test, {"generated": sets["generated"], "training": split.train})
        for against, (found, cells_of, images_of) in compared.items():
            numbers = {key: value for key, value in asdict(found).items() if not isinstance(value, pd.DataFrame)}
            summaries.append({"class": name, "against": against, **numbers})
            folder = name if against == "training" else f"{name}/{against}"
            for (kind, images), table in zip(images_of.items(), (found.generated, found.held_out), strict=True):
                nearest = np.array(cells_of.names)[table["nearest"]]
                shown = np.array(images.names)[table["index"]]
                rows = table.drop(columns="index").assign(nearest=nearest, against=against)
                copies.append(labelled(rows, name, kind, shown))
                closest = closest_pictures(images.images, cells_of.images, table)
                for place, (image, cell) in enumerate(closest):
                    pairs[f"{folder}/{kind}_{place}.png"] = image
                    pairs[f"{folder}/{kind}_{place}_{against}.png"] = cell

    tables = {"quality": quality, "copying": pd.DataFrame(summaries)}
    tables |= {"copies": pd.concat(copies), "cells": pd.concat(cells), "spectra": pd.concat(spectra)}
    return tables, pairs


def find_test_copies(split: Split, generated: Pixels) -> Memorisation:
    """Whether images of another generator, uint8 (M, 3, H, W), are copies of test images of either class.

    Real training images, which are none, are the reference. An image is also flagged, and one is enough for the alarm,
    where it shows the same as a test image by the rules that no split may cross.
    """
    found = measure_memorisation(split.test.images, split.train.images, generated, chance=TAIL)
    same = {pair.second for pair in near_duplicates_between(split.test.images, generated)}
    images = found.generated.assign(flagged=found.generated["flagged"] | found.generated["index"].isin(same))
    return replace(found, generated=images, copies=int(images["flagged"].sum()), alarm=found.alarm or bool(same))


def labelled(table: pd.DataFrame, class_name: str, kind: str, images: Sequence[str] | NDArray[np.str_]) -> pd.DataFrame:
    """A table whose first columns name the class, the kind and the image of each row."""
    keys = pd.DataFrame({"class": class_name, "kind": kind, "image": images})
    return pd.concat([keys, table.reset_index(drop=True)], axis=1)


def closest_pictures(images: Pixels, cells: Pixels, table: pd.DataFrame) -> Iterator[tuple[Pixels, Pixels]]:
    """The closest pairs, each an image and the best view of its cell, uint8 (3, H, W).

    The table is that of `Memorisation` for images (M, 3, H, W) and cells (N, 3, H, W) of the training or the test part.
    """
    closest = closest_first(table).head(PAIRS)
    views = dihedral_views(cells[closest["nearest"]])  # (16, P, 3, H, W)
    for place, (index, orientation) in enumerate(zip(closest["index"], closest["orientation"], strict=True)):
        yield images[index], views[orientation, place]
