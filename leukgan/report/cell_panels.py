"""What a haematologist would look at: closest pairs, cells as found, and their measurements, of one split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from leukgan.data.split import derive_seed
from leukgan.metrics import measurement_distances
from leukgan.metrics.cell_measurements import MEASUREMENTS
from leukgan.metrics.masking import background_only, cell_only
from leukgan.metrics.segmentation import segment
from leukgan.presentation.figures import Figure
from leukgan.presentation.formatting import LEAKY, NONE
from leukgan.presentation.images import IN_A_ROW, read_images
from leukgan.presentation.tables import Row, Table, source_label
from leukgan.report.cell_figures import PANELS, MaskedImages, masks_figure, measurements_figure
from leukgan.report.measured import rows_of
from leukgan.report.memorisation_figures import closest_pairs_figure, saved_pairs
from leukgan.report.memorisation_table import COLUMNS as COPYING
from leukgan.report.results import Run, Split, stamped

CELLS = ("class", "kind", "image", "found", *MEASUREMENTS)
COPIES = ("class", "kind", "image", "ratio", "flagged")


def measurement_figures(run: Run) -> list[Figure]:
    """The figures of copies, masks and measurements, of the first clean split (or the first)."""
    split = run.groups()[0][0]
    return [*_pairs(run, split), *_masks(run, split), *_measurements(run, split)]


def cells_table(run: Run) -> Table:
    """How far each measurement of the generated cells is from the real ones, on the first split of each protocol."""
    rows: list[Row] = []
    numbers: list[pd.DataFrame] = []
    for splits in run.groups():
        for name, distances in _distances(run, splits[0]).items():
            kind = "leaky" if splits[0].leaky else "ours"
            protocol = LEAKY if splits[0].leaky else "clean"
            numbers.append(distances.assign(**{"class": name, "split": splits[0].name, "protocol": protocol}))
            for row in distances.to_dict("records"):
                words, unit, factor = PANELS[str(row["measurement"])]
                real, generated = (
                    f"{factor * row[f'mean_{of}']:.1f} ± {factor * row[f'sd_{of}']:.1f}" if row[f"n_{of}"] > 1 else NONE
                    for of in ("real", "generated")
                )
                measured = [f"{row[key]:.2f}" if pd.notna(row[key]) else NONE for key in ("distance", "floor")]
                bounds = f"{row['low']:.2f} to {row['high']:.2f}" if pd.notna(row["low"]) else NONE
                source = [source_label(splits[0].leaky)] if run.leaky else []
                cells = (f"{words} ({unit})", *source, real, generated, measured[0], bounds, measured[1])
                rows.append(Row(name, kind, cells))
    return Table(
        name="cells",
        title=stamped("Cell measurements, real training images and generated ones", run),
        columns=(
            *("Measurement", *(["Source"] if run.leaky else []), "Real", "Generated", "Distance", "95% interval"),
            "Held-out real images",
        ),
        rows=tuple(rows),
        notes=(
            "Mean ± standard deviation. Distance: Wasserstein-1, in standard deviations of real training images. Two "
            "samples of the same cells are apart too: compare it with that of held-out real images (last column).",
        )
        if rows
        else ("This run measured no cells.",),
        numbers=pd.concat(numbers, ignore_index=True) if numbers else pd.DataFrame(),
        grouped_by="Class",
    )


def _distances(run: Run, split: Split) -> dict[str, pd.DataFrame]:
    """Distances of generated from training cells, with held-out ones as floor, by class."""
    table = rows_of([split], "cells", CELLS)
    found = {}
    for label, name in ((1, run.classes[1]), (0, run.classes[0])):
        kinds = {kind: table[(table["class"] == name) & (table["kind"] == kind)] for kind in set(table["kind"])}
        if kinds:
            seed = derive_seed(int(split.provenance["seed"]), label)
            found[name] = measurement_distances(
                kinds["training"], kinds["generated"], seed=seed, floor=kinds["held-out"]
            )
    return found


def _pairs(run: Run, split: Split) -> Iterator[Figure]:
    copies, copying = rows_of([split], "copies", COPIES), rows_of([split], "copying", COPYING)
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


def _measurements(run: Run, split: Split) -> Iterator[Figure]:
    table = rows_of([split], "cells", CELLS)
    for name, distances in _distances(run, split).items():
        real, generated = (
            table[(table["class"] == name) & (table["kind"] == kind)] for kind in ("training", "generated")
        )
        yield measurements_figure(real, generated, distances, name, split.leaky, run.rendered)
