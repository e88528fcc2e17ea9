"""The figures of a data check: the images, what repeats, and the surroundings by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from leukgan.data.augmentation import rotate_flip
from leukgan.data.check.checking import Checked
from leukgan.data.check.findings import PROPERTIES
from leukgan.data.images import CellImages
from leukgan.presentation.figures import COLOURS, Figure, canvas, finished
from leukgan.presentation.formatting import quantity
from leukgan.presentation.images import panel
from leukgan.report.augmentation_figures import turned_figures

ON_A_SHEET = 160  # images of a class
SHEET_COLUMNS = 16
PAIRS = 12
BINS = 24

Pixels = NDArray[np.uint8]


def check_figures(checked: Checked, augmentation: dict[str, str]) -> list[Figure]:
    """All figures of a check.

    Args:
        checked: What was found.
        augmentation: Names of what the GANs and the classifiers would be trained on.
    """
    images = checked.images
    if images is None:
        return []
    figures = [sheet for label in (0, 1) if (sheet := _sheet(images, label)) is not None]
    repeats = [(pair.first, pair.second, pair.orientation) for pair in checked.repeats]
    crops = [(crop.first, crop.second, 0) for crop in checked.overlaps]
    if repeats:
        figures.append(_pairs("repeats", "Images that show the same", images, repeats))
    if crops:
        figures.append(_pairs("overlaps", "Crops that overlap", images, crops))
    if len(checked.differences):
        figures.append(_surroundings(checked))
    return [*figures, *turned_figures(augmentation, _rows(images.images[:1])[0])]


def _rows(images: Pixels) -> Pixels:
    return images.transpose(0, 2, 3, 1)


def _sheet(images: CellImages, label: int) -> Figure | None:
    """All images of a class, or some spread evenly over their names."""
    part, name = images.of_class(label), images.classes[label]
    if not len(part):
        return None
    chosen = np.unique(np.linspace(0, len(part) - 1, min(len(part), ON_A_SHEET)).round().astype(int))
    shown = part.part(chosen)
    which = "All of them" if len(shown) == len(part) else f"{len(shown)} of them, evenly spread"
    caption = f"{which}, by name from {shown.names[0]} to {shown.names[-1]}."
    title = f"{name}: {quantity(len(part), 'image')}"
    return panel(f"sheet_{name}", title, caption, [("", _rows(shown.images))], SHEET_COLUMNS, leaky=False)


def _pairs(name: str, title: str, images: CellImages, pairs: list[tuple[int, int, int]]) -> Figure:
    """The first of each pair above the second, which is turned as the first is."""
    shown = pairs[:PAIRS]
    above = images.images[[first for first, *_ in shown]]
    below = np.stack([rotate_flip(images.images[second], turn) for _, second, turn in shown])
    told = "; ".join(f"{images.names[first]} and {images.names[second]}" for first, second, _ in shown)
    more = f" {len(pairs) - PAIRS} more are in images.csv." if len(pairs) > PAIRS else ""
    caption = f"The second is turned as the first is. From left to right: {told}.{more}"
    rows = [("first", _rows(above)), ("second", _rows(below))]
    return panel(name, f"{title}: {quantity(len(pairs), 'pair')}", caption, rows, max(len(shown), 6), leaky=False)


def _surroundings(checked: Checked) -> Figure:
    """Histograms of what the images show beside the cell, one class over the other."""
    table = checked.survey.table[checked.survey.table["problem"] == ""]
    names = [row["property"] for row in checked.differences.to_dict("records") if np.isfinite(row["auc"])]
    rows = -(-len(names) // 4)
    columns = -(-len(names) // rows)
    with canvas(8, 0.8 + 1.75 * rows) as figure:
        bottom = 0.42 / figure.get_figheight()
        grid = figure.add_gridspec(
            rows,
            columns,
            left=0.03,
            right=0.985,
            bottom=bottom,
            top=1 - 0.85 / figure.get_figheight(),
            hspace=0.75,
            wspace=0.2,
        )
        for place, name in enumerate(names):
            axes = figure.add_subplot(grid[place // columns, place % columns])
            _histogram(axes, table, name)
            row = checked.differences.set_index("property").loc[name]
            axes.set_title(
                f"{PROPERTIES[name]}\nAUC {row['auc']:.2f}", fontsize=8, fontweight="bold" if row["tells"] else "normal"
            )
        handles = [Patch(color=COLOURS[label], alpha=0.55) for label in (0, 1)]
        figure.legend(handles, checked.classes, loc="upper right", ncols=2, fontsize=8, bbox_to_anchor=(0.99, 1.0))
        caption = (
            "AUC 0.5: the property tells nothing of the class; 0 or 1: it tells it wholly. Bold: it tells the class."
        )
        return finished(figure, "surroundings", "What the images show beside the cell", caption, leaky=False)


def _histogram(axes: Axes, table: pd.DataFrame, name: str) -> None:
    values = table[name].astype(float)
    edges = np.linspace(values.min(), values.max(), BINS + 1).tolist()
    for label in (0, 1):
        of_class = values[table["label"] == label]
        weights = np.full(len(of_class), 1 / max(len(of_class), 1))
        axes.hist(of_class, edges, weights=weights, color=COLOURS[label], alpha=0.55)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(labelsize=7)
