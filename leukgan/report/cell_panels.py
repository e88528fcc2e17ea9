"""What a haematologist would look at: closest pairs, cells as found, and their measurements, of one split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from leukgan.metrics.masking import background_only, cell_only
from leukgan.metrics.segmentation import segment
from leukgan.presentation.figures import Figure
from leukgan.presentation.images import IN_A_ROW, read_images
from leukgan.report.cell_figures import MaskedImages, masks_figure, measurements_figure
from leukgan.report.memorisation_figures import closest_pairs_figure, saved_pairs
from leukgan.report.results import Run, Split, select_splits


def measurement_figures(run: Run, distances: pd.DataFrame) -> list[Figure]:
    """The figures of copies, masks and measurements, of the first clean split (or the first)."""
    split = run.groups()[0][0]
    return [*_pairs(run, split), *_masks(run, split), *_measurements(run, split, distances)]


def _pairs(run: Run, split: Split) -> Iterator[Figure]:
    copies, copying = select_splits(run.copies, [split]), select_splits(run.copying, [split])
    for row in copying.sort_values("class", key=lambda name: name != run.classes[1]).to_dict("records"):
        name = str(row["class"])
        ours = copies[copies["class"] == name]
        pairs = [
            saved_pairs(split.folder / "copies" / name, kind, ours[ours["kind"] == kind])
            for kind in ("generated", "held-out")
        ]
        yield closest_pairs_figure(name, pairs[0], pairs[1], float(row["limit"]), split.name, split.leaky)


def _masks(run: Run, split: Split) -> Iterator[Figure]:
    masks = split.provenance.get("masks")
    if not masks:
        return
    shown = []
    for name in (run.classes[1], run.classes[0]):
        pixels = read_images(split.folder / "real" / name, IN_A_ROW)
        if pixels is not None:
            images = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
            found, colour = segment(images), np.array(masks["colour"], dtype=np.uint8)
            background = background_only(images, masks["radius"], colour)
            shown.append(MaskedImages(name, images, found, background, cell_only(images, found, colour)))
    if shown:
        yield masks_figure(shown, split.leaky)


def _measurements(run: Run, split: Split, distances: pd.DataFrame) -> Iterator[Figure]:
    for name in run.classes[::-1] if len(distances) else ():
        real, generated = (
            run.cells[(run.cells["folder"] == split.name) & (run.cells["class"] == name) & (run.cells["kind"] == kind)]
            for kind in ("training", "generated")
        )
        table = distances[(distances["split"] == split.name) & (distances["class"] == name)]
        yield measurements_figure(real, generated, table, name, split.leaky, run.rendered)
